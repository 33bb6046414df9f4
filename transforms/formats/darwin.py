"""V7's Darwin JSON, version 2.0 and the first: a file an item, an image or a video.

    {"version": "2.0", "item": {"name", "path", "slots": [{"width", "height", "fps"}]},
     "annotations": [
        {"id", "name": "person", "instance_id": {"value": 14}, "annotators": […],
         "skeleton": {"nodes": [{"name": "nose", "x", "y", "occluded": false}]}},
        {"id", "name": "person", "ranges": [[1, 4]], "frames":
            {"1": {"keyframe": true, "skeleton": {…}}, …}}]}

Frames count from 0, the end of a range is the first frame behind it.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from msgspec import UNSET

from posegate.transforms.formats import instances, json_names
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.darwin_item import Document, Slot, slots
from posegate.transforms.formats.darwin_poses import Drawn, Poses, paired, people
from posegate.transforms.formats.darwin_shapes import Raster, drawn, instance, joined
from posegate.transforms.formats.files import File
from posegate.transforms.formats.grouping import Group, Shape
from posegate.transforms.formats.instances import Instances
from posegate.transforms.formats.json_files import records, typed
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.plain_poses import Pose
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.values import Json, each, mapping, scalar
from posegate.transforms.model.schema import Origin

NAME = "darwin"
SUFFIXES = (".json",)
PER_IMAGE = True
CARRIES = Carries(
    annotator="`annotators`, if the export was asked for authors",
    time="`created_at`, else `updated_at` of an annotation, where an export has them: "
    "some do (`updated_at`, without a time zone), V7's own examples do not",
    review="`reviewers`",
    tracks="a video's annotations, by `instance_id`, else by `id`",
    visibility="`occluded` of a node; one that is missing is not labelled",
    masks="polygons, ellipses, raster layers",
    convention="px, as they stand in the file; frames from 0, ranges without their end",
)
TRAPS = instances.named(
    NAME,
    {
        **{k: v for k, v in instances.TRAPS.items() if k != "grouped-by-relation"},
        "box-by-place": "A box has no instance, but holds one pose and no other: it "
        "is that pose's.",
        "no-annotator": "The export left out `annotators`: nobody knows who "
        "annotated, counted.",
        "several-annotators": "Several people worked on an annotation: the first "
        "counts, all are named in the attribute `annotators`.",
        "annotation": "An annotation cannot be read: quarantined.",
        "no-slot": "An annotation is of a slot that the item does not have: "
        "quarantined.",
        "no-item": "A file does not say which image it is of: quarantined.",
        "not-drawn": "Lines, cuboids, graphs and texts are nothing that we keep: "
        "counted, not read.",
        "frames-between": "Frames between keyframes that the file does not list, or "
        "lists without a place: counted, not made up.",
        "hidden-frame": "A frame lies in a hidden area of its annotation: nothing is "
        "there, counted.",
        "frame": "A frame has no number: quarantined.",
    },
)
_DECODE, _ITEM = typed(Poses, Document), typed(Document)


def sniff(head: bytes, name: str) -> bool:
    """Whether it starts like Darwin JSON of either version."""
    found = outline(head)
    if "item" in found and ("item/slots" in found or "item/source_info" in found):
        return True
    darwin = "darwin" in found.get("schema_ref", "").lower()
    old = all(key in found for key in ("dataset", "image", "image/filename"))
    return darwin or (old and "annotations/*/keypoints" not in found)


def names(file: File) -> list[Names]:
    """The nodes of each class of skeletons and eyes, else what keypoints are called."""
    poses = json_names.by_class(file, _nodes)
    return poses or json_names.collected(file, _keypoints, "person")


def _nodes(made: dict[str, Any]) -> tuple[str, list[str]] | None:
    """Of an annotation, or of its frames."""
    parts = (made, *each([*mapping(made.get("frames")).values()]))
    nodes = [
        str(node.get("name") or "")
        for part in parts
        for kind in ("skeleton", "eye")
        for node in each(mapping(part.get(kind)).get("nodes"))
    ]
    name = made.get("name")
    return (name, nodes) if isinstance(name, str) and nodes else None


def _keypoints(each: dict[str, Any]) -> Iterator[str]:
    if isinstance(each.get("keypoint"), dict):
        yield from json_names.texts([each.get("name")])


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches and quarantine batches."""
    build = Build(context, tally, NAME)
    reading = _Reading(build, Instances(context, build, NAME))
    for file in build.files():
        reading.begin(file.name)
        for _, raw, record in records(file, build, decode=_DECODE):
            reading.take(raw, record)
            yield from build.ready()
    yield from build.rest()


