"""Scenes through a camera: where the keypoints really are, and which can be seen."""

from dataclasses import dataclass

import numpy as np

from posegate.pipelines.demo.camera import cameras, project
from posegate.pipelines.demo.people import bodies, turn
from posegate.pipelines.demo.plan import Ints, Plan
from posegate.pipelines.demo.postures import SPEED, Habitus, angles, habitus
from posegate.pipelines.demo.sight import sights
from posegate.pipelines.demo.spec import PEOPLE_PER_FRAME, Purpose, stream
from posegate.transforms.model.poses import Bools, Bytes, Floats

TONES = ("I", "II", "III", "IV", "V", "VI")
FLESH = 0.035  # around the joints, in statures: what a box has and a skeleton has not
FILL = 1.14
"""Brings the median of area / box to COCO val2017's .535 (statistics.md, 1.1)."""

ARMS = ((5, 7), (7, 9), (9, 18), (6, 8), (8, 10), (10, 19))
LEGS = ((11, 13), (13, 15), (12, 14), (14, 16))


@dataclass(frozen=True)
class View:
    """The truth about one block's N instances of T people in F frames, S scenes.

    `xy` (N, 17, 2) [px]; `visibility` (N, 17) before anybody reads it; `box` (N, 4)
    [px: x, y, w, h] around the part of the body that is in the frame; `area` (N,)
    [px^2] of its outline; `size` (S, 2) [px]; `rate` (S,) [frames/s]; `lighting` (S,),
    `action` and `tone` (T,) are indices into the names.
    """

    xy: Floats
    visibility: Bytes
    box: Floats
    area: Floats
    size: Floats
    rate: Floats
    lighting: Ints
    action: Ints
    tone: Ints


@dataclass(frozen=True)
class Cast:
    """The T people of a block: lengths, and where and which way they stand [m, rad]."""

    who: Habitus
    stature: Floats
    proportions: Floats
    facing: Floats
    place: Floats  # (T, 2): to the right of, and beyond, the scene's first person
    tone: Ints


def facing(rng: np.random.Generator, people: int) -> Floats:
    """(T,) [rad]: 0 faces the camera, as most do; a fifth any way, a fifth away."""
    toward = np.clip(rng.normal(0, 42, people), -105, 105)
    anyhow = rng.uniform(-180, 180, people)
    behind = 180 + rng.uniform(-38, 38, people)
    kind = rng.choice(3, people, p=[0.62, 0.20, 0.18])
    return np.radians(np.choose(kind, [toward, anyhow, behind]))


def places(rng: np.random.Generator, seat: Ints) -> Floats:
    """(T, 2) [m]: aside of and beyond the first of the scene, who stands at 0.

    The third is on the other side of the first than the second, so that nobody stands
    inside another.
    """
    n = len(seat)
    side = rng.choice([-1, 1], n) * rng.uniform(0.25, 2.2, n)
    depth = rng.choice([-1, 1], n) * rng.uniform(0.35, 1.4, n)
    third = np.flatnonzero(seat == 2)
    side[third] = -np.sign(side[third - 1]) * np.abs(side[third])
    return np.stack([side, depth], axis=1) * (seat > 0)[:, None]


def cast(rng: np.random.Generator, seat: Ints) -> Cast:
    """Random people; `seat` (T,) is 0 for the first of a scene."""
    n = len(seat)
    return Cast(
        who=habitus(rng, n),
        stature=np.clip(rng.normal(1.70, 0.09, n), 1.45, 2.0),
        proportions=np.clip(rng.normal(1, 0.025, (n, 5)), 0.93, 1.07),
        facing=facing(rng, n),
        place=places(rng, seat),
        tone=rng.integers(0, len(TONES), n),
    )


def held_in(xy: Floats, size: Floats) -> Floats:
    """Shifts bodies (N, 22, 2) so that their middle stays in the image.

    Clamping is continuous in time, so tracks stay smooth.
    """
    middle = xy[:, [5, 6, 11, 12]].mean(axis=1)
    margin = 0.03 * size
    return xy + (np.clip(middle, margin, size - margin) - middle)[:, None]


