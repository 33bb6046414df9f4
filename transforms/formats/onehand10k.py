"""Hands of 21 points, an image a line: OneHand10K's `label_joint.txt`.

0.jpg,480,640,1,x0,y0,...,x20,y20       name, width, height, number of hands
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.lines import blocks, head_lines, runs, tables
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.text_table import matrix
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.schema import Visibility

NAME = "onehand10k"
SUFFIXES = (".txt",)
CARRIES = Carries(
    convention="px; (0, 0) is taken for the centre of the top-left pixel: the set's "
    "authors do not say. (-1, -1) is not labelled, what else is there is visible",
)
TRAPS = {
    "onehand10k.columns": "A line has not 4 columns and 42 a hand, or one is no "
    "number: quarantined.",
    "onehand10k.hands": "The number of hands is not that of the points: these count.",
    "onehand10k.other-skeleton": "The project's skeleton has not 21 keypoints: "
    "quarantined.",
}

K = 21
_IMAGES = (b".jpg", b".jpeg", b".png", b".bmp")


def sniff(head: bytes, name: str) -> bool:
    """Whether the first line is an image's name, three numbers and hands."""
    lines = head_lines(head)
    cells = lines[0].split(b",") if lines else []
    return (
        len(cells) >= 4 + 2 * K
        and (len(cells) - 4) % (2 * K) == 0
        and cells[0].lower().endswith(_IMAGES)
        and all(cell.strip().isdigit() for cell in cells[1:4])
    )


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; an image a line."""
    build = Build(context, tally, NAME)
    for file in build.files():
        try:
            yield from _read(context, build, file)
        except DamagedStream as damage:
            build.damaged(file.name, damage)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The set's 21: the lists do not name them."""
    return [Names("hand", count=K, fits=("onehand10k_21",))]


def _read(context: Context, build: Build, file: File) -> Iterator[pa.RecordBatch]:
    position = 0
    for block in blocks(file):
        build.images(len(block.lines))
        for width, run in runs(block.lines, b","):
            lines, wrong = block.lines[run], _wrong(width, context)
            for line in lines if wrong is not None else ():
                build.refuse(file.name, position, *(wrong or ("", "")), line)
                position += 1
            for i, table in _tables(lines, width) if wrong is None else ():
                if table is None:
                    detail = "a coordinate is no number"
                    build.refuse(file.name, position, "columns", detail, lines[i])
                    position += 1
                    continue
                rows = hands_of(table, file.name, position, lines[i:])
                position += len(rows)
                build.add(rows)
            yield from build.ready()


def _tables(lines: list[bytes], width: int) -> Iterator[tuple[int, pa.Table | None]]:
    types: dict[str, pa.DataType] = {"image": pa.string()}
    types |= {str(i): pa.float64() for i in range(1, width)}
    return tables(lines, types, ",")


def _wrong(width: int, context: Context) -> tuple[str, str] | None:
    """Why lines of so many columns are none."""
    if width < 4 + 2 * K or (width - 4) % (2 * K):
        return "columns", f"it has {width} columns; they are 4, and 42 for each hand"
    if len(context.skeleton.keypoints) != K:
        detail = f"it has {K} points; the shipped skeleton onehand10k_21 is this set's"
        return "other-skeleton", detail
    return None


def hands_of(table: pa.Table, source: str, first: int, lines: list[bytes]) -> Rows:
    """The hands of a table of images, the first of which is number `first` of its file.

    Every image has as many hands as the columns hold.
    """
    numbers = matrix(table.drop_columns(["image"]))  # (images, 3 + 42 * hands)
    xy = numbers[:, 3:].reshape(-1, K, 2)
    hands = len(xy) // len(numbers)
    seen, image = both(xy >= 0), table["image"]
    if hands > 1:
        image = image.take(pa.array(np.arange(len(xy)) // hands))
    rows = Rows(
        position=first + np.arange(len(xy)),
        image=image,
        source=source,
        xy=xy if seen.all() else np.where(seen[:, :, None], xy, np.nan),
        visibility=seen * np.uint8(Visibility.VISIBLE),
        width=_sides(np.repeat(numbers[:, 0], hands)),
        height=_sides(np.repeat(numbers[:, 1], hands)),
        raw=lambda i: lines[i // hands],
    )
    rows.remarks.repair(np.repeat(numbers[:, 2] != hands, hands), "onehand10k.hands")
    return rows


def _sides(values: Floats) -> pa.Array:
    """(N,) widths or heights [px]; null where there is none that an image can have."""
    known = (values > 0) & (values <= 1 << 20)
    return pa.array(np.where(known, values, 0).astype(np.int32), mask=~known)
