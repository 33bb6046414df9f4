"""Human3.6M's 3-D positions, a file a sequence: `S1/MyPoses/3D_positions/Walking 1.h5`.

3D_positions (96, T)    x, y, z of 32 joints [mm] in T frames at 50 Hz

The first joint is the pelvis: `Hip` in una-dinosauria/3d-pose-baseline (data_utils.py),
in facebookresearch/VideoPose3D (h36m_dataset.py) the root of both legs and the spine.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.extras import missing
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import inner
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.units import unit_of
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.schema import Visibility

NAME = "h36m-h5"
SUFFIXES = (".h5",)
EXTRA = "hdf5"
CARRIES = Carries(
    z="in mm",
    convention="mm, in the room's frame; a position that is no number is not labelled, "
    "what else is there is visible. The first joint is the pelvis. The path gives "
    "subject and action; a sequence is a video at 50 frames a second, which counts "
    "from 0",
)
TRAPS = {
    "h36m-h5.subset": "Files of 32 joints, of which the usual 17 are read: the others "
    "stand twice or never move.",
    "h36m-h5.metres": "People are a person's size in m: so they are taken.",
    "h36m-h5.no-unit": "People are no people's size in m or mm: quarantined.",
    "h36m-h5.missing-point": "A position is no number: it counts as not labelled.",
    "h36m-h5.other-skeleton": "The project's skeleton has neither 32 nor 17 keypoints: "
    "quarantined.",
    "h36m-h5.layout": "It holds no array of 96 numbers a frame: not read.",
}

JOINTS = 32
USUAL = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
"""Those of the 32 that move: h36m_17, in its order."""

FPS = 50.0
_SOME = 64
"""Frames by which the unit is told."""

_ARRAY = "3D_positions"
_PATH = re.compile(
    r"(.*/)?(?P<subject>S\d+)/(.*/)?(?P<action>[^/]+)\.h5", re.IGNORECASE
)


def sniff(head: bytes, name: str) -> bool:
    """Whether a file is HDF5 in which something is called 3D_positions."""
    return head.startswith(b"\x89HDF\r\n\x1a\n") and b"3D_positions\0" in head


def needs() -> None:
    """Raises ValueError unless h5py is there."""
    missing("h5py", NAME, EXTRA)


def names(file: File) -> list[Names]:
    """The usual 17: the files do not name them."""
    return [Names("person", count=len(USUAL), fits=("h36m_17",))]


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a frame a record."""
    from posegate.transforms.formats.hdf5 import opened

    build = Build(context, tally, NAME)
    for file in build.files():
        try:
            with opened(file) as archive:
                yield from _read(context, build, file, archive.data(_ARRAY))
        except DamagedStream as damage:
            build.damaged(file.name, damage)
    yield from build.rest()


def _read(
    context: Context, build: Build, file: File, positions: Any
) -> Iterator[pa.RecordBatch]:
    k = len(context.skeleton.keypoints)
    joints = {JOINTS: tuple(range(JOINTS)), len(USUAL): USUAL}.get(k)
    turned = positions is not None and positions.shape[1:] == (3 * JOINTS,)
    flat = positions is not None and len(positions.shape) == 2
    if positions is None or not (flat and (turned or len(positions) == 3 * JOINTS)):
        shape = None if positions is None else positions.shape
        build.say(file.name, "layout", f"{_ARRAY} is {shape}; (96, frames) is wanted")
        return
    frames = positions.shape[0 if turned else 1]
    build.images(frames)
    if joints == USUAL:
        build.note("subset")
    unit = None
    for low in range(0, frames, context.batch):
        high = min(low + context.batch, frames)
        part = positions[low:high].T if turned else positions[:, low:high]
        given = np.asarray(part, np.float64)  # (96, N)
        if not low:
            unit = unit_of(given[:, :_SOME].T.reshape(-1, JOINTS, 3))
        build.add(_rows(context, file, given, joints, unit, low))
        yield from build.ready()


def _rows(
    context: Context, file: File, given: Floats, joints: tuple[int, ...] | None,
    unit: str | None, low: int,
) -> Rows:  # fmt: skip
    """Frames from `low` on: (96, N)."""
    n = given.shape[1]
    of = _PATH.fullmatch(inner(context, file.name))
    stem = inner(context, file.name).removesuffix(".h5")
    video = f"{of['subject']}/{of['action']}" if of else stem
    xy, z, seen = _points(given, joints, len(context.skeleton.keypoints))
    number = pa.array(low + np.arange(n))
    said = {key: of[key] for key in ("subject", "action")} if of else {}
    rows = Rows(
        position=low + np.arange(n),
        image=pc.binary_join_element_wise(video, _padded(number), "/"),
        source=file.name,
        xy=xy,
        z=z,
        unit=unit or "mm",
        visibility=seen * np.uint8(Visibility.VISIBLE),
        raw=lambda i: repr(given[:, i].tolist()).encode(),
        video=video,
        frame=number,
        fps=FPS,
        more=said,
    )
    everyone = np.ones(n, np.bool_)
    rows.remarks.refuse(
        everyone & (joints is None),
        "h36m-h5.other-skeleton",
        lambda i: f"it has {JOINTS} joints; the shipped h36m_17 has the usual 17",
    )
    rows.remarks.refuse(
        everyone & (unit is None),
        "h36m-h5.no-unit",
        lambda i: "people are no people's size in m or mm; deliver in mm",
    )
    rows.remarks.repair(everyone & (unit == "m"), "h36m-h5.metres")
    rows.remarks.repair(np.asarray(~seen.all(axis=1)), "h36m-h5.missing-point")
    return rows


def _points(
    given: Floats, joints: tuple[int, ...] | None, k: int
) -> tuple[Floats, Floats, Bools]:
    """(96, N) -> (N, K, 2), (N, K) and (N, K) seen; without joints nothing is.

    Rows of N are picked and looked at before they are turned.
    """
    n = given.shape[1]
    if joints is None:
        nothing = np.full((n, k, 3), np.nan)
        return nothing[:, :, :2], nothing[:, :, 2], np.zeros((n, k), np.bool_)
    first = 3 * np.array(joints)
    xy, z = given[np.stack([first, first + 1], 1).ravel()], given[first + 2]
    seen = np.isfinite(xy[::2]) & np.isfinite(xy[1::2]) & np.isfinite(z)  # (K, N)
    if not seen.all():
        np.copyto(xy, np.nan, where=~np.repeat(seen, 2, axis=0))
        np.copyto(z, np.nan, where=~seen)
    turned = np.ascontiguousarray(xy.T).reshape(n, k, 2)
    return turned, np.ascontiguousarray(z.T), np.ascontiguousarray(seen.T)


def _padded(number: pa.Array) -> pa.Array:
    """Numbers as texts of six digits or more."""
    return pc.utf8_lpad(number.cast(pa.string()), 6, "0")
