"""labelme's files, one an image, also as X-AnyLabeling writes them.

{"version": "5.4.1", "flags": {}, "imagePath": "a.jpg", "imageHeight": 100,
 "imageWidth": 200, "imageData": null, "shapes": [
    {"label": "nose", "shape_type": "point", "points": [[20.5, 30]],
     "group_id": 1, "flags": {}, "description": ""},
    {"label": "person", "shape_type": "rectangle", "points": [[0, 0], [9, 9]]}]}
"""

import math
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa

from posegate.transforms.formats import instances, json_names, outlines
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.grouping import Group, Nodes, Shape
from posegate.transforms.formats.instances import Instances
from posegate.transforms.formats.json_files import records, typed
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.labels import state
from posegate.transforms.formats.mask_pictures import Size, bitmap
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import image_of
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.values import real, scalar

NAME = "labelme"
SUFFIXES = (".json",)
PER_IMAGE = True
CARRIES = Carries(
    visibility="by convention: label `nose_occluded`, a flag or the description "
    "`occluded`; X-AnyLabeling's `difficult`, which its YOLO export writes as 1",
    masks="polygons, circles, masks",
    convention="px from the image's top-left corner, as they stand in the file",
)
TRAPS = instances.named(
    NAME,
    {
        **{k: v for k, v in instances.TRAPS.items() if k != "grouped-by-relation"},
        "shape": "A shape cannot be read: its instance is quarantined.",
        "mask-image": "A mask's picture inside the file cannot be read: quarantined.",
        "not-drawn": "Lines are nothing that we keep: counted, not read.",
        "scored": "Shapes have a model's score (X-AnyLabeling): a model drew them, and "
        "whether somebody looked at them the file does not say; counted.",
        "no-shapes": "A file has no list of shapes: quarantined.",
    },
)

Json = dict[str, Any]


class Drawn(msgspec.Struct, gc=False):
    """A shape; what X-AnyLabeling says besides stands last."""

    label: str
    points: list[tuple[float, float]]
    group_id: int | None = None
    shape_type: str | None = None
    flags: Any = None
    description: Any = None
    attributes: Any = None
    score: Any = None
    difficult: Any = None
    mask: Any = None


class Document(msgspec.Struct, gc=False):
    """A file."""

    shapes: list[Drawn]
    flags: Any = None
    imagePath: Any = None
    imageWidth: Any = None
    imageHeight: Any = None


_ABOUT, _DRAWN = Document.__struct_fields__[1:], Drawn.__struct_fields__
_NOTHING: Json = {"shape_type": "nothing"}
_typed = typed(Document)


def sniff(head: bytes, name: str) -> bool:
    """Whether it starts with shapes that have a type, or names its image."""
    found = outline(head)
    shapes = all(f"shapes/*/{key}" in found for key in ("label", "points"))
    return "shapes" in found and (shapes or "imagePath" in found)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches and quarantine batches."""
    build = Build(context, tally, NAME)
    found = Instances(context, build, NAME)
    for file in build.files():
        found.begin(file.name)
        for _, raw, document in records(file, build, decode=_typed):
            _take(context, build, found, file.name, raw, document)
            yield from build.ready()
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The labels of its points."""
    return json_names.collected(file, _point_label, "person")


def _point_label(each: Json) -> Iterator[str]:
    if each.get("shape_type") == "point":
        yield from json_names.texts([each.get("label")])


def _take(
    context: Context,
    build: Build,
    found: Instances,
    source: str,
    raw: bytes,
    given: Any,
) -> None:
    """Every instance of an image."""
    sound = isinstance(given, Document)
    document = given if isinstance(given, Document) else _loose(given)
    if document is None:
        detail = "it has no list `shapes`; save it again in labelme"
        found.refuse("no-shapes", detail, raw)
        return
    build.images()
    image = _image(context, source, document.imagePath)
    flags = document.flags
    said = {k: v for k, v in flags.items() if v} if isinstance(flags, dict) else {}
    sides = document.imageWidth, document.imageHeight
    width, height = (s if isinstance(s, int) and 0 < s < 1e6 else None for s in sides)
    shapes = _shapes(document.shapes, sound, build, (width, height))

    def make(group: Group) -> Record:
        return Record(
            position=0,
            image=image,
            id=group.id,
            width=width,
            height=height,
            attributes=said or None,
        )

    found.put(shapes, (), make, raw)


