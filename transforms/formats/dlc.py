"""DeepLabCut's labels or predictions as CSV: three or four header rows, a row an image.

    scorer,Ann,Ann,Ann,Ann                 scorer,,,Ann,...
    individuals,mouse1,mouse1,mouse2,mouse2     (where there are several animals)
    bodyparts,snout,snout,snout,snout
    coords,x,y,x,y                         x, y, likelihood where a model placed them
    labeled-data/m4s1/img0000.png,21.5,265.4,,

The path of an image stands in one column, or in three. Where the same table lies beside
it as HDF5 (`dlc-h5`), that one is read, as DeepLabCut itself does.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats import dlc_frames
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.dlc_frames import Column, Frames, names_of, spatial
from posegate.transforms.formats.files import File
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
from posegate.transforms.model.poses import Floats

NAME = "dlc"
SUFFIXES = (".csv",)
CARRIES = Carries(
    annotator="the `scorer`: one a file; tools that merge files rewrite it",
    tracks="`individuals`, where there are several animals",
    visibility="a point with coordinates is visible; an empty one is occluded, not "
    "labelled or not in the project, which the file cannot tell: unlabelled",
    convention="px; (0, 0) is the centre of the top-left pixel, as its viewers draw "
    "them; an image is its path in the project; its folder is the video",
)
TRAPS = dlc_frames.traps(NAME) | {
    "dlc.header": "The header is not DeepLabCut's: the file is not read.",
    "dlc.header-mended": "The header's names are numbered (`nose.1`) or stand above "
    "the first of their columns only, as other programs write them: read as meant.",
    "dlc.cell": "A cell is no number, or a row has too many: quarantined.",
    "dlc.row-cut": "The file ends within a row: the row is quarantined.",
    "dlc.row-short": "A row ends before its last point: the rest is unlabelled.",
    "dlc.h5-counts": "The same table lies beside it as .h5: that one is read.",
}
LEVELS = ("scorer", "individuals", "bodyparts", "coords")


def sniff(head: bytes, name: str) -> bool:
    """Whether a file starts with DeepLabCut's header rows."""
    first = [line.lower() for line in decoded(head).split("\n", 3)[:2]]
    return (
        len(first) == 2
        and first[0].startswith("scorer")
        and first[1].startswith(("individuals", "bodyparts"))
    )


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    formats = context.delivery.formats
    for file in build.files():
        if formats.get(f"{file.name.removesuffix('.csv')}.h5") == "dlc-h5":
            build.note("h5-counts")
        else:
            yield from _file(file, context, build)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """Its body parts: those of all individuals together, and those that are unique."""
    header = _header(Lines(file.chunks()))
    return [] if isinstance(header, str) else names_of(header[0])


def _file(file: File, context: Context, build: Build) -> Iterator[pa.RecordBatch]:
    lines = Lines(file.chunks())
    header = _header(lines)
    if isinstance(header, str):
        if not build.damaged(file.name, lines.damage):
            build.say(file.name, "header", header)
        return
    columns, index, dialect, mended = header
    build.note("header-mended", mended)
    frames = Frames(NAME, context, build, file.name, columns)
    for block in lines.blocks():
        found = parse(block, index + len(columns), dialect, range(index))
        _add(found, index, lines.unended, frames)
        yield from build.ready()
    build.damaged(file.name, lines.damage)


def numbers(data: bytes) -> tuple[list[Column], list[str], Floats] | None:
    """A whole file's columns, paths, and (N, C) numbers; None where it is none."""
    lines = Lines(iter([data]))
    header = _header(lines)
    if isinstance(header, str):
        return None
    columns, index, dialect, _ = header
    paths: list[str] = []
    found = [np.empty((0, len(columns)))]
    for block in lines.blocks():
        part = parse(block, index + len(columns), dialect, range(index))
        paths += _paths(part, index).to_pylist()
        found.append(part.numbers[:, index:])
    return columns, paths, np.concatenate(found)


