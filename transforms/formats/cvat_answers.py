"""What a CVAT server answers when it is asked for annotations, as shapes of frames.

    {"shapes": [{"type": "skeleton", "frame": 0, "label_id": 7, "elements": [...]}],
     "tracks": [{"label_id": 7, "elements": [{"label_id": 8, "shapes": [...]}]}], ...}

A track's answer has keyframes only: the rows are the frames in which any point of it is
one, and a point that is none in such a frame is put where CVAT would show it, as
interpolated.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from posegate.transforms.formats.cvat_shapes import (
    Element,
    Shape,
    Unreadable,
    origin,
    oval,
    painted,
    turned,
)
from posegate.transforms.formats.values import scalar
from posegate.transforms.model.schema import Visibility

KINDS = {
    "skeleton": "skeleton",
    "points": "points",
    "rectangle": "box",
    "polygon": "polygon",
    "ellipse": "polygon",
    "mask": "mask",
}
"""Ours, by the server's; others are left alone."""


class Attribute(msgspec.Struct):
    spec_id: int | None = None
    name: str | None = None
    value: Any = None


Frame = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


class Drawn(msgspec.Struct):
    """A shape, or a track's in one keyframe."""

    type: str
    frame: Frame
    points: list[float] = []
    id: int | None = None
    label_id: int | None = None
    label: str | None = None
    group: int | None = 0
    source: str = "manual"
    rotation: float | None = 0.0
    outside: bool = False
    occluded: bool = False
    attributes: list[Attribute] = []
    elements: list["Drawn"] = []


class Track(msgspec.Struct):
    id: int | None = None
    label_id: int | None = None
    label: str | None = None
    group: int | None = 0
    source: str = "manual"
    attributes: list[Attribute] = []
    shapes: list[Drawn] = []
    elements: list["Track"] = []


class Answer(msgspec.Struct):
    """A job's, a task's; the raws are decoded one by one."""

    shapes: list[msgspec.Raw] = []
    tracks: list[msgspec.Raw] = []
    tags: list[msgspec.Raw] = []


DRAWN = msgspec.json.Decoder(Drawn)
TRACK = msgspec.json.Decoder(Track)


@dataclass(frozen=True)
class Spec:
    """What labels and attributes are called, by their numbers."""

    labels: dict[int, str] = field(default_factory=dict)
    attributes: dict[int, str] = field(default_factory=dict)

    def label(self, given: Drawn | Track) -> str:
        """Raises Unreadable where nothing says it."""
        if given.label is not None:
            return given.label
        known = self.labels.get(given.label_id if given.label_id is not None else -1)
        if known is None:
            raise Unreadable(
                "label", f"label {given.label_id} has no name; add labels.json"
            )
        return known

    def said(self, given: Sequence[Attribute]) -> dict[str, str]:
        """Attributes by name; those whose name is not known by their number."""
        pairs = {}
        for each in given:
            name = each.name or self.attributes.get(each.spec_id or -1)
            value = scalar(each.value)
            if value is not None:
                pairs[name or f"attribute {each.spec_id}"] = value
        return pairs


@dataclass(frozen=True)
class Seen:
    """A shape in a frame."""

    frame: int
    shape: Shape
    track: int | None = None


def shape(given: Drawn, spec: Spec, size: tuple[int, int] | None, raw: bytes) -> Seen:
    """A shape that is no track's; `size` [px] is its image's, where it is known."""
    made = Shape(KINDS[given.type], "", raw, id=given.id, source=given.source.lower())
    made.group = str(given.group) if given.group else None
    made.visibility = _flag(given)
    made.origin = origin(True, made.source)
    try:
        made.label = spec.label(given)
        made.attributes = spec.said(given.attributes)
        _draw(made, given, size)
        made.elements = [
            _element(each, spec, each.points, made.origin) for each in given.elements
        ]
    except Unreadable as fault:
        made.fault = fault
    return Seen(given.frame, made)


