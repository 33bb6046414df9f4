"""Landmarks of one face a file, as 300-W, 300-VW, LFPW, Helen and AFW have them.

version: 1
n_points: 68
{
446.000 91.000
...
}
"""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import inner
from posegate.transforms.formats.point_files import Body, Malformed, PointFiles

NAME = "pts"
SUFFIXES = (".pts",)
PER_IMAGE = True
CARRIES = Carries(
    visibility="MERL-RAV's signs: (-x, -y) is hidden by an object at (x, y), (-1, -1) "
    "by the face itself, and nowhere; what else is there is visible",
    convention="px counted from 1 as in MATLAB, so 1 is taken off (repair "
    "pts.one-based), as Menpo's importer does; (1, 1) there is the centre of the "
    "top-left pixel. Left and right are the subject's. "
    "300-VW's folders are videos",
)
TRAPS = {
    "pts.one-based": "Coordinates count from 1: 1 px is taken off each.",
    "pts.missing-point": "A point at (-1, -1), (0, 0) or without a number is none: it "
    "counts as not labelled.",
    "pts.negated": "Both coordinates are negative and far from the face, as MERL-RAV "
    "marks a point that an object hides: occluded, where they are positive.",
    "pts.count": "`n_points` is not how many points there are: those count.",
    "pts.unclosed": "The last bracket is missing, but all points are there: read.",
    "pts.malformed": "A file is cut off or has a line that is no point: quarantined.",
    "pts.other-skeleton": "A face has not as many points as the project's skeleton: "
    "quarantined.",
}

_HEAD = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*(version|n_points)\s*:", re.IGNORECASE)
_COUNT = re.compile(rb"n_points\s*:\s*(\d+)", re.IGNORECASE)
_VIDEO = re.compile(r"(?P<video>.+)/annots?/(?P<frame>\d+)\.pts(\.gz)?", re.IGNORECASE)


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes of a file look like landmarks: not a point cloud."""
    return _HEAD.match(head) is not None and _COUNT.search(head[:4096]) is not None


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a face a file."""

    def said(source: str) -> dict[str, Any]:
        of = _VIDEO.fullmatch(inner(context, source))
        return {
            "video": of["video"] if of else None,
            "frame": int(of["frame"]) if of else None,
        }

    build = Build(context, tally, NAME)
    yield from PointFiles(context, build, NAME, SUFFIXES, body, said, -1.0, True).read()


def names(file: File) -> list[Names]:
    """How many points a face has: the files do not name them."""
    try:
        k = len(body(file.read()).lines)
    except Malformed:
        return []
    return [Names("face", count=k, fits=("300w_68", "300vw_68") if k == 68 else ())]


def body(data: bytes) -> Body:
    """The lines between a file's brackets; raises Malformed."""
    head, opened, rest = data.partition(b"{")
    inside, closed, _ = rest.partition(b"}")
    lines = [line for each in inside.splitlines() if (line := each.strip())]
    said = _COUNT.search(head)
    if not opened or said is None:
        raise Malformed("malformed", "it has no list of points; export it again")
    repairs = ["pts.one-based"]
    if not closed:
        if len(lines) != int(said[1]):
            raise Malformed(
                "malformed",
                f"it ends after {len(lines)} of {int(said[1])} points: it was cut off; "
                "deliver it again",
            )
        repairs.append("pts.unclosed")
    elif len(lines) != int(said[1]):
        repairs.append("pts.count")
    return Body(lines, tuple(repairs))
