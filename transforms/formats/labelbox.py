"""Labelbox's export v2 (a data row a line), and the rows that its import takes.

    {"data_row": {"id", "external_id", "global_key", "row_data"},
     "media_attributes": {"width", "height", "frame_rate"},
     "projects": {id: {"labels": [{"id", "label_details": {"created_by", …},
        "annotations": {"objects": [{"name": "nose", "point": {"x", "y"}}, …],
                        "relationships": […], "classifications": […]}}]}}}

In a video's label `frames` has the objects of each frame, `segments` where each object
is, and `key_frame_feature_map` the frames that a person touched.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from posegate.transforms.formats import instances, json_names
from posegate.transforms.formats.build import RAW, Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.grouping import Group, Shape
from posegate.transforms.formats.instances import Instances
from posegate.transforms.formats.json_files import records
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.labelbox_imports import Imports
from posegate.transforms.formats.labelbox_label import (
    attributes,
    common,
    gold,
    skipped,
    who,
)
from posegate.transforms.formats.labelbox_objects import Objects, links
from posegate.transforms.formats.labelbox_row import DataRow
from posegate.transforms.formats.labelbox_video import frames
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.values import each
from posegate.transforms.model.schema import Role

NAME = "labelbox"
SUFFIXES = (".ndjson", ".jsonl", ".json")
CARRIES = Carries(
    annotator="`label_details.created_by`, if the export was asked for label details",
    time="`label_details.created_at`; `performance_details.seconds_to_create`",
    review="benchmarks (gold), `reviews`, `skipped`, `workflow_status`, scores",
    tracks="a video's object ids",
    visibility="by convention: name `nose_occluded`, or a classification of the point",
    masks="polygons; masks are addresses, which are not fetched",
    convention="px of the image as Labelbox shows it, as they stand in the file; "
    "frames of a video count from 1 there, from 0 here",
)
TRAPS = instances.named(
    NAME,
    {
        **instances.TRAPS,
        "no-annotator": "The export left out `label_details`: nobody knows who "
        "annotated, counted.",
        "skipped": "A label was skipped: quarantined.",
        "object": "An object cannot be read: its instance is quarantined.",
        "mask-address": "A mask is an address, not pixels: quarantined.",
        "not-drawn": "Lines and texts are nothing drawn as points, boxes or areas: "
        "counted, not read.",
        "empty": "Labels have nothing drawn: counted.",
        "exif-turned": "The image's camera was turned, so width and height may be the "
        "other way round.",
        "keyframes-unknown": "The export does not say which of a row of frames were "
        "touched: all count as interpolated.",
        "frame": "A frame has no number: quarantined.",
        "version-1": "The file is an export of version 1: not read.",
        "model-run": "Labels of a model run repeat those of the project: counted, not "
        "read.",
        "no-row": "A record is neither a data row nor an import's: quarantined.",
    },
)
_OLD = ("DataRow ID", "Labeled Data", "Created By")


def sniff(head: bytes, name: str) -> bool:
    """Whether it starts like data rows, import rows, or an export of version 1."""
    found = outline(head)
    return any(_kind(found, at) is not None for at in ("", "*/"))


def _kind(row: Mapping[str, Any], at: str = "") -> str | None:
    """What a record with these keys is."""
    where = ("projects", "media_attributes", "experiments")
    if f"{at}data_row" in row and any(f"{at}{key}" in row for key in where):
        return "row"
    own = ("uuid", "schemaId", "classifications", "relationship", "segments", "point")
    if f"{at}dataRow" in row and any(f"{at}{key}" in row for key in own):
        return "import"
    return "old" if sum(f"{at}{key}" in row for key in _OLD) > 1 else None


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches and quarantine batches."""
    build = Build(context, tally, NAME)
    reading = _Reading(context, build)
    for file in build.files():
        reading.begin(file.name)
        for _, raw, row in records(file, build, _sound):
            reading.take(raw, row)
            yield from build.ready()
        reading.end()
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The names of its points."""
    return json_names.collected(file, _points_of, "person")


def _points_of(thing: dict[str, Any]) -> Iterator[str]:
    moved = [
        f for part in each(thing.get("segments")) for f in each(part.get("keyframes"))
    ]
    if any(isinstance(place.get("point"), dict) for place in (thing, *moved)):
        yield from json_names.texts([thing.get("name") or thing.get("schemaId")])


def _sound(row: Any) -> bool:
    return isinstance(row, dict) and _kind(row) is not None


class _Reading:
    """The data rows of one shard."""

    def __init__(self, context: Context, build: Build) -> None:
        self._build = build
        self._instances = Instances(context, build, NAME)
        self._imports = Imports(context, build, self._instances)
        self._source = ""
        self._told = False

    def begin(self, source: str) -> None:
        self._source, self._told = source, False
        self._instances.begin(source)

    def end(self) -> None:
        """What waits for more rows of its image gets none."""
        self._imports.flush()

    def take(self, raw: bytes, row: Any) -> None:
        """Reads a record of the file, whatever it is."""
        kind = _kind(row) if isinstance(row, dict) else None
        if kind == "row":
            self._row(raw, row)
        elif kind == "import":
            self._imports.take(raw, row)
        elif kind == "old":
            self._old(raw)
        else:
            detail = "it has no `data_row` with `projects`; export as NDJSON, version 2"
            self._instances.refuse("no-row", detail, raw)

    def _old(self, raw: bytes) -> None:
        """Says once what a whole file is."""
        if not self._told:
            detail = "it is an export of version 1; export again, as version 2"
            self._build.say(self._source, "version-1", detail, raw[:RAW])
        self._told = True

    def _row(self, raw: bytes, row: dict[str, Any]) -> None:
        data = DataRow.of(row)
        count = 0
        for project, label in data.labels():
            found = attributes(row, project, label)
            count = max(count, self._label(raw, data, label, found, model=False))
        for label in data.predictions():
            count = max(count, self._label(raw, data, label, {}, model=True))
        self._build.note("model-run", data.repeated)
        self._build.images(max(count, 1))

    def _label(
        self,
        raw: bytes,
        data: DataRow,
        label: dict[str, Any],
        found: dict[str, Any],
        model: bool,
    ) -> int:
        """Every instance of a label; the number of its frames."""
        if skipped(label):
            detail = f"label {label.get('id')} of {data.image} was skipped; label it"
            self._instances.refuse("skipped", detail, raw)
            return 0
        self._build.note("no-annotator", not model and who(label) is None)
        drawn = label.get("annotations")
        drawn = drawn if isinstance(drawn, dict) else {}
        ties = links(drawn.get("relationships"))
        role = Role.GOLD.value if gold(label, data.benchmarks) and not model else None

        def record(group: Group, said: dict[str, Any], frame: int | None) -> Record:
            made = common(data, label, frame)
            made.id = f"{label.get('id')}:{group.id}"
            made.attributes = {**found, **said}
            made.role, made.model = role, model
            if data.turned:
                made.repairs = [*made.repairs, "exif-turned"]
            if frame is not None:
                by_name = group.how == "grouped-by-name"
                made.track = str(label.get("id")) if by_name else group.id
            return made

        objects = Objects()
        seen = 0
        if isinstance(drawn.get("frames"), dict):
            for frame, shapes, said in frames(drawn, objects, self._instances, raw):
                seen += 1
                self._put(shapes, ties, record, said, frame, raw)
        else:
            shapes = list(objects.shapes(_listed(drawn.get("objects"))))
            self._put(shapes, ties, record, {}, None, raw)
            seen = bool(shapes)
        self._build.note("empty", not seen)
        for code, times in objects.notes.items():
            self._build.note(code, times)
        return int(seen)

    def _put(
        self,
        shapes: list[Shape],
        ties: list[tuple[str, str]],
        record: Callable[[Group, dict[str, Any], int | None], Record],
        said: dict[str, Any],
        frame: int | None,
        raw: bytes,
    ) -> None:
        self._instances.put(shapes, ties, lambda group: record(group, said, frame), raw)


def _listed(given: object) -> list[Any]:
    return given if isinstance(given, list) else []
