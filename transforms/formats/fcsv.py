"""FCSV and markups: lists of points of 3D Slicer, one file an annotation of a volume.

    # Markups fiducial file version = 4.6
    # CoordinateSystem = 0
    # columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
    vtkMRMLMarkupsFiducialNode_0,4.3,5.5,1.5,0,0,0,1,1,1,0,1,AC,

    {"markups": [{"coordinateSystem": "LPS", "controlPoints": [...]}]}    .mrk.json

Slicer 5 ends a line with two cells that its columns do not name: how the point is set
(0 undefined, 1 preview, 2 defined, 3 missing), and whether by itself. A spreadsheet
may part cells by semicolons, and decimals by commas.

Who placed the points, when, and in which volume stands in the file's name, if anywhere:
`[names]` in delivery.toml says how to read it. A point is found by its label, else by
its description.
"""

from collections.abc import Iterator, Sequence
from math import isfinite, nan

import pyarrow as pa

from posegate.transforms.formats import fcsv_json, text_table
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.fcsv_json import Point
from posegate.transforms.formats.fcsv_rows import (
    LPS,
    NOT_PLACED,
    RAS,
    Finder,
    places,
    put,
)
from posegate.transforms.formats.fcsv_table import Plain, taken_apart
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import TOGETHER
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.text_table import MISSING, Dialect
from posegate.transforms.model.naming import difference

NAME = "fcsv"
SUFFIXES = (".fcsv", ".json")
PER_IMAGE = True
CARRIES = Carries(
    visibility="a point with coordinates is visible, unless Slicer says that it is not "
    "placed (`positionStatus`); `vis` and `sel` are display only",
    z="every point is in space, in mm",
    convention="mm, right-anterior-superior (RAS), as Slicer shows them; files in LPS "
    "are turned; an image is the file, unless `[names]` finds an `image` in its name",
)
TRAPS = {
    "fcsv.lps-turned": "Coordinates are left-posterior-superior: x and y are negated, "
    "so that all files are RAS.",
    "fcsv.axes-assumed": "The file does not say its axes: RAS is assumed, as Slicer "
    "does.",
    "fcsv.axes-unknown": "The axes are neither RAS nor LPS (voxel indices, say): "
    "quarantined.",
    "fcsv.columns-assumed": "There is no line of columns: those of Slicer 3 (label, x, "
    "y, z) or of version 4 are assumed, by their number.",
    "fcsv.line": "A line is no point: too few cells, or a coordinate that is no "
    "number; the file is quarantined.",
    "fcsv.markups": "A JSON of markups cannot be read, or a point of it is at no three "
    "numbers: quarantined.",
    "fcsv.unit": "Markups are in another unit than mm: quarantined.",
    "fcsv.names-disagree": "Label and description name different points: the label "
    "counts.",
    "fcsv.point-twice": "Two lines are the same point: which one is meant cannot be "
    "told, so it is unlabelled.",
    "fcsv.not-placed": "A point is listed that nobody placed: Slicer 5 says so, though "
    "it writes coordinates, or there are none: unlabelled.",
    "fcsv.left-out": "Points that `points.ignore` lists: left out, counted.",
    "fcsv.other-skeleton": "Points that are not the skeleton's: quarantined.",
    "fcsv.empty": "The file has a header and no point: an image that nobody annotated.",
}
COLUMNS = [
    *("id", "x", "y", "z", "ow", "ox", "oy", "oz", "vis", "sel", "lock"),
    *("label", "desc", "associatedNodeID"),
]
SLICER_3 = ["label", "x", "y", "z", "sel", "vis"]
_NOWHERE = (nan, nan, nan)
_LARGEST = 16 << 20  # bytes; a list of a hundred points has 12 thousand