def outline(xy: Floats, px: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Bodies (N, 22, 2) at `px` pixels per stature -> box (N, 4), area (N,) [px^2].

    The area is that of head, trunk and limbs as bars of usual widths, times the share
    of the box inside the image; it knows nothing of what anybody labels.
    """
    pad = (FLESH * px)[:, None]
    low, high = xy.min(axis=1) - pad, xy.max(axis=1) + pad
    whole = np.prod(high - low, axis=1)
    low, high = np.clip(low, 0, size - 1), np.clip(high, 0, size - 1)
    box = np.concatenate([low, np.maximum(high - low, 1)], axis=1)
    inside = np.prod(box[:, 2:], axis=1)

    def length(a: int, b: int) -> Floats:
        return np.hypot(*(xy[:, a] - xy[:, b]).T)

    arms = sum(length(a, b) for a, b in ARMS)
    legs = sum(length(a, b) for a, b in LEGS)
    trunk = (length(5, 11) + length(6, 12)) / 2
    width = (length(5, 6) + length(11, 12)) / 2 + 0.10 * px
    body = 0.022 * px**2 + arms * 0.055 * px + legs * 0.085 * px + trunk * width
    share = np.clip(FILL * body / whole, 0.22, 0.85)
    return box, share * inside


def companions(frame: Ints) -> tuple[Ints, Ints]:
    """Ordered pairs of different instances of one frame; `frame` (N,) is sorted."""
    n, pairs = len(frame), []
    for step in range(1, PEOPLE_PER_FRAME):
        a = np.arange(n - step)
        a = a[frame[a] == frame[a + step]]
        pairs += [(a, a + step), (a + step, a)]
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return one, other


def within(xy: Floats, size: Floats) -> Bools:
    """(N, J): points inside the image of `size` (N, 2) [px]."""
    inside: Bools = (xy >= 0) & (xy <= size[:, None] - 1)
    return inside[..., 0] & inside[..., 1]


def time(plan: Plan, rate: Floats) -> Floats:
    """(F,) [s], 0 in the middle of each scene."""
    middle = (plan.frames - 1) / 2
    return (plan.moment - middle[plan.scene]) / rate[plan.scene]


def world(people: Cast, track: Ints, time: Floats) -> Floats:
    """(N, 22, 3) [m]: bodies on their feet, on their way, middle of the first at 0."""
    pose = bodies(angles(people.who, track, time), people.proportions[track])
    pose = pose * people.stature[track][:, None, None]
    pose[..., 1] -= 0.85
    way = people.facing[track]
    pose = turn(pose, 1, np.broadcast_to(way[:, None], pose.shape[:2]))
    walked = np.asarray(SPEED)[people.who.action[track]] * time
    pose[..., 0] += (people.place[track, 0] + walked * np.sin(way))[:, None]
    pose[..., 2] += (-people.place[track, 1] + walked * np.cos(way))[:, None]
    return pose


def view(seed: int, plan: Plan) -> View:
    """The truth about a block."""
    rng = stream(seed, plan.week, plan.block, Purpose.SCENE)
    lens = cameras(rng, len(plan.people))
    first = np.cumsum(plan.people) - plan.people
    seat = np.arange(int(plan.people.sum())) - np.repeat(first, plan.people)
    body = stream(seed, plan.week, plan.block, Purpose.BODY)
    people = cast(body, seat)
    frame, track = plan.frame, plan.track
    scene = plan.scene[frame]
    pose = world(people, track, time(plan, lens.rate)[frame])
    xy, depth = project(pose, lens, scene)
    size = lens.size[scene]
    xy = held_in(xy, size)
    px = lens.focal[scene] * people.stature[track] / depth.mean(axis=1)
    box, area = outline(xy, px, size)
    inside = within(xy, size)
    chance = stream(seed, plan.week, plan.block, Purpose.SIGHT)
    luck = chance.random((len(seat), 18))[track]
    one, other = companions(frame)
    flags = sights(xy, depth, pose, px, inside, luck, (one, other))
    return View(
        xy=xy[:, :17],
        visibility=flags,
        box=box,
        area=area,
        size=lens.size,
        rate=lens.rate,
        lighting=lens.lighting,
        action=people.who.action,
        tone=people.tone,
    )
