"""Tables of text as instruments and spreadsheets write them, by blocks of lines."""

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.model.poses import Floats

MISSING = ("", "NaN", "nan", "NAN", "NA", "N/A", "#N/A", "#NUM!", "null", "None", "-")
"""How programs spell a number that is not there."""

LONGEST = 64 << 20
"""Bytes of a line; a file without line ends is no table."""

_DELIMITERS = "\t;,"


@dataclass(frozen=True)
class Dialect:
    """What parts cells, and what a number's decimals; " " is any run of blanks."""

    delimiter: str = ","
    decimal: str = "."


def decoded(head: bytes) -> str:
    """The first bytes of a file as text, without a byte order mark."""
    return name(head.removeprefix(codecs.BOM_UTF8))


def name(text: bytes) -> str:
    """A text of a header: UTF-8, or else what Windows wrote in Western Europe."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")


def dialect_of(line: str, numbers: str = "") -> Dialect:
    """The dialect of a table by a line of its header and one of numbers.

    A comma is the decimal sign where tabs or semicolons part the cells.
    """
    counts = {sign: line.count(sign) for sign in _DELIMITERS}
    best = max(counts, key=lambda sign: counts[sign])
    if not counts[best]:
        return Dialect(" ")
    if counts["\t"]:
        best = "\t"
    found = [cell.strip() for cell in numbers.split(best)]
    comma = best != "," and any(re.fullmatch(r"-?\d+,\d+", cell) for cell in found)
    point = any(re.fullmatch(r"-?\d+\.\d+", cell) for cell in found)
    return Dialect(best, "," if comma and not point else ".")


def cells(line: str, dialect: Dialect) -> list[str]:
    """A line's cells, without the blanks around them."""
    if dialect.delimiter == " ":
        return line.split()
    try:
        found = next(csv.reader([line], delimiter=dialect.delimiter), [])
    except csv.Error:  # a cell of more than 131,072 characters
        found = line.split(dialect.delimiter)
    return [cell.strip() for cell in found]


class Lines:
    """A text file as UTF-8: first lines one by one, then the rest in blocks.

    A byte order mark is taken off; lines end in LF, CR LF or CR.
    Damage is kept in `damage` and ends the file after the last whole line.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = _unix(_utf8(pieces))
        self._left = b""
        self._over = self._unended = False
        self.damage: DamagedStream | None = None

    @property
    def unended(self) -> bool:
        """Whether the file's last line, which was given last, has no line end."""
        return self._over and self._unended

    def next(self) -> str | None:
        """The next line without its end; None after the last."""
        while (end := self._left.find(b"\n")) < 0 and self._more():
            pass
        if end < 0 and not self._left:
            return None
        end = len(self._left) if end < 0 else end
        line, self._left = self._left[:end], self._left[end + 1 :]
        return name(line)

    def back(self, lines: Sequence[str]) -> None:
        """Puts lines that were looked at in front again."""
        self._left = "".join(f"{line}\n" for line in lines).encode() + self._left

    def blocks(self) -> Iterator[bytes]:
        """The rest, whole lines at a time."""
        while True:
            end = self._left.rfind(b"\n") + 1
            if end:
                block, self._left = self._left[:end], self._left[end:]
                yield block
            if not self._more():
                break
        if self._left:
            block, self._left = self._left, b""
            yield block

    def _more(self) -> bool:
        """Reads on; False at the end, where a line that damage cut off is dropped."""
        if self._over:
            return False
        try:
            piece = next(self._pieces, b"")
        except DamagedStream as damage:
            self.damage, piece = damage, b""
            self._left = self._left[: self._left.rfind(b"\n") + 1]
        if not piece:
            self._over = True
            self._unended = bool(self._left) and not self._left.endswith(b"\n")
            return False
        self._left += piece
        if len(self._left) > LONGEST and b"\n" not in self._left:
            self._left = b""
            self._over = True
            self.damage = DamagedStream(
                "file.too-large", f"a line is longer than {LONGEST} bytes; no table is"
            )
            return False
        return True


def _utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    first = next(pieces, b"")
    while len(first) < 4 and (more := next(pieces, b"")):
        first += more
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from pieces


