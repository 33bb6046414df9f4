"""Which keypoints of a body can be seen, which are hidden, which are off the image."""

import numpy as np
import numpy.typing as npt

from posegate.pipelines.demo.plan import Ints
from posegate.transforms.model.poses import Bools, Bytes, Floats

# Capsules that hide what is behind them: from, to (keypoints, or a pair's middle),
# radius in statures, and the own keypoints it cannot hide.
Capsule = tuple[tuple[int, int], tuple[int, int], float, tuple[int, ...]]
CAPSULES: tuple[Capsule, ...] = (
    ((5, 6), (11, 12), 0.095, (5, 6, 11, 12)),
    ((3, 4), (3, 4), 0.050, (0, 1, 2, 3, 4, 5, 6)),
    ((5, 5), (7, 7), 0.024, (5, 7, 9)),
    ((7, 7), (9, 9), 0.020, (5, 7, 9)),
    ((6, 6), (8, 8), 0.024, (6, 8, 10)),
    ((8, 8), (10, 10), 0.020, (6, 8, 10)),
    ((11, 11), (13, 13), 0.036, (11, 13, 15)),
    ((13, 13), (15, 15), 0.026, (11, 13, 15)),
    ((12, 12), (14, 14), 0.036, (12, 14, 16)),
    ((14, 14), (16, 16), 0.026, (12, 14, 16)),
)
Singles = npt.NDArray[np.float32]  # half the time of doubles, and pixels enough

BEHIND = 0.09
"""Metres by which a point must be farther than what hides it."""

FENCED = 0.14
"""Share of the people whose knees and ankles something stands before."""

SMALL = 70.0
"""Pixels of stature below which nobody can tell eyes from ears."""


def covered(
    xy: Singles, depth: Singles, by_xy: Singles, by_depth: Singles, px: Singles
) -> Bools:
    """(M, 17): points behind a capsule of the other body; `px` (M,) per stature."""
    hidden = np.zeros(xy.shape[:2], bool)
    for start, end, radius, _ in CAPSULES:
        hidden |= behind(xy, depth, by_xy, by_depth, px, start, end, radius)
    return hidden


def self_covered(xy: Singles, depth: Singles, px: Singles) -> Bools:
    """(N, 17): points behind another part of the own body; a limb spares its ends."""
    hidden = np.zeros(xy.shape[:2], bool)
    for start, end, radius, spared in CAPSULES:
        one = behind(xy, depth, xy, depth, px, start, end, radius)
        one[:, list(spared)] = False
        hidden |= one
    return hidden


def behind(
    xy: Singles,
    depth: Singles,
    by_xy: Singles,
    by_depth: Singles,
    px: Singles,
    start: tuple[int, int],
    end: tuple[int, int],
    radius: float,
) -> Bools:
    """(M, 17): points within the capsule's outline and farther than it."""
    a = by_xy[:, list(start)].mean(axis=1, keepdims=True)
    along = by_xy[:, list(end)].mean(axis=1, keepdims=True) - a
    near = by_depth[:, list(start)].mean(axis=1, keepdims=True)
    slope = by_depth[:, list(end)].mean(axis=1, keepdims=True) - near
    rx, ry = xy[..., 0] - a[..., 0], xy[..., 1] - a[..., 1]
    dx, dy = along[..., 0], along[..., 1]
    t = np.clip((rx * dx + ry * dy) / np.maximum(dx * dx + dy * dy, 1e-9), 0, 1)
    gap = (rx - t * dx) ** 2 + (ry - t * dy) ** 2
    return (gap < (radius * px[:, None]) ** 2) & (depth > near + t * slope + BEHIND)


def unit(vectors: Floats) -> Floats:
    """(…, 3) of length 1; a null vector stays one."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)


def face_hidden(pose: Floats) -> Bools:
    """(N, 5): nose, eyes, ears turned away from the camera; `pose` (N, 22, 3) world.

    The camera is taken to look along -z, which a long lens makes nearly true.
    """
    aside = unit(pose[:, 3] - pose[:, 4])  # right ear to left ear
    forth = unit(pose[:, 0] - (pose[:, 3] + pose[:, 4]) / 2)
    normals = np.stack(
        [
            forth,
            forth + 0.45 * aside,
            forth - 0.45 * aside,
            aside - 0.25 * forth,
            -aside - 0.25 * forth,
        ],
        axis=1,
    )
    lowest = np.array([-0.15, 0.05, 0.05, -0.45, -0.45])
    return unit(normals)[..., 2] < lowest


def joint_hidden(pose: Floats) -> Bools:
    """(N, 17): shoulders and hips on the far side of a body seen from the side."""
    hidden = np.zeros((len(pose), 17), bool)
    for left, right, limit in ((5, 6, 0.86), (11, 12, 0.80)):
        away = unit(pose[:, left] - pose[:, right])[:, 2]
        hidden[:, left], hidden[:, right] = away < -limit, away > limit
    return hidden


def sights(
    xy: Floats,
    depth: Floats,
    pose: Floats,
    px: Floats,
    inside: Bools,
    luck: Floats,
    pairs: tuple[Ints, Ints],
) -> Bytes:
    """The flags (N, 17): 0 outside or not to be placed, 1 hidden, 2 seen.

    `luck` (N, 18) is the same for all frames of a track, so that flags do not flicker:
    a hidden face point is mostly left out, and in some tracks something stands before
    the legs, which are then mostly left out.
    """
    flat, far = xy[:, :17].astype(np.float32), depth[:, :17].astype(np.float32)
    small = px.astype(np.float32)
    hidden = self_covered(flat, far, small) | joint_hidden(pose)
    hidden[:, :5] = face_hidden(pose)
    one, other = pairs
    cover = covered(flat[one], far[one], flat[other], far[other], small[other])
    np.logical_or.at(hidden, one, cover)
    hidden[:, 13:] |= luck[:, 17:] < FENCED
    given_up = luck[:, :17] < np.repeat([0.75, 0.10], [5, 12])
    given_up[:, 13:] |= luck[:, 17:] < FENCED * 0.7
    flags = np.where(hidden, np.where(given_up, 0, 1), 2)
    flags[:, :5][px < SMALL] = 0
    flags[~inside[:, :17]] = 0
    return flags.astype(np.uint8)
