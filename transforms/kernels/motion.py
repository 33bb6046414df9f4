"""What the motion of a track gives away: frozen points, flips, jumps, other people.

Rows are as `series` has them. H is the person's stature [px].
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.filters import innovation
from posegate.transforms.kernels.series import (
    centred,
    difference,
    groups,
    stretches,
)
from posegate.transforms.model.poses import Floats

GRAVITY = 9.81  # m/s^2
STATURE = 1.7  # m: what a person is taken to measure
SCALE = 0.41  # square root of a person's area over stature, from COCO's people


def stature(
    xy: Floats,
    area: Floats,
    track: Ints,
    segments: Mapping[tuple[int, int], float],
) -> Floats:
    """A person's height in the picture, by track: (N, K, 2), (N,), (N,) -> (N,) [px].

    A segment's length over its share of stature says at most how tall somebody is, for
    projection only shortens: the 95th percentile over a track's frames of the largest.
    Where no segment is seen, the root of the area over 0.41; NaN where neither is.

    Args:
      segments: share of stature by the indices of the two ends.
    """
    implied = np.full(len(xy), np.nan)
    for (a, b), share in segments.items():
        length = np.hypot(*(xy[:, a] - xy[:, b]).T) / share
        implied = np.fmax(implied, length)
    guessed = np.sqrt(np.where(area > 0, area, np.nan)) / SCALE
    out = np.full(len(xy), np.nan)
    for rows in groups(track):
        for some in (implied[rows], guessed[rows]):
            known = some[np.isfinite(some)]
            if len(known):
                out[rows] = np.percentile(known, 95)
                break
    return out


def acceleration(second: Floats, fps: Floats, height: Floats) -> Floats:
    """|a| of a centred second difference, in g: (N, K, 2), (N,), (N,) -> (N, K).

    A person is taken to be 1.7 m tall; NaN where fps or height is not known.
    """
    metres = STATURE / height  # (N,) of a pixel
    size = np.hypot(second[..., 0], second[..., 1])
    return size * (fps**2 * metres / GRAVITY)[:, None]


def floor(jitter: Floats, fps: Floats, height: Floats) -> Floats:
    """What placement noise alone makes of |a|, in g: (N, K), (N,), (N,) -> (N, K)."""
    metres = STATURE / height
    return math.sqrt(6) * jitter * (fps**2 * metres / GRAVITY)[:, None]


def still(xy: Floats, before: Ints) -> tuple[Ints, Ints]:
    """Stretches of exactly equal positions, at their first row.

    (N, K, 2), (N,) -> (N, K) of each keypoint, in rows; (N,) of all that are placed,
    at least two of them.
    """
    n, k = xy.shape[:2]
    same = np.zeros((n, k), np.bool_)
    same[1:] = (xy[1:] == xy[:-1]).all(axis=2) & (before[1:] > 0)[:, None]
    placed = np.asarray(np.isfinite(xy).all(axis=2))
    both = np.zeros((n, k), np.bool_)
    both[1:] = placed[1:] & placed[:-1]
    whole = (same | ~both).all(axis=1) & (both.sum(axis=1) >= 2)
    return _at_first(stretches(same)), _at_first(stretches(whole))


def _at_first(length: Ints) -> Ints:
    """From the second row of a stretch, which repeats the first, to the first."""
    out = np.zeros(length.shape, np.int64)
    out[:-1] = np.where(length[1:] > 0, length[1:] + 1, 0)
    return out


def moving(xy: Floats, before: Ints, rows: int) -> Floats:
    """How far the median keypoint gets in so many rows: (N, K, 2) -> (N,) [px].

    NaN where its run ends before. Over several rows clicks do not add up, so somebody
    who stands still gets nowhere.
    """
    n, out = len(xy), np.full(len(xy), np.nan)
    if n <= rows:
        return out
    gone = xy[rows:] - xy[:-rows]
    gone[before[rows:] < rows] = np.nan
    known = np.flatnonzero(np.isfinite(gone).any(axis=(1, 2)))
    if len(known):
        size = np.hypot(gone[known, :, 0], gone[known, :, 1])
        out[known] = np.nanmedian(size, axis=1)
    return out


def flip(
    xy: Floats, before: Ints, height: Floats, pairs: Sequence[tuple[int, int]]
) -> Floats:
    """Cost of swapping left and right over that of keeping them: (N, K, 2) -> (N, K).

    Each pair that lies more than 0.06 H apart is compared with where two rows before
    it and constant velocity put it; below 1 the swapped reading is nearer. NaN where
    a pair is not known in the three rows, and at keypoints of none.
    """
    out = np.full(xy.shape[:2], np.nan)
    expected = np.full(xy.shape, np.nan)
    expected[2:] = 2 * xy[1:-1] - xy[:-2]
    expected[before < 2] = np.nan
    for a, b in pairs:
        apart = np.hypot(*(xy[:, a] - xy[:, b]).T) > 0.06 * height
        kept = _away(xy[:, a], expected[:, a]) + _away(xy[:, b], expected[:, b])
        swapped = _away(xy[:, a], expected[:, b]) + _away(xy[:, b], expected[:, a])
        here = apart & (kept > 0)
        ratio = np.where(here, swapped / np.where(here, kept, 1), np.nan)
        out[:, [a, b]] = ratio[:, None]
    return out


def _away(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.hypot(*(a - b).T))


def allowance(fps: Floats, burst: float) -> Floats:
    """The second difference that a body makes which accelerates `burst` g: (N,) [H].

    It is small at 25 frames a second and most of what is seen below 10. 0 where fps is
    not known.
    """
    metres = burst * GRAVITY / np.where(fps > 0, fps, np.inf) ** 2
    return np.asarray(metres / STATURE)


def jump(xy: Floats, before: Ints) -> Floats:
    """Median over keypoints of |second difference|, at its middle: (N, K, 2) -> (N,).

    [px]; large where a track goes over to another person, for all points go at once.
    NaN where fewer than three keypoints are placed in the three rows.
    """
    size = np.hypot(*np.moveaxis(centred(difference(xy, before, 2)), 2, 0))  # (N, K)
    enough = np.isfinite(size).sum(axis=1) >= 3
    out = np.full(len(xy), np.nan)
    if enough.any():
        out[enough] = np.nanmedian(size[enough], axis=1)
    return out


def surprise(
    xy: Floats, before: Ints, fps: Floats, jitter: Floats, height: Floats, q: float
) -> Floats:
    """Normalised innovation squared of a Kalman filter: (N, K, 2) … -> (N, K).

    The larger of both axes, chi^2 of 1 degree each. A placement's standard deviation is
    the track's `jitter` (at least half a pixel); the acceleration's density is `q`
    [H^2/s^3]. NaN at a run's first row, or where fps or height is not known.
    """
    out = np.full(xy.shape[:2], np.nan)
    known = [
        rows
        for rows in groups(np.cumsum(before == 0))
        if fps[rows.start] > 0 and height[rows.start] > 0
    ]
    for runs in alike(known):
        first = [rows.start for rows in runs]
        longest = runs[0].stop - runs[0].start
        x = np.full((longest, len(runs), *xy.shape[1:]), np.nan)
        for i, rows in enumerate(runs):
            x[: rows.stop - rows.start, i] = xy[rows]  # (T, R, K, 2)
        r = np.maximum(np.nan_to_num(jitter[first], nan=0.5), 0.5)[..., None]
        spread = q * height[first, None, None] ** 2
        _, found = innovation(x, fps[first, None, None], spread, r)
        with np.errstate(invalid="ignore"):
            larger = np.fmax(found[..., 0], found[..., 1])
        for i, rows in enumerate(runs):
            out[rows] = larger[: rows.stop - rows.start, i]
    return out


def alike(runs: Sequence[slice]) -> list[list[slice]]:
    """Runs that are filtered together, the longest first, none half as long."""
    out: list[list[slice]] = []
    for rows in sorted(runs, key=lambda rows: rows.start - rows.stop):
        longest = out[-1][0] if out else None
        if longest and 2 * (rows.stop - rows.start) > longest.stop - longest.start:
            out[-1].append(rows)
        else:
            out.append([rows])
    return out


def continuation(
    xy: Floats, track: Ints, frame: Ints, video: Ints, fps: Floats, height: Floats
) -> Floats:
    """How far a new track's first pose is from where another one has just ended.

    (N, K, 2), (N,) … -> (N,): median distance of the keypoints that both have, over
    stature, to the nearest track of the same video that ended within a second (25
    frames where fps is not known) before; NaN at all rows but first ones, and where
    no such track has three keypoints in common.
    """
    out = np.full(len(xy), np.nan)
    spans = groups(track)
    last: dict[int, list[int]] = {}
    for span in spans:
        last.setdefault(int(video[span.start]), []).append(span.stop - 1)
    for span in spans:
        at = span.start
        reach = fps[at] if fps[at] > 0 else 25.0
        for end in last[int(video[at])]:
            if not 0 < frame[at] - frame[end] <= reach:
                continue
            away = np.hypot(*(xy[at] - xy[end]).T) / height[end]
            if np.isfinite(away).sum() >= 3:
                out[at] = np.fmin(out[at], np.nanmedian(away))
    return out
