"""Bodies: limb lengths and joint angles -> 17 keypoints in metres.

Axes of the body: x to its left, y up, z forwards; the ground is y = 0.
"""

import numpy as np

from posegate.pipelines.demo.postures import ANGLES
from posegate.transforms.model.poses import Floats

# Fractions of stature (Winter; Drillis & Contini): joint centres.
UPPER_ARM, FOREARM, THIGH, SHANK, TRUNK = 0.186, 0.146, 0.245, 0.246, 0.288
SHOULDERS, HIPS, FOOT_HEIGHT = 0.259, 0.191, 0.039
HAND, TOE, HEEL = 0.085, 0.115, -0.035
# Left-hand face points from the middle of the shoulders: neck .052, head .130.
FACE = np.array(
    [
        [0.0, 0.092, 0.066],  # nose
        [0.019, 0.113, 0.054],  # eye
        [0.044, 0.104, 0.004],  # ear
        [0.0, 0.182, 0.005],  # crown
    ]
)
NECK = 0.05  # where the head turns, above the shoulders

EXTRAS = ("crown", "left hand", "right hand", "left toe", "right toe")
"""Points after the 17 keypoints: they belong to the outline, not to the annotation."""


def turn(vectors: Floats, axis: int, angle: Floats) -> Floats:
    """Rotates (…, 3) by (…) radians about a coordinate axis, right-handed."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    cos, sin = np.cos(angle), np.sin(angle)
    out = np.empty_like(np.broadcast_to(vectors, (*np.shape(angle), 3)))
    out[..., axis] = vectors[..., axis]
    out[..., a] = vectors[..., a] * cos - vectors[..., b] * sin
    out[..., b] = vectors[..., a] * sin + vectors[..., b] * cos
    return out


def limb(
    angle: dict[str, Floats], side: str, first: str, out: str, roll: str, fold: str
) -> Floats:
    """Directions of a limb's two segments: (N, 2, 3), from down at rest.

    The upper segment swings forwards by `first` and away from the body by `out`; the
    lower folds (elbow forwards, knee backwards) in the plane that `roll` turns.
    """
    n, sign = len(angle["lean"]), 1 if side == "left" else -1
    forwards = 1 if fold == "elbow" else -1
    lower = turn(np.array([0.0, -1, 0]), 0, -forwards * angle[f"{side} {fold}"])
    inwards = -sign * forwards
    lower = turn(lower, 1, inwards * angle[f"{side} {roll}"])
    both = np.stack([np.broadcast_to([0.0, -1, 0], (n, 3)), lower], axis=1)
    both = turn(both, 0, np.repeat(-angle[f"{side} {first}"][:, None], 2, 1))
    return turn(both, 2, np.repeat(sign * angle[f"{side} {out}"][:, None], 2, 1))


def upright(points: Floats, angle: dict[str, Floats]) -> Floats:
    """Points of the shoulder girdle (N, J, 3), turned as the spine is."""
    shape = points.shape[:2]
    for axis, name in ((1, "twist"), (0, "lean"), (2, "side")):
        points = turn(points, axis, np.broadcast_to(angle[name][:, None], shape))
    return points


def head(angle: dict[str, Floats]) -> Floats:
    """(N, 6, 3): nose, eyes, ears, crown, from the middle of the shoulders."""
    left = FACE[[0, 1, 1, 2, 2, 3]].copy()
    left[[2, 4], 0] *= -1
    points = np.broadcast_to(left - [0, NECK, 0], (len(angle["nod"]), 6, 3))
    for axis, name in ((0, "nod"), (1, "look")):
        points = turn(points, axis, np.repeat(angle[name][:, None], 6, 1))
    return points + np.array([0, NECK, 0])


def bodies(angles: Floats, proportions: Floats) -> Floats:
    """Joint angles (N, 21) [rad] -> points (N, 17 + 5, 3) in statures, feet on y = 0.

    `proportions` (N, 5) multiplies arm, leg, trunk, shoulder and hip lengths.
    """
    angle = dict(zip(ANGLES, angles.T, strict=True))
    arm, leg, trunk, wide, broad = proportions.T[:, :, None]  # (5, N, 1)
    n = len(angles)
    ends = np.array([[0.5, 0, 0], [-0.5, 0, 0]])
    shoulders = ends * SHOULDERS * wide[:, None]  # (N, 2, 3)
    arms = [
        limb(angle, side, "shoulder", "abduct", "rotate", "elbow")
        for side in ("left", "right")
    ]
    legs = [
        limb(angle, side, "hip", "splay", "toe", "knee") for side in ("left", "right")
    ]
    upper = upright(np.concatenate([head(angle), shoulders, *arms], axis=1), angle)
    spine = np.broadcast_to([[[0.0, TRUNK, 0]]], (n, 1, 3))
    chest = upright(spine, angle)[:, 0] * trunk
    face, shoulder, reach = upper[:, :6], upper[:, 6:8], upper[:, 8:]
    out = np.empty((n, 22, 3))
    out[:, 0:5], out[:, 17] = face[:, :5] + chest[:, None], face[:, 5] + chest
    for i, stride in enumerate(legs):
        out[:, 5 + i] = chest + shoulder[:, i]
        out[:, 7 + i] = out[:, 5 + i] + UPPER_ARM * arm * reach[:, 2 * i]
        out[:, 9 + i] = out[:, 7 + i] + FOREARM * arm * reach[:, 2 * i + 1]
        out[:, 18 + i] = out[:, 9 + i] + HAND * arm * reach[:, 2 * i + 1]
        out[:, 11 + i] = ends[i] * HIPS * broad
        out[:, 13 + i] = out[:, 11 + i] + THIGH * leg * stride[:, 0]
        out[:, 15 + i] = out[:, 13 + i] + SHANK * leg * stride[:, 1]
        out[:, 20 + i] = out[:, 15 + i] + [0, -FOOT_HEIGHT, TOE]
    ground = out[:, 15:17, 1].min(axis=1) - FOOT_HEIGHT
    out[:, :, 1] -= ground[:, None]
    return out
