"""Faults that people make, planted into clean instances one at a time, seeded.

A fault takes instances and gives those that it could be planted in, changed: `strength`
is what it says it is. A fault of two people changes both, and an image counts as one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from people import People

from posegate.transforms.kernels.geometry import iou
from posegate.transforms.kernels.pose_model import EXCHANGES, JOINTS
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.skeleton import Skeleton

Plant = Callable[[np.random.Generator, People], People]

PARTS = {
    "nose": ("nose",),
    "eyes and ears": JOINTS[1:5],
    "shoulder": JOINTS[5:7],
    "elbow": JOINTS[7:9],
    "wrist": JOINTS[9:11],
    "hip": JOINTS[11:13],
    "knee": JOINTS[13:15],
    "ankle": JOINTS[15:],
}

LIMBS = {
    "wrist": (9,),
    "forearm": (7, 9),
    "leg": (13, 15),
    "ankle": (15,),
    "lower body": (11, 12, 13, 14, 15, 16),
    "all": tuple(range(17)),
}


@dataclass(frozen=True)
class Fault:
    """What is planted, how strongly, and how."""

    name: str
    strength: str
    plant: Plant
    clear: bool = True  # only into people who can be seen well


def exchanged(
    pairs: list[tuple[tuple[int, int], ...]], _: np.random.Generator, people: People
) -> People:
    """Joints change places with their flags; either of two sides in turn."""
    xy, flags = people.xy.copy(), people.flags.copy()
    changed = np.zeros(len(people), bool)
    for turn, some in enumerate(pairs):
        rows = np.arange(turn, len(people), len(pairs))
        for a, b in some:
            xy[np.ix_(rows, [a, b])] = xy[np.ix_(rows, [b, a])]
            flags[np.ix_(rows, [a, b])] = flags[np.ix_(rows, [b, a])]
            changed[rows] |= (flags[rows][:, [a, b]] > 0).any(axis=1)
    return replace(people, xy=xy, flags=flags).take(changed)


def one_of(rng: np.random.Generator, able: Bools) -> tuple[np.ndarray, np.ndarray]:
    """A row and one of its able keypoints, for every row that has any."""
    rows = np.flatnonzero(able.any(axis=1))
    draw = np.where(able[rows], rng.random(able[rows].shape), -1)
    return rows, draw.argmax(axis=1)


def moved(
    joints: list[int], far: float, rng: np.random.Generator, people: People
) -> People:
    """One of the joints lies `far` scales aside, in any direction."""
    able = np.zeros(people.flags.shape, bool)
    able[:, joints] = people.flags[:, joints] > 0
    rows, joint = one_of(rng, able)
    turn = rng.uniform(0, 2 * np.pi, len(rows))
    xy = people.xy.copy()
    step = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    xy[rows, joint] += far * people.scale[rows, None] * step
    return replace(people, xy=xy).take(rows)


def gathered(number: int, rng: np.random.Generator, people: People) -> People:
    """So many joints of the body lie where one of them is."""
    able = people.flags > 0
    able[:, :5] &= number > 12
    rows = np.flatnonzero(able.sum(axis=1) >= min(number, 6))
    xy = people.xy.copy()
    for i in rows:
        some = rng.permutation(np.flatnonzero(able[i]))[:number]
        xy[i, some] = xy[i, some[0]]
    return replace(people, xy=xy).take(rows)


def beyond_frame(px: float, rng: np.random.Generator, people: People) -> People:
    """One point lies so many pixels beyond the right border."""
    rows, joint = one_of(rng, people.flags > 0)
    xy = people.xy.copy()
    xy[rows, joint, 0] = people.size[rows, 0] - 0.5 + px
    return replace(people, xy=xy).take(rows)


def beyond_box(share: float, rng: np.random.Generator, people: People) -> People:
    """One visible point lies so far outside the box, in parts of its longer side."""
    rows, joint = one_of(rng, people.flags > 1)
    xy = people.xy.copy()
    x, _, w, h = people.bbox[rows].T
    xy[rows, joint, 0] = x + w + share * np.maximum(w, h)
    return replace(people, xy=xy).take(rows)


def at_origin(rng: np.random.Generator, people: People) -> People:
    """A missing point is written as (0, 0) with a flag."""
    rows, joint = one_of(rng, people.flags == 0)
    xy, flags = people.xy.copy(), people.flags.copy()
    xy[rows, joint], flags[rows, joint] = 0, 1
    return replace(people, xy=xy, flags=flags).take(rows)


def stale(rng: np.random.Generator, people: People) -> People:
    """A flag says 0, the position is still there."""
    rows, joint = one_of(rng, people.flags > 0)
    flags = people.flags.copy()
    flags[rows, joint] = 0
    return replace(people, flags=flags).take(rows)


def without_number(rng: np.random.Generator, people: People) -> People:
    """A labelled point has no position."""
    rows, joint = one_of(rng, people.flags > 0)
    xy = people.xy.copy()
    xy[rows, joint] = np.nan
    return replace(people, xy=xy).take(rows)


def boxed(share: float, _: np.random.Generator, people: People) -> People:
    """The box is shrunk about its centre to this share of its sides."""
    bbox = people.bbox.copy()
    bbox[:, :2] += bbox[:, 2:] * (1 - share) / 2
    bbox[:, 2:] *= share
    return replace(people, bbox=bbox)


def sized(factor: float, _: np.random.Generator, people: People) -> People:
    """The area is so many times what it is."""
    return replace(people, area=people.area * factor)


def overlapping(people: People) -> tuple[np.ndarray, np.ndarray]:
    """Two clear people of one image whose boxes overlap by more than a tenth."""
    image = np.array(people.image)
    order = np.argsort(image, kind="stable")
    one, other = [], []
    for group in np.split(
        order,
        np.flatnonzero(np.diff(np.unique(image[order], return_inverse=True)[1])) + 1,
    ):
        a, b = np.triu_indices(len(group), 1)
        one.append(group[a])
        other.append(group[b])
    i, j = np.concatenate(one), np.concatenate(other)
    kept = iou(people.bbox[i], people.bbox[j]) > 0.1
    kept &= people.clear[i] & people.clear[j]
    return i[kept], j[kept]


def people_swapped(
    joints: tuple[int, ...], _: np.random.Generator, people: People
) -> People:
    """Two overlapping people exchange some joints, but not their boxes.

    Both stand one after the other in what comes back.
    """
    i, j = overlapping(people)
    both = (people.flags[i] > 0) & (people.flags[j] > 0)
    needed = both[:, joints].all(axis=1) if len(joints) < 17 else both.any(axis=1)
    i, j = i[needed], j[needed]
    rows = np.stack([i, j], axis=1).ravel()
    there = np.stack([j, i], axis=1).ravel()
    two = people.take(rows)
    two.xy[:, joints] = people.xy[there][:, joints]
    two.flags[:, joints] = people.flags[there][:, joints]
    images = [f"{name} {i // 2}" for i, name in enumerate(two.image)]
    return replace(two, image=tuple(images))  # a person may be of several couples


def twice(
    strength: float, sigma: Floats, rng: np.random.Generator, people: People
) -> People:
    """A person is annotated twice by one annotator, so many sigmas apart."""
    noise = rng.normal(0, 1, people.xy.shape) * sigma[:, None] / np.sqrt(2)
    again = people.xy + strength * noise * people.scale[:, None, None]
    n = len(people)
    two = people.take(np.repeat(np.arange(n), 2))
    two.xy[1::2] = again
    return two


def pasted(resized: bool, rng: np.random.Generator, people: People) -> People:
    """A pose is copied into another image, moved, and with its size changed."""
    rows = np.flatnonzero((people.flags > 0).sum(axis=1) >= 12)
    n = len(rows)
    two = people.take(np.repeat(rows, 2))
    factor = rng.uniform(0.7, 1.4, (n, 1, 1)) if resized else np.ones((n, 1, 1))
    shift = rng.uniform(-50, 50, (n, 1, 2))
    two.xy[1::2] = np.round(people.xy[rows] * factor + shift)
    two.bbox[1::2] = people.bbox[rows] * factor[:, 0]
    two.bbox[1::2, :2] += shift[:, 0]
    two.area[1::2] = people.area[rows] * factor[:, 0, 0] ** 2
    images = [
        name if i % 2 == 0 else f"copy-{i}.jpg" for i, name in enumerate(two.image)
    ]
    return replace(two, image=tuple(images))


def sides(name: str) -> str:
    """A fault's name without its side."""
    return name.removeprefix("left ").removeprefix("right ")


