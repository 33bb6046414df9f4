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


class _Digest(io.RawIOBase):
    """Passes bytes on, and counts and hashes them."""

    def __init__(self, to: BinaryIO) -> None:
        self._to = to
        self._sha = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._to.write(data)
        self._sha.update(data)
        self.size += len(data)
        return len(data)

    def hexdigest(self) -> str:
        return self._sha.hexdigest()


class PartFile:
    """A Parquet file being written; `written` is known once it is closed."""

    def __init__(self, name: str, writer: pq.ParquetWriter) -> None:
        self._name = name
        self._writer = writer
        self.rows = 0
        self.written: Written | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        """Appends a batch as one row group."""
        self._writer.write_batch(batch)
        self.rows += batch.num_rows


@contextmanager
def part_file(folder: str, name: str, schema: pa.Schema) -> Iterator[PartFile]:
    """Writes `folder/name`; nothing is visible there if the block raises."""
    with storage.writing(storage.join(folder, *name.split("/"))) as raw:
        digest = _Digest(raw)
        with pq.ParquetWriter(
            digest, schema, compression="zstd", use_dictionary=texts(schema)
        ) as writer:
            file = PartFile(name, writer)
            yield file
        file.written = Written(name, digest.size, digest.hexdigest(), file.rows)


def texts(schema: pa.Schema) -> list[str]:
    """The columns worth a dictionary: numbers measured by hand repeat too seldom."""
    return [f.name for f in schema if pa.types.is_string(f.type)]


def write_table(folder: str, name: str, table: pa.Table) -> Written:
    """Writes a small table as one Parquet file."""
    with part_file(folder, name, table.schema) as file:
        for batch in table.combine_chunks().to_batches():
            file.write(batch)
    assert file.written is not None
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
    """Batches of one schema as one; an empty one if there are none."""
    plain = [b.replace_schema_metadata(None) for b in batches]
    if not plain:
        return pa.RecordBatch.from_pylist([], schema=schema)
    return pa.concat_batches(plain)


def placed(
    batch: pa.RecordBatch, part: int, rows: npt.NDArray[np.int64]
) -> pa.RecordBatch:
    """The batch with the place of each row as columns `part` and `row`."""
    part_column = pa.array(np.full(batch.num_rows, part, np.int32))
    return batch.append_column("part", part_column).append_column("row", pa.array(rows))
