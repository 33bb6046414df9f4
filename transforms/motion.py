"""Tracks against the rules of motion, in windows of time.

    track   ────────────────────────────────────────────>  frame
    window      [···|——————————————|···]
                          [···|——————————————|···]
             lead-in   speaks for these    lead-out

A window is sorted and checked on its own, so a feed of a day takes the memory of one
window; the rows that lead in and out travel twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms import parts
from posegate.transforms.kernels.buckets import scatter, stable_hash
from posegate.transforms.kernels.tracks import Tracks, ordered
from posegate.transforms.model.finding import check, human, judgeable
from posegate.transforms.model.poses import Bools, Poses
from posegate.transforms.model.rule import Bound
from posegate.transforms.model.skeleton import Skeleton

WINDOW, LEAD = 4096, 256
"""Frames that a window speaks for, and that it sees before and after them."""

COLUMNS = (
    *("instance", "annotator", "role", "image", "video", "track", "frame", "fps"),
    *("xy", "z", "unit", "visibility", "origin", "bbox", "area", "width", "height"),
    *("source", "position", "annotated_at", "attributes"),
)
"""What of a row is needed to check its track."""

VIDEOS = 1 << 20  # more than there are buckets: a key is window * VIDEOS + bucket


@dataclass
class Windows(beam.PTransform):  # type: ignore[misc]
    """Canonical batches -> the rows of tracks, by window."""

    buckets: int
    window: int = WINDOW
    lead: int = LEAD

    def expand(
        self, batches: beam.PCollection[pa.RecordBatch]
    ) -> beam.PCollection[tuple[int, Iterable[pa.RecordBatch]]]:
        return (
            batches
            | "of tracks" >> beam.FlatMap(tracked, self.buckets, self.window, self.lead)
            | "by window" >> beam.GroupByKey()
        )


@dataclass
class Motion(beam.PTransform):  # type: ignore[misc]
    """Windows of tracks -> findings of the rules that read tracks."""

    rules: tuple[Bound, ...]
    skeleton: Skeleton
    window: int = WINDOW

    def expand(
        self, windows: beam.PCollection[tuple[int, Iterable[pa.RecordBatch]]]
    ) -> beam.PCollection[pa.RecordBatch]:
        return windows | "check tracks" >> beam.FlatMap(
            findings, self.rules, self.skeleton, self.window
        )


def tracked(
    batch: pa.RecordBatch, buckets: int, window: int, lead: int
) -> Iterable[tuple[int, pa.RecordBatch]]:
    """The rows of tracks by window: those near an edge in two of them."""
    known = pc.and_(pc.is_valid(batch["track"]), pc.is_valid(batch["frame"]))
    known = known.to_numpy(zero_copy_only=False) & judgeable(batch)
    if not known.any():
        return
    part, first = parts.location(batch)
    rows = np.flatnonzero(known)
    taken = batch.select(COLUMNS).take(pa.array(rows))
    placed = parts.placed(taken, part, first + rows)
    video = pc.coalesce(placed["video"], placed["track"])
    bucket = (stable_hash(video) % np.uint64(buckets)).astype(np.int64)
    frame = placed["frame"].to_numpy()
    own = frame // window
    for shift in (-1, 0, 1):
        near = (frame + shift * lead) // window
        some = np.flatnonzero(near != own) if shift else np.arange(len(frame))
        if len(some):
            key = near[some] * VIDEOS + bucket[some]
            yield from scatter(placed.take(pa.array(some)), key)


def findings(
    rows_of: tuple[int, Iterable[pa.RecordBatch]],
    rules: tuple[Bound, ...],
    skeleton: Skeleton,
    window: int,
) -> Iterator[pa.RecordBatch]:
    """What one window's rows break, a batch a part."""
    key, batches = rows_of
    rows, track = ordered(pa.concat_batches(list(batches)))
    tracks = Tracks.of(rows, track, human(Poses.of(rows)), skeleton)
    part, row = (rows[name].to_numpy() for name in ("part", "row"))
    found = check(rules, rows, skeleton, part, row, owned(rows, key, window), tracks)
    yield from (piece for _, piece in scatter(found, found["part"].to_numpy()))


def owned(rows: pa.RecordBatch, key: int, window: int) -> Bools:
    """(N,): the window speaks for the row, and does not just see it."""
    return np.asarray(rows["frame"].to_numpy() // window == key // VIDEOS)
