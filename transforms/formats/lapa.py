"""Landmarks of one face a file, as LaPa and JD-landmark have them.

106                       landmarks/141.txt  of images/141.jpg (LaPa)
113.05 220.66             landmark/a.jpg.txt of picture/a.jpg  (JD-landmark)
...
"""

from collections.abc import Iterator

import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.lines import head_lines, points_of
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.point_files import Body, Malformed, PointFiles

NAME = "lapa"
SUFFIXES = (".txt",)
PER_IMAGE = True
CARRIES = Carries(
    convention="px; (0, 0) is taken for the centre of the top-left pixel: LaPa's "
    "authors do not say, and its own loaders use the numbers as they are. "
    "No visibility: what is there is visible",
)
TRAPS = {
    "lapa.missing-point": "A point at (-1, -1) or (0, 0), or without a number, is "
    "none: it counts as not labelled.",
    "lapa.count": "The first line is not how many points follow: quarantined.",
    "lapa.malformed": "A line is no point: quarantined.",
    "lapa.other-skeleton": "A face has not as many points as the project's skeleton: "
    "quarantined.",
}


def sniff(head: bytes, name: str) -> bool:
    """Whether a file begins with a number of points, and two lines of two numbers."""
    first, *rest = [line.strip() for line in head_lines(head)] or [b""]
    if not first.isdigit() or not 2 < int(first[:9]) <= 10_000 or not rest:
        return False
    return not isinstance(points_of(rest[:2]), int)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a face a file."""
    build = Build(context, tally, NAME)
    yield from PointFiles(context, build, NAME, SUFFIXES, body).read()


def names(file: File) -> list[Names]:
    """How many points a face has: the files do not name them."""
    try:
        k = len(body(file.read()).lines)
    except Malformed:
        return []
    return [Names("face", count=k, fits=("lapa_106",) if k == 106 else ())]


def body(data: bytes) -> Body:
    """The lines below the first, which says how many; raises Malformed."""
    first, *lines = head_lines(data + b"\n") or [b""]
    if not first.isdigit():
        detail = f"it begins {first[:40]!r}, which is no number of points"
        raise Malformed("malformed", detail)
    if int(first[:9]) != len(lines):
        raise Malformed(
            "count",
            f"it says {int(first[:9])} points and has {len(lines)}; deliver it again",
        )
    return Body(lines)
