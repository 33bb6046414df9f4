"""TRC: trajectories of markers as a table, one row a frame.

    PathFileType  4  (X/Y/Z)  trial.trc
    DataRate  CameraRate  NumFrames  NumMarkers  Units  OrigDataRate  ...
    60.00     60.00       300        49          mm     60.00         ...
    Frame#  Time  R.ASIS              L.ASIS
                  X1   Y1     Z1      X2  Y2  Z2
    (an empty row, or none)
    1  0.000      608.66  1072.71  157.44  ...

Cells are parted by tabs; by commas or semicolons once it went through a spreadsheet; by
blanks where a script wrote it. The names decide how many markers there are, the rows
how many frames: what the header says of either is often left from another trial.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa

from posegate.transforms.formats import markers
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.markers import Capture, names_of
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.text_table import (
    Cells,
    Dialect,
    Lines,
    cells,
    decoded,
    dialect_of,
    parse,
)
from posegate.transforms.model.poses import Bools, Floats

NAME = "trc"
SUFFIXES = (".trc",)
CARRIES = Carries(
    tracks="the subject before a marker's name, `Subject:Marker`",
    visibility="a marker with coordinates is visible; one without is unlabelled",
    z="every marker is a point in space; `unit` from `Units`",
    convention="mm or m in the laboratory's axes, as they stand; an image is the "
    "file's name and the frame's number, `trial.trc#12`",
)
TRAPS = markers.traps(NAME) | {
    "trc.header": "The first five lines are not a TRC header: the file is not read.",
    "trc.markers-differ": "`NumMarkers` is not the number of names: the names count.",
    "trc.axes-named": "Each column has a name of its own, with the axis (`nose_x`, "
    "`C7[0]`): three are a marker, called by what they share.",
    "trc.rate-differs": "`DataRate` is not what the times say (59 for 59.94): the "
    "times count.",
    "trc.cell": "A cell is no number, or a row has more cells than there are columns: "
    "the row is quarantined.",
    "trc.row-cut": "The file ends within a row: the row is quarantined.",
    "trc.row-short": "A row ends before its last marker: the rest is unlabelled.",
    "trc.blank-separated": "Cells are parted by blanks: an empty one cannot be told, "
    "so a row with too few is quarantined.",
}


_AXIS = re.compile(r"(.+?)(?:[._\- ]|(?=\[))\[?([xyz]|(?<=\[)[012])\]?", re.IGNORECASE)


def sniff(head: bytes, name: str) -> bool:
    """Whether a file starts with TRC's first word."""
    return decoded(head[:64]).lstrip().startswith("PathFileType")


@dataclass(frozen=True)
class Header:
    """What stands above the numbers; `names` (M,), `width` counts the columns.

    `named_axes`: each column has its own name.
    """

    names: tuple[str, ...]
    values: dict[str, str]
    dialect: Dialect
    named_axes: bool = False

    @property
    def width(self) -> int:
        """Frame, time and three columns a marker."""
        return 2 + 3 * len(self.names)

    def number(self, key: str) -> float | None:
        """A number of the header; None where it is none."""
        try:
            return float(self.values.get(key, "").replace(",", "."))
        except ValueError:
            return None


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    for file in build.files():
        yield from _file(file, context, build)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """Its markers."""
    header = _header(Lines(file.chunks()))
    return [] if isinstance(header, str) else names_of(header.names)


def _file(file: File, context: Context, build: Build) -> Iterator[pa.RecordBatch]:
    lines = Lines(file.chunks())
    header = _header(lines)
    if isinstance(header, str):
        if not build.damaged(file.name, lines.damage):
            build.say(file.name, "header", header)
        return
    unit, rate = header.values.get("Units"), header.number("DataRate")
    capture = Capture(NAME, context, build, file.name, header.names, unit, rate)
    for block in lines.blocks():
        found = parse(block, header.width, header.dialect)
        if not capture.frames:
            capture.rate = _rate(found.numbers, header, build)
        _add(found, lines.unended, capture, header)
        yield from build.ready()
    if not build.damaged(file.name, lines.damage):
        capture.end(header.number("NumFrames"))
    if header.named_axes:
        build.note("axes-named")
    if header.number("NumMarkers") not in (None, len(header.names)):
        build.note("markers-differ")


