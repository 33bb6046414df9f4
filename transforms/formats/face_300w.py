"""Faces as CSV, the layout that HRNet's landmark lists use: 300-W, AFLW and WFLW.

image_name,scale,center_w,center_h,original_0_x,original_0_y,original_1_x,...
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.lines import blocks, head_lines, tables
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.schema import Visibility

NAME = "face-300w"
SUFFIXES = (".csv",)
CARRIES = Carries(
    convention="px; (0, 0) is the centre of the top-left pixel, as HRNet's loader "
    "takes the numbers; whether the 1 of the .pts files was taken off is not "
    "recorded. No visibility: what is there is visible",
)
TRAPS = {
    "face-300w.columns": "A line has not as many columns as the header, or one is no "
    "number: quarantined.",
    "face-300w.missing-point": "A point at (-1, -1) or (0, 0), or an empty one, is "
    "none: it counts as not labelled.",
    "face-300w.header": "The header is not that of such a list: the file is not read.",
    "face-300w.other-skeleton": "The header has not as many points as the project's "
    "skeleton: quarantined.",
}

_FITS = {19: ("aflw_19",), 68: ("300w_68",), 98: ("wflw_98",)}
_TEXTS = ("image_name",)
_SIDE = ("scale", "box_size", "center_w", "center_h")


def sniff(head: bytes, name: str) -> bool:
    """Whether the first line is the header of such a list."""
    lines = head_lines(head)
    return bool(lines) and points_of(_cells(lines[0])) is not None


def _cells(line: bytes) -> list[str]:
    return [cell.strip(' "') for cell in line.decode("utf-8", "replace").split(",")]


def points_of(header: Sequence[str]) -> int | None:
    """The number of points that a header names; None if it is another's header."""
    pairs = [name for name in header if name.startswith("original_")]
    k = len(pairs) // 2
    wanted = [f"original_{i}_{axis}" for i in range(k) for axis in "xy"]
    known = {*_TEXTS, *_SIDE, *pairs}
    sound = k > 0 and pairs == wanted and set(header) <= known
    return k if sound and "image_name" in header else None


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a face a line."""
    build = Build(context, tally, NAME)
    for file in build.files():
        try:
            yield from _read(context, build, file)
        except DamagedStream as damage:
            build.damaged(file.name, damage)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """How many points the header has."""
    for block in blocks(file):
        k = points_of(_cells(block.lines[0])) or 0
        return [Names("face", count=k, fits=_FITS.get(k, ()))]
    return []


def _read(context: Context, build: Build, file: File) -> Iterator[pa.RecordBatch]:
    names: set[int] = set()
    k = len(context.skeleton.keypoints)
    header: list[str] = []
    first = 0
    for block in blocks(file):
        lines = block.lines
        if not header:
            header, lines = _cells(lines[0]), lines[1:]
            if points_of(header) is None:
                detail = f"the header begins {header[:4]}; the first is image_name"
                build.say(file.name, "header", detail, block.lines[0])
                return
        types = {n: pa.string() if n in _TEXTS else pa.float64() for n in header}
        for i, table in tables(lines, types, ",", '"') if lines else ():
            if table is None or points_of(header) != k:
                some = lines[i : i + (1 if table is None else len(table))]
                for j, line in enumerate(some, first + i):
                    build.refuse(file.name, j, *_wrong(line, header, context), line)
                continue
            rows = faces(table, file.name, first + i, lines[i:])
            names.update(map(hash, table["image_name"].to_pylist()))
            build.add(rows)
            yield from build.ready()
        first += len(lines)
        yield from build.ready()
    build.images(len(names))


def _wrong(line: bytes, header: Sequence[str], context: Context) -> tuple[str, str]:
    cells, k = _cells(line), len(context.skeleton.keypoints)
    if len(cells) != len(header):
        return "columns", f"it has {len(cells)} columns, the header {len(header)}"
    if points_of(header) != k:
        return (
            "other-skeleton",
            f"it has {points_of(header)} points, {context.skeleton.name} has {k}; "
            "deliver it apart",
        )
    return "columns", "a coordinate is no number"


def faces(table: pa.Table, source: str, first: int, lines: Sequence[bytes]) -> Rows:
    """The rows of a table of faces, `first` of which is number `first` of its file."""
    n = len(table)
    k = points_of(table.column_names) or 0
    columns = [
        table[name].to_numpy()
        for name in chain.from_iterable(
            (f"original_{i}_x", f"original_{i}_y") for i in range(k)
        )
    ]
    xy = np.stack(columns, axis=1).reshape(n, k, 2)
    gone = both(xy == -1) | both(xy == 0) | ~both(np.isfinite(xy))
    seen = np.where(gone, Visibility.UNLABELLED, Visibility.VISIBLE)
    names = [name for name in _SIDE if name in table.column_names]
    rows = Rows(
        position=first + np.arange(n),
        image=table["image_name"],
        source=source,
        xy=np.where(gone[:, :, None], np.nan, xy),
        visibility=seen.astype(np.uint8),
        raw=lambda i: lines[i],
        more={name: table[name].combine_chunks().cast(pa.string()) for name in names},
    )
    rows.remarks.repair(np.asarray(gone.any(axis=1)), "face-300w.missing-point")
    return rows
