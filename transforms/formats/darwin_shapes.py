"""The shapes of one frame of a Darwin item, and the masks of its raster layer.

raster_layer  {"dense_rle": [value, length, value, length, …],   row by row
               "mask_annotation_ids_mapping": {id of a mask: value}}
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from posegate.transforms.formats import outlines
from posegate.transforms.formats.darwin_item import Slot
from posegate.transforms.formats.grouping import Nodes, Shape
from posegate.transforms.formats.outlines import LARGEST, Outline
from posegate.transforms.formats.values import Json, each, mapping, real
from posegate.transforms.model.schema import Origin, Visibility

_BEFORE = frozenset(("keypoint", "mask", "polygon", "complex_polygon", "ellipse"))
"""What counts before a box does."""

_HIDDEN, _SEEN = Visibility.OCCLUDED, Visibility.VISIBLE

Labels = npt.NDArray[np.int64]


class Raster:
    """A frame's raster layer, painted when a mask is first asked for."""

    def __init__(self, layer: Json, slot: Slot) -> None:
        self._layer, self._slot = layer, slot
        self._labels: Labels | None = None

    def outline(self, id: str) -> Outline:
        """A mask's area; raises ValueError where the layer does not have it."""
        value = mapping(self._layer.get("mask_annotation_ids_mapping")).get(id)
        if value is None:
            raise ValueError("no raster layer has this mask")
        if self._labels is None:
            self._labels = self._paint()
        found = outlines.mask(self._labels == int(value))
        if found is None:
            raise ValueError("the raster layer has no pixel of this mask")
        return found

    def _paint(self) -> Labels:
        runs = np.asarray(self._layer.get("dense_rle"))
        width, height = self._slot.width or 0, self._slot.height or 0
        if runs.ndim != 1 or runs.dtype.kind not in "iu" or len(runs) % 2:
            raise ValueError("dense_rle is no list of values and lengths")
        if not width or not height:
            raise ValueError("the item does not say how large its image is")
        values, lengths = runs[::2], runs[1::2]
        pixels = width * height
        if (lengths < 0).any() or lengths.sum() != pixels or pixels > LARGEST:
            raise ValueError(
                f"dense_rle has {lengths.sum()} pixels, the image {width} x {height}"
            )
        return np.repeat(values, lengths).reshape(height, width).astype(np.int64)


def drawn(
    made: Json, frame: Json, raster: Raster, slot: Slot, origin: Origin
) -> Shape | None:
    """What an annotation draws in a frame; None for what draws nothing we keep.

    Args:
      made: the annotation.
      frame: where its geometry is: the annotation itself, or one of its frames.
      raster: the frame's raster layer.
      slot: the image or video.
      origin: of points.
    """
    id, name = str(made.get("id")), str(made.get("name") or "").strip()
    shape = Shape(name, id, origin=origin)
    pose = frame.get("skeleton")
    pose = pose if isinstance(pose, dict) else frame.get("eye")
    try:
        if isinstance(pose, dict):
            _give(shape, pose)
            if isinstance(box := frame.get("bounding_box"), dict):
                shape.box = _box(box)
            return shape
        shape.group = instance(made, frame)
        return shape if _draw(shape, frame, raster, slot) else None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        detail = f"annotation {id} ({name}): {error}; draw it again"
        shape.problem = "annotation", detail
        return shape


def instance(made: Json, frame: Json) -> str | None:
    """The instance that an annotation is said to be of."""
    said = frame.get("instance_id", made.get("instance_id"))
    value = mapping(said).get("value")
    return None if value is None else f"instance {value}"


def _give(pose: Shape, said: Json) -> None:
    """Gives a pose its points; those without a place are left out."""
    names, xs, ys, flags = list[str](), list[float](), list[float](), list[Any]()
    pose.nodes = Nodes(names, xs, ys, flags)
    for node in each(said.get("nodes")):
        x, y = node.get("x"), node.get("y")
        if x is not None and y is not None:
            seen = _HIDDEN if node.get("occluded") is True else _SEEN
            x, y = real(x), real(y)
            names.append(str(node.get("name") or ""))
            xs.append(x)
            ys.append(y)
            flags.append(seen)


def _draw(shape: Shape, frame: Json, raster: Raster, slot: Slot) -> bool:
    box = frame.get("bounding_box")
    if isinstance(box, dict) and _BEFORE.isdisjoint(frame):
        shape.box = _box(box)
    elif isinstance(point := frame.get("keypoint"), dict):
        shape.y, shape.x = real(point["y"]), real(point["x"])
    elif "mask" in frame:
        shape.draw(raster.outline(str(shape.id)))
    elif any(key in frame for key in ("polygon", "complex_polygon")):
        shape.draw(_polygon(frame, slot))
    elif isinstance(oval := frame.get("ellipse"), dict):
        shape.draw(outlines.polygon([_ellipse(oval)]))
    elif isinstance(box, dict):
        shape.box = _box(box)
    else:
        return False
    return True


def _box(box: Json) -> tuple[float, ...]:
    return tuple(real(box[side]) for side in ("x", "y", "w", "h"))


def _polygon(frame: Json, slot: Slot) -> Outline | None:
    """One path as it is; of several, one may be a hole: they are painted."""
    said = mapping(frame.get("polygon", frame.get("complex_polygon")))
    paths = said.get("paths", said.get("path"))
    if not isinstance(paths, list):
        raise ValueError("it has no path")
    if paths and isinstance(paths[0], dict):
        paths = [paths, *said.get("additional_paths", ())]
    corners = [[(real(c["x"]), real(c["y"])) for c in path] for path in paths]
    size = slot.width, slot.height
    if len(corners) == 1 or size[0] is None or size[1] is None:
        return outlines.polygon(corners)
    if size[0] * size[1] > LARGEST:
        raise ValueError("its image is too large to be painted")
    return outlines.evenodd(corners, size[0], size[1])


def _ellipse(oval: Json) -> list[tuple[float, float]]:
    x, y = (real(mapping(oval["center"])[axis]) for axis in "xy")
    rx, ry = (real(mapping(oval["radius"])[axis]) for axis in "xy")
    return outlines.ellipse((x, y), (rx, ry), real(oval.get("angle", 0)))


def joined(found: list[Shape]) -> None:
    """Puts boxes and areas around the poses that they are of.

    By the instance, else a box that holds all points of one pose, and of no other,
    that lies in no other box.
    """
    loose = [s for s in found if s.box and s.x is None and s.group is None]
    if all(shape.nodes for shape in loose):
        return
    poses: dict[str, list[tuple[float, float]]] = {}
    for shape in found:
        if shape.nodes:
            where = zip(shape.nodes.x, shape.nodes.y, strict=True)
            poses.setdefault(str(shape.id), []).extend(where)
    alone = [s for s in loose if s.outline is None and s.id not in poses]
    inside = {
        id: [i for i, box in enumerate(alone) if all(_in(p, box) for p in points)]
        for id, points in poses.items()
    }
    for id, boxes in inside.items():
        others = [b for key, b in inside.items() if key != id]
        if len(boxes) == 1 and not any(boxes[0] in b for b in others):
            alone[boxes[0]].group = id
            alone[boxes[0]].repairs += ("box-by-place",)


def _in(point: tuple[float, float], shape: Shape) -> bool:
    assert shape.box is not None
    left, top = point
    x, y, w, h = shape.box
    return x <= left <= x + w and y <= top <= y + h
