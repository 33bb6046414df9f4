"""Datumaro's JSON, as CVAT exports it: items with annotations, labels by number.

{"categories": {"label": {"labels": [{"name", "parent"}]},
                "points": {"items": [{"label_id", "labels": [...]}]}},
 "items": [{"id", "image": {"path", "size": [h, w]}, "attr": {"frame"},
            "annotations": [{"type": "skeleton", "label_id", "group", "attributes",
                             "points": [x, y, v, ...]  or  "elements": [...]}]}]}
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any

import msgspec
import pyarrow as pa

from posegate.transforms.formats import cvat_frame
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.cvat_frame import Frames
from posegate.transforms.formats.cvat_shapes import (
    Element,
    Placed,
    Shape,
    Unreadable,
    origin,
)
from posegate.transforms.formats.datumaro_poses import (
    UNKNOWN,
    About,
    Poses,
    Size,
    Waiting,
    about,
    size,
    track,
)
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_list import Bad, Good, Listed
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.keyframes import between
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.outlines import LARGEST, Outline, mask
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.values import mapping, scalar
from posegate.transforms.kernels.masks import decode
from posegate.transforms.model.schema import Visibility

NAME = "datumaro"
SUFFIXES = (".json",)
CARRIES = Carries(
    tracks="`attributes.track_id`; there `attributes.keyframe` false was interpolated",
    visibility="0 absent, 1 hidden, 2 visible",
    masks="`mask` (RLE) and `polygon`, of the same group or on their own",
    convention="px as the tool had them: CVAT's (0, 0) is the corner of the top-left "
    "pixel",
)
_NOT = {"imported"}
TRAPS = {
    **{f"{NAME}.{c}": said for c, said in cvat_frame.TRAPS.items() if c not in _NOT},
    f"{NAME}.categories": "The labels that annotations are of do not stand before "
    "them, or are none: the file is not read.",
    f"{NAME}.item": "An item is none: quarantined.",
    f"{NAME}.label": "A label has no name: the annotation is quarantined.",
    f"{NAME}.left-alone": "What is no pose, box or mask is counted, and left alone.",
}
_KINDS = {"bbox": "box", **{kind: kind for kind in ("skeleton", "points", "polygon")}}
_KINDS |= {"mask": "mask"}
_OWN = {"track_id", "keyframe", "outside", "occluded", "rotation"}
_FLAGS = {0.0: 0, 1.0: 1, 2.0: 2}
_LABELLED = frozenset({1.0, 2.0})
_NUMBERS = frozenset({int, float})
_HEAD = 16 << 20  # bytes before the first item: the labels

Json = Mapping[str, Any]


class Item(msgspec.Struct):
    """One image, and what is drawn in it."""

    id: str = ""
    annotations: list[dict[str, Any]] = []
    image: dict[str, Any] | None = None
    attr: dict[str, Any] | None = None


_LISTED = Listed[Poses | Item](Poses, ("items",), [Item])


def sniff(head: bytes, name: str) -> bool:
    """Whether it has items, and categories of its own kind."""
    found = outline(head)
    own = {"categories/label", "categories/label/labels", "categories/points"}
    return bool(own & found.keys()) and "annotations" not in found


def names(file: File) -> list[Names]:
    """The points of its skeletons."""
    with suppress(DamagedStream, Unreadable):
        labels = _Labels(_categories(file))
        return [
            Names(labels.names[i], tuple(own))
            for i, own in labels.points.items()
            if i < len(labels.names)
        ]
    return []


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build, position = Build(context, tally, NAME), 0
    frames = Frames(NAME, context.skeleton, context.delivery.points)
    for file in build.files():
        if not file.name.lower().endswith((".json", ".json.gz")):
            continue
        try:
            labels = _Labels(_categories(file))
        except DamagedStream as damage:
            build.damaged(file.name, damage)
            continue
        except Unreadable as fault:
            build.say(file.name, fault.code, fault.detail)
            continue
        reading = _Reading(build, labels, frames, file.name, position)
        for found in _LISTED.read(file):
            if len(reading.waiting) >= context.batch:
                reading.rest()
            reading.take(found)
            yield from build.ready()
        reading.rest()
        position = reading.position
    build.note("left-out", frames.left_out)
    yield from build.rest()


def _categories(file: File) -> Json:
    """What stands before the items; raises Unreadable."""
    head = b""
    for piece in file.chunks():
        head += piece
        if b'"items"' in head or len(head) > _HEAD:
            break
    at = head.find(b'"categories"')
    start = head.find(b"{", at) if at >= 0 else -1
    text = head[start:].decode("utf-8", "replace") if start >= 0 else ""
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair cannot
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unreadable("categories", "no categories before the items; export again")
    return found


class _Labels:
    """The labels' names, and the points of each skeleton's label."""

    def __init__(self, categories: Json) -> None:
        own = _list(mapping(categories.get("label")).get("labels"))
        self.names = [str(mapping(each).get("name", "")) for each in own]
        self.points = {
            number: tuple(map(str, _list(mapping(each).get("labels"))))
            for each in _list(mapping(categories.get("points")).get("items"))
            if isinstance(number := mapping(each).get("label_id"), int)
        }

    def name(self, number: Any) -> str:
        """Raises Unreadable."""
        if isinstance(number, int) and 0 <= number < len(self.names):
            return self.names[number]
        raise Unreadable("label", f"label_id {number!r} is no label's; export again")


class _Reading:
    """One file's items; `position` is that of the next record."""

    def __init__(
        self, build: Build, labels: _Labels, frames: Frames, source: str, position: int
    ) -> None:
        self._build, self._labels, self._frames = build, labels, frames
        self._source, self.position = source, position
        self.waiting = Waiting(labels.names, labels.points, frames, source)

    def take(self, found: Good[Poses | Item] | Bad) -> None:
        """An item's records, or why there are none."""
        if isinstance(found, Good):
            self._build.images()
            item = found.record
            if isinstance(item, Item):
                self._item(item, found.raw)
            else:
                self.waiting.put(item, about(item, found.raw), self.position)
                self.position += len(item.annotations)
        elif found.position < 0:
            self._build.say(self._source, found.reason, found.detail, found.raw)
        else:
            where = self._source, self.position
            self._build.refuse(*where, "item", found.detail, found.raw)
            self.position += 1

    def rest(self) -> None:
        """Takes the skeletons that wait, one by one where they are not as most."""
        rows, others = self.waiting.taken(_said)
        if rows is not None:
            self._build.add(rows)
        for pose, position, i, of in others:
            given = msgspec.to_builtins(pose)
            shape = _shape(i, given, self._labels, of.size, of.raw)
            for record in self._frames.records([shape]):
                self._put(record, given, of, position)

    def _item(self, item: Item, raw: bytes) -> None:
        of = _about(item, raw)
        kept = [each for each in item.annotations if str(each.get("type")) in _KINDS]
        self._build.note("left-alone", len(item.annotations) - len(kept))
        shapes = [
            _shape(i, each, self._labels, of.size, raw) for i, each in enumerate(kept)
        ]
        for record in self._frames.records(shapes):
            self._put(record, kept[record.position], of, self.position)
            self.position += 1

    def _put(self, record: Record, first: Json, of: About, position: int) -> None:
        """Of a record whose first shape is `first`."""
        record.track = track(mapping(first.get("attributes")))
        record.image, record.frame = of.image, of.frame
        record.source, record.position = self._source, position
        record.width, record.height = of.size
        self._build.put(record)


