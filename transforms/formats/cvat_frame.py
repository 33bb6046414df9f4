"""One frame's CVAT shapes as records: what belongs together, and what is not said.

A skeleton is an instance. Points that share a `group_id` are one, by their labels; so
are the points of a frame where no label stands twice. A box, a mask or polygons of the
same group are that instance's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from posegate.transforms.formats import outlines
from posegate.transforms.formats.cvat_shapes import Element, Shape, said
from posegate.transforms.formats.instances import REMEDY
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.xml_records import whole
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.reading import PointNames
from posegate.transforms.model.skeleton import Skeleton

TRAPS = {
    "other-skeleton": "The names or the number of the keypoints are not the "
    "skeleton's: quarantined, with the difference.",
    "keypoint-twice": "A keypoint stands twice in one skeleton or group: quarantined.",
    "ungrouped": "Points of several objects lie in one frame without a group: "
    "quarantined, for nothing says whose they are.",
    "mask": "A mask cannot be read: quarantined.",
    "left-out": "Points that `points.ignore` lists: left out, counted.",
    "numbered": "Keypoints are called 1, 2, 3 …, as CVAT does by default: taken in the "
    "skeleton's order.",
    "points-by-order": "Points have no names: taken in the skeleton's order. Nothing "
    "shows whether they were placed in that order.",
    "instance-from-image": "Single points have no group: all those of the frame are "
    "taken for one instance.",
    "box-from-image": "A box has no group: the only one in the frame, around all "
    "points of the only pose, is taken for its box.",
    "group-of-many": "Several poses share a group: each is an instance, and the "
    "group's boxes and masks are none's.",
    "visibility-from-attribute": "An attribute says whether a point is hidden: it sets "
    "the visibility.",
    "imported": "CVAT read the shape from a file: who placed it is not known.",
}
"""Without the format's name; of every format whose shapes are put together here."""


