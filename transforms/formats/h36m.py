"""3-D poses as arrays, the .npz files made of Human3.6M and its like.

    imgname (N,)   S (N, K, 3 or 4) x, y, z[, confidence] in the camera's frame
    center (N, 2)  scale (N,)  part (N, K, 2 or 3) x, y[, confidence] in px

Written so by SPIN and what followed it, and by mmpose. The arrays are read side by
side, some poses at a time; the unit is told by the first. Of 17 points the first is the
pelvis, `root` in mmpose's own description of Human3.6M
(configs/_base_/datasets/h36m.py): in the poses of its tests it is midway between the
hips to a micrometre.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats import h36m_names
from posegate.transforms.formats.arrays import Stored, Unreadable, arrays
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.h36m_names import FROM_NAME, Keys
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.units import unit_of
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.schema import Visibility

NAME = "h36m"
SUFFIXES = (".npz",)
CARRIES = Carries(
    visibility="a fourth value (third of `part`) of 0 is not labelled; what else is "
    "there counts as visible",
    z="`S`, in m or mm: the files do not say, so by the size of people",
    convention="of `S` the camera's axes, x right, y down, z away from it, and of 17 "
    "points the pelvis first; of `part`, "
    "which is read where there is no `S`, px, (0, 0) the centre of the top-left pixel. "
    "The image's name gives video and frame, at 50 frames a second",
)
TRAPS = {
    "h36m.unit-guessed": "No unit is given: m or mm by the size of people.",
    "h36m.no-unit": "People are no people's size in m or mm: quarantined.",
    "h36m.missing-point": "A point has confidence 0, or is no number: it counts as not "
    "labelled.",
    "h36m.2d-left-out": "People with 2-D and 3-D points: the 3-D are read.",
    "h36m.other-skeleton": "The arrays have not as many points as the project's "
    "skeleton: quarantined.",
    "h36m.no-name": "A pose has no image's name: quarantined.",
    "h36m.arrays": "The arrays are damaged, too large, of different lengths, or Python "
    "objects (as VideoPose3D's, which could run code): not read.",
}

_BOX = ("center", "scale")

FPS = 50.0
"""Human3.6M's cameras."""

_SOME = 4096
"""Poses by which the unit is told."""

_KNOWN = ("imgname", "S", "part", "center", "scale", "positions_3d")
_SPARED = {"part": "S"}


def sniff(head: bytes, name: str) -> bool:
    """Whether an archive of arrays begins with one of the names in question."""
    known = (b"imgname.npy", b"positions_3d.npy")
    return head.startswith(b"PK\x03\x04") and any(each in head for each in known)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a pose a record."""
    build = Build(context, tally, NAME)
    for file in build.files():
        try:
            yield from _file(context, build, file)
        except DamagedStream as damage:
            build.damaged(file.name, damage)
        except Unreadable as error:
            build.say(file.name, "arrays", str(error))
    yield from build.rest()


def _file(context: Context, build: Build, file: File) -> Iterator[pa.RecordBatch]:
    """A file's poses, some at a time; may raise DamagedStream or Unreadable."""
    with arrays(file, _KNOWN, _SPARED) as (found, left):
        given, deep = _poses(found)
        if deep and "part" in left:
            build.note("2d-left-out", len(given))
        boxes = [found[name] for name in _BOX if name in found]
        unit = None
        keys: list[Keys] = []
        try:
            for low in range(0, len(given), context.batch):
                points = _points(given.read(context.batch), deep)
                names = h36m_names.utf8(found["imgname"].read(len(points)))
                keys.append(h36m_names.keys(names))
                if deep and not low:
                    unit = _unit(points)
                    if unit is None and len(given) > len(points):
                        unit = _of_all(file)
                images = h36m_names.column(names)
                rows = _rows(context, file, points, images, low, deep, unit)
                said = {box.name: box.read(len(points)) for box in boxes}
                rows.more = {**rows.more, **_said(said)}
                build.add(rows)
                yield from build.ready()
        finally:
            build.images(len(np.unique(np.concatenate(keys))) if keys else 0)