def sniff(head: bytes, name: str) -> bool:
    """Whether a file starts as Slicer writes lists of points."""
    if name.lower().removesuffix(".gz").endswith(".json"):
        return fcsv_json.is_markups(head)
    first = text_table.decoded(head[:4096]).lstrip()
    return first.startswith("#") and (
        "fiducial" in first.lower() or "# columns = " in first
    )


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build, finder = Build(context, tally, NAME), Finder(context)
    held: list[tuple[str, bytes]] = []
    for file in build.files():
        try:
            held.append((file.name, file.read(_LARGEST)))
        except DamagedStream as damage:
            build.damaged(file.name, damage)
        if len(held) >= TOGETHER:
            _files(held, finder, build)
            held = []
            yield from build.ready()
    _files(held, finder, build)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The labels of its points, or their descriptions where labels are numbers."""
    _, points, _ = _points(file.name, file.read(_LARGEST))
    labels = tuple(dict.fromkeys(label or told for label, told, *_ in points))
    return [Names("landmarks", labels)] if labels else []


def _files(held: Sequence[tuple[str, bytes]], finder: Finder, build: Build) -> None:
    """Reads files together that have the same comments, others one by one."""
    alike: dict[bytes, list[Plain]] = {}
    alone = []
    for name, data in held:
        plain = taken_apart(name, data)
        if plain is None:
            alone.append((name, data))
        else:
            alike.setdefault(plain.head, []).append(plain)
    for head, files in alike.items():
        said, *_ = _lines(head.decode())
        alone += [(f.name, f.data) for f in put(files, said, finder, build)]
    for name, data in alone:
        _file(name, data, finder, build)


def _file(name: str, data: bytes, finder: Finder, build: Build) -> None:
    build.images()
    said, points, wrong = _points(name, data)
    if not points and wrong is None:
        build.note("empty")
        return
    record = Record(
        position=0,
        image=finder.image(name),
        source=name,
        id=name,
        raw=data,
        unit="mm",
        repairs=[f"fcsv.{code}" for code in said.get("repairs", "").split()],
        refusal=wrong,
    )
    if wrong is None:
        _place(points, record, finder, build)
        _turn(record, said.get("coordinatesystem"))
    build.put(record)


def _points(
    name: str, data: bytes
) -> tuple[dict[str, str], list[Point], tuple[str, str] | None]:
    """What a file says of its points, the points, and what is wrong."""
    if name.lower().removesuffix(".gz").endswith(".json"):
        return fcsv_json.points(data)
    return _lines(text_table.decoded(data))


def _lines(text: str) -> tuple[dict[str, str], list[Point], tuple[str, str] | None]:
    """What the comments say, the points, and what is wrong."""
    said: dict[str, str] = {}
    lines = []
    for line in text.splitlines():
        if line.startswith("#"):
            key, equals, value = line.lstrip("# ").partition("=")
            if equals:
                said[key.strip().lower()] = value.strip(" \t,;")  # of a spreadsheet
        elif line.strip():
            lines.append(line)
    said["repairs"] = ""
    dialect = _dialect(said.get("columns") or "".join(lines[:1]))
    sign = dialect.delimiter
    columns = [c.strip() for c in said.get("columns", "").split(sign)]
    points: list[Point] = []
    if len(columns) < 4 and lines:
        columns = SLICER_3 if lines[0].count(sign) < 6 else COLUMNS
        said["repairs"] = "columns-assumed"
    at = places(columns)
    for i, line in enumerate(lines):
        quoted = '"' in line
        cells = text_table.cells(line, dialect) if quoted else line.split(sign)
        if dialect.decimal != ".":
            cells = [cell.replace(dialect.decimal, ".") for cell in cells]
        point = _point(cells, at)
        if point is None:
            where = f"line {i + 1} of its points, {line[:60]!r}, "
            remedy = "has no three coordinates; export it again"
            return said, points, ("fcsv.line", where + remedy)
        points.append(point)
    return said, points, None


def _dialect(line: str) -> Dialect:
    """That of Slicer, or of a spreadsheet that cannot part cells by commas."""
    return Dialect(";", ",") if line.count(";") > line.count(",") else Dialect()


def _point(cells: Sequence[str], at: Sequence[int]) -> Point | None:
    """A point by its cells, which stand `at`: as `places` has them.

    NaN where it has no coordinates, or is not placed; None where they are no numbers.
    """
    n = len(cells)
    try:
        x, y, z = [
            nan if cells[i].strip() in MISSING else float(cells[i]) for i in at[:3]
        ]
    except (ValueError, IndexError):
        return None
    if min(at[:3]) < 0:
        return None
    label, told, status = (cells[i].strip() if 0 <= i < n else "" for i in at[3:])
    if status in NOT_PLACED:
        x = y = z = nan
    return label, told, x, y, z


def _place(
    given: Sequence[Point], record: Record, finder: Finder, build: Build
) -> None:
    """Gives the record its points, or a refusal."""
    context = finder.context
    told = context.delivery.points
    found: dict[int, tuple[float, ...]] = {}
    strange, left = [], 0
    for label, desc, *where in given:
        by_label, by_desc = finder.find(label), finder.find(desc)
        place = by_desc if by_label is None else by_label
        if place is None:
            ignored = told.ignored(label) or told.ignored(desc)
            left += ignored
            if not ignored:
                strange.append(label or desc or "?")
            continue
        if by_desc not in (None, place):
            record.repairs = [*record.repairs, "fcsv.names-disagree"]
        if place in found:
            record.repairs = [*record.repairs, "fcsv.point-twice"]
            found[place] = _NOWHERE
            continue
        found[place] = tuple(where)
    build.note("left-out", left)
    points = {k: xyz for k, xyz in found.items() if all(map(isfinite, xyz))}
    if any(xyz is not _NOWHERE for k, xyz in found.items() if k not in points):
        record.repairs = [*record.repairs, "fcsv.not-placed"]
    record.keypoints = tuple(points)
    record.x, record.y, record.z = (
        [xyz[axis] for xyz in points.values()] for axis in range(3)
    )
    if strange:
        names = [label or desc for label, desc, *_ in given]
        record.refusal = (
            "fcsv.other-skeleton",
            f"it {difference(names, context.skeleton)}; {strange[:3]} are none of its: "
            "rename them by [points] names, or list them under ignore",
        )


def _turn(record: Record, axes: str | None) -> None:
    """Makes coordinates RAS."""
    said = (axes or "").upper()
    if said in LPS:
        record.x, record.y = [-x for x in record.x], [-y for y in record.y]
        record.repairs = [*record.repairs, "fcsv.lps-turned"]
    elif not said:
        record.repairs = [*record.repairs, "fcsv.axes-assumed"]
    elif said not in RAS:
        record.refusal = (
            "fcsv.axes-unknown",
            f"CoordinateSystem is {axes!r}, neither 0 (RAS) nor 1 (LPS); export it so",
        )
