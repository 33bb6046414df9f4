"""What a writer of a format is given, and what it says its files can hold.

A format that is written has, beside what `formats` lists,

    KEEPS                 what of a canonical row comes back when its files are read
    write(given) -> told  writes the files; what could not be written, counted
    BY = ("image",)       the columns whose rows must come together; ("video", "track")
                          for one that writes track by track

The names that `given.open` takes are paths inside the output. What is lost is worked
out from KEEPS alone (`loss`), and found again by reading what was written.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.model.schema import instances
from posegate.transforms.model.skeleton import Skeleton

Ints = npt.NDArray[np.int64]
Open = Callable[[str], AbstractContextManager[BinaryIO]]

IMAGE = ("image", "width", "height", "video", "frame", "fps")
"""The columns of `Outgoing.images`."""

BATCH = 8192


@dataclass(frozen=True)
class Keeps:
    """What of a canonical row a format's files can hold.

    `fields` are the names of columns that come back as they were; xy, visibility and
    origin are told by the others: `visibility` and `origin` say as what each value, 0
    to 3, comes back; `step` [px] how far a position may be off (0: exact); `stale`
    whether an unlabelled point keeps its position.
    """

    fields: frozenset[str]
    visibility: tuple[int, int, int, int] = (0, 1, 2, 2)
    origin: tuple[int, int, int, int] = (0, 0, 0, 0)
    step: float = 0.0
    stale: bool = False


@dataclass(frozen=True)
class Outgoing:
    """What is to be written: rows of one skeleton, and where to.

    `rows` gives canonical batches, as often as it is asked: the rows that a writer
    wants together (its BY) stand in one batch, by frame and then in their first order.
    `images` has a row an image (the columns of `IMAGE`), in the order of `rows`.
    `open` makes a file inside the output; `name` is what the delivery is called.
    """

    name: str
    skeleton: Skeleton
    rows: "Together"
    open: Open = field(repr=False)

    @cached_property
    def images(self) -> pa.Table:
        """One row an image; what the first of its rows says of it."""
        return self.rows.images()


def spool(batches: Iterable[pa.RecordBatch], path: str, keypoints: int) -> pa.Table:
    """Canonical batches as a table that lies in a file, mapped: memory stays small."""
    schema = instances(keypoints)
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    with pa.memory_map(path) as mapped:
        table = pa.ipc.open_file(mapped).read_all()
    os.unlink(path)  # what is mapped stays until it is let go
    return table


class Together:
    """Rows in an order in which what belongs together stands together."""

    def __init__(
        self, table: pa.Table, by: Sequence[str] = ("image",), batch: int = BATCH
    ) -> None:
        self._chunks = table.to_batches()
        self._schema = table.schema
        self._starts = np.cumsum([0, *map(len, self._chunks)])
        self._table = table
        group = groups([table[name] for name in by])
        frame = table["frame"].fill_null(-1).to_numpy()
        self._order: Ints = np.lexsort([np.arange(len(table)), frame, group])
        ends = np.flatnonzero(np.diff(group[self._order], append=-1)) + 1
        self._cuts = _cuts(ends, batch)

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for start, stop in zip(self._cuts, self._cuts[1:], strict=False):
            yield self.take(self._order[start:stop])

    def take(self, rows: Ints) -> pa.RecordBatch:
        """These rows, in this order."""
        chunk = np.searchsorted(self._starts, rows, side="right") - 1
        which = np.unique(chunk).tolist()
        some = [
            self._chunks[c].take(pa.array(rows[chunk == c] - self._starts[c]))
            for c in which
        ]
        if len(some) < 2:
            return some[0] if some else pa.RecordBatch.from_pylist([], self._schema)
        back = np.argsort(np.argsort(chunk, kind="stable"), kind="stable")
        return pa.concat_batches(some).take(pa.array(back))

    def column(self, name: str) -> pa.ChunkedArray:
        """A column of all rows, in the order in which they were read."""
        return self._table[name]

    def images(self) -> pa.Table:
        """The columns of `IMAGE`, one row an image, in the order of the rows."""
        code = groups([self._table["image"]])[self._order]
        first = np.sort(np.unique(code, return_index=True)[1])
        rows = pa.array(self._order[first])
        return self._table.select(IMAGE).combine_chunks().take(rows)


def groups(columns: Sequence[pa.ChunkedArray]) -> Ints:
    """(N,) the number of each row's group, by first appearance; a null is its own."""
    n = len(columns[0])
    whole = np.zeros(n, np.int64)
    for column in columns:
        coded = column.combine_chunks().dictionary_encode().indices
        code = pc.cast(coded, pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        alone = code < 0
        code = np.where(alone, n + np.arange(n), code)
        whole = np.unique(whole * (2 * n + 1) + code, return_inverse=True)[1]
    _, first, number = np.unique(whole, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[number]


def _cuts(ends: Ints, batch: int) -> list[int]:
    """0 and the ends of batches: at the first end of a group past every `batch`."""
    cuts = [0]
    for end in ends.tolist():
        if end - cuts[-1] >= batch:
            cuts.append(end)
    if len(ends) and cuts[-1] != ends[-1]:
        cuts.append(int(ends[-1]))
    return cuts


def class_of(attributes: pa.Array, skeleton: Skeleton) -> pa.Array:
    """(N,) each row's class: its attribute `category`, else what the skeleton is of."""
    return pc.map_lookup(attributes, "category", "first").fill_null(skeleton.category)


def classes_of(attributes: pa.ChunkedArray, skeleton: Skeleton) -> list[str]:
    """The classes that are there, in the order of their numbers; of no rows the
    skeleton's."""
    said = pc.unique(class_of(attributes, skeleton)).to_pylist()
    return sorted(said) or [skeleton.category]