def _header(lines: Lines) -> Header | str:
    """What the file says of itself, or what is wrong with it."""
    first = [lines.next() for _ in range(4)]
    if None in first:
        return "it ends within its header; export it again"
    told = [line or "" for line in first]
    if not told[0].lstrip().startswith("PathFileType"):
        return f"it begins {told[0][:40]!r}, not with PathFileType; export it as TRC"
    after = [line for line in (lines.next(), lines.next(), lines.next()) if line]
    dialect = dialect_of(told[3], after[-1] if after else "")
    names = cells(told[3], dialect)
    if [name.lower().rstrip("#") for name in names[:2]] != ["frame", "time"]:
        return (
            f"its fourth line begins {told[3][:40]!r}, not with Frame# and Time; "
            "export it as TRC"
        )
    axes = next((i for i, line in enumerate(after) if _is_axes(line, dialect)), None)
    lines.back(after if axes is None else after[axes + 1 :])
    keys = cells(told[1], dialect_of(told[1]))
    values = cells(told[2], dialect_of(told[1]))
    said = dict(zip(keys, values, strict=False))
    own = _names(names[2:])
    return Header(own, said, dialect, bool(own) and own[0] not in names)


def _is_axes(line: str, dialect: Dialect) -> bool:
    return any(cell.upper() in ("X1", "X") for cell in cells(line, dialect))


def _names(found: Sequence[str]) -> tuple[str, ...]:
    """One of three columns has the name, or all three, or names follow each other.

    All three may have it with their axis behind.
    """
    if any(name for i, name in enumerate(found) if i % 3):
        told = [name for name, _ in groupby(filter(None, found))]
        return _shared(told) or tuple(told)
    names = list(found[::3])
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _shared(names: Sequence[str]) -> tuple[str, ...]:
    """What every three names share before x, y and z; nothing unless all do."""
    found = [_AXIS.fullmatch(name) for name in names]
    whole = [(f[1], f[2].lower()) for f in found if f]
    axes = [axis for _, axis in whole]
    stems = [stem for stem, _ in whole]
    if len(whole) < len(names) or len(names) % 3 or stems[::3] != stems[2::3]:
        return ()
    same = stems[::3] == stems[1::3] and axes in (
        ["x", "y", "z"] * (len(axes) // 3),
        ["0", "1", "2"] * (len(axes) // 3),
    )
    return tuple(stems[::3]) if same else ()


def _rate(numbers: Floats, header: Header, build: Build) -> float | None:
    """[Hz] as the header says, unless the times of the first rows say otherwise."""
    told = header.number("DataRate")
    known = numbers[np.isfinite(numbers[:, :2]).all(axis=1)]
    span = known[-1, :2] - known[0, :2] if len(known) > 1 else np.zeros(2)
    if not (span > 0).all():
        return told
    measured = float(span[0] / span[1])
    slack = max(
        0.002, 0.01 / float(span[1])
    )  # times are rounded to a millisecond or ten
    if told is not None and abs(measured - told) <= slack * told:
        return told
    build.note("rate-differs")
    return measured


def _add(found: Cells, unended: bool, capture: Capture, header: Header) -> None:
    """The rows of a block, without those that are empty."""
    numbers = found.numbers
    wrong = {i: ("trc.cell", f"it {what}") for i, what in found.bad.items()}
    filled: Bools = np.array(np.isfinite(numbers).any(axis=1))
    filled[list(wrong)] = True
    short = found.short > 0
    if short.any():
        blanks = header.dialect.delimiter == " "
        for i in np.flatnonzero(short & filled).tolist():
            last = unended and i == len(numbers) - 1
            lacks = (
                f"it has {header.width - int(found.short[i])} of {header.width} cells"
            )
            if last:
                wrong[i] = ("trc.row-cut", f"{lacks} and no line end; deliver it again")
            elif blanks:
                remedy = "write it with tabs, so that empty cells can be told"
                wrong[i] = ("trc.blank-separated", f"{lacks}; {remedy}")
    rows = np.flatnonzero(filled)
    at = {int(row): i for i, row in enumerate(rows)}
    capture.add(
        numbers[rows, 0],
        numbers[rows, 2:].reshape(len(rows), len(header.names), 3),
        lambda i: found.raw(int(rows[i])),
        {at[i]: reason for i, reason in wrong.items()},
        {"row-short": short[rows]},
    )
