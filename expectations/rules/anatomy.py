"""Whether the keypoints of a person can be those of one body.

A projection shortens limbs and hides rotations, so only contradictions are found:
joints that face two ways, a limb longer than the body allows. Ankles or wrists that
are swapped alone are not: legs and hands cross.

The side of a pair of joints is the cross product of "up" with right -> left, over the
square root of the area: positive where the person faces the camera (y points down).

      L   R         up
       \\ /          ^        side(L, R) > 0: seen from the front
        |           |        side(L, R) < 0: seen from behind
"""

from collections.abc import Sequence

import numpy as np

from posegate.transforms.kernels.segments import middle, shares, statures
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.rule import rule
from posegate.transforms.model.skeleton import Skeleton

EYES = ("left_eye", "right_eye")
TRUNK = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
ARMS = ("left_elbow", "right_elbow", "left_wrist", "right_wrist")
LEGS = ("left_knee", "right_knee", "left_ankle", "right_ankle")


def up(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """The way from hips to shoulders, of length 1: (N, K, 2), (N, K) -> (N, 2).

    Where one of the four is missing, or they coincide, a person is taken to be upright.
    """
    left, right, left_hip, right_hip = (skeleton.joint(name) for name in TRUNK)
    trunk = xy[:, left] + xy[:, right] - xy[:, left_hip] - xy[:, right_hip]  # (N, 2)
    known = labelled[:, [left, right, left_hip, right_hip]].all(axis=1)
    length = np.hypot(trunk[:, 0], trunk[:, 1])
    known &= length > 0
    return np.where(known[:, None], trunk / length[:, None], (0.0, -1.0))


def side(
    joint: str, xy: Floats, labelled: Bools, scale: Floats, skeleton: Skeleton
) -> Floats:
    """Which way a pair of joints faces: (N,), over scale; NaN where one is missing."""
    left, right = (skeleton.joint(f"{which}_{joint}") for which in ("left", "right"))
    axis = up(xy, labelled, skeleton)
    across = xy[:, left] - xy[:, right]
    cross = axis[:, 0] * across[:, 1] - axis[:, 1] * across[:, 0]
    return np.where(labelled[:, left] & labelled[:, right], cross / scale, np.nan)


@rule(
    "anatomy.left-right-face", severity="review", of="person", space=False,
    needs=(*EYES, *TRUNK),
)  # fmt: skip
def left_right_face(
    xy: Floats, labelled: Bools, visible: Bools, scale: Floats, skeleton: Skeleton
) -> Floats:
    """The left and the right eye are swapped: both are visible, but face backwards.

    Only the front of a head shows both eyes, so they must face the camera.
    """
    both = visible[:, [skeleton.joint(name) for name in EYES]].all(axis=1)
    turned = np.where(both, -side("eye", xy, labelled, scale, skeleton), np.nan)
    return at(turned, EYES, labelled, skeleton)


@rule("anatomy.left-right-body", severity="review", of="person", needs=TRUNK)
def left_right_body(
    xy: Floats, labelled: Bools, scale: Floats, shoulders: float, skeleton: Skeleton
) -> Floats:
    """Left and right are swapped in the upper or the lower body: they face two ways.

    How far the hips turn against the shoulders, of people whose shoulders are at least
    `shoulders` wide as seen (over the square root of the area).
    """
    above = side("shoulder", xy, labelled, scale, skeleton)
    below = side("hip", xy, labelled, scale, skeleton)
    turned = np.where(np.abs(above) > shoulders, -below * np.sign(above), np.nan)
    return at(turned, TRUNK, labelled, skeleton)


@rule(
    "anatomy.limb-length", severity="review", of="person", needs=(*TRUNK, *ARMS, *LEGS)
)
def limb_length(
    xy: Floats, labelled: Bools, fewest: float, skeleton: Skeleton
) -> Floats:
    """A limb is too long for this body.

    Each limb, over its share of stature, implies how tall the person is; the largest
    over the median of at least `fewest`. Foreshortening makes limbs shorter, never
    longer.
    """
    tall = statures(np.where(labelled[..., None], xy, np.nan), skeleton)
    row, largest = np.arange(len(tall)), np.fmax.reduce(tall, axis=1)
    ratio = largest / middle(tall, int(fewest))
    longest = np.nan_to_num(tall, nan=-1).argmax(axis=1)
    out = np.full(labelled.shape, np.nan)
    out[row[:, None], np.array([*shares(skeleton)])[longest]] = ratio[:, None]
    return out


def at(
    values: Floats, joints: Sequence[str], labelled: Bools, skeleton: Skeleton
) -> Floats:
    """The value of a row (N,) at the joints that it is about: (N, K), NaN elsewhere."""
    out = np.full(labelled.shape, np.nan)
    out[:, [skeleton.joint(name) for name in joints]] = values[:, None]
    return out


RULES = (
    left_right_face,
    left_right_body,
    limb_length,
)