def _unit(points: Floats) -> str | None:
    """By some of the poses (N, K, 4)."""
    return unit_of(_placed(points[:: 1 + len(points) // _SOME, :, :3]))


def _of_all(file: File) -> str | None:
    """The unit, where the first poses do not tell: by some from all over the file."""
    with arrays(file, ("S",), {}) as (found, _):
        given, some = found["S"], []
        step = 1 + len(given) // _SOME
        for _ in range(0, len(given), step):
            some.append(np.asarray(given.read(step)[:1], np.float64))
    return unit_of(_placed(np.concatenate(some)[:, :, :3]))


def names(file: File) -> list[Names]:
    """How many points a pose has: the arrays do not name them."""
    try:
        with arrays(file, _KNOWN, _SPARED) as (found, _):
            k = _poses(found)[0].shape[1]
    except Unreadable:
        return []
    return [Names("person", count=k, fits=("h36m_17",) if k == 17 else ())]


def _poses(found: dict[str, Stored]) -> tuple[Stored, bool]:
    """The poses (N, K, 3 or 4), or (N, K, 2 or 3) in 2-D; and whether they are in 3-D.

    Raises Unreadable where arrays are missing or do not belong together.
    """
    if "imgname" not in found or not ("S" in found or "part" in found):
        raise Unreadable("it has not the arrays imgname and S, or part")
    deep = "S" in found
    given = found["S" if deep else "part"]
    width = 3 if deep else 2
    if given.ndim != 3 or given.shape[2] not in (width, width + 1):
        raise Unreadable(f"{given.name} is {given.shape}, no poses")
    if given.dtype.kind not in "fiu":
        raise Unreadable(f"its numbers are {given.dtype}")
    lengths = {len(given), found["imgname"].size}
    lengths |= {len(found[n]) for n in _BOX if n in found}
    if len(lengths) > 1:
        raise Unreadable(f"its arrays have different lengths: {sorted(lengths)}")
    found["imgname"].flat()
    return given, deep


def _points(given: np.ndarray[Any, Any], deep: bool) -> Floats:
    """(N, K, 4) in 3-D or (N, K, 3) in 2-D, the last a confidence."""
    points = np.asarray(given, np.float64)
    if points.shape[2] == (3 if deep else 2):
        points = np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=2)
    return points


def _placed(points: Floats) -> Floats:
    """(N, K, 3) with NaN for points at the very origin, which no camera sees."""
    return np.where((points == 0).all(axis=2, keepdims=True), np.nan, points)


def _rows(
    context: Context, file: File, points: Floats, images: pa.Array, low: int,
    deep: bool, unit: str | None,
) -> Rows:  # fmt: skip
    n, given = points.shape[:2]
    k = len(context.skeleton.keypoints)
    finite = np.isfinite(points)
    seen = np.logical_and.reduce([finite[:, :, i] for i in range(points.shape[2])])
    seen &= points[:, :, -1] > 0
    shown = seen if given == k else np.zeros((n, k), np.bool_)
    axes = [points[:, :, i] for i in range(points.shape[2] - 1)]
    if given != k:
        axes = [np.full((n, k), np.nan)] * len(axes)
    elif not seen.all():
        axes = [np.where(seen, axis, np.nan) for axis in axes]
    xy = np.empty((n, k, 2))
    xy[:, :, 0], xy[:, :, 1] = axes[:2]
    said = h36m_names.named(images)
    rows = Rows(
        position=low + np.arange(n),
        image=images,
        source=file.name,
        xy=xy,
        z=np.ascontiguousarray(axes[2]) if deep else None,
        unit=(unit or "mm") if deep else None,
        visibility=shown * np.uint8(Visibility.VISIBLE),
        raw=lambda i: repr(points[i].tolist()).encode(),
        video=said["video"],
        frame=said["frame"],
        fps=pc.if_else(said["video"].is_valid(), FPS, None),
        more={key: said[key] for key in FROM_NAME},
    )
    _remark(rows, context, given, deep, unit, seen, images)
    return rows


def _remark(
    rows: Rows, context: Context, given: int, deep: bool, unit: str | None,
    seen: np.ndarray[Any, Any], images: pa.Array,
) -> None:  # fmt: skip
    """Refuses and repairs."""
    everyone = np.ones(len(rows), np.bool_)
    k = len(context.skeleton.keypoints)
    rows.remarks.refuse(
        everyone & (given != k),
        "h36m.other-skeleton",
        lambda i: (
            f"it has {given} points, {context.skeleton.name} has {k}; the "
            "shipped h36m_17 has Human3.6M's 17"
        ),
    )
    unnamed = pc.equal(pc.utf8_trim_whitespace(images), "").to_numpy(False)
    rows.remarks.refuse(unnamed, "h36m.no-name", lambda i: "its imgname is empty")
    if deep:
        rows.remarks.refuse(
            everyone & (unit is None),
            "h36m.no-unit",
            lambda i: "people are no people's size in m or mm; deliver in mm",
        )
        rows.remarks.repair(everyone, "h36m.unit-guessed")
    if not seen.all():
        rows.remarks.repair(np.asarray(~seen.all(axis=1)), "h36m.missing-point")


def _said(arrays: dict[str, np.ndarray[Any, Any]]) -> dict[str, pa.Array]:
    """The person's box, as its centre [px] and its height [200 px]."""
    said: dict[str, pa.Array] = {}
    scale = arrays.get("scale")
    if scale is not None and scale.ndim == 1 and scale.dtype.kind in "fiu":
        said["scale"] = pa.array(scale).cast(pa.string())
    center = arrays.get("center")
    if center is not None and center.ndim == 2 and center.dtype.kind in "fiu":
        for axis, name in enumerate(("center_x", "center_y")[: center.shape[1]]):
            said[name] = pa.array(center[:, axis]).cast(pa.string())
    return said