Header = tuple[list[Column], int, Dialect, bool]
"""The columns after the index, how many of the index, the dialect; whether mended."""


def _header(lines: Lines) -> Header | str:
    first = lines.next() or ""
    dialect = dialect_of(first)
    levels: dict[str, list[str]] = {}
    line: str | None = first
    while line is not None and (row := cells(line, dialect)):
        if row[0].lower() not in LEVELS:
            break
        levels[row[0].lower()] = row
        line = None if "coords" in levels else lines.next()
    if not {"scorer", "bodyparts", "coords"} <= levels.keys():
        return (
            f"it has the header rows {', '.join(levels) or 'none'}, but needs scorer, "
            "bodyparts and coords; export it again"
        )
    return _columns(levels, dialect)


def _columns(levels: dict[str, list[str]], dialect: Dialect) -> Header | str:
    coords = levels["coords"]
    while coords and not coords[-1]:
        coords.pop()
    index = 1 + sum(1 for _ in takewhile(lambda cell: not cell, coords[1:]))
    axes = [axis.lower() for axis in coords[index:]]
    given = [levels.get(level, [])[index:] for level in LEVELS[:-1]]
    names = [_meant(row, len(axes)) for row in given]
    columns = [Column(*each) for each in zip(*names, axes, strict=True)]
    known = set(columns)
    if not any(
        replace(c, coordinate="y") in known for c in known if c.coordinate == "x"
    ):
        return "no bodypart has the coords x and y; export it again"
    if (wrong := spatial(columns)) is not None:
        return wrong
    short = any("" in row or len(row) < len(axes) for row in given[1:] if row)
    other = [
        a for row, own in zip(given, names, strict=True) for a in row if a not in own
    ]
    return columns, index, dialect, short or any(other)


_UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?")


def _meant(row: Sequence[str], width: int) -> list[str]:
    """(W,) the names of a header's row, each above all of its columns.

    Programs that keep names unique make nose.1 and nose.2 of those behind the first,
    and `Unnamed: 3_level_0` of none; others leave them empty.
    """
    row = ["" if _UNNAMED.fullmatch(cell) else cell for cell in row]
    own = [cell for cell in row if cell]
    if len(own) > 1 and len(set(own)) == len(own):
        row = [cell if cell not in own else _plain(cell, own) for cell in row]
    found, current = [], ""
    for i in range(width):
        current = (row[i] if i < len(row) else "") or current
        found.append(current)
    return found


def _plain(name: str, known: Sequence[str]) -> str:
    stem, _, number = name.rpartition(".")
    return stem if number.isdecimal() and stem in known else name


def _add(found: Cells, index: int, unended: bool, frames: Frames) -> None:
    """The rows of a block, without those that are empty."""
    wrong = {i: ("dlc.cell", f"it {what}") for i, what in found.bad.items()}
    if unended and len(found) and found.short[-1]:
        lacks = f"it lacks {int(found.short[-1])} cells and a line end"
        wrong[len(found) - 1] = ("dlc.row-cut", f"{lacks}; deliver it again")
    paths = _paths(found, index)
    kept = np.flatnonzero(pc.not_equal(pc.utf8_trim(paths, "/"), ""))
    at = {int(row): i for i, row in enumerate(kept)} if wrong else {}
    frames.add(
        paths if len(kept) == len(paths) else paths.take(pa.array(kept)),
        found.numbers[kept, index:],
        lambda i: found.raw(int(kept[i])),
        {at[i]: reason for i, reason in wrong.items() if i in at},
        {"row-short": (found.short > 0)[kept]},
    )


def _paths(found: Cells, index: int) -> pa.Array:
    """(N,) the path of each row, which stands in its first columns."""
    parts = [pc.utf8_trim_whitespace(found.texts[i]) for i in range(index)]
    return parts[0] if index == 1 else pc.binary_join_element_wise(*parts, "/")
