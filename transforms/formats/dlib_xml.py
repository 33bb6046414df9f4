"""dlib's imglab: images with boxes, and the parts of what is in each.

<dataset> <images>
  <image file='a.jpg' width='640' height='480'>
    <box top='74' left='53' width='87' height='87' occluded='1'>
      <label>face</label> <part name='00' x='55' y='141'/> …
"""

import re
from collections.abc import Iterator
from contextlib import suppress

import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.instances import REMEDY
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.xml_records import Node, Records
from posegate.transforms.formats.xml_stream import Broken
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.schema import Visibility

NAME = "dlib-xml"
SUFFIXES = (".xml",)
CARRIES = Carries(
    visibility="none: what is there counts as visible; `occluded` of a box is an "
    "attribute",
    convention="whole px; (0, 0) is the centre of the top-left pixel. A box of width w "
    "covers w pixels",
)
TRAPS = {
    f"{NAME}.whole-px": "Positions are whole px: each is off by up to half a px.",
    f"{NAME}.from-one": "Parts are called 1, 2, 3 …: taken in the skeleton's order; "
    "imglab itself counts from 0.",
    f"{NAME}.ignored": "A box is marked to be ignored: counted, and no row.",
    f"{NAME}.other-skeleton": "The parts are not the skeleton's keypoints: "
    "quarantined, with the difference.",
    f"{NAME}.left-out": "Parts that `points.ignore` lists: left out, counted.",
    f"{NAME}.part-twice": "A part stands twice in a box: quarantined.",
    f"{NAME}.box": "A box lacks a side: its parts are read without it.",
    f"{NAME}.image": "An image has no file: its boxes are quarantined.",
    f"{NAME}.syntax": "An element is not well formed: it is quarantined, and reading "
    "goes on at the next.",
}
_HEAD = re.compile(
    rb"\A\s*(<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<dataset[\s>]", re.DOTALL
)
_IMAGES = re.compile(rb"<images[\s>/]|<image\s[^>]*\bfile\s*=")
_FITS = {68: ("300w_68",)}
_OUTLINE = ("dataset", "images")
_SIDES = ("left", "top", "width", "height")
_SAYS = (
    *("occluded", "truncated", "difficult", "pose", "angle", "age", "gender"),
    "detection_score",
)


def sniff(head: bytes, name: str) -> bool:
    """Whether it is imglab's root, with a list of images."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    return _HEAD.match(head) is not None and _IMAGES.search(head) is not None


def names(file: File) -> list[Names]:
    """The parts of all boxes; how many there are, where they are numbers."""
    found: dict[str, None] = {}
    with suppress(DamagedStream):
        for event in Records(file.chunks(), _OUTLINE, "image"):
            if isinstance(event, Node):
                parts = [p for each in event.children for p in each.children]
                found |= {p.attrs.get("name", ""): None for p in parts if p.attrs}
    if not all(name.isdecimal() for name in found):
        return [Names("object", tuple(found))]
    count = max((int(name[:9]) + 1 for name in found), default=0)
    return [Names("object", count=count, fits=_FITS.get(count, ()))]


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a box a row."""
    build = Build(context, tally, NAME)
    reading = _Reading(context, build)
    for file in build.files():
        if file.name.lower().endswith((*SUFFIXES, ".xml.gz")):
            yield from reading.file(file)
    yield from build.rest()


class _Reading:
    """One shard being read."""

    def __init__(self, context: Context, build: Build) -> None:
        self._skeleton, self._build = context.skeleton, build
        self._naming = Naming(context.skeleton)
        self._points = context.delivery.points
        self._position = 0

    def file(self, file: File) -> Iterator[pa.RecordBatch]:
        """The batches that a file fills."""
        try:
            for event in Records(
                file.chunks(), _OUTLINE, "image", frozenset({"label"})
            ):
                if isinstance(event, Broken):
                    self._build.refuse(
                        file.name, self._next(), "syntax", event.detail, event.raw
                    )
                elif isinstance(event, Node) and event.tag == "image":
                    self._image(file, event)
                yield from self._build.ready()
        except DamagedStream as damage:
            self._build.damaged(file.name, damage)

    def _next(self) -> int:
        self._position += 1
        return self._position - 1

    def _image(self, file: File, node: Node) -> None:
        """The records of an image."""
        self._build.images()
        boxes = [each for each in node.children if each.tag == "box"]
        for i, each in enumerate(boxes):
            if each.attrs.get("ignore") == "1":
                self._build.note("ignored")
                continue
            record = Record(
                self._next(), node.attrs.get("file", ""), source=file.name, id=str(i)
            )
            record.raw = node.raw
            record.width = _size(node.attrs.get("width"))
            record.height = _size(node.attrs.get("height"))
            if not record.image:
                record.refusal = f"{NAME}.image", "the image has no file; name it"
            self._box(record, each)
            self._build.put(record)

    def _box(self, record: Record, node: Node) -> None:
        """A box and its parts."""
        sides = [_number(node.attrs.get(side)) for side in _SIDES]
        if None in sides:
            record.repairs = [*record.repairs, f"{NAME}.box"]
        else:
            record.bbox = [side for side in sides if side is not None]
        said = {name: node.attrs[name] for name in _SAYS if name in node.attrs}
        if label := node.says("label"):
            said["category"] = label
        record.attributes = said or None
        self._parts(record, [each for each in node.children if self._meant(each)])

    def _meant(self, node: Node) -> bool:
        """Whether it is a part, and none that the delivery leaves out."""
        name = node.attrs.get("name", "")
        if node.tag != "part" or not self._points.ignored(name):
            return node.tag == "part"
        left = self._naming.find(name) is None
        self._build.note("left-out", int(left))
        return not left

    def _parts(self, record: Record, parts: list[Node]) -> None:
        names = [each.attrs.get("name", "") for each in parts]
        places, from_one = self._places(names)
        if None in places:
            detail = difference(names, self._skeleton) + REMEDY
            record.refusal = record.refusal or (f"{NAME}.other-skeleton", detail)
            return
        if from_one:
            record.repairs = [*record.repairs, f"{NAME}.from-one"]
        whole, points = bool(parts), dict[int, tuple[float, ...]]()
        for name, k, part in zip(names, places, parts, strict=True):
            x, y = _number(part.attrs.get("x")), _number(part.attrs.get("y"))
            if k is None or k in points or x is None or y is None:
                record.refusal = record.refusal or _fault(name, k in points)
                return
            points[k] = (x, y, Visibility.VISIBLE)
            whole = whole and x.is_integer() and y.is_integer()
        record.place(points)
        self._build.note("whole-px", int(whole))

    def _places(self, names: list[str]) -> tuple[list[int | None], bool]:
        """The keypoint of each name; whether the names are numbers from 1.

        `00`, `01` … and `0`, `1` … are numbers, whatever order they stand in.
        """
        found = [self._naming.find(name) for name in names]
        if None not in found or not all(n.isdecimal() and n.isascii() for n in names):
            return found, False
        k, numbers = len(self._skeleton.keypoints), [int(name[:9]) for name in names]
        first = int(max(numbers) == k and 0 not in numbers)
        return [n - first if n - first < k else None for n in numbers], bool(first)


def _fault(name: str, twice: bool) -> tuple[str, str]:
    if twice:
        return f"{NAME}.part-twice", f"part {name!r} stands twice; keep one"
    return f"{NAME}.coordinate", f"part {name!r} has no position; place it"


def _number(text: str | None) -> float | None:
    """None where it is none."""
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def _size(text: str | None) -> int | None:
    value = _number(text)
    return int(value) if value is not None and 0 < value < 1 << 24 else None
