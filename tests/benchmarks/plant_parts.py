"""Faults of faces and hands, planted as those of `plant` are."""

import itertools
from dataclasses import replace
from functools import partial

import numpy as np
from people import People
from plant import Fault, exchanged, moved

from posegate.transforms.model.skeleton import Skeleton


def order_lost(
    chain: tuple[int, ...], rng: np.random.Generator, people: People
) -> People:
    """Two neighbours of a chain of points change places."""
    xy = people.xy.copy()
    for i in range(len(people)):
        at = int(rng.integers(1, len(chain) - 2))
        a, b = chain[at], chain[at + 1]
        xy[i, [a, b]] = xy[i, [b, a]]
    return replace(people, xy=xy)


def lid_raised(
    skeleton: Skeleton, widths: float, _: np.random.Generator, people: People
) -> People:
    """The upper lid of the right eye lies so many eye widths too high."""
    assert skeleton.face
    xy = people.xy.copy()
    eye = skeleton.face.eyes[0]
    axis = xy[:, eye[3]] - xy[:, eye[0]]
    above = np.stack([axis[:, 1], -axis[:, 0]], axis=1)
    xy[:, eye[1:3]] += widths * above[:, None]
    return replace(people, xy=xy)


def of_faces(skeleton: Skeleton) -> list[Fault]:
    """The faults of a skeleton with a face."""
    face = skeleton.face
    assert face
    other = dict(skeleton.flip_pairs) | {b: a for a, b in skeleton.flip_pairs}
    _right, _left = face.eyes
    twins = [(point, other[point]) for point in face.right if point in other]
    lids = [((eye[1], eye[5]), (eye[2], eye[4])) for eye in face.eyes]
    everywhere = list(range(len(skeleton.keypoints)))
    return [
        Fault("face: left for right", "", partial(exchanged, [tuple(twins)]), False),
        Fault(
            "face: one pair of points exchanged",
            "",
            partial(exchanged, [(pair,) for pair in twins]),
            False,
        ),
        Fault("face: lids exchanged", "", partial(exchanged, lids), False),
        Fault(
            "face: two points of the chin exchanged",
            "",
            partial(order_lost, face.outline),
            False,
        ),
        *(
            Fault(
                "face: lid too high",
                f"{w} widths",
                partial(lid_raised, skeleton, w),
                False,
            )
            for w in (0.2, 0.4, 0.6)
        ),
        *(
            Fault(
                "face: one point aside",
                f"{far} s",
                partial(moved, everywhere, far),
                False,
            )
            for far in (0.3, 0.6)
        ),
    ]


def of_hands(skeleton: Skeleton) -> list[Fault]:
    """The faults of a skeleton with hands."""
    fingers = [chain for hand in skeleton.hands for chain in hand]
    neighbours = [(pair,) for chain in fingers for pair in itertools.pairwise(chain)]
    swapped = [
        tuple(zip(a[1:], b[1:], strict=True)) for a, b in itertools.pairwise(fingers)
    ]
    tips = [chain[-1] for chain in fingers]
    return [
        Fault(
            "hand: two joints of a finger exchanged",
            "",
            partial(exchanged, neighbours),
            False,
        ),
        Fault("hand: two fingers exchanged", "", partial(exchanged, swapped), False),
        *(
            Fault("hand: a tip aside", f"{far} s", partial(moved, tips, far), False)
            for far in (0.3, 0.6)
        ),
    ]
