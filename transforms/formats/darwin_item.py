"""What a Darwin file is about: the image or video of each slot, by version 2 or 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from posegate.transforms.formats.values import Json, each, mapping


class Annotation(TypedDict, total=False):
    """What is read of an annotation."""

    id: Any
    name: Any
    slot_names: Any
    annotators: Any
    reviewers: Any
    inference: Any
    created_at: Any
    updated_at: Any
    instance_id: Any
    attributes: Any
    properties: Any
    text: Any
    tag: Any
    keyframe: Any
    skeleton: Any
    eye: Any
    bounding_box: Any
    keypoint: Any
    polygon: Any
    complex_polygon: Any
    ellipse: Any
    mask: Any
    raster_layer: Any
    frames: Any
    sections: Any
    ranges: Any
    segments: Any
    hidden_areas: Any


class Document(TypedDict, total=False):
    """What is read of a file."""

    item: Any
    image: Any
    properties: Any
    annotations: list[Annotation]


@dataclass(frozen=True)
class Slot:
    """One image or video of an item; most items have one."""

    image: str
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    video: bool = False


def slots(record: Json) -> dict[str, Slot]:
    """Every slot by its name; none where the record names no file.

    The image is the item's folder and name. Where an item has several slots it is
    followed by the slot's own file.
    """
    item = record.get("item")
    if not isinstance(item, dict):
        return _first_version(mapping(record.get("image")))
    name = _path(item.get("path"), item.get("name"))
    listed = each(item.get("slots"))
    if name is None:
        return {}
    found = {}
    for slot in listed:
        own = mapping(next(iter(each(slot.get("source_files"))), None))
        apart = f"{name}/{own.get('file_name') or slot.get('slot_name')}"
        image = name if len(listed) == 1 else apart
        found[str(slot.get("slot_name", "0"))] = _slot(image, slot)
    return found or {"0": Slot(name)}


def _first_version(image: Json) -> dict[str, Slot]:
    name = _path(image.get("path"), image.get("original_filename"))
    name = name or _path(image.get("path"), image.get("filename"))
    return {} if name is None else {"0": _slot(name, image)}


def _path(folder: object, name: object) -> str | None:
    if not isinstance(name, str) or not name:
        return None
    inside = folder.strip("/") if isinstance(folder, str) else ""
    return f"{inside}/{name}" if inside else name


def _slot(image: str, said: Mapping[str, Any]) -> Slot:
    fps = said.get("fps")
    return Slot(
        image,
        _side(said.get("width")),
        _side(said.get("height")),
        float(fps) if isinstance(fps, int | float) and fps > 0 else None,
        said.get("type") == "video" or "frame_count" in said,
    )


def _side(given: object) -> int | None:
    good = isinstance(given, int | float) and 0 < given < 1e6
    return int(given) if good else None  # type: ignore[call-overload]