class _Reading:
    """The items of one shard."""

    def __init__(self, build: Build, instances: Instances) -> None:
        self._build, self._instances = build, instances

    def begin(self, source: str) -> None:
        self._instances.begin(source)

    def take(self, raw: bytes, record: Any) -> None:
        """Reads an item, whatever it is."""
        if isinstance(record, Poses):
            if self._poses(raw, record):
                return
            record = _ITEM(raw)
        found = slots(record) if isinstance(record, dict) else {}
        if not found:
            detail = "it names no image; export as Darwin JSON 2.0"
            self._instances.refuse("no-item", detail, raw)
            return
        made = each(record.get("annotations"))
        said = _properties(record, None)
        said |= {str(a.get("name")): "true" for a in made if "tag" in a}
        single, first = len(found) == 1, next(iter(found))
        for name, slot in found.items():
            own = [a for a in made if single or (_slot(a) or first) == name]
            frames = _frames(own, self._build, self._instances, raw)
            self._build.images(max(1, len(frames)))
            for frame, parts in frames.items():
                self._frame(raw, slot, frame, parts, said)
        for a in made:
            if not single and _slot(a) not in (None, *found):
                detail = f"annotation {a.get('id')} is of slot {_slot(a)!r}, which the "
                self._instances.refuse("no-slot", detail + "item does not have", raw)

    def _poses(self, raw: bytes, item: Poses) -> bool:
        """Reads an image of nothing but poses; whether it is one."""
        found = slots({"item": item.item})
        if len(found) != 1 or not item.annotations:
            return False
        (slot,) = found.values()

        def make(pose: Pose[Drawn]) -> Record:
            one = pose.of
            record = Record(
                position=0,
                image=slot.image,
                id=one.id,
                width=slot.width,
                height=slot.height,
                annotated_at=one.created_at or one.updated_at,
                model=one.inference is not UNSET,
                attributes={},
            )
            whole = None if one.instance_id is None else scalar(one.instance_id.value)
            _credit(record, people(one.annotators), people(one.reviewers), whole)
            return record

        read = self._instances.poses(paired(item.annotations), make, raw)
        nobody = [1 for one in item.annotations if not people(one.annotators)]
        self._build.note("no-annotator", len(nobody) if read else 0)
        return read

    def _frame(
        self,
        raw: bytes,
        slot: Slot,
        frame: int | None,
        parts: list[tuple[Json, Json]],
        said: Json,
    ) -> None:
        """Every instance of a frame; `parts` are annotations with their geometry."""
        layers = [p["raster_layer"] for _, p in parts if "raster_layer" in p]
        raster = Raster(mapping(layers[0] if layers else None), slot)
        found: list[Shape] = []
        about: dict[str, tuple[Json, Json]] = {}
        poses: dict[str, str] = {}
        nobody: dict[str, bool] = {}  # who drew it
        for made, part in parts:
            if "raster_layer" in part or "tag" in part:
                continue
            placed = part.get("keyframe", True) is True
            origin = Origin.PLACED if placed else Origin.INTERPOLATED
            shape = drawn(made, part, raster, slot, origin)
            if shape is None:
                self._build.note("not-drawn")
                continue
            id, whole = str(shape.id), instance(made, part)
            about.setdefault(id, (made, part))
            nobody.setdefault(id, not _emails(made.get("annotators")))
            if whole is not None:
                about.setdefault(whole, (made, part))
                if shape.nodes:
                    poses.setdefault(whole, id)
            found.append(shape)
        self._build.note("no-annotator", sum(nobody.values()))
        for shape in found:
            if shape.group in poses:
                shape.group = poses[shape.group]
        joined(found)

        def make(group: Group) -> Record:
            made, part = about.get(str(group.id)) or next(iter(about.values()))
            record = _record(made, part, slot, frame, said)
            record.id = str(made.get("id")) if group.id in about else group.id
            return record

        self._instances.put(found, (), make, raw)