def _image(context: Context, source: str, path: object) -> str:
    """The image's name, in the file's folder; its own folders are a disk's."""
    folder, _, stem = image_of(context, source, (".json",)).rpartition("/")
    last = path.replace("\\", "/").rpartition("/")[2] if isinstance(path, str) else stem
    return f"{folder}/{last or stem}".lstrip("/")


def _loose(given: Any) -> Document | None:
    """A file as it comes, whatever its shapes are; None where it has none."""
    shapes = given.get("shapes") if isinstance(given, dict) else None
    if not isinstance(shapes, list):
        return None
    drawn = [each if isinstance(each, dict) else _NOTHING for each in shapes]
    loose: Any = Drawn  # of values of any types
    said = map(given.get, _ABOUT)
    return Document([loose(*map(each.get, _DRAWN)) for each in drawn], *said)


def _shapes(given: list[Drawn], sound: bool, build: Build, size: Size) -> list[Shape]:
    """What is drawn; of a group's plain points one pose in the place of the first.

    `sound` shapes have the types that they say.
    """
    found: list[Shape] = []
    poses: dict[int, tuple[Shape, list[Drawn]]] = {}
    build.note("scored", sum([each.score is not None for each in given]))
    given.reverse()
    for number in range(len(given)):
        each = given.pop()  # what is read is let go: an image may have 100,000
        said = each.flags or each.description or each.attributes or each.difficult
        group = each.group_id
        plain = sound and each.shape_type == "point" and len(each.points) == 1
        if plain and group is not None and not said:
            if group not in poses:
                pose = Shape("", f"#{number}", group=f"group {group}")
                poses[group] = pose, []
                found.append(pose)
            poses[group][1].append(each)
        elif (shape := _shape(each, number, size)) is not None:
            found.append(shape)
        else:
            build.note("not-drawn")
    for pose, points in poses.values():
        pose.nodes = Nodes(
            [point.label for point in points],
            [point.points[0][0] for point in points],
            [point.points[0][1] for point in points],
        )
    return found


def _shape(each: Drawn, number: int, size: Size) -> Shape | None:
    """A shape; None for lines."""
    group = scalar(each.group_id)
    shape = Shape(scalar(each.label) or "", f"#{number}")
    shape.group = None if group is None else f"group {group}"
    try:
        if each.shape_type == "mask":
            _paint(shape, each, size)
            kept = True
        else:
            kept = _draw(shape, str(each.shape_type or "polygon"), each.points or ())
    except (TypeError, ValueError) as error:
        detail = f"shape {number} ({shape.name}): {error}; draw it again"
        shape.problem, kept = ("shape", detail), True
    if not kept:
        return None
    _say(shape, each)
    return shape


def _draw(shape: Shape, kind: str, given: Any) -> bool:
    if kind == "point":
        ((x, y),) = given
        shape.y, shape.x = real(y), real(x)
        return True
    points = [(real(x), real(y)) for x, y in given]
    if kind == "rectangle":
        xs, ys = zip(*points, strict=True)
        shape.box = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
    elif kind == "polygon":
        shape.draw(outlines.polygon([points]))
    elif kind == "circle":
        centre, edge = points
        radius = math.dist(centre, edge)
        shape.draw(outlines.polygon([outlines.ellipse(centre, (radius,) * 2, 0)]))
    else:
        return False
    return True


def _paint(shape: Shape, each: Drawn, size: Size) -> None:
    """A mask that is a picture, from its first corner on."""
    try:
        origin = next(iter(each.points or ()), None)
        shape.draw(bitmap(each.mask, origin, size, packed=False))
    except ValueError as error:
        shape.problem = "mask-image", f"the mask {shape.name}: {error}; draw it again"


def _say(shape: Shape, each: Drawn) -> None:
    """Flags and the description: of a point they may be its visibility."""
    words: dict[str, object] = {}
    if isinstance(flags := each.flags, dict) and flags:
        words = {key: key for key, on in flags.items() if on}
    if described := each.description:
        words["description"] = described
    if isinstance(more := each.attributes, dict):
        words |= more
    if each.difficult is True:
        words["difficult"] = "difficult" if shape.x is None else "occluded"
    for key, word in words.items():
        text = scalar(word)
        seen = state(text) if text and shape.x is not None else None
        if seen is not None:
            shape.visibility = seen
        elif text:
            shape.attributes[key] = "true" if text == key else text