@dataclass
class Frames:
    """Makes records of the shapes of a frame; `name` is the format's.

    The records have no image yet; their position is that in the frame.
    """

    name: str
    skeleton: Skeleton
    points: PointNames = field(default_factory=PointNames)
    left_out: int = 0
    """Points that were left out on request."""
    _known: dict[str, int | None] = field(default_factory=dict)
    _numbers: set[str] = field(default_factory=set)
    _whole: dict[tuple[str, ...], list[int] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._naming = Naming(self.skeleton)

    def records(self, shapes: Sequence[Shape]) -> Iterator[Record]:
        """Those of one frame, in the order in which each begins."""
        groups: dict[str, list[Shape]] = {}
        if self.points.ignore:
            shapes = self._kept(shapes)
        for i, each in enumerate(shapes):
            each.order = i
            if each.group is not None:
                groups.setdefault(each.group, []).append(each)
        alone = [each for each in shapes if each.group is None]
        found = [record for some in groups.values() for record in self._group(some)]
        found += self._alone(alone)
        yield from sorted(found, key=lambda record: record.position)

    def _kept(self, shapes: Sequence[Shape]) -> list[Shape]:
        """Without the single points that are to be ignored."""
        kept = []
        for each in shapes:
            alone = each.kind == "points" and len(each.values) == 2
            if alone and self._ignored(each.label):
                self.left_out += 1
            else:
                kept.append(each)
        return kept

    def _leave_out(self, each: Shape) -> None:
        """Takes the points that are to be ignored from a skeleton of some others."""
        every = each.placed.elements() if each.placed is not None else each.elements
        kept = [e for e in every if not self._ignored(e.label)]
        if kept and len(kept) < len(every):
            self.left_out += len(every) - len(kept)
            each.elements, each.placed = kept, None

    def _ignored(self, label: str) -> bool:
        return self._find(label) is None and self.points.ignored(label)

    def pose(self, each: Shape) -> Record:
        """A skeleton's."""
        if self.points.ignore:
            self._leave_out(each)
        record = self._record(each)
        if each.fault is None and each.placed is None:
            self._place(record, each.elements)
        elif each.fault is None and each.placed is not None:
            keypoints = self.keypoints(each.placed.labels)
            if keypoints is None:
                self._place(record, each.placed.elements())
            else:
                record.keypoints, record.origin = keypoints, each.placed.origin
                record.x, record.y = each.placed.x, each.placed.y
                record.visibility = each.placed.visibility
        return record

    def keypoints(self, labels: tuple[str, ...]) -> list[int] | None:
        """The keypoint of each label, if each means another by its name."""
        if labels not in self._whole:
            found = [k for label in labels if (k := self._find(label)) is not None]
            good = len(set(found)) == len(labels) and self._numbers.isdisjoint(labels)
            self._whole[labels] = found if good else None
        return self._whole[labels]

    def _group(self, some: Sequence[Shape]) -> Iterator[Record]:
        good = [each for each in some if each.fault is None]
        for each in some:
            if each.fault is not None:
                yield self._record(each)
        poses = [each for each in good if each.kind == "skeleton"]
        points = [each for each in good if each.kind == "points"]
        rest = [each for each in good if each.kind in ("box", "polygon", "mask")]
        if len(poses) + bool(points) > 1:
            found = [self.pose(each) for each in poses]
            found += self._points(points, inferred=False) if points else []
            for record in found:
                record.repairs = [*record.repairs, self._code("group-of-many")]
            yield from found
            yield from (self._outline([each]) for each in rest)
        elif poses or points:
            found = [self.pose(poses[0])] if poses else list(self._points(points))
            self._outline(rest, found[0])
            yield from found
        elif sum(each.kind == "box" for each in rest) > 1:
            yield from (self._outline([each]) for each in rest)
        elif rest:
            yield self._outline(rest)

    def _alone(self, some: Sequence[Shape]) -> Iterator[Record]:
        found: list[Record] = []
        singles: list[Shape] = []
        boxes: list[Shape] = []
        for each in some:
            if each.fault is not None:
                yield self._record(each)
            elif each.kind == "skeleton":
                found.append(self.pose(each))
            elif each.kind == "points" and len(each.values) == 2:
                singles.append(each)
            elif each.kind == "points":
                found += self._points([each])
            elif each.kind == "box":
                boxes.append(each)
            else:
                yield self._outline([each])
        if singles:
            found += self._points(singles, inferred=True)
        if len(found) == len(boxes) == 1 and _around(boxes[0], found[0]):
            self._outline(boxes, found[0])
            found[0].repairs = [*found[0].repairs, self._code("box-from-image")]
            boxes = []
        yield from found
        yield from (self._outline([each]) for each in boxes)

    def _points(
        self, some: Sequence[Shape], inferred: bool = False
    ) -> Iterator[Record]:
        """Of points that are one object's; `inferred`, or may be."""
        names = self.skeleton.keypoints
        labels = {each.label for each in some}
        unnamed = len(labels) == 1 < len(some)
        if unnamed or any(len(each.values) > 2 for each in some):
            yield self._by_order(some, inferred)
            return
        strays = [each for each in some if self._find(each.label) is None]
        if inferred and len(strays) < len(some):
            for each in strays:
                yield self._refused([each], "other-skeleton", _stray(each, names))
            some = [each for each in some if self._find(each.label) is not None]
        record = self._record(some[0])
        record.raw = b"".join(each.raw for each in some)
        record.attributes = None
        self._place(record, [_element(each) for each in some])
        if inferred:
            if record.refusal is not None and "twice" in record.refusal[0]:
                record.refusal = self._refusal("ungrouped", record.refusal[1])
            record.repairs = [*record.repairs, self._code("instance-from-image")]
        yield record

    def _by_order(self, some: Sequence[Shape], inferred: bool) -> Record:
        """Of points that nothing names."""
        names = self.skeleton.keypoints
        count = sum(len(each.values) // 2 for each in some)
        if count != len(names):
            return self._refused(
                some,
                "other-skeleton",
                f"{count} points called {some[0].label!r} are not "
                f"{self.skeleton.name}'s {len(names)}; annotate with a skeleton",
            )
        record = self._record(some[0])
        record.raw = b"".join(each.raw for each in some)
        spread = [
            Element("", x, y, flag, each.origin)
            for each in some
            for x, y, flag in zip(
                each.values[::2],
                each.values[1::2],
                each.flags or [each.visibility] * (len(each.values) // 2),
                strict=True,
            )
        ]
        for name, element in zip(names, spread, strict=True):
            element.label = name
        if len(some) > 1:
            record.attributes = None
            for each, element in zip(some, spread, strict=True):
                element.attributes = each.attributes
        self._place(record, spread)
        codes = [self._code("points-by-order")]
        if inferred:
            codes.append(self._code("instance-from-image"))
        record.repairs = [*record.repairs, *codes]
        return record

    def _outline(self, some: Sequence[Shape], record: Record | None = None) -> Record:
        """Gives a record its box and segments; one of its own where there is none."""
        if record is None:
            record = self._record(some[0], always=True)
        boxes = [each for each in some if each.kind == "box"]
        masks = [each for each in some if each.mask is not None]
        polygons = [
            list(zip(each.values[::2], each.values[1::2], strict=True))
            for each in some
            if each.kind == "polygon"
        ]
        if boxes:
            left, top, right, bottom = boxes[0].values
            record.bbox = [left, top, right - left, bottom - top]
            self._take(record, boxes[0])
        found = masks[0].mask if masks else outlines.polygon(polygons)
        if masks:
            self._take(record, masks[0])
        if found is not None:
            record.segmentation, record.area = found.segmentation, found.area
        return record

    def _take(self, record: Record, each: Shape) -> None:
        """The attributes of a box or a mask, where the pose has no such."""
        if each.attributes:
            record.attributes = {**each.attributes, **(record.attributes or {})}

    def _record(self, each: Shape, always: bool = False) -> Record:
        """What any shape says; its class where it is not the skeleton's own."""
        record = Record(each.order, "", raw=each.raw, id=each.id)
        if each.attributes:
            record.attributes = dict(each.attributes)
        named = each.kind == "skeleton" or len(each.values) > 2
        always |= named and each.label != self.skeleton.category
        if always and each.label:
            record.attributes = {**(record.attributes or {}), "category": each.label}
        if each.source == "auto":
            record.model = True
        elif each.source == "file":
            record.repairs = [self._code("imported")]
        if each.fault is not None:
            record.refusal = self._refusal(each.fault.code, each.fault.detail)
        return record

    def _place(self, record: Record, elements: Sequence[Element]) -> None:
        """Puts points where their names say, or refuses the record."""
        points: dict[int, tuple[float, ...]] = {}
        hidden, numbered, known = False, False, self._known
        for each in elements:
            label = each.label
            k = known[label] if label in known else self._find(label)
            if k is None or k in points:
                record.refusal = self._named_wrongly(elements, each.label, k)
                return
            if each.attributes:
                hidden |= self._say(record, each)
            numbered |= label in self._numbers
            seen = each.visibility
            x, y = (each.x, each.y) if seen else (_NAN, _NAN)
            points[k] = (x, y, seen, each.origin)
        record.place(points)
        if hidden:
            record.repairs = [*record.repairs, self._code("visibility-from-attribute")]
        if numbered:
            record.repairs = [*record.repairs, self._code("numbered")]

    def _say(self, record: Record, each: Element) -> bool:
        """Takes an element's attributes over; whether one gave the visibility."""
        some = {f"{each.label}.{name}": text for name, text in each.attributes.items()}
        record.attributes = {**(record.attributes or {}), **some}
        given = said(each.attributes)
        if given is None or not each.visibility:
            return False
        before, each.visibility = each.visibility, given
        return given != before

    def _find(self, label: str) -> int | None:
        """The keypoint that a label means; CVAT calls those of a new skeleton 1, 2 …"""
        if label not in self._known:
            found = self._naming.find(label)
            number = whole(label)
            k = len(self.skeleton.keypoints)
            if found is None and number is not None and 0 < number <= k:
                found = number - 1
                self._numbers.add(label)
            self._known[label] = found
        return self._known[label]

    def _named_wrongly(
        self, elements: Sequence[Element], label: str, k: int | None
    ) -> tuple[str, str]:
        if k is not None:
            return self._refusal(
                "keypoint-twice", f"{label!r} stands twice; keep one of each keypoint"
            )
        names = [each.label for each in elements]
        detail = difference(names, self.skeleton) + REMEDY
        return self._refusal("other-skeleton", detail)

    def _refused(self, some: Sequence[Shape], code: str, detail: str) -> Record:
        record = self._record(some[0])
        record.raw = b"".join(each.raw for each in some)
        record.refusal = self._refusal(code, detail)
        return record

    def _refusal(self, code: str, detail: str) -> tuple[str, str]:
        return self._code(code), detail

    def _code(self, code: str) -> str:
        return f"{self.name}.{code}"


_NAN = float("nan")


def _element(each: Shape) -> Element:
    """A single point's; raises nothing: it has one position."""
    x, y = each.values[:2]
    return Element(each.label, x, y, each.visibility, each.origin, each.attributes)


def _stray(each: Shape, names: Sequence[str]) -> str:
    return (
        f"a point called {each.label!r} is no keypoint ({', '.join(names[:3])}, …); "
        "name it as the skeleton does"
    )


def _around(box: Shape, record: Record) -> bool:
    """Whether a box holds every point that a record labels, and there is one."""
    left, top, right, bottom = box.values
    seen = record.labelled()
    inside = [left <= x <= right and top <= y <= bottom for x, y in seen]
    return record.refusal is None and bool(seen) and all(inside)