def _unix(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """With LF as the end of every line."""
    held = b""
    for piece in pieces:
        piece = held + piece
        held = b""
        if b"\r" in piece:
            if piece.endswith(b"\r"):
                piece, held = piece[:-1], b"\r"
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if piece:
            yield piece
    if held:
        yield b"\n"


@dataclass
class Cells:
    """A block of N lines: numbers (N, W), NaN where missing, and texts by column.

    A column of text is NaN among the numbers.
    `short` (N,) counts the cells that a line lacks; `bad` says what is wrong with some.
    """

    numbers: Floats
    texts: Mapping[int, pa.Array]
    short: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    bad: dict[int, str] = field(default_factory=dict)
    block: bytes = b""

    def __len__(self) -> int:
        return len(self.numbers)

    def raw(self, i: int) -> bytes:
        """The line of a row."""
        if not hasattr(self, "_lines"):
            self._lines = _lines(self.block)
        return self._lines[i]


def parse(
    block: bytes, width: int, dialect: Dialect, texts: Sequence[int] = ()
) -> Cells:
    """The cells of whole lines; empty lines are none.

    Args:
      block: the lines.
      width: W, the number of columns; what stands beyond is wrong unless empty.
      dialect: how they are written.
      texts: which columns are texts; the others are numbers.
    """
    if dialect.delimiter == " ":
        block = re.sub(rb"[ \t]+", b" ", block).replace(b"\n ", b"\n").strip(b" ")
    try:
        return _quick(block, width, dialect, texts)
    except pa.ArrowInvalid:
        return _slow(block, width, dialect, texts)


def _quick(block: bytes, width: int, dialect: Dialect, texts: Sequence[int]) -> Cells:
    """By pyarrow, which takes nothing but lines of as many sound cells as the first."""
    first = block[: block.find(b"\n")] if b"\n" in block else block
    given = first.count(dialect.delimiter.encode()) + 1
    names = [str(i) for i in range(given)]
    text = {*texts, *range(width, given)}
    kinds = {n: pa.string() if i in text else pa.float64() for i, n in enumerate(names)}
    table = pyarrow.csv.read_csv(
        pa.py_buffer(block),
        pyarrow.csv.ReadOptions(
            column_names=names, use_threads=False, block_size=len(block) + 1
        ),
        pyarrow.csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char='"' if b'"' in block else False,  # a fifth of the time
        ),
        pyarrow.csv.ConvertOptions(
            column_types=kinds,
            null_values=list(MISSING),
            decimal_point=dialect.decimal,
        ),
    )
    for column in table.columns[width:]:
        if pc.any(pc.not_equal(column, "")).as_py():
            raise pa.ArrowInvalid("more cells than columns")
    numeric = [i for i in range(given) if i not in text]
    numbers = matrix(table.select(numeric))
    if len(numeric) < width:
        numbers, some = np.full((len(table), width), np.nan), numbers
        numbers[:, numeric] = some
    absent = pa.repeat("", len(table))
    return Cells(
        numbers,
        {i: table[i].combine_chunks() if i < given else absent for i in texts},
        np.full(len(table), max(width - given, 0)),
        block=block,
    )


def matrix(table: pa.Table) -> Floats:
    """(N, C) a table of C columns of numbers, NaN for null."""
    if not table.num_columns or not len(table):
        return np.empty((len(table), table.num_columns))
    (batch,) = table.combine_chunks().to_batches()
    return batch.to_tensor(null_to_nan=True, row_major=True).to_numpy()


def _slow(block: bytes, width: int, dialect: Dialect, texts: Sequence[int]) -> Cells:
    """Line by line: what is wrong with one costs no other."""
    lines = _lines(block)
    numbers = np.full((len(lines), width), np.nan)
    short = np.zeros(len(lines), np.int64)
    said: dict[int, list[str]] = {i: [""] * len(lines) for i in texts}
    bad: dict[int, str] = {}
    for i, line in enumerate(lines):
        found = cells(name(line), dialect)
        short[i] = max(width - len(found), 0)
        if any(found[width:]):
            bad[i] = f"has {len(found)} cells for {width} columns"
        for j, cell in enumerate(found[:width]):
            if j in said:
                said[j][i] = cell
            elif cell not in MISSING:
                number = _number(cell, dialect)
                if number is None:
                    bad.setdefault(i, f"has {cell[:40]!r} in column {j + 1}, no number")
                else:
                    numbers[i, j] = number
    texted = {j: pa.array(column, pa.string()) for j, column in said.items()}
    return Cells(numbers, texted, short, bad, block)


def _number(cell: str, dialect: Dialect) -> float | None:
    try:
        return float(cell.replace(dialect.decimal, ".").replace("_", "?"))
    except ValueError:
        return None


def _lines(block: bytes) -> list[bytes]:
    """Those that are not empty, as pyarrow counts them."""
    return [line for line in block.split(b"\n") if line]
