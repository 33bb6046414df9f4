"""SuperAnnotate's vector JSON: a file an image.

    {"metadata": {"name": "a.jpg", "width", "height", "annotatorEmail", "status"},
     "instances": [
        {"type": "template", "className": "person", "points": [{"id": 1, "x", "y"}],
         "pointLabels": {"0": "nose"}, "createdBy": {"email"}, "createdAt": …,
         "creationType": "Manual", "groupId": 3, "attributes": [{"name", "groupName"}]},
        {"type": "bbox", "points": {"x1", "y1", "x2", "y2"}, …}]}

Point labels are by place in the list of points, from 0; the points' ids from 1.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypedDict

import msgspec
import pyarrow as pa

from posegate.transforms.formats import instances, json_names, outlines, values
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.grouping import Group, Nodes, Shape
from posegate.transforms.formats.instances import Instances
from posegate.transforms.formats.json_files import Unreadable, decoded, records, typed
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.labels import state
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.plain_poses import Pose
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.superannotate_poses import (
    Drawn,
    Poses,
    group,
    ordinals,
    origin,
    paired,
)
from posegate.transforms.formats.values import Json, real, scalar

NAME = "superannotate"
SUFFIXES = (".json",)
PER_IMAGE = True
CARRIES = Carries(
    annotator="`createdBy` of an instance, else `annotatorEmail` of the image",
    time="`createdAt`, else `updatedAt`",
    review="`status` and `qaEmail` of the image",
    visibility="by convention: point label `nose_occluded`, or a point's attribute",
    masks="polygons, ellipses",
    convention="px, as they stand in the file",
)
TRAPS = instances.named(
    NAME,
    {
        **{k: v for k, v in instances.TRAPS.items() if k != "grouped-by-relation"},
        "no-labels": "A template's points have no labels and are not as many as the "
        "skeleton's, or their ids and places contradict each other: quarantined.",
        "points-by-order": "No point of a template has a label: they are taken in the "
        "skeleton's order.",
        "no-annotator": "Instances do not say who made them: counted.",
        "instance": "An instance cannot be read: quarantined.",
        "not-drawn": "Lines and cuboids are nothing that we keep: counted, not read.",
        "video": "Instances of a video, whose places stand by microseconds and not by "
        "frames, are not read: quarantined.",
        "skipped": "An image's status is Skipped: its instances are quarantined.",
        "no-metadata": "A file has no metadata or no instances: quarantined.",
    },
)


class _Instance(TypedDict, total=False):
    """What is read of an instance."""

    type: Any
    className: Any
    points: Any
    pointLabels: Any
    groupId: Any
    creationType: Any
    createdBy: Any
    createdAt: Any
    updatedBy: Any
    updatedAt: Any
    parameters: Any
    attributes: Any
    exclude: Any
    x: Any
    y: Any
    cx: Any
    cy: Any
    rx: Any
    ry: Any
    angle: Any


class _Document(TypedDict, total=False):
    """What is read of a file."""

    metadata: Any
    attribute_groups: Any
    instances: list[_Instance]


_DECODE, _DOCUMENT = typed(Poses, _Document), typed(_Document)


def sniff(head: bytes, name: str) -> bool:
    """Whether it starts like an image's annotation, or is the list of classes."""
    found = outline(head)
    classes = "*/attribute_groups" in found and name.endswith("classes.json")
    typed = "instances/*/type" in found or "metadata/status" in found
    listed = "instances" in found and (typed or "tags" in found)
    return classes or ((listed or typed) and "metadata/name" in found)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches and quarantine batches."""
    build = Build(context, tally, NAME)
    found = Instances(context, build, NAME)
    for file in build.files():
        found.begin(file.name)
        for _, raw, document in records(file, build, decode=_DECODE):
            if not _is_class(document):
                _take(build, found, raw, document, context.skeleton.keypoints)
            yield from build.ready()
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The labels of each template's points, or how many it has."""
    return json_names.by_class(file, _labelled)


def _labelled(each: Json) -> tuple[str, list[str]] | None:
    if each.get("type") != "template":
        return None
    labels = values.mapping(each.get("pointLabels"))
    points = values.each(each.get("points"))
    said = (scalar(each.get(key)) for key in ("templateName", "className"))
    names = [scalar(labels.get(key)) or "" for key in ordinals(len(points))[0]]
    return next(filter(None, said), "person"), names


def _is_class(document: Any) -> bool:
    return isinstance(document, dict) and "attribute_groups" in document


def _written(raw: bytes) -> list[bytes]:
    """Every instance as it is written; none where something else cannot be read."""
    try:
        listed = decoded(raw)["instances"]
    except Unreadable:
        return []
    return [msgspec.json.encode(one) for one in values.each(listed)]


