"""What was drawn in a frame of a Labelbox label, and what was said of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from posegate.transforms.formats import outlines
from posegate.transforms.formats.grouping import Shape
from posegate.transforms.formats.values import real, scalar
from posegate.transforms.model.schema import Origin

_BOXES = ("bounding_box", "bbox")
_ELSE = ("line", "text_entity", "location", "tile", "dicom", "cuboid", "rectangle")


class Objects:
    """Turns objects into shapes; `notes` counts what is left out, by code."""

    def __init__(self) -> None:
        self.notes: dict[str, int] = {}

    def shapes(
        self, objects: Iterable[Any], origin: Origin = Origin.PLACED
    ) -> Iterator[Shape]:
        """The shapes of a frame, with those that are nested in others."""
        for thing in objects:
            if isinstance(thing, dict):
                yield from self._shapes(thing, origin, None)

    def _shapes(
        self, thing: dict[str, Any], origin: Origin, parent: str | None
    ) -> Iterator[Shape]:
        shape = Shape(_name(thing), _id(thing), group=parent, origin=origin)
        above = thing.get("parent_feature_id") or thing.get("parentFeatureId")
        if isinstance(above, str):
            shape.group = above
        try:
            kept = _draw(shape, thing)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            detail = f"object {shape.name} {shape.id}: {error!r}; draw it again"
            shape.problem, kept = ("object", detail), True
        if kept:
            for name, text in said(thing.get("classifications")):
                shape.say(name, text)
            yield shape
        else:
            self.notes["not-drawn"] = self.notes.get("not-drawn", 0) + 1
        nested = thing.get("objects")
        for inner in nested if isinstance(nested, list) else ():
            if isinstance(inner, dict):
                yield from self._shapes(inner, origin, shape.id)


def _name(thing: Mapping[str, Any]) -> str:
    for key in ("name", "title", "value", "schemaId", "feature_schema_id"):
        if isinstance(name := thing.get(key), str) and name:
            return name
    return ""


def _id(thing: Mapping[str, Any]) -> str | None:
    for key in ("feature_id", "featureId", "uuid"):
        if isinstance(id := thing.get(key), str) and id:
            return id
    return None


def _draw(shape: Shape, thing: Mapping[str, Any]) -> bool:
    """Puts an object's geometry into its shape; false for one that we do not keep."""
    if isinstance(point := thing.get("point"), dict):
        shape.y, shape.x = real(point["y"]), real(point["x"])
        return True
    for key in _BOXES:
        if isinstance(box := thing.get(key), dict):
            sides = ("left", "top", "width", "height")
            shape.box = tuple(real(box[side]) for side in sides)
            return True
    if isinstance(corners := thing.get("polygon"), list):
        places = [(real(c["x"]), real(c["y"])) for c in corners]
        shape.draw(outlines.polygon([places]), "a polygon of fewer than three corners")
        return True
    if thing.get("mask") is not None or thing.get("composite_mask") is not None:
        detail = f"the mask {shape.name} is an address, not pixels; deliver polygons"
        shape.problem = "mask-address", detail
        return True
    return False


def said(classifications: object) -> Iterator[tuple[str, str]]:
    """Names and answers of classifications, nested ones too, as exports have them.

    Those of import rows, `{"name", "answer"}`, are read as well.
    """
    for each in classifications if isinstance(classifications, list) else ():
        if not isinstance(each, dict):
            continue
        name = _name(each)
        for key in ("radio_answer", "checklist_answers", "text_answer", "answer"):
            for answer in _answers(each.get(key)):
                if isinstance(answer, dict):
                    text = _name(answer) or scalar(answer.get("content"))
                    yield from said(answer.get("classifications"))
                else:
                    text = scalar(answer)
                if name and text is not None:
                    yield name, text
        yield from said(each.get("classifications"))


def _answers(given: object) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def links(relationships: object) -> list[tuple[str, str]]:
    """The pairs of objects that relationships tie together."""
    found = []
    for each in relationships if isinstance(relationships, list) else ():
        if not isinstance(each, dict):
            continue
        for key in (
            *("unidirectional_relationship", "bidirectional_relationship"),
            *("relationship", "data"),
        ):
            ends = each.get(key)
            if isinstance(ends, dict):
                found.append((str(ends.get("source")), str(ends.get("target"))))
    return found
