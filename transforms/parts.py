"""Files of a run: written with their checksum, read again by reference."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from posegate.transforms import storage

PART = b"posegate.part"
ROW = b"posegate.row"


@dataclass(frozen=True)
class Written:
    """One file of a run, as the manifest lists it; `name` is relative to the run."""

    name: str
    size: int
    sha256: str
    rows: int | None = None


class RawFile(io.RawIOBase):
    """A file being written, counted and hashed."""

    def __init__(self, name: str, to: BinaryIO) -> None:
        self._name = name
        self._to = to
        self._sha = hashlib.sha256()
        self._size = 0
        self.rows: int | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._to.write(data)
        self._sha.update(data)
        self._size += len(data)
        return len(data)

    @property
    def written(self) -> Written:
        """The file, as far as it is written."""
        return Written(self._name, self._size, self._sha.hexdigest(), self.rows)


class PartFile:
    """A Parquet file being written, a row group a batch."""

    def __init__(self, file: RawFile, writer: pq.ParquetWriter) -> None:
        self._file = file
        self._writer = writer
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Appends a batch."""
        self._writer.write_batch(batch)
        self.rows += batch.num_rows

    @property
    def written(self) -> Written:
        """The file; asked for after it is closed."""
        self._file.rows = self.rows
        return self._file.written


@contextmanager
def raw_file(folder: str, name: str) -> Iterator[RawFile]:
    """Writes `folder/name`; nothing is visible there if the block raises."""
    with storage.writing(storage.join(folder, *name.split("/"))) as file:
        yield RawFile(name, file)


@contextmanager
def part_file(folder: str, name: str, schema: pa.Schema) -> Iterator[PartFile]:
    """Writes `folder/name` as Parquet; nothing is visible there if the block raises."""
    with (
        raw_file(folder, name) as file,
        pq.ParquetWriter(
            file, schema, compression="zstd", use_dictionary=texts(schema)
        ) as writer,
    ):
        yield PartFile(file, writer)


def texts(schema: pa.Schema) -> list[str]:
    """The columns worth a dictionary: numbers measured by hand repeat too seldom."""
    return [f.name for f in schema if pa.types.is_string(f.type)]


def write_table(folder: str, name: str, table: pa.Table) -> Written:
    """Writes a small table as one Parquet file."""
    with part_file(folder, name, table.schema) as file:
        for batch in table.combine_chunks().to_batches():
            file.write(batch)
    return file.written


def write_bytes(folder: str, name: str, data: bytes) -> Written:
    """Writes a page or a JSON document."""
    storage.write_bytes(storage.join(folder, *name.split("/")), data)
    return Written(name, len(data), hashlib.sha256(data).hexdigest())


def located(batch: pa.RecordBatch, part: int, row: int) -> pa.RecordBatch:
    """The batch, saying in its metadata where its first row is."""
    place = {PART: str(part).encode(), ROW: str(row).encode()}
    return batch.replace_schema_metadata(place)


def location(batch: pa.RecordBatch) -> tuple[int, int]:
    """The part and row of a batch's first row, as `located` noted them."""
    said: Mapping[bytes, bytes] = batch.schema.metadata or {}
    return int(said[PART]), int(said[ROW])


def annotations(skeleton: str, part: int) -> str:
    """The name of the part file that holds a shard's rows."""
    return f"annotations/skeleton={skeleton}/part-{part:05d}.parquet"


def read_columns(path: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of a part file, a row group at a time."""
    with storage.open_input(path) as file, pq.ParquetFile(file) as parquet:
        for group in range(parquet.num_row_groups):
            table = parquet.read_row_group(group, columns, use_threads=False)
            yield from table.combine_chunks().to_batches()


def read_rows(
    path: str, rows: npt.NDArray[np.int64], columns: Sequence[str]
) -> Iterator[tuple[npt.NDArray[np.int64], pa.RecordBatch]]:
    """Some rows of a part file, row group by row group: rows (n,), ascending."""
    with storage.open_input(path) as file, pq.ParquetFile(file) as parquet:
        first = 0
        for group in range(parquet.num_row_groups):
            last = first + parquet.metadata.row_group(group).num_rows
            here = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)]
            if len(here):
                table = parquet.read_row_group(group, columns, use_threads=False)
                picked = table.take(pa.array(here - first)).combine_chunks()
                yield from ((here, b) for b in picked.to_batches())
            first = last


def concat(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Batches of these columns as one; an empty one if there are none."""
    plain = [pa.RecordBatch.from_arrays(b.columns, schema=schema) for b in batches]
    empty = pa.RecordBatch.from_pylist([], schema=schema)
    return pa.concat_batches([empty, *plain])


def placed(
    batch: pa.RecordBatch, part: int, rows: npt.NDArray[np.int64]
) -> pa.RecordBatch:
    """The batch with the place of each row as columns `part` and `row`."""
    part_column = pa.array(np.full(batch.num_rows, part, np.int32))
    return batch.append_column("part", part_column).append_column("row", pa.array(rows))


def read_table(path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The whole of a small Parquet file."""
    with storage.open_input(path) as file:
        return pq.read_table(file, columns=columns, use_threads=False)