def _about(item: Item, raw: bytes) -> About:
    """What an item says of its image."""
    image, frame = item.image or {}, (item.attr or {}).get("frame")
    path, sides = image.get("path"), _numbers(image.get("size"))
    known = isinstance(frame, int) and 0 <= frame < 1 << 53
    return About(
        path if isinstance(path, str) and path else item.id,
        size(*sides) if len(sides) == 2 else UNKNOWN,
        frame if known else None,
        raw,
    )


def _shape(i: int, given: Json, labels: _Labels, size: Size, raw: bytes) -> Shape:
    said = mapping(given.get("attributes"))
    kind, group = _KINDS[str(given.get("type"))], given.get("group")
    made = Shape(kind, "", raw, id=str(i))
    made.group = str(group) if group else None
    made.origin = origin(not between(said, track(said) is not None), "manual")
    made.attributes = _said(said)
    made.visibility = _flag(said)
    try:
        if given.get("label_id") is not None or kind in ("skeleton", "points"):
            made.label = labels.name(given.get("label_id"))
        if kind == "skeleton":
            made.placed = _placed(given, labels, made.origin)
            if made.placed is None:
                made.elements = list(_elements(given, labels, made.origin))
        elif kind == "mask":
            made.mask = _mask(mapping(given.get("rle")), size)
        else:
            made.values = _numbers(given.get("bbox" if kind == "box" else "points"))
            if kind == "box" and len(made.values) == 4:
                x, y, w, h = made.values
                made.values = [x, y, x + w, y + h]
            elif kind == "box" or not made.values or len(made.values) % 2:
                raise Unreadable("coordinate", f"a {kind} has no positions; draw it")
            made.visibility = _first(given.get("visibility"), made.visibility)
            if kind == "points":
                _together(made, given, labels)
    except Unreadable as fault:
        made.fault = fault
    return made


