"""Faces of 98 points, one a line: WFLW's lists.

    x0 y0 ... x97 y97 [left top right bottom  6 flags] folder/image.jpg

The lists of the whole set have a box and six flags, those of its test subsets not.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.lines import Block, blocks, head_lines, runs, tables
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.schema import Visibility

NAME = "wflw"
SUFFIXES = (".txt",)
CARRIES = Carries(
    convention="px; (0, 0) is the centre of the top-left pixel: the set's authors do "
    "not say, and loaders use the numbers as they are. No visibility: what is there is "
    "visible; the face's flag `occlusion` is an attribute",
)
TRAPS = {
    "wflw.columns": "A line has neither 197 nor 207 columns, or one is no number: "
    "quarantined.",
    "wflw.missing-point": "A point at (-1, -1) or (0, 0) is none: it counts as not "
    "labelled.",
    "wflw.other-skeleton": "The project's skeleton has not 98 keypoints: quarantined.",
}

K = 98
FLAGS = ("pose", "expression", "illumination", "make-up", "occlusion", "blur")
_POINTS = {f"p{i}": pa.float64() for i in range(2 * K)}
_BOX = ("left", "top", "right", "bottom")
_SHORT = _POINTS | {"image": pa.string()}
_LONG = (
    _POINTS
    | dict.fromkeys(_BOX, pa.float64())
    | dict.fromkeys(FLAGS, pa.string())
    | {"image": pa.string()}
)
_LAYOUTS = {len(_SHORT): _SHORT, len(_LONG): _LONG}


def sniff(head: bytes, name: str) -> bool:
    """Whether the first line has 98 points and ends in a name that is no number."""
    lines = head_lines(head)
    cells = lines[0].split() if lines else []
    if len(cells) not in _LAYOUTS:
        return False
    try:
        [float(cell) for cell in cells[:-1]]
    except ValueError:
        return False
    return b"." in cells[-1] and not cells[-1].replace(b".", b"").isdigit()


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a face a line."""
    build = Build(context, tally, NAME)
    for file in build.files():
        names: set[int] = set()
        try:
            for block in blocks(file):
                for rows in _read(context, build, file, block):
                    names.update(map(hash, rows.image))
                    build.add(rows)
                    yield from build.ready()
                yield from build.ready()
        except DamagedStream as damage:
            build.damaged(file.name, damage)
        build.images(len(names))
    yield from build.rest()


def names(file: File) -> list[Names]:
    """WFLW's 98: the lists do not name them."""
    return [Names("face", count=K, fits=("wflw_98",))]


def _read(context: Context, build: Build, file: File, block: Block) -> Iterator[Rows]:
    """The faces of a block of lines; refuses those that are none."""
    k = len(context.skeleton.keypoints)
    spaced = [
        b" ".join(line.split()) if b"  " in line or b"\t" in line else line
        for line in block.lines
    ]
    for width, run in runs(spaced, b" "):
        first, lines = block.first + run.start, spaced[run]
        if width not in _LAYOUTS or k != K:
            for i, line in enumerate(lines):
                build.refuse(file.name, first + i, *_wrong(width, context), line)
            continue
        for i, table in tables(lines, _LAYOUTS[width], " "):
            if table is None:
                detail = "a coordinate is no number"
                build.refuse(file.name, first + i, "columns", detail, lines[i])
            else:
                yield faces(table, file.name, first + i, lines[i:])


def _wrong(width: int, context: Context) -> tuple[str, str]:
    if width in _LAYOUTS:
        skeleton = context.skeleton
        return (
            "other-skeleton",
            f"it has {K} points, {skeleton.name} has {len(skeleton.keypoints)}; the "
            "shipped skeleton wflw_98 is WFLW's",
        )
    return (
        "columns",
        f"it has {width} columns; 196 coordinates and a name are 197, with box and "
        "flags 207",
    )


def faces(table: pa.Table, source: str, first: int, lines: list[bytes]) -> Rows:
    """The rows of a table of faces, `first` of which is number `first` of its file."""
    n = len(table)
    columns = [table[name].to_numpy() for name in _POINTS]
    xy = np.stack(columns, axis=1).reshape(n, K, 2)
    gone = both(xy == -1) | both(xy == 0) | ~both(np.isfinite(xy))
    seen = np.where(gone, Visibility.UNLABELLED, Visibility.VISIBLE)
    rows = Rows(
        position=first + np.arange(n),
        image=table["image"].to_pylist(),
        source=source,
        xy=np.where(gone[:, :, None], np.nan, xy),
        visibility=seen.astype(np.uint8),
        raw=lambda i: lines[i],
    )
    rows.remarks.repair(np.asarray(gone.any(axis=1)), "wflw.missing-point")
    if "left" in table.column_names:
        left, top, right, bottom = (table[name].to_numpy() for name in _BOX)
        rows.bbox = np.stack([left, top, right - left, bottom - top], axis=1)
        rows.more = {name: table[name].to_pylist() for name in FLAGS}
    return rows
