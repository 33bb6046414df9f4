"""InterHand2.6M's images: the joints of `..._joint_3d.json` as each camera sees them.

..._data.json    {"images": [{"id", "file_name", "width", "height", "capture",
                   "subject", "seq_name", "camera", "frame_idx"}],
                  "annotations": [{"id", "image_id", "bbox", "hand_type",
                   "joint_valid": [[0 or 1] * 42]}]}
..._camera.json  {"0": {"campos": {"400002": [x, y, z]},
                   "camrot": {"400002": [[...]]}, "focal": {"400002": [fx, fy]},
                   "princpt": {"400002": [cx, cy]}}}
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.files import File
from posegate.transforms.formats.interhand_joints import K, frames, hands, order, points
from posegate.transforms.formats.json_list import Bad, Good, Listed
from posegate.transforms.formats.per_file import TOGETHER, Collected, until_damage
from posegate.transforms.model.poses import Floats

_DATA = re.compile(r"(?P<stem>.*)(data|joint_3d|camera)\.json(\.gz)?")
_START = re.compile(
    rb'\{\s*"[^"]*"\s*:\s*\{\s*"(campos|camrot|focal|princpt)"\s*:\s*\{'
)

Key = int | str


class Image(msgspec.Struct):
    """One camera's picture of one frame."""

    id: Key
    file_name: str
    capture: Key
    camera: Key
    frame_idx: Key
    width: int | None = None
    height: int | None = None
    seq_name: str | None = None
    subject: Key | None = None


class Annotation(msgspec.Struct):
    """The hands in one image."""

    image_id: Key
    id: Key | None = None
    bbox: list[float] | None = None
    joint_valid: list[Any] | None = None
    hand_type: str | None = None


class _Cameras(msgspec.Struct):
    campos: dict[str, list[float]]
    camrot: dict[str, list[list[float]]]
    focal: dict[str, list[float]]
    princpt: dict[str, list[float]]


_IMAGES = Listed(Image, ("images",))
_ANNOTATIONS = Listed(Annotation, ("annotations",))
_CAMERAS = msgspec.json.Decoder(dict[str, _Cameras])


@dataclass(frozen=True)
class Camera:
    """A pinhole: `turned` (3, 3) from the room's axes to its own, `at` (3,) [mm]."""

    turned: Floats
    at: Floats
    focal: Floats
    centre: Floats

    def seen(self, room: Floats) -> Floats:
        """(N, 3) [mm] in the room -> (N, 2) [px]; NaN for what is behind it."""
        own = (room - self.at) @ self.turned.T
        depth = np.where(own[:, 2:] > 0, own[:, 2:], np.nan)
        return np.asarray(own[:, :2] / depth * self.focal + self.centre)


def beside(file: str, what: str) -> str:
    """The name of another file of a split: `a_data.json` -> `a_camera.json`."""
    found = _DATA.fullmatch(file.rpartition("/")[2])
    return f"{found['stem'] if found else ''}{what}.json"


def is_images(found: Mapping[str, str]) -> bool:
    """Whether a file's outline has images of captures, or their hands."""
    image = {"images/*/capture", "images/*/camera", "images/*/frame_idx"}
    joints = {"annotations/*/joint_valid", "annotations/*/hand_type"}
    own = image <= found.keys() or joints <= found.keys()
    return own and "annotations/*/keypoints" not in found


def is_cameras(head: bytes) -> bool:
    """Whether a file begins with a capture's cameras."""
    return _START.match(head.removeprefix(b"\xef\xbb\xbf").lstrip()[:300]) is not None


def shown(context: Context, file: File) -> bool:
    """Whether images and cameras lie beside a file of joints."""
    names = (beside(file.name, what) for what in ("data", "camera"))
    return all(any(True for _ in context.beside(file, name)) for name in names)


def read_images(context: Context, build: Build, file: File) -> Iterator[pa.RecordBatch]:
    """The batches of a `..._data.json`; a record is an annotation, or a hand of it.

    Its images and the frames' joints are held in memory: 1 kB a frame.
    """
    reading = _Reading(context, build, file)
    for each in _ANNOTATIONS.read(file):
        if isinstance(each, Good):
            reading.take(each.record, each.raw)
        elif each.position < 0:
            build.say(file.name, each.reason, each.detail, each.raw)
        else:
            reading.refuse("malformed", each.detail, each.raw)
        if len(reading.found) >= TOGETHER:
            reading.flush()
        yield from build.ready()
    reading.flush()


def _absent(name: str) -> str:
    return f"it needs {name}, which is not beside it; deliver them together"


