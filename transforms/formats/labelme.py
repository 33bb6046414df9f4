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

import pyarrow as pa

from posegate.transforms.formats import instances, json_names, outlines
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.grouping import Group, Nodes, Shape
from posegate.transforms.formats.instances import Instances
from posegate.transforms.formats.json_files import records
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.labels import state
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import image_of
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.values import real, scalar

NAME = "labelme"
SUFFIXES = (".json",)
PER_IMAGE = True
CARRIES = Carries(
    visibility="by convention: label `nose_occluded`, a flag or the description "
    "`occluded`",
    masks="polygons, circles; masks as PNG are not read",
    convention="px from the image's top-left corner, as they stand in the file",
)
TRAPS = instances.named(
    NAME,
    {
        **{k: v for k, v in instances.TRAPS.items() if k != "grouped-by-relation"},
        "shape": "A shape cannot be read: its instance is quarantined.",
        "mask-image": "A mask is a picture inside the file: quarantined.",
        "not-drawn": "Lines are nothing that we keep: counted, not read.",
        "no-shapes": "A file has no list of shapes: quarantined.",
    },
)

Json = dict[str, Any]


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
        for _, raw, document in records(file, build):
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
    document: Any,
) -> None:
    """Every instance of an image."""
    given = document.get("shapes") if isinstance(document, dict) else None
    if not isinstance(given, list):
        detail = "it has no list `shapes`; save it again in labelme"
        found.refuse("no-shapes", detail, raw)
        return
    build.images()
    image = _image(context, source, document.get("imagePath"))
    flags = document.get("flags")
    said = {k: v for k, v in flags.items() if v} if isinstance(flags, dict) else {}
    shapes = list(_shapes(given, build))
    sides = [document.get(key) for key in ("imageWidth", "imageHeight")]
    width, height = (s if isinstance(s, int) and 0 < s < 1e6 else None for s in sides)

    def make(group: Group) -> Record:
        return Record(
            position=0,
            image=image,
            id=group.id,
            width=width,
            height=height,
            attributes=dict(said),
        )

    found.put(shapes, (), make, raw)


def _image(context: Context, source: str, path: object) -> str:
    """The image's name, in the file's folder; its own folders are a disk's."""
    folder, _, stem = image_of(context, source, (".json",)).rpartition("/")
    last = path.replace("\\", "/").rpartition("/")[2] if isinstance(path, str) else stem
    return f"{folder}/{last or stem}".lstrip("/")


def _shapes(given: list[Any], build: Build) -> Iterator[Shape]:
    """What is drawn; of a group's plain points one pose in the place of the first."""
    poses: dict[int, tuple[list[str], list[float], list[float]]] = {}
    for number, each in enumerate(given):
        if not isinstance(each, dict):
            build.note("not-drawn")
        elif (node := _node(each)) is not None:
            group = each["group_id"]
            if group not in poses:
                poses[group] = [], [], []
                nodes = Nodes(*poses[group])
                yield Shape("", f"#{number}", nodes=nodes, group=f"group {group}")
            names, xs, ys = poses[group]
            names.append(node[0])
            xs.append(node[1])
            ys.append(node[2])
        elif (shape := _shape(each, number)) is not None:
            yield shape
        else:
            build.note("not-drawn")


def _node(each: Json) -> tuple[str, float, float] | None:
    """A point of a numbered group, if nothing is said of it but its label."""
    try:
        label, group, ((x, y),) = each["label"], each["group_id"], each["points"]
    except (KeyError, TypeError, ValueError):
        return None
    said = each.get("flags") or each.get("description") or each.get("attributes")
    if said or each.get("shape_type") != "point" or type(label) is not str:
        return None
    if type(group) is not int or not type(x) is type(y) is float:
        return None
    return label, x, y


def _shape(each: Json, number: int) -> Shape | None:
    """A shape; None for lines."""
    group = scalar(each.get("group_id"))
    shape = Shape(scalar(each.get("label")) or "", f"#{number}")
    shape.group = None if group is None else f"group {group}"
    try:
        kept = _draw(shape, str(each.get("shape_type") or "polygon"), each)
    except (TypeError, ValueError) as error:
        detail = f"shape {number} ({shape.name}): {error}; draw it again"
        shape.problem, kept = ("shape", detail), True
    if not kept:
        return None
    _say(shape, each)
    return shape


def _draw(shape: Shape, kind: str, each: Json) -> bool:
    given: Any = each.get("points") or ()
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
    elif kind == "mask":
        detail = f"the mask {shape.name} is a picture; save it as a polygon"
        shape.problem = "mask-image", detail
    else:
        return False
    return True


def _say(shape: Shape, each: Json) -> None:
    """Flags and the description: of a point they may be its visibility."""
    words: dict[str, object] = {}
    if isinstance(flags := each.get("flags"), dict) and flags:
        words = {key: key for key, on in flags.items() if on}
    if described := each.get("description"):
        words["description"] = described
    if isinstance(more := each.get("attributes"), dict):
        words |= more
    for key, word in words.items():
        text = scalar(word)
        seen = state(text) if text and shape.x is not None else None
        if seen is not None:
            shape.visibility = seen
        elif text:
            shape.attributes[key] = "true" if text == key else text
