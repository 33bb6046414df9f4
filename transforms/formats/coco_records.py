"""COCO's records, typed, and what is mended in those that are not as they should be."""

import gc
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from posegate.transforms.formats.values import Id

Number = int | float
Numbers = list[Number]


class Annotation(msgspec.Struct, gc=False):
    """One element of `annotations`, or of a results list."""

    image_id: int | float | str
    keypoints: Numbers | None = None
    id: Id = None
    category_id: Id = None
    bbox: Numbers | None = None
    area: Number | None = None
    area_source: str | None = None
    num_keypoints: Number | None = None
    iscrowd: int | bool | None = None
    segmentation: msgspec.Raw = msgspec.Raw()
    score: Number | None = None
    annotator: Id = None
    annotator_id: Id = None
    completed_by: int | float | str | dict[str, Any] | None = None
    annotated_at: Id = None
    created_at: Id = None
    updated_at: Id = None
    lead_time: Number | None = None
    lead_time_s: Number | None = None
    role: str | None = None
    track_id: Id = None
    job: Id = None
    job_id: Id = None
    attributes: dict[str, Any] | None = None


class Wide(Annotation, gc=False):
    """The same, with what COCO-WholeBody, HumanArt and PoseTrack add."""

    foot_kpts: Numbers | None = None
    face_kpts: Numbers | None = None
    lefthand_kpts: Numbers | None = None
    righthand_kpts: Numbers | None = None
    foot_valid: bool | None = None
    face_valid: bool | None = None
    lefthand_valid: bool | None = None
    righthand_valid: bool | None = None
    face_box: Numbers | None = None
    lefthand_box: Numbers | None = None
    righthand_box: Numbers | None = None
    keypoints_21: Numbers | None = None
    bbox_head: Numbers | None = None
    person_id: Id = None


class Image(msgspec.Struct, gc=False):
    """One element of `images`."""

    id: int | float | str
    file_name: str
    width: Number | None = None
    height: Number | None = None
    video: Id = None
    video_id: Id = None
    vid_id: Id = None
    frame: Id = None
    frame_id: Id = None
    fps: Number | None = None
    job: Id = None
    job_id: Id = None
    is_labeled: bool | None = None
    ignore_regions_x: msgspec.Raw = msgspec.Raw()
    crowd_index: Number | None = msgspec.field(default=None, name="crowdIndex")
    extra: dict[str, Any] | None = None


class MendedImage(Image, gc=False):
    """An image of which something had to be dropped."""


class Category(msgspec.Struct):
    """One element of `categories`."""

    id: int | float | str
    name: str = ""
    keypoints: list[str] | None = None
    skeleton: msgspec.Raw = msgspec.Raw()


