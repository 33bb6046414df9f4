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
from posegate.transforms.formats.lines import blocks, head_lines
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import Collected
from posegate.transforms.formats.streams import DamagedStream

NAME = "onehand10k"
SUFFIXES = (".txt",)
CARRIES = Carries(
    visibility="none: what is there counts as visible, (-1, -1) as not labelled",
    convention="px; (0, 0) is taken for the centre of the top-left pixel: the set's "
    "authors do not say",
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
            build.say(file.name, damage.reason, damage.detail)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The set's 21: the lists do not name them."""
    return [Names("hand", count=K, fits=("onehand10k_21",))]


def _read(context: Context, build: Build, file: File) -> Iterator[pa.RecordBatch]:
    position = 0
    for block in blocks(file):
        hands = Collected()
        for line in block.lines:
            build.images()
            position += _take(line, position, file.name, context, build, hands)
        if hands:
            build.add(hands.rows())
        yield from build.ready()


def _take(
    line: bytes, position: int, source: str, context: Context, build: Build,
    hands: Collected,
) -> int:  # fmt: skip
    """Takes the hands of one line in; how many records it was."""
    name, *cells = line.split(b",")
    try:
        given = np.array([float(cell) for cell in cells])
    except ValueError:
        given = np.empty(0)
    if len(given) < 3 + 2 * K or (len(given) - 3) % (2 * K):
        detail = f"it has {len(cells) + 1} columns; numbers are 3 and 42 for each hand"
        build.refuse(source, position, "columns", detail, line)
        return 1
    if len(context.skeleton.keypoints) != K:
        detail = f"it has {K} points; the shipped skeleton onehand10k_21 is this set's"
        build.refuse(source, position, "other-skeleton", detail, line)
        return 1
    points = given[3:].reshape(-1, K, 2)
    for i, xy in enumerate(points):
        hands.add(
            np.where((xy < 0).any(axis=1, keepdims=True), np.nan, xy),
            name.decode("utf-8", "replace"),
            source,
            position=position + i,
            raw=line,
            repairs=["onehand10k.hands"] if given[2] != len(points) else [],
            width=_side(given[0]),
            height=_side(given[1]),
        )
    return len(points)


def _side(value: float) -> int | None:
    """A width or height [px]; None where it is none."""
    return int(value) if 0 < value <= 1 << 20 else None