def _take(
    build: Build, found: Instances, raw: bytes, document: Any, names: Sequence[str]
) -> None:
    """Every instance of an image; `names` are what points without labels are."""
    if isinstance(document, Poses):
        if _poses(build, found, raw, document):
            return
        document = _DOCUMENT(raw)
    document = values.mapping(document)
    about, listed = values.mapping(document.get("metadata")), document.get("instances")
    image = about.get("name")
    if not isinstance(image, str) or not image or not isinstance(listed, list):
        detail = "it has no name in `metadata`, or no list `instances`; export again"
        found.refuse("no-metadata", detail, raw)
        return
    build.images()
    if about.get("status") == "Skipped":
        detail = f"image {image} was skipped; have it annotated"
        for text in _written(raw) or [raw] * len(values.each(listed)):
            found.refuse("skipped", detail, text)
        return
    if any("parameters" in one for one in values.each(listed)):
        detail = f"{image} is a video, which has times and no frames; export images"
        for text in _written(raw):
            found.refuse("video", detail, text)
        return
    shapes: list[Shape] = []
    made: dict[str, Json] = {}
    for i, one in enumerate(values.each(listed)):
        shape = _shape(one, f"#{i}", names)
        build.note("not-drawn", shape is None)
        if shape is not None:
            made.setdefault(shape.group or f"#{i}", one)
            shapes.append(shape)
    nobody = [one for one in made.values() if _who(one, about) is None]
    build.note("no-annotator", len(nobody))
    record, said = _image(image, about)

    def make(group: Group) -> Record:
        one = made.get(str(group.id)) or next(iter(made.values()))
        return record(
            id=group.id,
            annotator=_who(one, about),
            annotated_at=one.get("createdAt") or one.get("updatedAt"),
            attributes=said | _attributes(one.get("attributes")),
        )

    found.put(shapes, (), make, raw)


def _poses(build: Build, found: Instances, raw: bytes, document: Poses) -> bool:
    """Reads an image of nothing but poses; whether it is one."""
    about = document.metadata
    image, poses = about.get("name"), paired(document.instances)
    if not isinstance(image, str) or not image or about.get("status") == "Skipped":
        return False
    record, said = _image(image, about)
    usual, nobody = scalar(about.get("annotatorEmail")), 0

    def make(pose: Pose[Drawn]) -> Record:
        nonlocal nobody
        one = pose.of
        who = (one.createdBy and one.createdBy.email) or usual
        nobody += who is None
        return record(
            id=pose.key,
            annotator=who,
            annotated_at=one.createdAt or one.updatedAt,
            attributes=said | _attributes(one.attributes) if one.attributes else said,
        )

    read = found.poses(poses, make, raw)
    build.note("no-annotator", nobody)
    return read


def _image(image: str, about: Json) -> tuple[Callable[..., Record], Json]:
    """What makes the records of an image, and the attributes of all."""
    sides = [about.get(key) for key in ("width", "height")]
    width, height = (s if type(s) is int and 0 < s < 1e6 else None for s in sides)
    said = {"status": about.get("status"), "reviewer": about.get("qaEmail")}
    record = partial(Record, position=0, image=image, width=width, height=height)
    return record, {name: value for name, value in said.items() if value}


def _who(one: Json, about: Json) -> str | None:
    email = values.mapping(one.get("createdBy")).get("email")
    return scalar(email) or scalar(about.get("annotatorEmail"))


def _attributes(given: object) -> Json:
    """The values of each group of attributes, joined."""
    found: Json = {}
    for each in values.each(given):
        group, value = scalar(each.get("groupName")), scalar(each.get("name"))
        if group and value:
            found[group] = f"{found[group]}, {value}" if group in found else value
    return found


def _shape(one: Json, id: str, names: Sequence[str]) -> Shape | None:
    """What an instance draws; None for what we do not keep."""
    number = one.get("groupId")
    tied = group(number if isinstance(number, int) else None)
    how = origin(str(one.get("creationType", "")), values.mapping(one.get("updatedBy")))
    shape = Shape(str(one.get("className") or ""), id, group=tied, origin=how)
    try:
        if one.get("type") == "template":
            _template(one, shape, names)
        elif not _draw(shape, str(one.get("type")), one):
            return None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        detail = f"instance {id} ({shape.name}): {error!r}; draw it again"
        shape.problem = "instance", detail
    return shape


def _template(one: Json, pose: Shape, names: Sequence[str]) -> None:
    """Gives a pose its named points, by the skeleton's names if none has a label.

    The labels' keys count the points from 0, as in the tests of SuperAnnotate's own
    SDK, where "3" is a box's last corner; the points' ids count from 1.
    """
    points, labels = values.each(one["points"]), values.mapping(one.get("pointLabels"))
    keys, ids = ordinals(len(points))
    bare = not labels and len(points) == len(names)
    said = [point.get("id", i) for point, i in zip(points, ids, strict=True)]
    if not (labels or bare) or said != ids:
        detail = f"template {pose.id} has {len(points)} points whose labels cannot be "
        pose.problem = "no-labels", detail + "told; label the points, export again"
        return
    called = names if bare else [str(labels.get(key, "")) for key in keys]
    x, y = (
        [real(point["x"]) for point in points],
        [real(point["y"]) for point in points],
    )
    pose.nodes = Nodes(called, x, y)
    pose.repairs = ("points-by-order",) if bare else ()


def _draw(shape: Shape, kind: str, one: Json) -> bool:
    if kind == "point":
        shape.y, shape.x = real(one["y"]), real(one["x"])
        for value in _attributes(one.get("attributes")).values():
            shape.visibility = state(value) or shape.visibility
    elif kind in ("bbox", "rbbox"):
        corners = {k: real(v) for k, v in values.mapping(one["points"]).items()}
        xs = [v for k, v in corners.items() if k.startswith("x")]
        ys = [v for k, v in corners.items() if k.startswith("y")]
        shape.box = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
    elif kind == "polygon":
        if one.get("exclude"):
            raise ValueError("it has holes")
        flat = [real(v) for v in one["points"]]
        path = list(zip(flat[::2], flat[1::2], strict=True))
        shape.draw(outlines.polygon([path]))
    elif kind == "ellipse":
        x, y, rx, ry = (real(one[key]) for key in ("cx", "cy", "rx", "ry"))
        turned = math.radians(real(one.get("angle", 0)))
        shape.draw(outlines.polygon([outlines.ellipse((x, y), (rx, ry), turned)]))
    else:
        return False
    return True