class Unreadable(Exception):
    """Why a record is none: a code, and a sentence with the value and the remedy."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


ANNOTATIONS = msgspec.json.Decoder(list[Annotation])
WIDE = msgspec.json.Decoder(list[Wide])
ADDED = tuple(
    f'"{field.encode_name}"'.encode()
    for field in msgspec.structs.fields(Wide)[len(Annotation.__struct_fields__) :]
)
"""The keys, as they are written, by which a file is known to need `Wide`."""
IMAGE = msgspec.json.Decoder(Image)
IMAGES = msgspec.json.Decoder(list[Image])
CATEGORY = msgspec.json.Decoder(Category)
CATEGORIES = msgspec.json.Decoder(list[Category])
SYNTAX = "json.malformed"
_UNPAIRED = re.compile("[\ud800-\udfff]")


@contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection inside: decoding makes millions of objects and no cycle.

    Measured: worth a factor of 2 to 4.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def loose(raw: bytes) -> dict[str, Any]:
    """A record as a dict of anything, NaN and Infinity included.

    Raises Unreadable with the reason `SYNTAX` when it is not JSON at all.
    """
    try:
        record = json.loads(raw)
    except RecursionError as error:
        raise Unreadable("json.too-deep", "it is nested too deeply") from error
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are such
        raise Unreadable(SYNTAX, f"it is not JSON: {error}") from error
    if b"\\u" in raw and _UNPAIRED.search(json.dumps(record, ensure_ascii=False)):
        raise Unreadable(SYNTAX, "it has half a character (a lone surrogate)")
    assert isinstance(record, dict)  # it begins with a brace
    return record


def mend(
    raw: bytes, kind: type[Annotation] = Annotation
) -> tuple[Annotation, list[str]]:
    """An annotation that the typed decoder refused, with the codes of its repairs.

    What identifies it or where its keypoints are must be right; anything else that has
    a wrong type is dropped and the loss recorded. Raises Unreadable.
    """
    record = loose(raw)
    repairs: list[str] = []
    image = record.get("image_id")
    if not isinstance(image, int | float | str) or isinstance(image, bool):
        raise Unreadable(
            "coco.image-id", f"image_id is {_show(image)}; give the id of its image"
        )
    clean: dict[str, Any] = {
        "image_id": image,
        "keypoints": _keypoints(record.get("keypoints"), repairs),
    }
    dropped = _rest(record, kind, clean)
    repairs += [f"coco.{_DROPPED.get(name, 'field')}-dropped" for name in dropped]
    return kind(**clean), sorted(set(repairs))


_DROPPED = {
    name: name.replace("_", "-")
    for name in ("area", "attributes", "bbox", "num_keypoints", "segmentation")
}
"""Fields whose loss has a code of its own."""


def mend_image(raw: bytes, _: int = 0) -> Image:
    """An image that the typed decoder refused, less its ill-typed details."""
    record = loose(raw)
    id, name = record.get("id"), record.get("file_name")
    if not isinstance(id, int | float | str) or isinstance(id, bool):
        raise Unreadable("coco.image", f"id is {_show(id)}; give the image's id")
    if not isinstance(name, str):
        raise Unreadable(
            "coco.image", f"file_name is {_show(name)}; give the image's name"
        )
    clean: dict[str, Any] = {"id": id, "file_name": name}
    return MendedImage(**clean) if _rest(record, Image, clean) else Image(**clean)


def mend_category(raw: bytes, _: int = 0) -> Category:
    """A category that the typed decoder refused: its id must be right, its list too."""
    record = loose(raw)
    id, names = record.get("id"), record.get("keypoints")
    if not isinstance(id, int | float | str) or isinstance(id, bool):
        raise Unreadable("coco.category", f"id is {_show(id)}; give the category's id")
    if names is not None and not (
        isinstance(names, list) and all(isinstance(name, str) for name in names)
    ):
        raise Unreadable(
            "coco.category", f"keypoints is {_show(names)}; give a list of names"
        )
    limbs = msgspec.Raw(json.dumps(record.get("skeleton")).encode())
    return Category(id, str(record.get("name", "")), names, limbs)


def _rest(
    record: dict[str, Any], struct: type[msgspec.Struct], clean: dict[str, Any]
) -> list[str]:
    """Adds to `clean` the other fields of the right type; names those dropped."""
    dropped = []
    for field in msgspec.structs.fields(struct):
        name = field.encode_name
        if name in clean or name not in record:
            continue
        try:
            if _non_finite(record[name]):
                raise msgspec.ValidationError
            if field.type is msgspec.Raw:
                clean[name] = msgspec.Raw(json.dumps(record[name]).encode())
                continue
            clean[name] = msgspec.convert(record[name], field.type)
        except msgspec.ValidationError:
            dropped.append(name)
    return dropped


def _keypoints(value: Any, repairs: list[str]) -> Numbers | None:
    """The flat list; raises Unreadable when it is no list of numbers."""
    if value is None:
        return None
    if isinstance(value, list) and value and isinstance(value[0], list):
        if any(not isinstance(point, list) or len(point) != 3 for point in value):
            raise Unreadable("coco.keypoints", "keypoints are not all [x, y, v]")
        repairs.append("coco.keypoints-nested")
        value = [number for point in value for number in point]
    if not isinstance(value, list):
        raise Unreadable(
            "coco.keypoints", f"keypoints is {_show(value)}; give a list of numbers"
        )
    out = list(value)
    for i, number in enumerate(out):
        missing = number is None or (isinstance(number, float) and math.isnan(number))
        if missing and i % 3 < 2 and out[i - i % 3 + 2 : i - i % 3 + 3] == [0]:
            out[i] = 0
            repairs.append("coco.position-null")
        elif not isinstance(number, int | float) or isinstance(number, bool):
            raise Unreadable(
                "coco.keypoints",
                f"keypoints[{i}] is {_show(number)}; give a number, and 0, 0, 0 for "
                "what is not labelled",
            )
        elif not math.isfinite(_float(number)):
            raise Unreadable(
                "coco.coordinate", f"keypoints[{i}] is {number}; give a finite number"
            )
    return out


def _float(number: Number) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _non_finite(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_non_finite, value))
    return isinstance(value, int | float) and not math.isfinite(_float(value))


def _show(value: Any) -> str:
    if value is None:
        return "missing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
