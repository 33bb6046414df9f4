"""Supervisely's JSON: a file an image or a video, beside the project's meta.json.

    ds/ann/a.jpg.json   {"size": {"height", "width"}, "tags": […], "objects": [
        {"id", "classTitle": "person", "geometryType": "graph", "labelerLogin": "ann",
         "createdAt": …, "instance": "key of what belongs together", "nodes":
            {"<uuid>": {"loc": [20.5, 30], "disabled": false}, …}}]}
    meta.json           {"classes": [{"title": "person", "shape": "graph",
        "geometry_config": {"nodes": {"<uuid>": {"label": "nose"}, …}}}]}

In a video `objects` are the tracks, and `frames` have their figures.
"""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from posegate.transforms.formats import instances, json_names
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.grouping import Group, Shape
from posegate.transforms.formats.instances import Instances
from posegate.transforms.formats.json_files import Unreadable, decoded, records, typed
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import image_of
from posegate.transforms.formats.plain_poses import Pose
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.supervisely_figures import (
    Document,
    Template,
    number_in,
    shape,
    tags,
    templates,
)
from posegate.transforms.formats.supervisely_poses import Figure, Poses, paired
from posegate.transforms.formats.values import Json, each, mapping, scalar

NAME = "supervisely"
SUFFIXES = (".json",)
PER_IMAGE = True
CARRIES = Carries(
    annotator="`labelerLogin` of an object or a figure",
    time="`createdAt`, else `updatedAt`",
    tracks="a video's objects",
    visibility="`disabled` of a node: occluded",
    masks="polygons, bitmaps",
    convention="px, as they stand in the file; frames from 0",
)
TRAPS = instances.named(
    NAME,
    {
        **{k: v for k, v in instances.TRAPS.items() if k != "grouped-by-relation"},
        "no-meta": "Nodes have ids that no meta.json beside the file names: "
        "quarantined.",
        "no-annotator": "Objects do not say who made them: counted.",
        "figure": "A figure cannot be read: its instance is quarantined.",
        "bitmap": "A mask's picture inside the file cannot be read: quarantined.",
        "not-drawn": "Lines, cuboids and the like are nothing that we keep: counted, "
        "not read.",
        "no-object": "A video's figure is of an object that the file does not have: "
        "quarantined.",
        "no-size": "A file has no objects with the size of their image: quarantined.",
    },
)
_DECODE, _DOCUMENT = typed(Poses, Document), typed(Document)


_OWN = re.compile(
    r"(^|/)(obj_class_to_machine_color\.json|"
    r"(img_info|video_info|meta)/[^/]+\.(jpe?g|png|bmp|tiff?|webp|mp4|avi|mov)\.json)"
    r"(\.gz)?$",
    re.IGNORECASE,
)
"""What a project has beside annotations: facts of each image, colours of masks."""


def sniff(head: bytes, name: str) -> bool:
    """Whether it starts like an annotation, or is one of the project's own files."""
    found = outline(head)
    sized = "size/height" in found and "size/width" in found
    meta = "classes/*/title" in found and "classes/*/shape" in found
    own = meta or _keys(found, name) or _OWN.search(name) is not None
    return (sized and "objects" in found) or own


def _keys(found: dict[str, str] | Json, name: str) -> bool:
    own = all(key in found for key in ("tags", "objects", "figures"))
    return own and name.endswith("key_id_map.json")


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches and quarantine batches."""
    build = Build(context, tally, NAME)
    reading = _Reading(context, build)
    for file in build.files():
        if _OWN.search(file.name) is not None:
            continue
        for _, raw, document in records(file, build, decode=_DECODE):
            reading.take(file, raw, document)
            yield from build.ready()
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The labels of the nodes that meta.json has for each class."""
    return json_names.by_class(file, _nodes)


def _nodes(one: Json) -> tuple[str, list[str]] | None:
    for title, template in templates({"classes": [one]}).items():
        return (title, [*template.values()]) if "title" in one and template else None
    return None