@dataclass
class _Reading:
    context: Context
    build: Build
    file: File
    position: int = 0
    found: Collected = field(default_factory=Collected)

    def __post_init__(self) -> None:
        self._k = len(self.context.skeleton.keypoints)
        self._order = order(self.context.skeleton) if self._k in (K, K // 2) else None
        self._images = _images(self.build, self.file)
        self._joints = _joints(self.context, self.build, self.file)
        self._cameras = _cameras(self.context, self.file)

    def refuse(self, code: str, detail: str, raw: bytes) -> None:
        self.build.refuse(self.file.name, self.position, code, detail, raw)
        self.position += 1

    def flush(self) -> None:
        if self.found:
            boxes = np.array(self.found.columns.pop("bbox"), np.float64)
            self.build.add(self.found.rows(bbox=boxes))
            self.found = Collected()

    def take(self, given: Annotation, raw: bytes) -> None:
        image = self._images.get(str(given.image_id))
        if image is None:
            self.refuse("image-missing", f"there is no image {given.image_id}", raw)
            return
        where = f"frame {image.frame_idx} of capture {image.capture}"
        room = self._joints.get((str(image.capture), str(image.frame_idx)))
        camera = self._cameras.get((str(image.capture), str(image.camera)))
        if self._order is None:
            self.refuse(
                "other-skeleton", f"it has {K} points: interhand3d_42 fits", raw
            )
        elif room is None:
            name = beside(self.file.name, "joint_3d")
            lacks = f"{name} beside it lacks {where}"
            self.refuse("no-joints", lacks if self._joints else _absent(name), raw)
        elif camera is None:
            name = beside(self.file.name, "camera")
            lacks = f"{name} beside it lacks {image.camera}"
            self.refuse("no-camera", lacks if self._cameras else _absent(name), raw)
        elif (valid := _valid(given.joint_valid)) is None:
            self.refuse("malformed", f"`joint_valid` is not {K} flags", raw)
        else:
            self._put(image, given, np.where(valid, camera.seen(room), np.nan), raw)

    def _put(self, image: Image, given: Annotation, xy: Floats, raw: bytes) -> None:
        assert self._order is not None  # `take` has looked
        parts = hands(xy, self._k)
        for hand, part in parts or [("both", np.full((self._k, 2), np.nan))]:
            number = image.frame_idx
            self.found.add(
                part[self._order],
                image.file_name,
                self.file.name,
                position=self.position,
                raw=raw,
                id=str(given.id) if hand == "both" else f"{given.id}-{hand}",
                width=image.width,
                height=image.height,
                video=image.file_name.rpartition("/")[0] or None,
                frame=int(number) if str(number).isdecimal() else None,
                bbox=_box(given.bbox) if len(parts) < 2 else (np.nan,) * 4,
                attributes={
                    "hand": hand,
                    "hand_type": given.hand_type,
                    "capture": image.capture,
                    "camera": image.camera,
                    "subject": image.subject,
                    "sequence": image.seq_name,
                },
            )
            self.position += 1


def _images(build: Build, file: File) -> dict[str, Image]:
    """The images by id; says of those that are none."""
    out: dict[str, Image] = {}
    for each in until_damage(_IMAGES.read(file), build, file.name):
        if isinstance(each, Good):
            out[str(each.record.id)] = each.record
            build.images()
        elif isinstance(each, Bad) and each.position >= 0:
            detail = f"record {each.position} of images: {each.detail}"
            build.say(file.name, "image", detail, each.raw, each.position)
    return out


def _joints(
    context: Context, build: Build, file: File
) -> dict[tuple[str, str], Floats]:
    """(42, 3) [mm] of every frame, by capture and frame."""
    out: dict[tuple[str, str], Floats] = {}
    for joints in context.beside(file, beside(file.name, "joint_3d")):
        found = until_damage(frames(joints.chunks()), build, joints.name)
        for capture, frame, raw in found:
            if (both := points(raw)) is not None:
                out[capture, frame] = both[0]
    return out


def _cameras(context: Context, file: File) -> dict[tuple[str, str], Camera]:
    """The cameras, by capture and name; none where they cannot be read."""
    data = context.companion(file, beside(file.name, "camera"))
    try:
        given = _CAMERAS.decode(data or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return {
        (capture, name): camera
        for capture, some in given.items()
        for name in some.campos
        if (camera := _camera(some, name)) is not None
    }


def _camera(some: _Cameras, name: str) -> Camera | None:
    kinds = (some.camrot, some.campos, some.focal, some.princpt)
    try:
        turned, at, focal, centre = (np.array(kind[name], float) for kind in kinds)
    except (KeyError, ValueError):
        return None
    shapes = (turned.shape, at.shape, focal.shape, centre.shape)
    return (
        Camera(turned, at, focal, centre)
        if shapes == ((3, 3), (3,), (2,), (2,))
        else None
    )


def _valid(given: list[Any] | None) -> "np.ndarray[Any, np.dtype[np.bool_]] | None":
    """(42, 1) whether a joint is valid; all where it is not said, None for no flags."""
    if given is None:
        return np.ones((K, 1), np.bool_)
    try:
        flags = np.array(given, np.float64)
    except (ValueError, TypeError, OverflowError):
        return None
    return flags.reshape(K, 1) > 0 if flags.size == K else None


def _box(given: list[float] | None) -> tuple[float, ...]:
    return tuple(given) if given is not None and len(given) == 4 else (np.nan,) * 4
