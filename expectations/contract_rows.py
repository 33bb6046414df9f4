"""The rows that the canonical contract is checked on, as a flat table."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from posegate.transforms import parts, storage
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.schema import instances

MOST_ROWS = 5_000
MOST_PARTS = 200
"""Each costs at least two requests of a remote store."""

Rows = npt.NDArray[np.int64]


def _is_flat(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_integer(kind) or _is_float(kind)


def _is_float(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind))


FLAT = tuple(field.name for field in instances(1) if _is_flat(field.type))
"""The columns taken as they are."""

_READ = (*FLAT, "annotated_at", "xy", "visibility", "origin", "bbox")

DERIVED = (
    "annotated_year",
    "labelled",
    "labelled_without_position",
    "highest_visibility",
    "highest_origin",
    "box_width",
    "box_height",
)

COLUMNS = (*FLAT, *DERIVED)
"""What a contract suite may name: the canonical columns that hold one value, and

annotated_year              of `annotated_at`, UTC; null where that is
labelled                    how many keypoints are
labelled_without_position   how many of those have NaN or infinity for a coordinate
highest_visibility, highest_origin   of all keypoints
box_width, box_height       px; null without a box
"""


def sample(folder: str, names: Sequence[str]) -> pa.Table:
    """At most 5,000 rows, evenly spaced over the part files, as COLUMNS.

    `names` are relative to `folder`. Of more than 200 parts, 200 evenly spaced ones
    stand for all. No parts, or none with a row, give an empty table.
    """
    chosen = [names[i] for i in evenly(len(names), MOST_PARTS)]
    paths = [storage.join(folder, *name.split("/")) for name in chosen]
    ends = np.cumsum([0, *map(_rows, paths)])
    picked = evenly(int(ends[-1]), MOST_ROWS)
    flat = [
        flatten(batch)
        for path, first, last in zip(paths, ends, ends[1:], strict=False)
        for batch in _read(path, picked[(picked >= first) & (picked < last)] - first)
    ]
    return pa.Table.from_batches(flat) if flat else pa.table({})


def evenly(total: int, most: int) -> Rows:
    """At most `most` of the numbers below `total`, ascending, evenly spaced."""
    n = min(total, most)
    return np.arange(n, dtype=np.int64) * total // max(n, 1)


def flatten(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A canonical batch as COLUMNS, row by row."""
    poses = Poses.of(batch)
    placed = np.isfinite(poses.xy).all(axis=2)  # (N, K)
    box = {"box_width": poses.bbox[:, 2], "box_height": poses.bbox[:, 3]}
    derived = {
        "annotated_year": pc.year(batch["annotated_at"]),
        "labelled": poses.labelled.sum(axis=1),
        "labelled_without_position": (poses.labelled & ~placed).sum(axis=1),
        "highest_visibility": poses.visibility.max(axis=1, initial=0),
        "highest_origin": poses.origin.max(axis=1, initial=0),
        **{name: pa.array(side, from_pandas=True) for name, side in box.items()},
    }
    columns = {**{name: batch[name] for name in FLAT}, **derived}
    return pa.RecordBatch.from_pydict({name: columns[name] for name in COLUMNS})


def _rows(path: str) -> int:
    with storage.open_input(path) as file, pq.ParquetFile(file) as parquet:
        return int(parquet.metadata.num_rows)


def _read(path: str, rows: Rows) -> Iterator[pa.RecordBatch]:
    if len(rows):
        yield from (batch for _, batch in parts.read_rows(path, rows, _READ))
