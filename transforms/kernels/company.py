"""Instances that must be seen together: of one image, or of one shape.

    row ─> where its points are, in its image          ─> overlapping ones meet
        ─> its shape, rounded, on two grids, anywhere  ─> equal ones meet

A pose that was copied differs by rounding only, so its shape falls into the same cell,
or, close to a cell's edge, into the same cell of the grid that is half a cell off.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from posegate.transforms.kernels.buckets import Hashes, Ints, runs
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
"""What of a row travels to find out whom it meets: 33 bytes, up to three times."""

NEAR = 0.1
"""Overlap of the points' boxes from which two people of an image are looked at; a
policy can ask for more."""

FEWEST = 10
"""Labelled keypoints from which on a shape tells a copy: with fewer, people who stand
alike are as near to one another (statistics on COCO: none of 3,165 below .027)."""

DIRECTIONS, CELL = 6, 0.5
"""Sums of the shape's coordinates that are rounded, and to what. A copy within .02 of
its original moves them by .014 or so, out of its cell in 13 of 100 cases, out of both
in 2."""

CROWD = 64
"""More rows than this in one place are compared with the next few only."""

FAR = 1e15
"""Pixels: further away a box is no box, and its area no number of single precision."""

_PRIME = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: mixes bits


def shape(xy: Floats, labelled: Bools) -> Floats:
    """Poses about their mean, of unit RMS: (N, K, 2), (N, K) -> (N, K, 2), 0 elsewhere.

    NaN where nothing is labelled or all points coincide.
    """
    known = labelled[..., None]
    count = labelled.sum(axis=1)[:, None, None]
    with np.errstate(all="ignore"):
        mean = np.where(known, xy, 0).sum(axis=1, keepdims=True) / count
        centred = np.where(known, xy - mean, 0)
        size = np.sqrt(np.square(centred).sum(axis=(1, 2), keepdims=True) / count)
        return np.where(size > 0, centred / size, np.nan)


def aligned_distance(
    xy_a: Floats, labelled_a: Bools, xy_b: Floats, labelled_b: Bools, fewest: float
) -> Floats:
    """How far two shapes differ, wherever and however large they are: -> (N,).

    RMS distance of the keypoints that both have, each pose centred and of unit RMS over
    these; NaN where they are fewer than `fewest`. Turned poses are not aligned.
    """
    both = labelled_a & labelled_b
    gap = shape(xy_a, both) - shape(xy_b, both)
    count = both.sum(axis=1)
    with np.errstate(all="ignore"):
        mean = np.square(gap).sum(axis=(1, 2)) / count
    return np.where(count >= fewest, np.sqrt(mean), np.nan)


def mixed(*columns: npt.NDArray[np.uint64]) -> Hashes:
    """One number of several, the same everywhere: (N,) each -> (N,)."""
    out = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        out = (out ^ column) * _PRIME
        out ^= out >> np.uint64(29)
    return out


def cells(xy: Floats, labelled: Bools, shift: float) -> Hashes:
    """The cell of each shape on a grid, with what is labelled: (N, K, 2) -> (N,)."""
    n, k = labelled.shape
    weights = np.random.default_rng(k).normal(0, 1, (2 * k, DIRECTIONS))
    shapes = np.nan_to_num(shape(xy, labelled)).reshape(n, 2 * k)
    sums = shapes @ weights / np.sqrt(2 * k)
    rounded = np.floor(sums / CELL + shift).astype(np.int64).view(np.uint64)
    packed = np.packbits(labelled, axis=1)
    return mixed(*rounded.T, *(byte.astype(np.uint64) for byte in packed.T))


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
    grids = [cells(xy, labelled, shift) for shift in (0.0, 0.5)]
    grids = [
        mixed(drawn[copy], cell, np.full(len(copy), number, np.uint64))
        for number, cell in enumerate(grids, start=1)  # lest a row meet itself
    ]
    place = np.concatenate([mixed(frame[here], drawn[here]), *grids])
    rows = np.concatenate([here, copy, copy])
    return pa.RecordBatch.from_arrays(
        [
            pa.array(place),
            pa.array(np.arange(len(rows)) < len(here)),
            pa.FixedSizeListArray.from_arrays(
                pa.array(box[rows].astype(np.float32).ravel()), 4
            ).cast(SKETCH.field("box").type),
            pa.array(np.full(len(rows), part, np.int32)),
            pa.array((rows + first).astype(np.int32)),
        ],
        schema=SKETCH,
    )


def meeting(bucket: pa.RecordBatch, near: float = NEAR) -> pa.RecordBatch:
    """(place, part, row) of the rows that have company, in sketches of whole places.

    Those of an image whose boxes overlap by more than `near`; below 0 all of them.
    """
    place, part, row = (bucket[n].to_numpy() for n in ("place", "part", "row"))
    framed = bucket["framed"].to_numpy(zero_copy_only=False)
    order = np.lexsort((row, part, place, framed))
    starts, lengths = runs(framed[order], place[order])
    kept = [np.empty(0, np.int64)]
    group = np.repeat(np.arange(len(starts)), lengths)
    box = bucket["box"].flatten().to_numpy().reshape(-1, 4)[order].astype(np.float64)
    i, j = couples(group)
    close = ~framed[order][i] | (iou(box[i], box[j]) > near)
    kept += [i[close], j[close]]
    if near < 0:
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
    is delivered."""

    poses: Poses
    image: npt.NDArray[np.object_]
    first: Ints
    second: Ints
    starts: Ints
    lengths: Ints
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
        return cls(poses, image, first, second, starts, lengths, outlines)

    @property
    def masks(self) -> Outlines:
        """The masks of the rows; raises ValueError where they were not read."""
        if self.outlines is None:
            raise ValueError("masks are read of skeletons of category mask only")
        return self.outlines

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
