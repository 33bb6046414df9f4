"""The shapes that CVAT draws, whichever of its exports they come from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from posegate.transforms.formats import outlines
from posegate.transforms.formats.outlines import LARGEST, Outline
from posegate.transforms.formats.values import Id
from posegate.transforms.formats.xml_records import Node
from posegate.transforms.model.naming import plain
from posegate.transforms.model.schema import Origin, Visibility

DRAWN = ("skeleton", "points", "box", "polygon", "ellipse", "mask")
"""The tags of shapes that are read."""

LEFT_ALONE = ("polyline", "cuboid")
"""Shapes that are neither a pose nor a mask."""

_HIDDEN = {"occluded", "occlusion", "hidden", "invisible", "presumedlocation"}
_SEEN = {"visible", "visibility"}
_YES, _NO = {"true", "1", "yes"}, {"false", "0", "no"}


class Unreadable(Exception):
    """What makes a record none: a code without the format's name, and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(slots=True)
class Element:
    """A named point; `visibility` 0 has a position that is not to be used."""

    label: str
    x: float
    y: float
    visibility: int
    origin: int = Origin.PLACED
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Placed:
    """Points without attributes, as columns; the origin is that of all."""

    labels: tuple[str, ...]
    x: Sequence[float]
    y: Sequence[float]
    visibility: Sequence[int]
    origin: int

    def elements(self) -> list[Element]:
        """Each on its own."""
        columns = self.labels, self.x, self.y, self.visibility
        return [Element(*each, self.origin) for each in zip(*columns, strict=True)]


@dataclass(slots=True)
class Shape:
    """A skeleton, points, a box, a polygon or a mask in one frame.

    `values`: x, y in turn of points and polygons; left, top, right, bottom of a box.
    `flags` are the visibilities of several points, where each has its own.
    `elements` are a skeleton's, unless they are `placed`. `fault` says why it cannot be
    read.
    """

    kind: str
    label: str
    raw: bytes = b""
    id: Id = None
    group: str | None = None
    source: str = "manual"
    values: Sequence[float] = ()
    elements: Sequence[Element] = ()
    flags: Sequence[int] = ()
    placed: Placed | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    visibility: int = Visibility.VISIBLE
    origin: int = Origin.PLACED
    mask: Outline | None = None
    fault: Unreadable | None = None
    order: int = 0
    """Its place in its frame."""


def shape(
    node: Node, label: str, size: tuple[int, int] | None, source: str | None = None
) -> Shape:
    """From an element of the XML.

    `size` is the image's [px], where it is known; `source` its track's.
    """
    attrs = node.attrs
    made = Shape(node.tag, label, node.raw, group=attrs.get("group_id") or None)
    made.source = (attrs.get("source") or source or "manual").lower()
    made.attributes = attributes(node) if node.children else {}
    made.visibility = flag(attrs)
    made.origin = origin(attrs.get("keyframe") != "0", made.source)
    try:
        if node.tag == "skeleton":
            made.elements = [
                element(each, made)
                for each in node.children
                if each.tag not in ("attribute", "track")
            ]
        elif node.tag == "box":
            made.kind, made.values = "box", box(attrs)
        elif node.tag == "mask":
            made.mask = mask(attrs, size)
        elif node.tag == "ellipse":
            made.kind, made.values = "polygon", ellipse(attrs)
        else:
            made.values = pairs(attrs.get("points", ""))
    except Unreadable as fault:
        made.fault = fault
    return made


def element(node: Node, of: Shape) -> Element:
    """A skeleton's; it is a keyframe on its own account."""
    attrs = node.attrs
    label, text = attrs.get("label", ""), attrs.get("points", "")
    first, _, second = text.partition(",")
    try:
        x, y = float(first), float(second)
    except ValueError:
        raise Unreadable(
            "coordinate", f"{label!r} is at {text[:40]!r}, which is no x,y; place it"
        ) from None
    return Element(
        label,
        x,
        y,
        flag(attrs),
        origin(attrs["keyframe"] != "0", of.source)
        if "keyframe" in attrs
        else of.origin,
        attributes(node) if node.children else {},
    )


def attributes(node: Node) -> dict[str, str]:
    """The `<attribute>` children, by name; empty ones are left out."""
    return {
        each.attrs["name"]: each.text
        for each in node.children
        if each.tag == "attribute" and each.text and "name" in each.attrs
    }


def flag(attrs: Mapping[str, str]) -> int:
    """`outside` and `occluded` as visibility."""
    if attrs.get("outside") == "1":
        return Visibility.UNLABELLED
    return Visibility.OCCLUDED if attrs.get("occluded") == "1" else Visibility.VISIBLE


