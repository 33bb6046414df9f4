"""Landmarks of one face a file, as LaPa and JD-landmark have them.

106                       landmarks/141.txt  of images/141.jpg (LaPa)
113.05 220.66             landmark/a.jpg.txt of picture/a.jpg  (JD-landmark)
...
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.lines import head_lines, points_of
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import (
    TOGETHER,
    Collected,
    image_of,
    whole,
)
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Floats

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


class _Malformed(Exception):
    """Why a file is no face: a code and a sentence."""


def sniff(head: bytes, name: str) -> bool:
    """Whether a file begins with a number of points, and two lines of two numbers."""
    first, *rest = [line.strip() for line in head_lines(head)] or [b""]
    if not first.isdigit() or not 2 < int(first[:9]) <= 10_000 or not rest:
        return False
    return not isinstance(points_of(rest[:2]), int)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a face a file."""
    build = Build(context, tally, NAME)
    faces = Collected()
    k = len(context.skeleton.keypoints)
    for file, data in whole(build):
        build.images()
        try:
            xy = points(data)
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
        gone = both(xy == -1) | both(xy == 0) | ~both(np.isfinite(xy))
        faces.add(
            np.where(gone[:, None], np.nan, xy),
            image_of(context, file.name, SUFFIXES),
            file.name,
            raw=data,
            repairs=["lapa.missing-point"] if gone.any() else [],
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
        k = len(points(file.read()))
    except _Malformed:
        return []
    return [Names("face", count=k, fits=("lapa_106",) if k == 106 else ())]


def points(data: bytes) -> Floats:
    """(K, 2) [px]; raises _Malformed with a code and a sentence."""
    first, *lines = head_lines(data + b"\n") or [b""]
    if not first.isdigit():
        detail = f"it begins {first[:40]!r}, which is no number of points"
        raise _Malformed("malformed", detail)
    if int(first[:9]) != len(lines):
        raise _Malformed(
            "count",
            f"it says {int(first[:9])} points and has {len(lines)}; deliver it again",
        )
    xy = points_of(lines)
    if isinstance(xy, int):
        raise _Malformed(
            "malformed", f"point {xy} is {lines[xy][:40]!r}, which is not x and y"
        )
    return xy
