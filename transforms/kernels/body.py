"""Axes of a person's own body, in which a habit stays the same whichever way they turn.

    trunk and head          limbs
        o                      shoulder
      ┌─┴─┐                       \\      x along the limb, away from the trunk
   x <┤   ├> x  outward            \\     y across it, outward
      └─┬─┘                       elbow
        v y  down the body          └─> y

A keypoint is of a limb if the skeleton's limbs end in it, one after another; its axis
runs from the keypoint before. All others have the axis from the right to the left of
the body, mirrored on the right, so that + is outward on both sides.
"""

from functools import lru_cache

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.geometry import dot, length, where
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.skeleton import Skeleton

LEAST = 0.08
"""Of the scale: a shorter axis (of somebody seen from the side) has no direction."""

UPPER, LOWER = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")


@lru_cache(maxsize=64)
def parents(skeleton: Skeleton) -> tuple[int, ...]:
    """The keypoint before each along its limb, towards the trunk; -1 in the trunk.

    Limbs are found from their ends: what has one neighbour hangs on it.
    """
    near: dict[int, set[int]] = {k: set() for k in range(len(skeleton.keypoints))}
    for a, b in skeleton.limbs:
        near[a].add(b)
        near[b].add(a)
    found = [-1] * len(near)
    while ends := [k for k, others in near.items() if len(others) == 1]:
        for end in ends:
            if len(near[end]) == 1:
                before = near[end].pop()
                near[before].discard(end)
                found[end] = before
    return tuple(found)


@lru_cache(maxsize=64)
def pairs(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """(left, right) keypoints, by name or else in the order of the skeleton's pairs."""
    names = skeleton.keypoints
    return tuple(
        (b, a) if "left" in names[b].lower() else (a, b) for a, b in skeleton.flip_pairs
    )


def sides(skeleton: Skeleton) -> Ints:
    """(K,) 1 on the left, -1 on the right, 0 in the middle."""
    side = np.zeros(len(skeleton.keypoints), np.int64)
    for left, right in pairs(skeleton):
        side[left], side[right] = 1, -1
    return side


def body_error(
    error: Floats, xy: Floats, seen: Bools, scale: Floats, skeleton: Skeleton
) -> Floats:
    """Errors in axes of the reference's body: (M, K, 2) [px] -> (M, K, 2) [px].

    NaN where the reference has no such axis, or the error is NaN.

    Args:
      xy, seen: the reference's keypoints (M, K, 2) [px], and which it has (M, K).
      scale: (M,) [px].
    """
    left = leftward(xy, seen, scale, skeleton)  # (M, 2)
    down, hand = upright(left, xy, seen, skeleton)
    side = sides(skeleton)
    outward = np.where(side == 0, 1, side)  # (K,)
    before = np.array(parents(skeleton))
    trunk, limb = np.flatnonzero(before < 0), np.flatnonzero(before >= 0)
    start = before[limb]
    ends = xy.take(limb, axis=1) - xy.take(start, axis=1)
    along = where(seen[:, limb] & seen[:, start], unit(ends, scale[:, None]), np.nan)
    across = -(outward[limb] * hand[:, None])[..., None] * quarter(along)
    turned = np.empty_like(error)
    for some, x, y in (
        (trunk, outward[trunk, None] * left[:, None], down[:, None]),
        (limb, along, across),
    ):
        off = error.take(some, axis=1)
        turned[:, some, 0], turned[:, some, 1] = dot(off, x), dot(off, y)
    return turned


def leftward(xy: Floats, seen: Bools, scale: Floats, skeleton: Skeleton) -> Floats:
    """Unit vectors from the body's right to its left: (M, 2); NaN where unknown."""
    before = parents(skeleton)
    every = pairs(skeleton)
    trunk = [p for p in every if before[p[0]] < 0 and before[p[1]] < 0] or list(every)
    total = np.zeros((len(xy), 2))
    for left, right in trunk:
        both: Bools = seen[:, left] & seen[:, right]
        total += np.where(both[:, None], xy[:, left] - xy[:, right], 0.0)
    return unit(total, scale)


def upright(
    left: Floats, xy: Floats, seen: Bools, skeleton: Skeleton
) -> tuple[Floats, Floats]:
    """Unit vectors down the body (M, 2), at right angles to `left`, and whether its
    left is on the right of the image (M,): 1 of somebody who faces the camera, else -1.

    Down is from the shoulders to the hips where both are known, else down in the image.
    """
    down = np.tile([0.0, 1.0], (len(xy), 1))
    names = skeleton.keypoints
    if {*UPPER, *LOWER} <= set(names):
        top, low = ([names.index(n) for n in ends] for ends in (UPPER, LOWER))
        known = np.asarray(seen[:, [*top, *low]].all(axis=1))[:, None]
        down = np.where(known, xy[:, low].mean(axis=1) - xy[:, top].mean(axis=1), down)
    across = quarter(left)
    hand = np.where(dot(across, down) < 0, -1.0, 1.0)
    return across * hand[:, None], hand


def quarter(vector: Floats) -> Floats:
    """A quarter turn, from x towards y: (…, 2) -> (…, 2)."""
    return np.stack([-vector[..., 1], vector[..., 0]], axis=-1)


def unit(vector: Floats, scale: Floats) -> Floats:
    """Unit vectors (…, 2); NaN if shorter than `LEAST` of the scale (…)."""
    far = length(vector)
    known = far > LEAST * scale
    with np.errstate(invalid="ignore"):
        return where(known, vector / np.where(known, far, 1)[..., None], np.nan)


def words(offset: tuple[float, float], keypoint: int, skeleton: Skeleton) -> str:
    """'outward', 'away from the left_elbow and inward': where an offset points."""
    along, across = offset
    before = parents(skeleton)[keypoint]
    middle = sides(skeleton)[keypoint] == 0
    if before >= 0:
        name = skeleton.keypoints[before].replace("_", " ")
        ends = (f"away from the {name}", f"towards the {name}")
        edges = ("outward", "inward")
    else:
        ends = (
            ("to the body's left", "to its right") if middle else ("outward", "inward")
        )
        edges = ("down the body", "up the body")
    first, second = ends[along < 0], edges[across < 0]
    if abs(along) > 2 * abs(across):
        return first
    return second if abs(across) > 2 * abs(along) else f"{first} and {second}"