def origin(keyframe: bool, source: str) -> int:
    """What is no keyframe was interpolated; what a model placed and a person moved is
    `semi-auto`."""
    if not keyframe:
        return Origin.INTERPOLATED
    return Origin.CORRECTED if source == "semi-auto" else Origin.PLACED


def pairs(text: str) -> list[float]:
    """`x,y;x,y` as numbers; raises Unreadable."""
    try:
        values = [float(v) for v in text.replace(";", ",").split(",")]
    except ValueError:
        values = []
    if not values or len(values) % 2:
        raise Unreadable(
            "coordinate", f"points {text[:40]!r} are no x,y;x,y; draw it again"
        )
    return values


def box(attrs: Mapping[str, str]) -> list[float]:
    """Left, top, right, bottom; of a rotated box those of what encloses it."""
    try:
        sides = [float(attrs[name]) for name in ("xtl", "ytl", "xbr", "ybr")]
        turn = float(attrs.get("rotation", 0))
    except (KeyError, ValueError):
        raise Unreadable("coordinate", "a box lacks a side; draw it again") from None
    return turned(sides, turn)


def ellipse(attrs: Mapping[str, str]) -> list[float]:
    """The corners of the polygon that stands for it; raises Unreadable."""
    try:
        x, y, rx, ry = (float(attrs[name]) for name in ("cx", "cy", "rx", "ry"))
        return oval(x, y, rx, ry, float(attrs.get("rotation", 0)))
    except (KeyError, ValueError):
        raise Unreadable("coordinate", "an ellipse lacks a radius; draw it") from None


def turned(sides: list[float], degrees: float) -> list[float]:
    """Left, top, right, bottom of what encloses a box that is turned by its centre."""
    if not degrees % 360:
        return sides
    left, top, right, bottom = sides
    angle = math.radians(degrees)
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    width, height = right - left, bottom - top
    across, down = width * cos + height * sin, width * sin + height * cos
    x, y = (left + right) / 2, (top + bottom) / 2
    return [x - across / 2, y - down / 2, x + across / 2, y + down / 2]


def mask(attrs: Mapping[str, str], size: tuple[int, int] | None) -> Outline:
    """What the RLE covers; raises Unreadable."""
    try:
        runs = [int(run) for run in attrs["rle"].split(",")]
        left, top, width, height = (
            int(attrs[name]) for name in ("left", "top", "width", "height")
        )
    except (KeyError, ValueError):
        raise Unreadable("mask", "a mask lacks its runs or its box") from None
    return painted(runs, (left, top, width, height), size)


def painted(
    runs: Sequence[int],
    at: tuple[int, int, int, int],
    size: tuple[int, int] | None,
) -> Outline:
    """The object of outside and inside in turn along the rows of a box.

    Args:
      runs: how many pixels [px] each.
      at: left, top, width, height of the box [px].
      size: width, height of the image [px].

    Raises:
      Unreadable: the size is not known, the box not inside it, or not filled.
    """
    if size is None:
        raise Unreadable("mask", "the size of a mask's image is not known; export it")
    left, top, width, height = at
    inside = left >= 0 and top >= 0 and width > 0 and height > 0
    if not inside or left + width > size[0] or top + height > size[1]:
        raise Unreadable("mask", f"a mask's box {at} is not in the image of {size}")
    if size[0] * size[1] > LARGEST:
        raise Unreadable("mask", f"an image of {size} is too large to paint a mask in")
    if sum(runs) != width * height or min(runs) < 0:
        raise Unreadable("mask", f"a mask's runs do not fill its {width} x {height} px")
    image = np.zeros((size[1], size[0]), np.bool_)
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    image[top : top + height, left : left + width] = values.reshape(height, width)
    found = outlines.mask(image)
    if found is None:
        raise Unreadable("mask", "a mask has nothing inside; draw it again")
    return found


def oval(x: float, y: float, rx: float, ry: float, degrees: float) -> list[float]:
    """The corners of the polygon that stands for an ellipse: x, y in turn [px]."""
    corners = outlines.ellipse((x, y), (rx, ry), math.radians(degrees))
    return [value for corner in corners for value in corner]


def said(given: Mapping[str, str]) -> int | None:
    """The visibility that an attribute gives: teams without skeletons keep it there."""
    for name, value in given.items():
        known, word = plain(name), value.strip().lower()
        if known in _SEEN and word in ("0", "1", "2"):
            return int(word)
        if known in _SEEN and word in _YES | _NO:
            return Visibility.VISIBLE if word in _YES else Visibility.OCCLUDED
        if known in _HIDDEN and word in _YES | _NO:
            return Visibility.OCCLUDED if word in _YES else Visibility.VISIBLE
    return None
