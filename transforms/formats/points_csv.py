"""A plain table of points, for those who have none of the tools: CSV with a header.

Long, a line a point; the lines of an instance stand together:

    image,keypoint,x,y[,z][,visibility][,score][,instance][,unit][,...]
    a.jpg,nose,10.5,20,2

Wide, a line an instance:

    image,nose.x,nose.y[,nose.z][,nose.visibility][,nose.score],left_eye.x,...

Further columns, in either: width, height [px], video, frame, fps, track, annotator,
annotated_at, lead_time_s, role, job; `instance`, else `track`, parts the objects of an
image. Columns of any other name are attributes. Where there is no image, a frame of the
file is one, `walk.csv#12`; SLEAP's tables call it frame_idx.

Coordinates are px from the centre of the top-left pixel unless `unit` says mm, cm, m,
or share (of the image's width and height, which are then needed). Visibility is 0, 1,
2 as in COCO, or absent, occluded, visible; without it a point with coordinates is
visible. A point without coordinates is unlabelled. A score is a model's.

A table that says less is described in delivery.toml:

    format = "points-csv"
    [csv]
    columns   = ["image", "sella.x", "sella.y", "nasion.x", "nasion.y"]
    unit      = "mm"
    px_per_mm = 10            # makes lengths pixels
    header    = false         # and delimiter = ";", decimal = ","
    [names]
    pattern = '5lms_(?P<annotator>.+)[.]csv'
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice

import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.points_csv_columns import (
    Columns,
    has_header,
    meaning,
)
from posegate.transforms.formats.points_csv_lines import Long, Wide
from posegate.transforms.formats.points_csv_rows import Table
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.text_table import (
    Dialect,
    Lines,
    cells,
    decoded,
    dialect_of,
)

NAME = "points-csv"
SUFFIXES = (".csv", ".tsv")
CARRIES = Carries(
    annotator="`annotator`",
    time="`annotated_at`",
    review="`role`",
    tracks="`track`",
    visibility="`visibility`: 0, 1, 2 as in COCO, or absent, occluded, visible",
    z="`z`, with `unit`",
)
TRAPS = {
    "points-csv.header": "The first line is no header of a plain table, and "
    "delivery.toml does not say what the columns are: the file is not read.",
    "points-csv.cell": "A cell is no number where one should be, or a line has too "
    "many cells: quarantined.",
    "points-csv.row-cut": "The file ends within a line: quarantined.",
    "points-csv.row-short": "A line ends before its last column: what it lacks counts "
    "as empty.",
    "points-csv.no-image": "A line names no image: quarantined.",
    "points-csv.visibility": "A visibility is none of 0, 1, 2, 3, absent, occluded, "
    "visible: quarantined.",
    "points-csv.visible-nowhere": "A point is visible and has no coordinates: "
    "unlabelled.",
    "points-csv.point-incomplete": "A point has some of its coordinates only: "
    "unlabelled.",
    "points-csv.point-twice": "A long table has a point of an instance twice: "
    "quarantined; `instance` parts the objects of an image.",
    "points-csv.unlabelled-lines": "Lines without any point: images that nobody "
    "labelled; they are counted, and give no rows.",
    "points-csv.unit": "A unit is none of px, mm, cm, m, share: quarantined.",
    "points-csv.no-size": "Coordinates are shares of an image whose size nobody says: "
    "quarantined; add width and height.",
    "points-csv.left-out": "Points that `points.ignore` lists: left out, counted.",
    "points-csv.other-skeleton": "Points that are not the skeleton's: quarantined.",
}


def sniff(head: bytes, name: str) -> bool:
    """Whether a file starts with the header that is described above."""
    line = decoded(head).split("\n", 1)[0].strip()
    dialect = dialect_of(line)
    header = cells(line, dialect) if dialect.delimiter != " " else []
    return not isinstance(meaning(header, loose=False), str)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    for file in build.files():
        yield from _file(file, context, build)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The points that its header names, or the keypoints of its first 16 MiB."""
    pieces = islice(file.chunks(1 << 20), 16)
    with suppress(DamagedStream):
        head = next(pieces, b"")
        first, _, rest = decoded(head).partition("\n")
        dialect = dialect_of(first)
        header = cells(first, dialect)
        columns = meaning(header, loose=False)
        if isinstance(columns, str):  # somebody said that it is such a table
            columns = meaning(header, loose=True)
        if isinstance(columns, str):
            return []
        found = dict.fromkeys(columns.points)
        if columns.long:
            place = columns.known["keypoint"]
            for line in _lines(chain([rest], map(decoded, pieces))):
                if len(said := cells(line, dialect)) > place and said[place]:
                    found[said[place]] = None
        return [Names("person", tuple(found))] if found else []
    return []


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """The lines of a text that comes in pieces."""
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from whole
    yield rest


def _file(file: File, context: Context, build: Build) -> Iterator[pa.RecordBatch]:
    lines = Lines(file.chunks())
    told = _columns(lines, context)
    if isinstance(told, str):
        if not build.damaged(file.name, lines.damage):
            build.say(file.name, "header", told)
        return
    columns, dialect = told
    kind = Long if columns.long else Wide
    table = kind(Table(context, build, file.name, columns), dialect)
    for block in lines.blocks():
        table.add(block, lines.unended)
        yield from build.ready()
    table.end()
    build.damaged(file.name, lines.damage)


def _columns(lines: Lines, context: Context) -> tuple[Columns, Dialect] | str:
    """What the columns are, by the side file or the header; or what is wrong."""
    told = context.delivery.csv
    first = lines.next()
    if first is None:
        return "it is empty; export it again"
    second = lines.next()
    found = dialect_of(first, second or first)
    dialect = Dialect(told.delimiter or found.delimiter, told.decimal or found.decimal)
    header = cells(first, dialect)
    named = has_header(header, told)
    lines.back([line for line in (None if named else first, second) if line])
    loose = bool(told.columns) or context.delivery.format is not None
    columns = meaning(told.columns or header, loose)
    if isinstance(columns, str):
        place = "[csv] columns of delivery.toml" if told.columns else "its first line"
        remedy = "see `posegate formats points-csv` for the columns"
        return f"{place} {columns}; {remedy}"
    return columns, dialect
