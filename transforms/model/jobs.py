"""The job table: who annotated what, and when, where the export does not say."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from posegate.transforms.model.schema import TIME, Role
from posegate.transforms.model.times import times

KEYS = ("image", "job")
KNOWN = {
    "annotator": pa.string(),
    "annotated_at": TIME,
    "role": pa.string(),
    "video": pa.string(),
    "track": pa.string(),
    "lead_time_s": pa.float32(),
    "width": pa.int32(),
    "height": pa.int32(),
}

_REAL = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
NUMBERS = {
    "lead_time_s": (_REAL, "a number of seconds"),
    "width": (r"^\d+$", "a whole number of pixels"),
    "height": (r"^\d+$", "a whole number of pixels"),
}


@dataclass(frozen=True)
class JobTable:
    """What is known of each image, or of each job.

    `key` is the column that joins, `image` or `job`; `table` has it, those of `KNOWN`
    that the file had, and the file's other columns as strings: the attributes.
    """

    key: str
    table: pa.Table

    @classmethod
    def load(cls, path: str, read: Callable[[str], bytes]) -> "JobTable":
        """The table in a CSV or Parquet file."""
        return parse(read(path), path)

    @cached_property
    def _row(self) -> dict[str, int]:
        return {key: i for i, key in enumerate(self.table[self.key].to_pylist())}

    @property
    def attributes(self) -> tuple[str, ...]:
        """The columns that are neither the key nor known."""
        return tuple(
            n for n in self.table.column_names if n != self.key and n not in KNOWN
        )

    def rows(self, keys: Sequence[str | None]) -> npt.NDArray[np.int64]:
        """(N,) the row of each key; -1 where the table has none."""
        found = map(self._row.get, keys, repeat(-1))  # type: ignore[arg-type]
        return np.fromiter(found, np.int64, len(keys))

    def column(self, name: str, rows: npt.NDArray[np.int64]) -> pa.Array | None:
        """(N,) a column at `rows`, null where they are -1; None if it has none such."""
        if name not in self.table.column_names:
            return None
        taken = self.table[name].take(pa.array(rows, mask=rows < 0))
        return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def parse(data: bytes, place: str) -> JobTable:
    """A job table from the bytes of a CSV (UTF-8, with a header) or a Parquet file.

    Rows that repeat another one are dropped. Raises ValueError naming the line.
    """
    table = _parquet(data, place) if data[:4] == b"PAR1" else _csv(data, place)
    keys = [name for name in KEYS if name in table.column_names]
    if len(keys) != 1:
        found = ", ".join(table.column_names)
        raise ValueError(
            f"{place}: needs one of the columns `image` and `job` to join by; "
            f"it has {found or 'none'}"
        )
    columns = {
        name: _known(name, table[name], place) if name in KNOWN else _text(table[name])
        for name in table.column_names
    }
    return JobTable(keys[0], _unique(pa.table(columns), keys[0], place))


def _parquet(data: bytes, place: str) -> pa.Table:
    try:
        return pq.read_table(io.BytesIO(data))
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{place}: not a Parquet file: {error}") from error


def _csv(data: bytes, place: str) -> pa.Table:
    """Every column as text; an empty cell is null."""
    try:
        with pyarrow.csv.open_csv(io.BytesIO(data)) as head:
            names = head.schema.names
        options = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        )
        parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
        table = pyarrow.csv.read_csv(
            io.BytesIO(data),
            pyarrow.csv.ReadOptions(use_threads=False),  # which names the line
            parsing,
            options,
        )
    except pa.ArrowInvalid as error:
        raise ValueError(f"{place}: not a CSV table: {error}") from error
    if len(set(names)) != len(names):
        raise ValueError(f"{place}: line 1: names a column twice: {', '.join(names)}")
    return table


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())


def _known(name: str, column: pa.ChunkedArray, place: str) -> pa.ChunkedArray:
    """A known column in its type; raises ValueError for a value that is none."""
    if name == "annotated_at":
        return _times(column, place)
    if name == "role":
        roles = pa.array([role.value for role in Role])
        bad = pc.invert(pc.or_kleene(pc.is_in(column, roles), pc.is_null(column)))
        _refuse(bad, column, name, f"one of {', '.join(Role)}", place)
    if name in NUMBERS:
        try:
            return column.cast(KNOWN[name])
        except pa.ArrowInvalid:
            number, words = NUMBERS[name]
            bad = pc.invert(pc.match_substring_regex(column, number))
            _refuse(bad, column, name, words, place)
            raise
    return _text(column)


def _times(column: pa.ChunkedArray, place: str) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return column.cast(TIME)
    parsed, bad, _ = times(column.to_pylist())
    remedy = "an ISO 8601 time such as 2026-02-14T09:30:00Z"
    _refuse(pa.array(bad), column, "annotated_at", remedy, place)
    return pa.chunked_array([parsed])


def _refuse(
    bad: pa.Array, column: pa.ChunkedArray, name: str, remedy: str, place: str
) -> None:
    """Raises ValueError for the first bad value; line 1 is the header."""
    row = pc.index(bad, pa.scalar(True)).as_py()
    if row >= 0:
        value = column[row].as_py()
        raise ValueError(f"{place}: line {row + 2}: {name} {value!r} is not {remedy}")


def _unique(table: pa.Table, key: str, place: str) -> pa.Table:
    """The first row of each key; raises ValueError where a later one differs."""
    keys = table[key].to_pylist()
    if None in keys:
        line = keys.index(None) + 2
        raise ValueError(f"{place}: line {line}: no {key}; every row needs one")
    first: dict[str, int] = {}
    again = [i for i, value in enumerate(keys) if first.setdefault(value, i) != i]
    for i in again:
        before = first[keys[i]]
        if table.slice(i, 1).to_pylist() != table.slice(before, 1).to_pylist():
            raise ValueError(
                f"{place}: lines {before + 2} and {i + 2} say different things of "
                f"{key} {keys[i]!r}; keep one"
            )
    return table.take(pa.array(sorted(first.values()), pa.int64()))
