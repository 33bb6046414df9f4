"""FreiHAND: hands in 3-D as lists of numbers, one file for each thing that is known.

training_xyz.json   [[[x, y, z] * 21], ...]        the keypoints [m]
training_K.json     [[[fx, 0, cx], ...], ...]      the cameras
training_scale.json, training_mano.json, training_verts.json: not keypoints
"""

import re
from collections.abc import Iterator

import msgspec
import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_depth import values
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import TOGETHER, Collected, until_damage
from posegate.transforms.model.naming import Naming
from posegate.transforms.model.skeleton import load

NAME = "freihand"
SUFFIXES = (".json",)
CARRIES = Carries(
    z="in m, in the camera's frame; the camera's focal lengths and centre [px] are the "
    "attributes fx, fy, cx, cy",
    convention="m, in the camera's frame: x right, y down, z away from it (the set's "
    "own eval.py prints a hundred times its errors as cm: lmb-freiburg/freihand)",
)
TRAPS = {
    "freihand.malformed": "An element is no list of 21 points: quarantined.",
    "freihand.camera": "There is no camera for a hand: it has no fx, fy, cx, cy.",
    "freihand.beside": "Files of cameras, scales, shapes or vertices: they have no "
    "keypoints of their own.",
    "freihand.other-skeleton": "The project's skeleton has not 21 keypoints: "
    "quarantined.",
}

K = 21
_FILE = re.compile(
    r"(.*/)?(?P<split>training|evaluation)_(?P<what>xyz|K|scale|mano|verts)\.json(\.gz)?"
)
_POINTS = msgspec.json.Decoder(list[list[float]])
_CAMERAS = msgspec.json.Decoder(list[list[list[float]]])


def sniff(head: bytes, name: str) -> bool:
    """Whether a file has one of FreiHAND's names, and is a list of numbers."""
    start = head.removeprefix(b"\xef\xbb\xbf").split(b",")[0]
    return (
        _FILE.fullmatch(name) is not None
        and re.fullmatch(rb"\s*\[[\[\s]*-?\d[\d.eE+-]*[\]\s]*", start) is not None
    )


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a hand a record."""
    build = Build(context, tally, NAME)
    for file in build.files():
        named = _FILE.fullmatch(file.name)
        if named is not None and named["what"] != "xyz":
            build.note("beside")
            continue
        split = named["split"] if named is not None else "training"
        yield from _read(context, build, file, split)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The set's 21: the lists do not name them."""
    named = _FILE.fullmatch(file.name)
    if named is not None and named["what"] != "xyz":
        return []
    return [Names("hand", load("freihand_21").keypoints)]


def _read(
    context: Context, build: Build, file: File, split: str
) -> Iterator[pa.RecordBatch]:
    cameras = _cameras(context, file, split)
    order = Naming(context.skeleton).order(load("freihand_21").keypoints)
    order = np.arange(K) if order is None else order
    hands = Collected()
    depths: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
    found = until_damage(values(file.chunks(), 2), build, file.name)
    for i, (_, raw) in enumerate(found):
        build.images()
        wrong = "other-skeleton", f"FreiHAND has {K} points: freihand_21 fits"
        points = None
        if len(context.skeleton.keypoints) == K:
            wrong = "malformed", f"element {i} is no list of {K} points in 3-D"
            points = _points(raw)
        if points is None:
            build.refuse(file.name, i, *wrong, raw)
            yield from build.ready()
            continue
        camera = cameras[i] if i < len(cameras) else None
        hands.add(
            points[order, :2],
            f"{split}/rgb/{i:08d}.jpg",
            file.name,
            position=i,
            raw=raw,
            repairs=[] if camera else ["freihand.camera"],
            attributes=camera,
        )
        depths.append(points[order, 2])
        if len(hands) >= TOGETHER:
            build.add(hands.rows(z=np.stack(depths), unit="m"))
            hands, depths = Collected(), []
            yield from build.ready()
    if hands:
        build.add(hands.rows(z=np.stack(depths), unit="m"))


def _points(raw: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None":
    """(21, 3) [m]; None for anything else."""
    try:
        given = _POINTS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if len(given) != K or {len(point) for point in given} != {3}:
        return None
    return np.array(given, np.float64)


def _cameras(context: Context, file: File, split: str) -> list[dict[str, str] | None]:
    """Each hand's focal lengths and centre [px], if their file lies beside."""
    data = context.companion(file, f"{split}_K.json")
    if data is None:
        return []
    try:
        given = _CAMERAS.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [
        {"fx": f"{k[0][0]:g}", "fy": f"{k[1][1]:g}", "cx": f"{k[0][2]:g}",
         "cy": f"{k[1][2]:g}"}
        if [len(row) for row in k] == [3, 3, 3]
        else None
        for k in given
    ]  # fmt: skip