def _together(made: Shape, given: Json, labels: _Labels) -> None:
    """Gives points that stand in one annotation their flags, and their names.

    So COCO's keypoints are written; where the label has no names they go by order.
    """
    flags = list(map(_visibility, _numbers(given.get("visibility"))))
    names = labels.points.get(given.get("label_id", -1), ())
    if 2 * len(flags) != len(made.values):
        return
    if len(names) != len(flags):
        made.flags = flags
        return
    columns = names, made.values[::2], made.values[1::2], flags
    made.kind, made.values = "skeleton", []
    made.elements = [Element(*each, made.origin) for each in zip(*columns, strict=True)]


def _placed(given: Json, labels: _Labels, how: int) -> Placed | None:
    """A skeleton's points at once, where all are labelled and none has attributes."""
    if _list(given.get("elements")) or any(_list(given.get("points_attributes"))):
        return None
    numbers = _numbers(given.get("points"))
    flags, names = numbers[2::3], labels.points.get(given.get("label_id", -1), ())
    if len(numbers) != 3 * len(names) or not _LABELLED.issuperset(flags):
        return None
    seen = list(map(int, flags))
    return Placed(names, numbers[::3], numbers[1::3], seen, how)


def _elements(given: Json, labels: _Labels, how: int) -> Iterator[Element]:
    """A skeleton's points, in either of the two ways in which they are written."""
    for each in map(mapping, _list(given.get("elements"))):
        at = _numbers(each.get("points"))
        said = mapping(each.get("attributes"))
        if len(at) != 2:
            raise Unreadable("coordinate", "an element has no position; place it")
        flag = _first(each.get("visibility"), _flag(said))
        own = origin(not between(said, True), "manual") if "keyframe" in said else how
        label = labels.name(each.get("label_id"))
        yield Element(label, at[0], at[1], flag, own, _said(said))
    numbers = _numbers(given.get("points"))
    names = labels.points.get(given.get("label_id", -1), ())
    if _list(given.get("points")) and not numbers:
        raise Unreadable("coordinate", "its points are no positions; place them")
    if len(numbers) % 3 or (numbers and len(numbers) != 3 * len(names)):
        raise Unreadable(
            "other-skeleton",
            f"{len(numbers) // 3} points, and {len(names)} names; export again",
        )
    said_of = [mapping(each) for each in _list(given.get("points_attributes"))]
    places = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    more = chain(map(_said, said_of), repeat({}))
    for name, (x, y, seen), said in zip(names, places, more, strict=False):
        flag = _FLAGS[seen] if seen in _FLAGS else _visibility(seen)
        yield Element(name, x, y, flag, how, said)


def _mask(rle: Json, size: Size) -> Outline:
    given = _numbers(rle.get("size"))
    sound = len(given) == 2 and 0 < given[0] * given[1] <= LARGEST
    inside = None
    if sound and size in (UNKNOWN, (int(given[1]), int(given[0]))):
        text = {"size": [int(v) for v in given], "counts": rle.get("counts")}
        with suppress(TypeError):
            inside = decode(msgspec.json.encode(text), int(given[1]), int(given[0]))
    found = mask(inside) if inside is not None else None
    if found is None:
        raise Unreadable("mask", "a mask cannot be read, or is empty; draw it again")
    return found


def _said(given: Json) -> dict[str, str]:
    """What is neither a flag nor a track's number, as texts."""
    pairs = {name: scalar(v) for name, v in given.items() if name not in _OWN}
    return {name: value for name, value in pairs.items() if value is not None}


def _flag(said: Json) -> int:
    if said.get("outside") is True:
        return Visibility.UNLABELLED
    return Visibility.OCCLUDED if said.get("occluded") is True else Visibility.VISIBLE


def _first(given: Any, otherwise: int) -> int:
    """The visibility of a single point."""
    flags = _numbers(given)
    return _visibility(flags[0]) if len(flags) == 1 else otherwise


def _visibility(flag: float) -> int:
    if flag not in _FLAGS:
        raise Unreadable("coordinate", f"a visibility is {flag:g}, none of 0, 1, 2")
    return _FLAGS[flag]


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _numbers(value: Any) -> list[float]:
    """A list of nothing but numbers; else none."""
    some = _list(value)
    kinds = set(map(type, some))
    if not kinds or not kinds <= _NUMBERS or not -1e15 < min(some) <= max(some) < 1e15:
        return []
    return list(some) if kinds == {float} else list(map(float, some))
