"""Trajectories of markers as tables of text: Vicon, Qualisys, OptiTrack.

Vicon Nexus, CSV; other sections (Devices, Joints, ...) stand before or after:

    Trajectories
    100
    ,,Ann:LASI,,,Ann:RASI,,
    Frame,Sub Frame,X,Y,Z,X,Y,Z
    ,,mm,mm,mm,mm,mm,mm
    1,0,44.1,-276.8,675.6,...

Qualisys QTM, TSV, with or without columns for frame and time:

    NO_OF_FRAMES  6916
    FREQUENCY     120
    MARKER_NAMES  LASI  RASI
    -473.5  191.9  613.3 ...

OptiTrack Motive, CSV; rigid bodies and bones, which its solver makes, are left out:

    Format Version,1.23,...,Export Frame Rate,120.000000,...,Length Units,Meters,...
    ,Type,Marker,Marker,Marker,...
    ,Name,Ann:LASI,Ann:LASI,Ann:LASI,...
    ,,Position,Position,Position,...
    Frame,Time (Seconds),X,Y,Z,...
"""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from posegate.transforms.formats import markers
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.marker_csv_headers import (
    SECTIONS,
    Layout,
    motive,
    qualisys,
    vicon,
)
from posegate.transforms.formats.markers import Capture, names_of
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.text_table import Cells, Lines, decoded, parse
from posegate.transforms.model.poses import Bools

NAME = "marker-csv"
SUFFIXES = (".csv", ".tsv", ".txt")
CARRIES = Carries(
    tracks="the subject before a marker's name, `Subject:Marker`",
    visibility="a marker with coordinates is visible; a blank one is unlabelled",
    z="every marker is a point in space; `unit` as the file says, Qualisys: mm",
    convention="mm or m in the laboratory's axes, as they stand; an image is the "
    "file's name and the frame's number, `walk.csv#12`",
)
TRAPS = markers.traps(NAME) | {
    "marker-csv.header": "The header is none of Vicon's, Qualisys' or OptiTrack's, or "
    "there are no trajectories below it: the file is not read.",
    "marker-csv.cell": "A cell is no number, or a row has more cells than there are "
    "columns: the row is quarantined.",
    "marker-csv.row-cut": "The file ends within a row: the row is quarantined.",
    "marker-csv.row-short": "A row ends before its last marker: the rest is "
    "unlabelled.",
    "marker-csv.not-markers": "Columns that are no marker's coordinates (rigid bodies "
    "and bones, which a solver makes; velocities), or are there twice: left out, "
    "counted.",
}
_BLANK = re.compile(rb"(?:^|\n)[,;\t \"]*\n")
_MAYBE = np.frombuffer(b'\n,;\t "', np.uint8)
"""What a line that is empty may begin with."""

_EDGE = ' ,;\t\r\n"'


def sniff(head: bytes, name: str) -> bool:
    """Whether a file starts as one of the three programs writes it."""
    text = decoded(head).lstrip(_EDGE)  # newer Nexus begins with empty lines
    lines = [line.strip(_EDGE) for line in text.split("\n", 3)]
    if re.match(r"Format Version,\d", text):
        return "Take Name" in lines[0] or "Frame Rate" in lines[0]
    if re.match(r"(NO_OF_FRAMES|FILE_VERSION)\b", text):
        return "MARKER_NAMES" in text or "DATA_INCLUDED" in text
    return lines[0] in SECTIONS and len(lines) > 1 and _is_number(lines[1])


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\d+([.,]\d+)?", text))


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    for file in build.files():
        yield from _file(file, context, build)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """Its markers."""
    layout = _layout(Lines(file.chunks()))
    return [] if isinstance(layout, str) else names_of(layout.labels)


def _file(file: File, context: Context, build: Build) -> Iterator[pa.RecordBatch]:
    lines = Lines(file.chunks())
    layout = _layout(lines)
    if isinstance(layout, str):
        if not build.damaged(file.name, lines.damage):
            build.say(file.name, "header", layout)
        return
    build.note("not-markers", layout.others)
    capture = Capture(
        NAME, context, build, file.name, layout.labels, layout.unit, layout.rate
    )
    told = {layout.frame, *layout.columns.ravel().tolist()}
    texts = [i for i in range(layout.width) if i not in told]  # a time code, say
    for block in _section(lines.blocks()) if layout.sectioned else lines.blocks():
        found = parse(block, layout.width, layout.dialect, texts)
        _add(found, lines.unended, capture, layout)
        yield from build.ready()
    if not build.damaged(file.name, lines.damage):
        capture.end(layout.frames)


def _layout(lines: Lines) -> Layout | str:
    """Where everything stands, or what is wrong with the header."""
    first = lines.next()
    while first is not None and not first.strip(_EDGE):
        first = lines.next()
    if first is None:
        return "it is empty; export it again"
    if first.startswith("Format Version"):
        return motive(first, lines)
    if re.match(r"[A-Z_]+\t", first):
        return qualisys(first, lines)
    return vicon(first, lines)


def _section(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines before the first that is empty: there a section of Vicon's ends."""
    for block in blocks:
        text = np.frombuffer(block, np.uint8)
        starts = np.r_[0, np.flatnonzero(text[:-1] == ord("\n")) + 1]
        end = _BLANK.search(block) if np.isin(text[starts], _MAYBE).any() else None
        if end is None:
            yield block
            continue
        if end.start():
            yield block[: end.start() + 1]
        return


def _add(found: Cells, unended: bool, capture: Capture, layout: Layout) -> None:
    """The rows of a block, without those that are empty."""
    numbers = found.numbers
    wrong = {i: ("marker-csv.cell", f"it {what}") for i, what in found.bad.items()}
    filled: Bools = np.array(np.isfinite(numbers).any(axis=1))
    filled[list(wrong)] = True
    if unended and len(found) and found.short[-1] and filled[-1]:
        lacks = f"it has {layout.width - int(found.short[-1])} of {layout.width} cells"
        remedy = "and no line end; deliver it again"
        wrong[len(found) - 1] = ("marker-csv.row-cut", f"{lacks} {remedy}")
    rows = np.flatnonzero(filled)
    at = {int(row): i for i, row in enumerate(rows)}
    if layout.frame is None:
        frame = np.arange(len(rows), dtype=np.float64) + capture.frames + 1
    else:
        frame = numbers[rows, layout.frame]
    capture.add(
        frame,
        numbers[np.ix_(rows, layout.columns.reshape(-1))].reshape(
            len(rows), len(layout.columns), 3
        ),
        lambda i: found.raw(int(rows[i])),
        {at[i]: reason for i, reason in wrong.items()},
        {"row-short": (found.short > 0)[rows]},
    )
