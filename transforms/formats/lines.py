"""Text files of a record a line, as blocks of whole lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from posegate.transforms.formats.files import File
from posegate.transforms.formats.text_table import Lines, decoded
from posegate.transforms.model.poses import Floats

_LINES, _BYTES = 4096, 4 << 20  # of a block


@dataclass(frozen=True)
class Block:
    """Neighbouring lines that are not blank; `first` is the ordinal of line 0."""

    first: int
    lines: list[bytes]


def blocks(file: File) -> Iterator[Block]:
    """A file's lines without their ends and blanks around, some thousand at a time.

    Raises DamagedStream after the last good line.
    """
    text, count, size = Lines(file.chunks()), 0, 0
    lines: list[bytes] = []
    for block in text.blocks():
        lines += _split(block)
        size += len(block)
        if len(lines) >= _LINES or size >= _BYTES:
            yield Block(count, lines)
            count, size, lines = count + len(lines), 0, []
    if lines:
        yield Block(count, lines)
    if text.damage is not None:
        raise text.damage


def _split(data: bytes) -> list[bytes]:
    if not any(blank in data for blank in b" \t\v\f"):
        return data.split()  # the same, in a third of the time
    return [line for each in data.splitlines() if (line := each.strip())]


def tables(
    lines: Sequence[bytes],
    types: dict[str, pa.DataType],
    delimiter: str,
    quote: str | bool = False,
) -> Iterator[tuple[int, pa.Table | None]]:
    """The lines as columns of these types: (index of the first line, table of them).

    A line that does not fit is given as None, and costs its neighbours nothing: the
    lines are parsed at once, or where that fails in halves. Empty cells and "nan" are
    null.
    """
    todo = [(0, len(lines))]
    while todo:
        i, j = todo.pop()
        table = _table(lines[i:j], types, delimiter, quote)
        if table is not None or j - i == 1:
            yield i, table
        elif j > i:
            todo += [((i + j) // 2, j), (i, (i + j) // 2)]


def _table(
    lines: Sequence[bytes],
    types: dict[str, pa.DataType],
    delimiter: str,
    quote: str | bool,
) -> pa.Table | None:
    try:
        table = pc.read_csv(
            pa.py_buffer(b"\n".join(lines)),
            pc.ReadOptions(column_names=list(types), use_threads=False),
            pc.ParseOptions(delimiter=delimiter, quote_char=quote),
            pc.ConvertOptions(column_types=types, strings_can_be_null=True),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    return table if len(table) == len(lines) else None


def head_lines(head: bytes) -> list[bytes]:
    """The lines of a file's first bytes, but for a last one that may be cut."""
    text = decoded(head).encode()
    whole = text.rpartition(b"\n")[0]
    return _split(whole or text)


def points_of(lines: Sequence[bytes]) -> Floats | int:
    """(N, 2) a line each; or the index of the first that is not two numbers."""
    rows = [line.split() for line in lines]
    if set(map(len, rows)) <= {2}:
        try:
            flat = np.fromiter(map(float, chain.from_iterable(rows)), np.float64)
            return flat.reshape(-1, 2)
        except ValueError:
            pass
    return next(i for i, row in enumerate(rows) if not _is_point(row))


def _is_point(row: Sequence[bytes]) -> bool:
    try:
        return len([float(cell) for cell in row]) == 2
    except ValueError:
        return False


def runs(lines: Sequence[bytes], delimiter: bytes) -> Iterator[tuple[int, slice]]:
    """Neighbours of as many columns: (how many, where)."""
    text = np.frombuffer(b"\n".join(lines), np.uint8)
    starts = np.cumsum([0, *(len(line) + 1 for line in lines[:-1])])
    widths = 1 + np.add.reduceat(text == ord(delimiter), starts, dtype=np.int64)
    cuts = (np.flatnonzero(np.diff(widths)) + 1).tolist()
    for low, high in pairwise([0, *cuts, len(widths)]):
        yield int(widths[low]), slice(low, high)
