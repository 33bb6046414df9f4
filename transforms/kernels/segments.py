"""Segments of a body: which there are, and what they say of its size.

Bones keep their length in every pose: those of arms and legs, and the pelvis from hip
to hip. The trunk, from shoulder to hip, bends; so does a foot at its ball, which makes
it 8 % shorter when a walker pushes off.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import Skeleton

SEGMENTS = {
    ("shoulder", "elbow"): 0.186,
    ("elbow", "wrist"): 0.146,
    ("shoulder", "hip"): 0.288,
    ("hip", "knee"): 0.245,
    ("knee", "ankle"): 0.246,
}
"""Length of a segment over stature (Drillis and Contini 1966, in Winter 2009)."""

SIDES = ("left", "right")
TRUNK = ("shoulder", "hip")


@lru_cache(maxsize=64)
def shares(skeleton: Skeleton) -> dict[tuple[int, int], float]:
    """Share of stature by the two ends of each segment that the skeleton has.

    Left and right of each by turns, in the order of `SEGMENTS`.
    """
    at = skeleton.body
    return {
        (at[f"{side} {a}"], at[f"{side} {b}"]): share
        for (a, b), share in SEGMENTS.items()
        for side in SIDES
        if {f"{side} {a}", f"{side} {b}"} <= at.keys()
    }


@lru_cache(maxsize=64)
def bones(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """What keeps its length in every pose, as pairs of keypoints.

    Of a person the long bones and the pelvis, as far as their points are there; of a
    skeleton that has none of them all limbs.
    """
    at = skeleton.body
    own = [pair for pair in SEGMENTS if pair != TRUNK]
    ends = [(f"{side} {a}", f"{side} {b}") for a, b in own for side in SIDES]
    ends.append(("left hip", "right hip"))
    found = tuple((at[a], at[b]) for a, b in ends if a in at and b in at)
    if skeleton.category == "person" and found:
        return found
    return skeleton.limbs


@lru_cache(maxsize=64)
def mirrored(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """(i, j): places in `bones` of one bone on both sides of the body."""
    other = {a: b for pair in skeleton.flip_pairs for a, b in (pair, pair[::-1])}
    place = {frozenset(bone): i for i, bone in enumerate(bones(skeleton))}
    found = []
    for bone, i in place.items():
        j = place.get(frozenset(other.get(end, end) for end in bone), i)
        if i < j:
            found.append((i, j))
    return tuple(found)


def lengths(points: Floats, ends: Sequence[tuple[int, int]]) -> Floats:
    """Of each pair of keypoints: (N, K, D), E pairs -> (N, E); NaN where one is not."""
    if not ends:
        return np.empty((len(points), 0))
    a, b = np.array(ends).T
    squares = (points[:, a] - points[:, b]) ** 2
    return np.sqrt(sum(squares[..., d] for d in range(points.shape[2])))


def statures(points: Floats, skeleton: Skeleton) -> Floats:
    """The stature that each segment implies: (N, K, D) -> (N, E), in the same unit."""
    table = shares(skeleton)
    return lengths(points, tuple(table)) / np.array([*table.values()])


def middle(values: Floats, fewest: int = 1) -> Floats:
    """Median of what is known of each row: (N, E) -> (N,); NaN of less than `fewest`.

    numpy's own nanmedian goes row by row, a hundred times slower.
    """
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    ranked = np.sort(values, axis=1)  # NaN last
    count: Ints = np.isfinite(values).sum(axis=1)
    row = np.arange(len(values))
    low, high = (count - 1) // 2, np.minimum(count // 2, values.shape[1] - 1)
    half = (ranked[row, low] + ranked[row, high]) / 2
    return np.where(count >= max(fewest, 1), half, np.nan)
