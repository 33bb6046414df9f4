"""Instances that must be seen together: of one image, or of one shape.

    row ─> where its points are, in its image   ─> overlapping ones meet
        ─> its shape, rounded, on five grids    ─> near ones meet, wherever they are

A row goes to up to six places; who is alone there is not read again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from posegate.transforms.kernels.buckets import Hashes, Ints, runs, stable_hash
from posegate.transforms.kernels.copies import (
    GRIDS,
    SUMS,
    alike,
    cells,
    mixed,
    near,
    sums,
)
from posegate.transforms.kernels.geometry import bounding_box, iou
from posegate.transforms.kernels.meeting import who
from posegate.transforms.kernels.outlines import Outlines
from posegate.transforms.kernels.pairing import combinations
from posegate.transforms.model.poses import Bools, Floats, Poses

SKETCH = pa.schema(
    [
        pa.field("place", pa.uint64(), nullable=False),
        pa.field("framed", pa.bool_(), nullable=False),
        pa.field("box", pa.list_(pa.float32(), 4), nullable=False),
        pa.field("part", pa.int32(), nullable=False),
        pa.field("row", pa.int32(), nullable=False),
    ]
)
"""What of a row travels to find out whom it meets: 33 bytes, up to six times.

`box` is of its points in its image, or, of a shape, the sums that are not rounded."""

NEAR = 0.1
"""Overlap of the points' boxes from which two people of an image are looked at; a
policy can ask for more."""

FEWEST = 10
"""Labelled keypoints from which on a shape tells a copy: with fewer, people who stand
alike are as near to one another (statistics on COCO: none of 3,165 below .027)."""

CROWD = 64
"""Of more rows than this in one place, each is compared with the next only; but copies
are looked for among all of them."""

FAR = 1e15
"""Pixels: further away a box is no box, and its area no number of single precision."""


def sketches(
    batch: pa.RecordBatch,
    poses: Poses,
    frame: Hashes,
    judged: Bools,
    part: int,
    first: int,
    masked: bool = False,
) -> pa.RecordBatch:
    """The sketches (`SKETCH`) of a batch's rows; `frame` (N,) hashes their images.

    What is `masked` has no points, so it lies where its box is; without one it is left
    out.
    """
    drawn = who(batch)
    box = poses.bbox if masked else bounding_box(poses.xy, poses.labelled)
    box = np.clip(box, -FAR, FAR)
    here = np.flatnonzero(judged & np.isfinite(box).all(axis=1))
    copy = np.flatnonzero(judged & (poses.labelled.sum(axis=1) >= FEWEST))
    xy, labelled = poses.xy[copy], poses.labelled[copy]
    found = sums(xy, labelled)
    grids = [mixed(drawn[copy], cells(found, labelled, n)) for n in range(GRIDS)]
    place = np.concatenate([mixed(frame[here], drawn[here]), *grids])
    rows = np.concatenate([here, *[copy] * GRIDS])
    about = np.concatenate([box[here], *[found[:, SUMS:]] * GRIDS])
    return pa.RecordBatch.from_arrays(
        [
            pa.array(place),
            pa.array(np.arange(len(rows)) < len(here)),
            pa.FixedSizeListArray.from_arrays(
                pa.array(about.astype(np.float32).ravel()), 4
            ).cast(SKETCH.field("box").type),
            pa.array(np.full(len(rows), part, np.int32)),
            pa.array((rows + first).astype(np.int32)),
        ],
        schema=SKETCH,
    )


def meeting(bucket: pa.RecordBatch, overlap: float = NEAR) -> pa.RecordBatch:
    """(place, part, row) of the rows that have company, in sketches of whole places.

    Those of an image whose boxes overlap by more than `overlap`, below 0 all of them;
    and shapes that are near, in a crowd all.
    """
    place, part, row = (bucket[n].to_numpy() for n in ("place", "part", "row"))
    framed = bucket["framed"].to_numpy(zero_copy_only=False)
    order = np.lexsort((row, part, place, framed))
    starts, lengths = runs(framed[order], place[order])
    kept = [np.empty(0, np.int64)]
    group = np.repeat(np.arange(len(starts)), lengths)
    box = bucket["box"].flatten().to_numpy().reshape(-1, 4)[order].astype(np.float64)
    i, j = couples(group)
    here = framed[order]
    close = np.where(here[i], iou(box[i], box[j]) > overlap, near(box[i], box[j]))
    kept += [i[close], j[close]]
    kept.append(np.flatnonzero(~here & np.repeat(lengths > CROWD, lengths)))
    if overlap < 0:
        kept.append(np.flatnonzero(framed[order]))
    chosen = order[np.unique(np.concatenate(kept))]
    return pa.RecordBatch.from_arrays(
        [pa.array(place[chosen]), pa.array(part[chosen]), pa.array(row[chosen])],
        names=["place", "part", "row"],
    )


def couples(group: Ints) -> tuple[Ints, Ints]:
    """Pairs of rows of one group, the earlier first; groups (N,) are ascending.

    All pairs of a group of up to `CROWD`; in larger ones each row with the next.
    """
    _, lengths = runs(group)
    small = np.repeat(lengths <= CROWD, lengths)
    rows = np.flatnonzero(small)
    i, j, _ = combinations(group[rows], group[rows])
    i, j = rows[i], rows[j]
    late = np.flatnonzero(~small[1:] & (group[1:] == group[:-1])) + 1
    first = np.concatenate([i[i < j], late - 1])
    return first, np.concatenate([j[i < j], late])


@dataclass(frozen=True)
class Company:
    """N rows by place, and the P pairs of those of one place: `first` comes before
    `second`, wherever they were read. A rule's value is that of the second.

    `starts` and `lengths` are the rows of each place; `outlines` where masks are what
    is delivered; `track` (N,) numbers the tracks, -1 for none."""

    poses: Poses
    image: npt.NDArray[np.object_]
    first: Ints
    second: Ints
    starts: Ints
    lengths: Ints
    track: Ints
    outlines: Outlines | None = None

    @classmethod
    def of(cls, rows: pa.RecordBatch, poses: Poses) -> "Company":
        """Rows of whole places, in order of place, part and row."""
        place = rows["place"].to_numpy()
        starts, lengths = runs(place)
        first, second = couples(np.repeat(np.arange(len(starts)), lengths))
        image = rows["image"].to_numpy(zero_copy_only=False)
        drawn = "segmentation" in rows.schema.names
        outlines = Outlines.of(rows) if drawn else None
        track = tracks(rows)
        return cls(poses, image, first, second, starts, lengths, track, outlines)

    @property
    def masks(self) -> Outlines:
        """The masks of the rows; raises ValueError where they were not read."""
        if self.outlines is None:
            raise ValueError("masks are read of skeletons of category mask only")
        return self.outlines

    def alike(self, of_track: float) -> Iterator[tuple[Ints, Ints]]:
        """Pairs, the earlier first, among which are all within `REACH`; in pieces.

        In a crowd without those of one track that are not within `of_track`.
        """
        yield self.first, self.second
        for at in np.flatnonzero(self.lengths > CROWD).tolist():
            start, stop = self.starts[at], self.starts[at] + self.lengths[at]
            xy, labelled = self.poses.xy[start:stop], self.poses.labelled[start:stop]
            for i, j in alike(xy, labelled, self.track[start:stop], of_track):
                yield i + start, j + start

    @property
    def together(self) -> Bools:
        """(P,): both are in the same image."""
        return np.asarray(self.image[self.first] == self.image[self.second])

    @property
    def overlap(self) -> Floats:
        """(P,): intersection over union of the boxes of their points."""
        box = bounding_box(self.poses.xy, self.poses.labelled)
        return iou(box[self.first], box[self.second])

    def spread(self, of_pairs: Floats, largest: bool) -> Floats:
        """The largest or the least value of each row's pairs: (P,) -> (N,); or NaN."""
        out = np.full(len(self.image), np.nan)
        put = np.fmax if largest else np.fmin
        put.at(out, self.second, of_pairs)
        return out


def tracks(rows: pa.RecordBatch) -> Ints:
    """(N,) a number for each track of a video; -1 where there is none."""
    known = rows["track"].is_valid().to_numpy(zero_copy_only=False)
    named = mixed(stable_hash(rows["video"]), stable_hash(rows["track"]))
    _, number = np.unique(named, return_inverse=True)
    return np.where(known, number, -1)
