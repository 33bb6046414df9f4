"""What was drawn in one of Label Studio's annotations, in pixels.

A region is one result, or several with one id: its geometry, its labels and what was
chosen for it. Places are in percent of the image.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from posegate.transforms.formats import label_studio_brush as brush
from posegate.transforms.formats import outlines
from posegate.transforms.formats.grouping import Shape
from posegate.transforms.formats.labels import state
from posegate.transforms.formats.values import real, scalar
from posegate.transforms.model.schema import Origin, Visibility

CHOSEN = ("choices", "textarea", "rating", "number", "taxonomy", "datetime")
"""Results that say something of a region, or of the whole image."""

_ORIGIN = {
    "manual": Origin.PLACED,
    "prediction": Origin.PREDICTED,
    "prediction-changed": Origin.CORRECTED,
}


@dataclass
class Drawn:
    """The shapes and arrows of one annotation.

    `attributes` are what was chosen for the whole image; `notes` count what is left
    out, by code; `size` is the image's [px], where any result says it.
    """

    shapes: list[Shape] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    size: tuple[int, int] | None = None

    def note(self, code: str) -> None:
        self.notes[code] = self.notes.get(code, 0) + 1


def drawn(results: Iterable[Any], known: tuple[int, int] | None) -> Drawn:
    """Reads the results of an annotation; `known` is the image's size by the side."""
    found = Drawn()
    good = [each for each in results if isinstance(each, dict)]
    found.size = next((s for r in good if (s := _size(r)) is not None), known)
    regions: dict[str, Shape] = {}
    chosen: list[tuple[str, dict[str, Any]]] = []
    for i, result in enumerate(good):
        kind, key = result.get("type"), str(result.get("id") or f"#{i}")
        if kind == "relation":
            found.links.append((str(result.get("from_id")), str(result.get("to_id"))))
        elif kind in CHOSEN:
            chosen.append((key, result))
        elif kind == "videorectangle":
            found.note("video-boxes")
        else:
            _take(found, regions, key, result)
    for key, result in chosen:
        _choose(found, regions.get(key), result)
    found.shapes = [shape for shape in regions.values() if shape.id is not None]
    return found


def _take(
    found: Drawn, regions: dict[str, Shape], key: str, result: dict[str, Any]
) -> None:
    """Adds geometry or labels to a region."""
    value = result.get("value")
    value = value if isinstance(value, dict) else {}
    shape = regions.setdefault(key, Shape(""))
    if shape.id is None and _draw(shape, result, value, found):
        shape.id = key
        parent = result.get("parentID")
        shape.group = str(parent) if parent else None
        shape.origin = _ORIGIN.get(str(result.get("origin")), Origin.PLACED)
        _mark(shape, result, value)
    for label in _labels(result, value):
        if shape.x is not None and (seen := state(label)) is not None:
            shape.visibility = seen
        else:
            shape.name = shape.name or label


def _draw(
    shape: Shape, result: dict[str, Any], value: dict[str, Any], found: Drawn
) -> bool:
    """Puts the geometry of a result into its shape; false if it has none we keep."""
    size = _size(result) or found.size
    kind = _geometry(value) or _meant(result)
    if kind is None:
        found.note("not-drawn")
        return False
    if size is None:
        detail = "original_width and original_height are missing; export them, or "
        shape.problem = "no-size", detail + "give width and height in the job table"
        size = 100, 100
    if result.get("image_rotation"):
        detail = f"the image was turned by {result['image_rotation']} degrees in the "
        shape.problem = "turned-image", detail + "editor; turn it back, export again"
    try:
        kind(shape, value, *size)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        shape.problem = "region", f"region {result.get('id')}: {what}; draw it again"
        if kind is _point:  # it stays a point, for grouping: its instance is refused
            shape.x = shape.y = np.nan
        else:
            shape.box = shape.box or (np.nan,) * 4
    return True


def _geometry(value: dict[str, Any]) -> Any:
    """What draws a value of this form; None for one that is nothing of an image."""
    if "points" in value:
        return _polygon
    if "rle" in value:
        return _brush
    if "radiusX" in value:
        return _ellipse
    if "x" in value and "y" in value:
        return _box if "width" in value and "height" in value else _point
    return None