def track(given: Track, spec: Spec, raw: bytes) -> Iterator[Seen]:
    """A track's shape in each of its keyframes in which it is to be seen."""
    source, group = given.source.lower(), str(given.group) if given.group else None
    if given.elements:
        frames = sorted({s.frame for e in given.elements for s in e.shapes})
        lines = [(each, _Line(each.shapes)) for each in given.elements]
    else:
        frames = sorted({s.frame for s in given.shapes})
        lines = []
    own = _Line(given.shapes)
    for frame in frames:
        base = own.at(frame)
        kind = "skeleton" if lines else KINDS.get(base.shape.type, "")
        made = Shape(kind, "", raw, id=given.id, group=group, source=source)
        made.origin = origin(True, source)
        try:
            made.label = spec.label(given)
            made.attributes = spec.said([*given.attributes, *base.shape.attributes])
            if lines:
                made.elements = _between(lines, frame, spec, source)
            else:
                made.visibility = _flag(base.shape)
                _draw(made, base.shape, None)
        except Unreadable as fault:
            made.fault = fault
        hidden = [not e.visibility for e in made.elements] or [not made.visibility]
        if made.fault is not None or not all(hidden):
            yield Seen(frame, made, given.id)


def _between(
    lines: "Sequence[tuple[Track, _Line]]", frame: int, spec: Spec, source: str
) -> list[Element]:
    """A skeleton's points in a frame."""
    elements = []
    for each, line in lines:
        if not line:
            continue
        found = line.at(frame)
        made = _element(
            found.shape, spec, found.points, origin(found.key, source), each
        )
        elements.append(made)
    return elements


@dataclass(frozen=True)
class _At:
    shape: Drawn
    points: Sequence[float]
    key: bool


class _Line:
    """The keyframes of a track."""

    def __init__(self, shapes: Sequence[Drawn]) -> None:
        self._shapes = sorted(shapes, key=lambda shape: shape.frame)
        self._frames = [shape.frame for shape in self._shapes]

    def __len__(self) -> int:
        return len(self._shapes)

    def at(self, frame: int) -> _At:
        """The shape in a frame: a keyframe, or on the line between two of them.

        Before the first it is not to be seen, after the last it stays.
        """
        i = bisect_right(self._frames, frame) - 1
        if i < 0:
            if not self._shapes:
                return _At(Drawn("none", frame, outside=True), (), False)
            first = self._shapes[0]
            return _At(
                msgspec.structs.replace(first, outside=True), first.points, False
            )
        here = self._shapes[i]
        if here.frame == frame or i + 1 == len(self._shapes) or here.outside:
            return _At(here, here.points, here.frame == frame)
        after = self._shapes[i + 1]
        share = (frame - here.frame) / (after.frame - here.frame)
        if len(after.points) != len(here.points):
            return _At(here, here.points, False)
        points = [
            a + (b - a) * share for a, b in zip(here.points, after.points, strict=True)
        ]
        return _At(here, points, False)


def _draw(made: Shape, given: Drawn, size: tuple[int, int] | None) -> None:
    values = given.points
    if made.kind == "box":
        if len(values) != 4:
            raise Unreadable("coordinate", f"a box of {len(values)} numbers; draw it")
        made.values = turned(list(values), given.rotation or 0.0)
    elif made.kind == "mask":
        if len(values) < 5:
            raise Unreadable("mask", "a mask lacks its runs or its box")
        left, top, right, bottom = (int(v) for v in values[-4:])
        at = (left, top, right - left + 1, bottom - top + 1)
        made.mask = painted([int(v) for v in values[:-4]], at, size)
    elif given.type == "ellipse":
        if len(values) != 4:
            raise Unreadable("coordinate", f"an ellipse of {len(values)} numbers")
        x, y, east, north = values
        made.values = oval(x, y, east - x, y - north, given.rotation or 0.0)
    elif made.kind in ("points", "polygon"):
        if not values or len(values) % 2:
            raise Unreadable("coordinate", f"{len(values)} numbers are no points")
        made.values = values


def _element(
    given: Drawn,
    spec: Spec,
    points: Sequence[float],
    how: int,
    of: Track | None = None,
) -> Element:
    label = spec.label(of or given)
    if len(points) != 2:
        raise Unreadable("coordinate", f"{label!r} has {len(points)} numbers; place it")
    said = spec.said([*(of.attributes if of else ()), *given.attributes])
    return Element(label, points[0], points[1], _flag(given), how, said)


def _flag(given: Drawn) -> int:
    if given.outside:
        return Visibility.UNLABELLED
    return Visibility.OCCLUDED if given.occluded else Visibility.VISIBLE
