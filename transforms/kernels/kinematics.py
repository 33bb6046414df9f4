"""How joints move: angles, velocities and accelerations of tracks, smoothed first.

    positions ──low pass──> angles ──────────> degrees per second
                   └──────────────────────────> m/s, m/s^2      (px where no scale)

A run is a stretch of a track without gaps, as `series` has it. Differences are central
(Winter 2009, eq. 3.15 and 3.18), so that the first and the last row of a run have none,
nor has a row beside one in which the point is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posegate.transforms.kernels import series
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.filters import low_pass
from posegate.transforms.kernels.joints import angles, projected
from posegate.transforms.kernels.motion import STATURE
from posegate.transforms.kernels.tracks import Tracks
from posegate.transforms.model.poses import Bools, Floats

LEAST = 12
"""Rows of a run below which a filter would show its own beginning and end."""

NYQUIST = 0.4
"""Of the frame rate: a cut-off must lie below it to cut anything off."""

NO_RATE = "the frame rate is not known"
AGAIN = "the frame is there twice; the first counts"
ALONE = "fewer than three frames follow one another here"
UNSEEN = "the point is missing here, or in the frame before or after"


@dataclass(frozen=True)
class Moves:
    """Of N rows and K keypoints, NaN where there is none.

    `velocity`, `acceleration` (N, K, 3) in metres or pixels as `metric` (N,) says, with
    z NaN unless `space` (N,); `angle` and `turning` (N,) degrees, and degrees a second,
    by `left knee flexion`; `cutoff` (N, K) [Hz] where a point was smoothed; `reason`
    (N,) why a row has no velocity, or None.
    """

    velocity: Floats
    acceleration: Floats
    metric: Bools
    space: Bools
    angle: Mapping[str, Floats]
    turning: Mapping[str, Floats]
    cutoff: Floats
    reason: npt.NDArray[np.object_]


def smoothed(
    points: Floats, before: Ints, rate: Floats, cutoff: float
) -> tuple[Floats, Floats]:
    """Positions without what is faster than `cutoff` [Hz]: (M, K, D) -> (M, K, D).

    And (M, K) the cut-off where a point was smoothed: in stretches of `LEAST` rows
    without a gap, at a known rate that the cut-off is well below; NaN where it stands
    as it was.
    """
    out, used = points.copy(), np.full(points.shape[:2], np.nan)
    seen: Bools = np.asarray(np.isfinite(points).all(axis=2))
    for run in series.groups(np.cumsum(before == 0)):
        if not cutoff < NYQUIST * rate[run.start]:
            continue
        for keypoints, rows in _stretches(seen[run]):
            here = np.ix_(run.start + rows, keypoints)
            out[here] = low_pass(points[here], rate[run.start], cutoff)
            used[here] = cutoff
    return out, used


def _stretches(seen: Bools) -> list[tuple[Ints, Ints]]:
    """Keypoints, and the rows of a run in which these are seen without a break."""
    if seen.shape[0] >= LEAST and seen.all():
        return [(np.arange(seen.shape[1]), np.arange(len(seen)))]
    found = []
    for k in range(seen.shape[1]):
        length = series.stretches(seen[:, k])
        for first in np.flatnonzero(length >= LEAST):
            rows = np.arange(first, first + length[first])
            found.append((np.array([k]), rows))
    return found


def rates(values: Floats, before: Ints, rate: Floats) -> Floats:
    """Central first differences a second: (M, …) -> (M, …); NaN at a run's ends."""
    out = np.full(values.shape, np.nan)
    if len(values) > 2:
        step = values[2:] - values[:-2]
        out[1:-1] = _scaled(step, before, rate / 2)
    return np.where(np.isfinite(values), out, np.nan)


def turns(degrees: Floats, before: Ints, rate: Floats) -> Floats:
    """The same of angles, the shorter way round: (M,) [degrees] -> (M,) [degrees/s]."""
    out = np.full(degrees.shape, np.nan)
    if len(degrees) > 2:
        step = (np.diff(degrees) + 180) % 360 - 180
        out[1:-1] = _scaled(step[1:] + step[:-1], before, rate / 2)
    return out


def accelerations(values: Floats, before: Ints, rate: Floats) -> Floats:
    """Central second differences a second squared: (M, …) -> (M, …)."""
    out = np.full(values.shape, np.nan)
    if len(values) > 2:
        step = values[2:] - 2 * values[1:-1] + values[:-2]
        out[1:-1] = _scaled(step, before, rate**2)
    return out


def _scaled(step: Floats, before: Ints, by: Floats) -> Floats:
    """A difference of three rows, at the middle one: NaN where they are not one run."""
    wide = (slice(None),) + (None,) * (step.ndim - 1)
    within = before[2:] >= 2
    return np.where(within[wide], step * by[1:-1][wide], np.nan)


def moves(tracks: Tracks, cutoff: float) -> Moves:
    """How the points and joints of tracks move; N rows in `Tracks`' order.

    In 3-D angles are those of `joints.angles`, in 2-D as the picture shows them. The
    scale is the pose's unit or, in 2-D, that of a person of 1.7 m.
    """
    once = np.flatnonzero(~tracks.again)
    track, frame = tracks.track[once], tracks.frame[once]
    step = series.steps(track, frame)
    before, rate = series.depth(track, frame, step), tracks.fps[once] / step
    rate = np.where(rate > 0, rate, np.nan)
    space = tracks.poses.spatial[once]
    points = np.where(tracks.poses.labelled[..., None], tracks.poses.xyz, np.nan)[once]
    points[..., 2] = np.where(space[:, None], points[..., 2], 0.0)
    points, used = smoothed(points, before, rate, cutoff)
    metre = np.where(space, tracks.poses.metre[once], np.nan)
    if tracks.skeleton.category == "person":
        metre = np.where(space, metre, STATURE / tracks.height[once])
    metric = np.isfinite(metre)
    size = np.where(metric, metre, 1.0)[:, None, None]
    angle = _angles(points, space, tracks)

    def every(values: Floats) -> Floats:
        out = np.full((len(tracks.track), *values.shape[1:]), np.nan)
        out[once] = values
        return out

    def vectors(values: Floats) -> Floats:
        values = values * size
        values[~space, :, 2] = np.nan
        return every(values)

    return Moves(
        velocity=vectors(rates(points, before, rate)),
        acceleration=vectors(accelerations(points, before, rate)),
        metric=every(metric) == 1,
        space=tracks.poses.spatial,
        angle={name: every(value) for name, value in angle.items()},
        turning={n: every(turns(v, before, rate)) for n, v in angle.items()},
        cutoff=every(used),
        reason=_reasons(tracks, once, before, rate),
    )


def _angles(points: Floats, space: Bools, tracks: Tracks) -> dict[str, Floats]:
    """Those of space for poses in 3-D, as the picture has them for others."""
    found: dict[str, Floats] = {}
    for which, of in ((space, angles), (~space, projected)):
        if not which.any():
            continue
        for name, value in of(points[which], tracks.skeleton).items():
            found.setdefault(name, np.full(len(points), np.nan))[which] = value
    return found


def _reasons(
    tracks: Tracks, once: Ints, before: Ints, rate: Floats
) -> npt.NDArray[np.object_]:
    """(N,) why a row has no velocity at all, or None."""
    middle = np.zeros(len(once), np.bool_)
    middle[1:-1] = before[2:] >= 2
    own = np.full(len(once), None, object)
    own[~middle] = ALONE
    own[~(rate > 0)] = NO_RATE
    out = np.full(len(tracks.track), AGAIN, object)
    out[once] = own
    return out
