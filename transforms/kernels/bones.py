"""Lengths of bones over a track: what differs from frame to frame, and between sides.

M rows of tracks stand together, as `series` has them; B bones.
"""

from collections.abc import Sequence

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.series import groups
from posegate.transforms.model.poses import Floats

_MAD = 1.4826  # of a normal law: standard deviation over median absolute deviation


def usual(length: Floats, track: Ints, fewest: int) -> Floats:
    """A track's median length of each bone: (M, B), (M,) -> (M, B).

    The same for all rows of a track; NaN where it has fewer than `fewest` lengths.
    """
    out = np.full(length.shape, np.nan)
    for rows in groups(track):
        enough = np.isfinite(length[rows]).sum(axis=0) >= max(fewest, 1)
        if enough.any():
            out[rows, enough] = np.nanmedian(length[rows, enough], axis=0)
    return out


def deviation(length: Floats, track: Ints, fewest: int) -> tuple[Floats, Floats]:
    """How far each length is off its track's median, and how far that usually is.

    (M, B), (M,) -> (M, B) shares of the median, and (M, B): 1.4826 times the median of
    those, the noise of the two placements. NaN where a length or the median is missing.
    """
    median = usual(length, track, fewest)
    off = np.abs(length / np.where(median > 0, median, np.nan) - 1)
    return off, _MAD * usual(off, track, fewest)


def asymmetry(
    length: Floats, track: Ints, fewest: int, sides: Sequence[tuple[int, int]]
) -> Floats:
    """By which share the longer of two sides' bones is longer: (M, B), (M,) -> (M, B).

    Of a track's medians, at both bones; NaN where one is missing.

    Args:
      sides: places of one bone on the left and on the right.
    """
    median = usual(length, track, fewest)
    out = np.full(length.shape, np.nan)
    for i, j in sides:
        a, b = median[:, i], median[:, j]
        low, high = np.minimum(a, b), np.maximum(a, b)
        out[:, i] = out[:, j] = high / np.where(low > 0, low, np.nan) - 1
    return out


def at_ends(values: Floats, ends: Sequence[tuple[int, int]], keypoints: int) -> Floats:
    """What is said of bones at their two ends, the largest: (M, B) -> (M, K)."""
    out = np.full((len(values), keypoints), np.nan)
    for b, pair in enumerate(ends):
        for k in pair:
            out[:, k] = np.fmax(out[:, k], values[:, b])
    return out