class _Reading:
    """The annotations of one shard."""

    def __init__(self, context: Context, build: Build) -> None:
        self._context, self._build = context, build
        self._instances = Instances(context, build, NAME)
        self._templates: dict[str, dict[str, Template]] = {}

    def take(self, file: File, raw: bytes, document: Any) -> None:
        """Reads an image or a video; the project's own files have no records."""
        self._instances.begin(file.name)
        if isinstance(document, Poses):
            if self._poses(file, raw, document):
                return
            document = _DOCUMENT(raw)
        document = mapping(document)
        if isinstance(document.get("classes"), list) or _keys(document, file.name):
            return
        size, objects = document.get("size"), document.get("objects")
        if not isinstance(size, dict) or not isinstance(objects, list):
            detail = "it lacks `size` or `objects`; export as Supervisely JSON"
            self._instances.refuse("no-size", detail, raw)
            return
        image = self._image(file.name)
        known = self._known(file)
        said = tags(document.get("tags"))
        if isinstance(document.get("frames"), list):
            self._video(raw, document, image, known, said)
            return
        self._build.images()
        pairs = [(one, one) for one in each(objects)]
        self._frame(raw, pairs, image, None, size, known, said)

    def _poses(self, file: File, raw: bytes, document: Poses) -> bool:
        """Reads an image of nothing but poses; whether it is one."""
        nobody, image = 0, self._image(file.name)
        width, height = (number_in(document.size.get(k)) for k in ("width", "height"))
        said = tags(document.tags) if document.tags else {}

        def make(pose: Pose[Figure]) -> Record:
            nonlocal nobody
            one = pose.of
            nobody += not one.labelerLogin
            return Record(
                position=0,
                image=image,
                id=one.id,
                width=width,
                height=height,
                annotator=one.labelerLogin or None,
                annotated_at=one.createdAt or one.updatedAt,
                attributes={**said, **tags(one.tags)} if one.tags else said,
            )

        found = paired(document.objects, self._known(file))
        read = self._instances.poses(found, make, raw)
        self._build.note("no-annotator", nobody)
        return read

    def _image(self, source: str) -> str:
        """The image's path without the folder `ann` and the ending .json."""
        path = image_of(self._context, source, (".json",))
        return "/".join(part for part in path.split("/") if part != "ann")

    def _known(self, file: File) -> dict[str, Template]:
        """The project's templates of points, by class."""
        folder = file.name.rpartition("/")[0]
        if folder not in self._templates:
            raw = self._context.companion(file, "meta.json")
            try:
                meta = decoded(raw) if raw is not None else None
            except Unreadable:
                meta = None
            self._templates[folder] = templates(mapping(meta))
        return self._templates[folder]

    def _video(
        self,
        raw: bytes,
        document: Json,
        image: str,
        known: dict[str, Template],
        said: Json,
    ) -> None:
        tracks = {str(o.get("key", o.get("id"))): o for o in each(document["objects"])}
        frames = [f for f in each(document["frames"]) if each(f.get("figures"))]
        self._build.images(max(1, len(frames)))
        for frame in frames:
            pairs = []
            for figure in each(frame.get("figures")):
                key = str(figure.get("objectKey", figure.get("objectId")))
                if key in tracks:
                    pairs.append((tracks[key], figure))
                else:
                    detail = f"figure of the object {key!r}, which is not listed"
                    self._instances.refuse("no-object", detail, raw)
            number = number_in(frame.get("index"))
            size = mapping(document["size"])
            self._frame(raw, pairs, image, number, size, known, said)

    def _frame(
        self,
        raw: bytes,
        pairs: list[tuple[Json, Json]],
        image: str,
        frame: int | None,
        size: Json,
        known: dict[str, Template],
        said: Json,
    ) -> None:
        """Every instance of a frame; pairs of an object and its figure."""
        found: list[Shape] = []
        about: dict[str, tuple[Json, Json]] = {}
        sides = number_in(size.get("width")), number_in(size.get("height"))
        for one, figure in pairs:
            made = shape(one, figure, known, self._instances.labels, sides)
            self._build.note("not-drawn", made is None)
            if made is not None:
                about.setdefault(made.group or str(made.id), (one, figure))
                found.append(made)
        nobody = [1 for one, figure in about.values() if _who(one, figure) is None]
        self._build.note("no-annotator", len(nobody))

        def make(group: Group) -> Record:
            one, figure = about.get(str(group.id)) or next(iter(about.values()))
            key = one.get("key", one.get("id"))
            return Record(
                position=0,
                image=image if frame is None else f"{image}#{frame}",
                id=group.id if str(group.id) not in about else scalar(key),
                width=sides[0],
                height=sides[1],
                video=None if frame is None else image,
                frame=frame,
                track=None if frame is None else scalar(key),
                annotator=_who(one, figure),
                annotated_at=_of(one, figure, "createdAt", "updatedAt"),
                attributes={**said, **tags(one.get("tags"))},
            )

        self._instances.put(found, (), make, raw)


def _of(one: Json, figure: Json, *keys: str) -> Any:
    """The first that a figure, or its object, says."""
    for key in keys:
        if value := figure.get(key) or one.get(key):
            return value
    return None


def _who(one: Json, figure: Json) -> str | None:
    return scalar(_of(one, figure, "labelerLogin"))