def _meant(result: dict[str, Any]) -> Any:
    """What draws a region of this type, whatever its value lacks; None for no type."""
    kind = str(result.get("type")).removesuffix("labels")
    return _TYPES.get(kind)


def _point(shape: Shape, value: dict[str, Any], width: int, height: int) -> None:
    shape.y = _percent(value["y"], height)
    shape.x = _percent(value["x"], width)


def _box(shape: Shape, value: dict[str, Any], width: int, height: int) -> None:
    """A box; one that is turned about its first corner gives the box around it."""
    x, w = (_percent(value[key], width) for key in ("x", "width"))
    y, h = (_percent(value[key], height) for key in ("y", "height"))
    shape.box = x, y, w, h
    turned = np.radians(real(value.get("rotation") or 0))
    if turned:
        across = np.array([0, w, w, 0]), np.array([0, 0, h, h])
        xs = x + across[0] * np.cos(turned) - across[1] * np.sin(turned)
        ys = y + across[0] * np.sin(turned) + across[1] * np.cos(turned)
        shape.box = tuple(map(float, (xs.min(), ys.min(), np.ptp(xs), np.ptp(ys))))
        shape.repairs += ("box-turned",)


def _polygon(shape: Shape, value: dict[str, Any], width: int, height: int) -> None:
    corners = [(_percent(x, width), _percent(y, height)) for x, y in value["points"]]
    shape.draw(outlines.polygon([corners]))


def _ellipse(shape: Shape, value: dict[str, Any], width: int, height: int) -> None:
    """An ellipse as a polygon; its place is that of the centre."""
    x, rx = (_percent(value[key], width) for key in ("x", "radiusX"))
    y, ry = (_percent(value[key], height) for key in ("y", "radiusY"))
    turned = float(np.radians(real(value.get("rotation") or 0)))
    shape.draw(outlines.polygon([outlines.ellipse((x, y), (rx, ry), turned)]))


def _brush(shape: Shape, value: dict[str, Any], width: int, height: int) -> None:
    mask = brush.decode(bytes(value["rle"]), width, height)
    shape.draw(outlines.mask(mask))


_TYPES = {
    "keypoint": _point,
    "rectangle": _box,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "brush": _brush,
}


def _mark(shape: Shape, result: dict[str, Any], value: dict[str, Any]) -> None:
    """Notes of a region; `hidden`, which the importer of COCO files sets for v < 2."""
    if isinstance(meta := result.get("meta"), dict):
        for text in _texts(meta.get("text")):
            shape.say("note", text)
    if shape.x is not None and value.get("hidden") is True:
        lost = not value.get("x") and not value.get("y")
        shape.visibility = Visibility.UNLABELLED if lost else Visibility.OCCLUDED
        shape.repairs += ("zero-point" if lost else "hidden-point",)


def _choose(found: Drawn, shape: Shape | None, result: dict[str, Any]) -> None:
    """What was chosen for a region, or, where there is none, for the image."""
    kind, value = str(result["type"]), result.get("value")
    name = str(result.get("from_name") or kind)
    value = value if isinstance(value, dict) else {}
    texts = list(_texts(value.get(kind, value.get("text"))))
    if shape is None:
        found.attributes[name] = ", ".join(texts)
        return
    for text in texts:
        shape.say(name, text)


def _texts(given: object) -> Iterator[str]:
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, list):
            yield "/".join(_texts(each))
        elif (text := scalar(each)) is not None:
            yield text


def _labels(result: Mapping[str, Any], value: Mapping[str, Any]) -> list[str]:
    """The labels, under whatever control they were given."""
    kind = str(result.get("type"))
    own = value.get(kind)
    if type(own) is list and len(own) == 1 and type(own[0]) is str:
        return own
    keys = [kind, *(k for k in value if k.endswith("labels"))]
    return [text for key in dict.fromkeys(keys) for text in _texts(value.get(key))]


def _size(result: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = result.get("original_width"), result.get("original_height")
    if type(width) is int and type(height) is int and width > 0 and height > 0:
        return width, height
    if not isinstance(width, int | float) or not isinstance(height, int | float):
        return None
    return (int(width), int(height)) if 0 < width < 1e6 and 0 < height < 1e6 else None


def _percent(value: object, size: int) -> float:
    return real(value) / 100 * size
