"""Rows of tracks in order of time: differences, noise, stretches.

N rows stand by track, then frame. A run is a stretch of one track whose frames follow
each other by the track's own step; `depth` (N,) counts a row's predecessors in its run:

    track   a a a a a b b      step of a: 2
    frame   0 2 4 8 10 5 6
    depth   0 1 2 0 1 0 1      8 does not follow 4: a gap
"""

import math

import numpy as np
import numpy.typing as npt

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.model.poses import Bools, Floats

SPREAD = {2: 6.0, 3: 20.0, 4: 70.0}
"""Variance of a k-th difference of independent noise of variance 1: C(2k, k)."""

_MAD = 1.4826  # of a normal law: standard deviation over median absolute deviation


def steps(track: Ints, frame: Ints) -> Ints:
    """The usual distance of a track's frames: (N,), (N,) -> (N,); 1 of a single row.

    The commonest positive difference, the smallest of those that are equally common.
    """
    out = np.ones(len(track), np.int64)
    starts = np.flatnonzero(np.r_[True, track[1:] != track[:-1]])
    for start, stop in zip(starts, np.r_[starts[1:], len(track)], strict=True):
        gaps = np.diff(frame[start:stop])
        values, counts = np.unique(gaps[gaps > 0], return_counts=True)
        if len(values):
            out[start:stop] = values[counts.argmax()]
    return out


def depth(track: Ints, frame: Ints, step: Ints) -> Ints:
    """How many rows of its run come before each: (N,) x 3 -> (N,)."""
    n = len(track)
    follows = np.zeros(n, np.bool_)
    follows[1:] = (track[1:] == track[:-1]) & (np.diff(frame) == step[1:])
    place = np.arange(n)
    return place - np.maximum.accumulate(np.where(follows, 0, place))


def difference(xy: Floats, before: Ints, order: int) -> Floats:
    """The k-th difference that ends at each row: (N, K, 2), depth (N,) -> (N, K, 2).

    NaN where fewer than k rows come before, or a point is missing in one of them.
    """
    out = np.full(xy.shape, np.nan)
    n = len(xy)
    if n <= order:
        return out
    total = np.zeros((n - order, *xy.shape[1:]))
    for j in range(order + 1):
        total += (-1) ** j * math.comb(order, j) * xy[order - j : n - j]
    out[order:] = np.where((before[order:] >= order)[:, None, None], total, np.nan)
    return out


def centred(ending: Floats) -> Floats:
    """A second difference at its middle row instead of its last: (N, …) -> (N, …)."""
    out = np.full(ending.shape, np.nan)
    out[:-1] = ending[1:]
    return out


def noise(xy: Floats, before: Ints, track: Ints, order: int, least: int = 8) -> Floats:
    """A track's placement noise per axis and keypoint: (N, K, 2) -> (N, K) [px].

    1.4826 median |k-th difference| / sqrt(C(2k, k)), both axes together; the same for
    all rows of a track, NaN where it has fewer than `least` differences. Real motion
    is smooth, so it hardly shows in a high difference: the 4th is right at 25 to 30
    frames a second, the 3rd from 50; below 20 none is.
    """
    size = np.abs(difference(xy, before, order))
    out = np.full(xy.shape[:2], np.nan)
    for rows in groups(track):
        some = size[rows].swapaxes(0, 1).reshape(xy.shape[1], -1)  # (K, 2 n)
        known = np.isfinite(some).sum(axis=1) >= 2 * least
        if known.any():
            middle = np.nanmedian(some[known], axis=1)
            out[rows, known] = _MAD * middle / math.sqrt(SPREAD[order])
    return out


def groups(track: Ints) -> list[slice]:
    """The rows of each track, which stand together."""
    if not len(track):
        return []
    edges = np.flatnonzero(np.r_[True, track[1:] != track[:-1]])
    stops = [*edges[1:], len(track)]
    return [slice(int(a), int(b)) for a, b in zip(edges, stops, strict=True)]


def stretches(same: Bools) -> Ints:
    """At the first True of each stretch along the rows its length, else 0.

    (N, …) -> (N, …).
    """
    n = len(same)
    place = np.arange(n).reshape(-1, *(1,) * (same.ndim - 1))
    end = np.minimum.accumulate(np.where(same, n, place)[::-1])[::-1]
    first = same.copy()
    first[1:] &= ~same[:-1]
    return np.where(first, end - place, 0)


def straight(
    xy: Floats, before: Ints, interior: int, tolerance: float, speed: float
) -> npt.NDArray[np.bool_]:
    """Rows inside a window that runs along its chord: (N, K, 2) -> (N, K).

    A window is `interior` rows between two ends of one run; each lies within
    `tolerance` [px] of where linear interpolation between the ends puts it, on both
    axes, and the ends are at least `speed` [px a row] apart on one. Not in people:
    at 5 interior rows 0 of 88,000 windows of smooth motion with placement noise.
    """
    n, width = len(xy), interior + 1
    out = np.zeros(xy.shape[:2], np.bool_)
    if n <= width:
        return out
    first, last = xy[:-width], xy[width:]
    on = before[width:, None] >= width  # (M, 1) -> (M, K)
    moved = np.abs(last - first).max(axis=2) / width
    on = on & (moved >= speed)
    for j in range(1, width):
        chord = first + (last - first) * (j / width)
        off = np.abs(xy[j : n - width + j] - chord).max(axis=2)
        on &= off <= tolerance  # NaN is not
    for j in range(1, width):
        out[j : n - width + j] |= on
    return out
