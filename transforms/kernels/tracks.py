"""A batch of tracks in order of time, and what rules read of it.

Rows stand by who drew them, video, track and frame. What is derived from differences is
NaN at a frame that is there twice: the first of them counts.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from posegate.transforms.kernels import bones, motion, segments, series
from posegate.transforms.kernels.buckets import Ints, stable_hash
from posegate.transforms.model.poses import Bools, Floats, Poses, rates
from posegate.transforms.model.skeleton import Skeleton

SLOW, FAST = 20.0, 50.0
"""Frames a second below which noise cannot be told from motion, and from which a third
difference tells it."""

WHO = ("annotator", "role", "video", "track")
"""Rows that agree in these are of one track."""


def ordered(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, Ints]:
    """The rows by track, then frame, then where they stand; (N,) a track's number.

    The order is the same however the rows came.
    """
    codes = np.stack([stable_hash(batch[name]) for name in WHO], axis=1)  # (N, 4)
    frame, part, row = (batch[n].to_numpy() for n in ("frame", "part", "row"))
    order = np.lexsort((row, part, frame, *codes.T[::-1]))
    edge = np.zeros(len(order), np.bool_)
    edge[1:] = (codes[order[1:]] != codes[order[:-1]]).any(axis=1)
    return batch.take(pa.array(order)), np.cumsum(edge)


@dataclass(frozen=True)
class Tracks:
    """N rows in `ordered`'s order, and their poses as a person placed them."""

    poses: Poses
    track: Ints
    frame: Ints
    fps: Floats
    video: npt.NDArray[Any]
    skeleton: Skeleton

    @classmethod
    def of(
        cls, batch: pa.RecordBatch, track: Ints, poses: Poses, skeleton: Skeleton
    ) -> "Tracks":
        """What `ordered` gave, with the poses that rules may see."""
        fps, video = rates(batch["fps"]), stable_hash(batch["video"])
        return cls(poses, track, batch["frame"].to_numpy(), fps, video, skeleton)

    @cached_property
    def again(self) -> Bools:
        """(N,): the row before is of the same track and frame."""
        out = np.zeros(len(self.track), np.bool_)
        out[1:] = (np.diff(self.track) == 0) & (np.diff(self.frame) == 0)
        return out

    @cached_property
    def _once(self) -> Ints:
        return np.flatnonzero(~self.again)

    @cached_property
    def _xy(self) -> Floats:
        return self.poses.xy[self._once]

    @cached_property
    def _step(self) -> Ints:
        return series.steps(self.track[self._once], self.frame[self._once])

    @cached_property
    def _before(self) -> Ints:
        track, frame = self.track[self._once], self.frame[self._once]
        return series.depth(track, frame, self._step)

    @cached_property
    def _rate(self) -> Floats:
        """(M,) annotated frames a second."""
        return self.fps[self._once] / self._step

    def _all(self, values: npt.NDArray[Any]) -> Floats:
        """(M, …) of the rows that count -> (N, …), NaN at those that do not."""
        out = np.full((len(self.track), *values.shape[1:]), np.nan)
        out[self._once] = values
        return out

    @cached_property
    def first(self) -> Bools:
        """(N,): the first row of its track here."""
        return np.r_[True, np.diff(self.track) != 0][: len(self.track)]

    @cached_property
    def gap(self) -> Floats:
        """(N,): how many frames are missing before the row; NaN at a track's first."""
        frame, track = self.frame[self._once], self.track[self._once]
        out = np.full(len(frame), np.nan)
        out[1:] = np.diff(frame) // self._step[1:] - 1
        out[np.r_[True, np.diff(track) != 0][: len(out)]] = np.nan
        return self._all(out)

    @cached_property
    def _height(self) -> Floats:
        area, track = self.poses.area[self._once], self.track[self._once]
        return motion.stature(self._xy, area, track, segments.shares(self.skeleton))

    @cached_property
    def height(self) -> Floats:
        """(N,) [px]: the person's stature, by the segments of the whole track."""
        return self._all(self._height)

    @cached_property
    def _jitter(self) -> Floats:
        track, out = self.track[self._once], np.full(self._xy.shape[:2], np.nan)
        rate = self._rate[:, None]
        for order, here in ((4, (rate >= SLOW) & (rate < FAST)), (3, rate >= FAST)):
            if here.any():
                noise = series.noise(self._xy, self._before, track, order)
                out = np.where(here, noise, out)
        return out

    @cached_property
    def jitter(self) -> Floats:
        """(N, K) [px]: the track's placement noise on one axis; NaN below 20 fps."""
        return self._all(self._jitter)

    @cached_property
    def _second(self) -> Floats:
        return series.centred(series.difference(self._xy, self._before, 2))

    @cached_property
    def second(self) -> Floats:
        """(N, K) [px]: |second difference| at its middle row."""
        return self._all(np.hypot(self._second[..., 0], self._second[..., 1]))

    @cached_property
    def acceleration(self) -> Floats:
        """(N, K) [g]: of a person of 1.7 m."""
        return self._all(motion.acceleration(self._second, self._rate, self._height))

    @cached_property
    def acceleration_noise(self) -> Floats:
        """(N, K) [g]: what placement noise alone makes of it."""
        return self._all(motion.floor(self._jitter, self._rate, self._height))

    @cached_property
    def rate(self) -> Floats:
        """(N,): annotated frames a second."""
        return self._all(self._rate)

    def straight(self, interior: int, tolerance: float, speed: float) -> Floats:
        """(N, K): at the first row of a stretch that is exactly linear its rows."""
        args = (interior, tolerance, speed)
        inside = series.straight(self._xy, self._before, *args)
        return self._all(series.stretches(inside))

    @cached_property
    def still(self) -> Floats:
        """(N, K): at the first row of a stretch of equal positions its rows."""
        return self._all(motion.still(self._xy, self._before)[0])

    @cached_property
    def frozen(self) -> Floats:
        """(N,): the same of all placed keypoints at once."""
        return self._all(motion.still(self._xy, self._before)[1])

    def moving(self, rows: int) -> Floats:
        """(N,) [px]: how far the median keypoint gets in so many rows."""
        return self._all(motion.moving(self._xy, self._before, rows))

    def allowance(self, burst: float) -> Floats:
        """(N,) [H]: the second difference of a body that accelerates `burst` g."""
        return self._all(motion.allowance(self._rate, burst))

    @cached_property
    def flipped(self) -> Floats:
        """(N, K): cost of swapping left and right over the cost of keeping them."""
        pairs = self.skeleton.flip_pairs
        return self._all(motion.flip(self._xy, self._before, self._height, pairs))

    @cached_property
    def _bones(self) -> Floats:
        """(M, B) [the pose's unit]: of 3-D poses; NaN of others."""
        labelled = self.poses.labelled[..., None]
        xyz = np.where(labelled, self.poses.xyz, np.nan)[self._once]
        return segments.lengths(xyz, segments.bones(self.skeleton))

    def bone_deviation(self, fewest: int) -> tuple[Floats, Floats]:
        """(N, B), (N, B): share that a bone is off its track's median, and usually."""
        track = self.track[self._once]
        off, usual = bones.deviation(self._bones, track, fewest)
        return self._all(off), self._all(usual)

    def bone_asymmetry(self, fewest: int) -> Floats:
        """(N, B): share by which the longer side's bone is longer, over the track."""
        sides = segments.mirrored(self.skeleton)
        track = self.track[self._once]
        return self._all(bones.asymmetry(self._bones, track, fewest, sides))

    def at_bones(self, values: Floats) -> Floats:
        """(N, B) -> (N, K): at both ends of each bone."""
        ends = segments.bones(self.skeleton)
        return bones.at_ends(values, ends, len(self.skeleton.keypoints))

    @cached_property
    def jump(self) -> Floats:
        """(N,) [px]: median |second difference| of all keypoints."""
        return self._all(motion.jump(self._xy, self._before))

    def surprise(self, q: float) -> Floats:
        """(N, K): normalised innovation squared of a Kalman filter."""
        args = (self._rate, self._jitter, self._height, q)
        return self._all(motion.surprise(self._xy, self._before, *args))

    @cached_property
    def continues(self) -> Floats:
        """(N,) [H]: at a track's first row how far the pose is from the last pose of a
        track of the same video that ended within the second before; else NaN."""
        return motion.continuation(
            self.poses.xy, self.track, self.frame, self.video, self.fps, self.height
        )
