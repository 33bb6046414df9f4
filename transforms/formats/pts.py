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

import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.lines import points_of
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import (
    TOGETHER,
    Collected,
    image_of,
    inner,
    whole,
)
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Floats

NAME = "pts"
SUFFIXES = (".pts",)
PER_IMAGE = True
CARRIES = Carries(
    convention="px counted from 1 as in MATLAB, so 1 is taken off (repair "
    "pts.one-based), as Menpo's importer does; (1, 1) there is the centre of the "
    "top-left pixel. Left and right are the subject's. "
    "No visibility: what is there is visible. 300-VW's folders are videos",
)
TRAPS = {
    "pts.one-based": "Coordinates count from 1: 1 px is taken off each.",
    "pts.missing-point": "A point at (-1, -1), (0, 0) or without a number is none: it "
    "counts as not labelled.",
    "pts.count": "`n_points` is not how many points there are: those count.",
    "pts.unclosed": "The last bracket is missing, but all points are there: read.",
    "pts.malformed": "A file is cut off or has a line that is no point: quarantined.",
    "pts.other-skeleton": "A face has not as many points as the project's skeleton: "
    "quarantined.",
}

_HEAD = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*(version|n_points)\s*:", re.IGNORECASE)
_COUNT = re.compile(rb"n_points\s*:\s*(\d+)", re.IGNORECASE)
_VIDEO = re.compile(r"(?P<video>.+)/annots?/(?P<frame>\d+)\.pts(\.gz)?", re.IGNORECASE)


class _Malformed(Exception):
    """Why a file is no face: a code and a sentence."""


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes of a file look like landmarks: not a point cloud."""
    return _HEAD.match(head) is not None and _COUNT.search(head[:4096]) is not None


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a face a file."""
    build = Build(context, tally, NAME)
    faces = Collected()
    k = len(context.skeleton.keypoints)
    for file, data in whole(build):
        build.images()
        try:
            xy, repairs = points(data)
            if len(xy) != k:
                raise _Malformed(
                    "other-skeleton",
                    f"it has {len(xy)} points, {context.skeleton.name} has {k}; "
                    "deliver it apart",
                )
        except _Malformed as wrong:
            build.refuse(file.name, 0, wrong.args[0], wrong.args[1], data)
            yield from build.ready()
            continue
        of = _VIDEO.fullmatch(inner(context, file.name))
        faces.add(
            xy,
            image_of(context, file.name, SUFFIXES),
            file.name,
            raw=data,
            repairs=repairs,
            video=of["video"] if of else None,
            frame=int(of["frame"]) if of else None,
        )
        if len(faces) >= TOGETHER:
            build.add(faces.rows())
            faces = Collected()
            yield from build.ready()
    if faces:
        build.add(faces.rows())
    yield from build.rest()


def names(file: File) -> list[Names]:
    """How many points a face has: the files do not name them."""
    try:
        k = len(points(file.read())[0])
    except _Malformed:
        return []
    return [Names("face", count=k, fits=("300w_68", "300vw_68") if k == 68 else ())]


def points(data: bytes) -> tuple[Floats, list[str]]:
    """(K, 2) [px] the points of a file, NaN for those that are none; and repairs.

    Raises _Malformed with a code and a sentence.
    """
    head, opened, body = data.partition(b"{")
    body, closed, _ = body.partition(b"}")
    lines = [line for each in body.splitlines() if (line := each.strip())]
    said = _COUNT.search(head)
    if not opened or said is None:
        raise _Malformed("malformed", "it has no list of points; export it again")
    repairs = ["pts.one-based"]
    if not closed:
        if len(lines) != int(said[1]):
            raise _Malformed(
                "malformed",
                f"it ends after {len(lines)} of {int(said[1])} points: it was cut off; "
                "deliver it again",
            )
        repairs.append("pts.unclosed")
    elif len(lines) != int(said[1]):
        repairs.append("pts.count")
    xy = points_of(lines)
    if isinstance(xy, int):
        raise _Malformed(
            "malformed", f"point {xy} is {lines[xy][:40]!r}, which is not x and y"
        )
    gone = both(xy == -1) | both(xy == 0) | ~both(np.isfinite(xy))
    if gone.any():
        repairs.append("pts.missing-point")
    return np.where(gone[:, None], np.nan, xy - 1), repairs