def _slot(made: Json) -> str | None:
    names = made.get("slot_names")
    return str(names[0]) if isinstance(names, list) and names else None


def _frames(
    made: list[Json], build: Build, instances: Instances, raw: bytes
) -> dict[int | None, list[tuple[Json, Json]]]:
    """The geometry of every frame by its number, None for a still, in order."""
    found: dict[int | None, list[tuple[Json, Json]]] = {}
    for one in made:
        frames = mapping(one.get("frames")) | mapping(one.get("sections"))
        if not frames:
            found.setdefault(None, []).append((one, one))
            continue
        hidden = _ranges(one.get("hidden_areas"))
        kept = 0
        for key, part in frames.items():
            if not key.isdecimal() or not isinstance(part, dict):
                instances.refuse("frame", f"frame {key!r} is no number from 0", raw)
            elif any(start <= int(key) < end for start, end in hidden):
                build.note("hidden-frame")
            elif part.keys() - {"keyframe", "instance_id", "attributes", "text"}:
                kept += 1
                found.setdefault(int(key), []).append((one, part))
        ranges = _ranges(one.get("ranges", one.get("segments")))
        build.note("frames-between", max(0, sum(b - a for a, b in ranges) - kept))
    return dict(
        sorted(found.items(), key=lambda pair: -1 if pair[0] is None else pair[0])
    )


def _ranges(given: object) -> list[tuple[int, int]]:
    """Pairs of a first frame and the first behind."""
    listed = given if isinstance(given, list) else []
    pairs = [pair for pair in listed if isinstance(pair, list) and len(pair) == 2]
    return [(a, b) for a, b in pairs if isinstance(a, int) and isinstance(b, int)]


def _record(
    made: Json, part: Json, slot: Slot, frame: int | None, said: Json
) -> Record:
    """What holds for an instance, whatever its points are."""
    whole = mapping(part.get("instance_id", made.get("instance_id"))).get("value")
    record = Record(
        position=0,
        image=slot.image if frame is None else f"{slot.image}#{frame}",
        width=slot.width,
        height=slot.height,
        annotated_at=made.get("created_at") or made.get("updated_at"),
        model="inference" in made,
        attributes=said | _properties(made, frame) | _words(made, part),
    )
    mine, theirs = _emails(made.get("annotators")), _emails(made.get("reviewers"))
    _credit(record, mine, theirs, scalar(whole))
    if frame is not None:
        record.video, record.frame, record.fps = slot.image, frame, slot.fps
        record.track = str(made.get("id")) if whole is None else scalar(whole)
    return record


def _credit(
    record: Record, annotators: list[str], reviewers: list[str], whole: str | None
) -> None:
    """Says who made it, who looked at it, and what it is one of."""
    said = record.attributes = record.attributes or {}
    if whole is not None:
        said["instance_id"] = whole
    if reviewers:
        said["reviewer"] = ", ".join(reviewers)
    if annotators:
        record.annotator, record.model = annotators[0], False
    if len(annotators) > 1:
        record.repairs = ["several-annotators"]
        said["annotators"] = ", ".join(annotators)


def _emails(given: object) -> list[str]:
    if not given:
        return []
    return [
        str(name)
        for one in each(given)
        if (name := one.get("email") or one.get("full_name"))
    ]


def _properties(made: Json, frame: int | None) -> Json:
    """Properties of the item, of all frames, or of this one."""
    found: Json = {}
    for one in each(made.get("properties")):
        name, value = scalar(one.get("name")), scalar(one.get("value"))
        if name is None or value is None:
            continue
        if one.get("frame_index") in (None, "global", frame, str(frame)):
            found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _words(made: Json, part: Json) -> Json:
    """Attributes and texts, as sub-annotations had them before properties."""
    found: Json = {}
    words = part.get("attributes", made.get("attributes"))
    if isinstance(words, list) and words:
        found["attributes"] = ", ".join(map(str, words))
    text = scalar(mapping(part.get("text", made.get("text"))).get("text"))
    if text is not None:
        found["text"] = text
    return found
