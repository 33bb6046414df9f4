"""The review queue as a tool opens it: in the delivery's own format, or as COCO.

review/part-00003.parquet                    which rows, why, in which order
to_review/coco/part-00003/annotations.json   the same instances, to be drawn again

Who drew them, and when, is left out: the reviewer will be another. `review_order`,
`review_why` and `review_keypoints` are attributes.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, BinaryIO, cast

import pyarrow as pa

from posegate.transforms import parts
from posegate.transforms.formats import formats
from posegate.transforms.formats.write import Outgoing, Together, spool
from posegate.transforms.model.schema import instances
from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.parts import Written

OTHERWISE = "coco"
APART = ("annotator", "annotated_at", "lead_time_s")
TOLD = ("order", "why", "keypoints")
"""Columns of the queue that the tool shows, as `review_<name>`."""


def write(
    path: str, queue: pa.Table, skeleton: Skeleton, folder: str, part: int
) -> Iterator[Written]:
    """Writes the queued rows of a part file.

    Args:
      path: the part file.
      queue: rows of it by `row`, with the columns of `TOLD`.
      skeleton: of the part.
      folder: the run's.
      part: its number.
    """
    k = len(skeleton.keypoints)
    with tempfile.TemporaryDirectory() as aside:
        rows = spool(chosen(path, queue, k), f"{aside}/queue", k)
        if not rows.num_rows:
            return
        target = tool(rows["format"][0].as_py())
        files: list[Written] = []

        @contextmanager
        def opened(name: str) -> Iterator[BinaryIO]:
            place = f"to_review/{target.NAME}/part-{part:05d}/{name}"
            with parts.raw_file(folder, place) as file:
                yield cast(BinaryIO, file)
            files.append(file.written)

        by = getattr(target, "BY", ("image",))
        name = f"to review: part {part}"
        target.write(Outgoing(name, skeleton, Together(rows, by), opened))
        yield from files


def tool(name: str) -> ModuleType:
    """The format of that name if it is written, else COCO."""
    known = formats()
    written = name in known and hasattr(known[name], "write")
    return known[name if written else OTHERWISE]


def chosen(path: str, queue: pa.Table, keypoints: int) -> Iterator[pa.RecordBatch]:
    """The queued rows, each with why it is there, without who drew it."""
    schema = instances(keypoints)
    ordered = queue.sort_by("row").combine_chunks()
    first = 0
    for here, batch in parts.read_rows(path, ordered["row"].to_numpy(), schema.names):
        told = ordered.slice(first, len(here)).select(TOLD).to_pylist()
        first += len(here)
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        for name in APART:
            columns[name] = pa.nulls(len(here), schema.field(name).type)
        said = zip(batch["attributes"].to_pylist(), told, strict=True)
        columns["attributes"] = pa.array(
            [[*(given or ()), *pairs(why)] for given, why in said],
            schema.field("attributes").type,
        )
        arrays = [columns[name] for name in schema.names]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def pairs(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Attributes of one row of the queue."""
    texts = {
        name: ", ".join(value) if isinstance(value, list) else str(value)
        for name, value in told.items()
        if value is not None
    }
    return [(f"review_{name}", text) for name, text in texts.items()]