def of_bodies(skeleton: Skeleton) -> list[Fault]:
    """The faults of a skeleton that has COCO's seventeen joints."""
    at = [skeleton.joint(name) for name in JOINTS]
    named: dict[str, list[tuple[tuple[int, int], ...]]] = {}
    for name, pairs in EXCHANGES.items():
        there = tuple((at[a], at[b]) for a, b in pairs)
        named.setdefault(sides(name), []).append(there)
    faults = [
        Fault(f"exchanged: {name}", "", partial(exchanged, pairs))
        for name, pairs in named.items()
    ]
    for name, joints in PARTS.items():
        there = [skeleton.joint(joint) for joint in joints]
        faults += [
            Fault(f"misplaced: {name}", f"{far} s", partial(moved, there, far))
            for far in (0.3, 0.5, 1.0)
        ]
    return faults


def of_records() -> list[Fault]:
    """The faults of any skeleton's numbers."""
    return [
        *(
            Fault("joints gathered in one place", f"{n} joints", partial(gathered, n))
            for n in (2, 4, 17)
        ),
        *(
            Fault("beyond the frame", f"{px} px", partial(beyond_frame, px), False)
            for px in (1, 30)
        ),
        *(
            Fault(
                "visible, outside the box",
                f"{by} of it",
                partial(beyond_box, by),
                False,
            )
            for by in (0.1, 0.3)
        ),
        Fault("missing point at (0, 0)", "", at_origin, False),
        Fault("position without a flag", "", stale, False),
        Fault("flag without a position", "", without_number, False),
        *(Fault("box shrunk", f"to {by}", partial(boxed, by)) for by in (0.3, 0.1)),
        *(Fault("area wrong", f"x {by}", partial(sized, by)) for by in (0.03, 0.1, 4)),
    ]
