"""Label Studio's JSON: a list of tasks, or of a storage a file for each annotation.

    [{"id": 7, "data": {"image": "…/a.jpg"}, "annotations": [
        {"id": 9, "completed_by": {"email": …}, "created_at": …, "lead_time": 172.7,
         "result": [{"id": "x", "type": "keypointlabels", "parentID": "b",
                     "value": {"x": 64.4, "y": 39.2, "keypointlabels": ["nose"]}},
                    {"id": "b", "type": "rectanglelabels", …}, …]}],
      "predictions": […]}]

An annotation is what one person said of an image; how its points make instances,
`grouping` says.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from posegate.transforms.formats import instances, json_names
from posegate.transforms.formats.build import RAW, Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.grouping import Group
from posegate.transforms.formats.instances import Instances, named
from posegate.transforms.formats.json_files import records
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.label_studio_regions import Drawn, drawn
from posegate.transforms.formats.label_studio_write import KEEPS, TRACK, write
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.uris import file_of, original
from posegate.transforms.formats.values import person, scalar
from posegate.transforms.model.schema import Role

__all__ = [
    "CARRIES",
    "KEEPS",
    "NAME",
    "PER_IMAGE",
    "SUFFIXES",
    "TRAPS",
    "names",
    "read",
    "sniff",
    "write",
]

NAME = "label-studio"
SUFFIXES = (".json", ".jsonl", ".ndjson")
PER_IMAGE = True
CARRIES = Carries(
    annotator="`completed_by`: an id, or an object with the e-mail",
    time="`created_at`, else `updated_at`; `lead_time` of the whole annotation",
    review="`ground_truth` (gold), `was_cancelled` (skipped), `reviews`, `agreement`",
    tracks="a text for the region named `track`, as this tool writes it",
    visibility="by convention: label `nose_occluded`, or a choice for the region",
    masks="polygons, ellipses, brush",
    convention="percent of the image as the browser shows it, 0 at its first pixel's "
    "outer corner; times width and height / 100, as the tool's own exports do",
)
TRAPS = named(
    NAME,
    {
        **instances.TRAPS,
        "hidden-point": "A point has `hidden`, which the importer of COCO files sets "
        "for what is not visible: taken as occluded.",
        "zero-point": "A hidden point at (0, 0), as the importer of COCO files makes "
        "of one that is not there: taken as not labelled.",
        "box-turned": "A box is turned: the upright box around it counts.",
        "turned-image": "The image was turned in the editor: what its percentages "
        "mean then is not documented, quarantined.",
        "no-size": "A region does not say how large its image is: quarantined.",
        "no-image": "A task does not say which image it is of: quarantined.",
        "region": "A region cannot be read: its instance is quarantined.",
        "skipped": "An annotation was cancelled (skipped): quarantined.",
        "no-annotator": "Annotations do not say who made them, as after an import: "
        "counted.",
        "several-images": "Regions lie on several images of a task, and its data do "
        "not say which by the tags' names: quarantined.",
        "no-task": "Only the id of a task was stored beside an annotation: its image "
        "is not known, quarantined.",
        "named-only": "Annotations are there by their ids only: quarantined; so are "
        "predictions: counted.",
        "empty": "Annotations were submitted without anything drawn: counted.",
        "draft": "Drafts were never submitted: counted, not read.",
        "not-drawn": "Results are nothing drawn on an image: counted, not read.",
        "video-boxes": "Boxes on a video have no keypoints: counted, not read.",
        "json-min": "JSON-MIN has no ids, so points cannot be grouped: not read.",
        "no-tasks": "A record of the file is no task: quarantined.",
    },
)
_FRAME = {"frame": int, "fps": float, "video": str, "track": str}
_PICTURE = re.compile(r"\.(jpe?g|png|bmp|webp|gif|tiff?|mp4|mov|avi|webm)(\?|$)", re.I)
_LONG = 200  # characters: more is no value to divide data by


def sniff(head: bytes, name: str) -> bool:
    """Whether it starts like tasks, an annotation of a storage, or JSON-MIN."""
    found = outline(head)
    return any(_is_task(found, at) or _is_min(found, at) for at in ("", "*/"))


def _is_task(found: dict[str, str], at: str) -> bool:
    lists = [f"{at}{key}/*/result" for key in ("annotations", "completions")]
    if any(key in found for key in (*lists, f"{at}predictions/*/result")):
        return True
    if f"{at}result" in found:
        return any(f"{at}{key}" in found for key in ("completed_by", "was_cancelled"))
    keys = ("data", "annotations", "predictions")
    return all(f"{at}{key}" in found for key in keys) and f"{at}item" not in found


def _is_min(found: dict[str, str], at: str) -> bool:
    keys = ("annotation_id", "annotator", "lead_time")
    return all(f"{at}{key}" in found for key in keys)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches and quarantine batches."""
    build = Build(context, tally, NAME)
    reading = _Reading(context, build)
    for file in build.files():
        reading.begin(file.name)
        for _, raw, task in records(file, build, _sound):
            reading.take(raw, task)
            yield from build.ready()
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The labels of its keypoints, also of those that another control names."""
    return json_names.collected(file, _point_labels, "person")


def _point_labels(value: dict[str, Any]) -> Iterator[str]:
    yield from json_names.texts(value.get("keypointlabels"))
    if "x" in value and "height" not in value:
        yield from json_names.texts(value.get("labels"))


def _sound(task: Any) -> bool:
    """Whether it is a task, or an annotation with its own."""
    if not isinstance(task, dict):
        return False
    lists = ("annotations", "predictions", "completions")
    stored = "result" in task and isinstance(task.get("task"), dict)
    return stored or any(isinstance(task.get(key), list) for key in lists)


class _Reading:
    """The tasks of one shard."""

    def __init__(self, context: Context, build: Build) -> None:
        self._context, self._build = context, build
        self._instances = Instances(context, build, NAME)
        self._stored: set[int] = set()
        self._source = ""
        self._warned = False

    def begin(self, source: str) -> None:
        self._source, self._warned = source, False
        self._instances.begin(source)

    def take(self, raw: bytes, task: Any) -> None:
        """Reads a record of the file, whatever it is."""
        if not isinstance(task, dict):
            self._instances.refuse("no-tasks", "it is no object; export as JSON", raw)
        elif isinstance(made := task.get("annotations"), list) or (
            "predictions" in task and not made
        ):
            self._build.images()
            self._task(raw, task, made or [])
        elif isinstance(task.get("completions"), list):
            self._build.images()
            self._task(raw, task, task["completions"])
        elif isinstance(task.get("result"), list):
            self._annotation_file(raw, task)
        elif _is_min(dict.fromkeys(task, ""), ""):
            self._min(raw)
        else:
            detail = "it has neither `annotations` nor `result`; export as JSON"
            self._instances.refuse("no-tasks", detail, raw)

    def _min(self, raw: bytes) -> None:
        """Says once what a whole file is."""
        if not self._warned:
            detail = "it is JSON-MIN, which lacks what ties points together; export "
            self._build.say(self._source, "json-min", detail + "as JSON", raw[:RAW])
        self._warned = True

    def _annotation_file(self, raw: bytes, annotation: dict[str, Any]) -> None:
        """One annotation as a storage keeps it, with its task inside."""
        task = annotation.get("task")
        if not isinstance(task, dict):
            detail = f"task {task!r} is only named; export the tasks as JSON"
            self._instances.refuse("no-task", detail, raw)
            return
        known = hash(str(task.get("id")))
        self._build.images(known not in self._stored)
        self._stored.add(known)
        self._task(raw, {**task, "predictions": ()}, [annotation])

    def _task(self, raw: bytes, task: dict[str, Any], annotations: list[Any]) -> None:
        image, said = _data(task)
        if image is None:
            detail = "`data` names no image; give its address"
            self._instances.refuse("no-image", detail, raw)
            return
        if isinstance(drafts := task.get("drafts"), list):
            self._build.note("draft", len(drafts))
        if (agreed := scalar(task.get("agreement"))) is not None:
            said["agreement"] = agreed
        for made in annotations:
            if isinstance(made, dict):
                for shown, part in self._parts(raw, image, task, made):
                    self._annotation(raw, shown, said, part, model=False)
            else:
                detail = f"annotation {made!r} is only named; export it with its result"
                self._instances.refuse("named-only", detail, raw)
        guesses = task.get("predictions")
        for made in guesses if isinstance(guesses, list) else ():
            if isinstance(made, dict):
                for shown, part in self._parts(raw, image, task, made):
                    self._annotation(raw, shown, said, part, model=True)
            else:
                self._build.note("named-only")

    def _parts(
        self, raw: bytes, image: str, task: dict[str, Any], made: dict[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """An annotation, or what of it is drawn on each of its task's images."""
        given = made.get("result")
        results = given if isinstance(given, list) else []
        names = sorted({n for n in map(_drawn_on, results) if n is not None})
        if len(names) < 2:
            yield image, made
            return
        data = {name: (task.get("data") or {}).get(name) for name in names}
        if not all(isinstance(each, str) and each for each in data.values()):
            detail = (
                f"regions on {' and '.join(names)}, which are none of its `data`; name "
                "the images' tags as the data's columns"
            )
            self._instances.refuse("several-images", detail, raw)
            return
        for name, address in data.items():
            own = [r for r in results if _drawn_on(r) in (name, None)]
            yield file_of(str(address)), {**made, "result": own}

    def _annotation(
        self,
        raw: bytes,
        image: str,
        said: dict[str, Any],
        made: dict[str, Any],
        model: bool,
    ) -> None:
        """Every instance of an annotation or a prediction."""
        if made.get("was_cancelled") or made.get("skipped"):
            detail = "the annotator skipped the image; have it annotated"
            self._instances.refuse("skipped", detail, raw)
            return
        results = made.get("result")
        sizes = self._context.sizes([image])[0]
        known = None if np.isnan(sizes).any() else (int(sizes[0]), int(sizes[1]))
        found = drawn(results if isinstance(results, list) else (), known)
        for code, times in found.notes.items():
            self._build.note(code, times)
        self._build.note("empty", not model and not found.shapes)
        self._build.note("no-annotator", not model and _who(made) is None)

        def make(group: Group) -> Record:
            record = _record(made, found, said, model)
            record.image = image
            record.id = f"{made.get('id')}:{group.id}" if "id" in made else group.id
            held = [s.attributes for s in group.around] + [record.attributes or {}]
            tracks = [said.pop(TRACK, None) for said in held]
            record.track = next((t for t in tracks if t), record.track)
            return record

        self._instances.put(found.shapes, found.links, make, raw)


def _drawn_on(result: Any) -> str | None:
    """The tag of the image that a region is on; None for what is no region."""
    if not isinstance(result, dict) or "original_width" not in result:
        return None
    name = result.get("to_name")
    return name if isinstance(name, str) else None


def _who(made: dict[str, Any]) -> Any:
    return scalar(person(made.get("completed_by")))


def _record(
    made: dict[str, Any], found: Drawn, said: dict[str, Any], model: bool
) -> Record:
    """What holds for every instance of an annotation."""
    width, height = found.size or (None, None)
    lead = made.get("lead_time")
    who = made.get("model_version") if model else _who(made)
    gold = made.get("ground_truth") or made.get("honeypot")
    return Record(
        position=0,
        image="",
        width=width,
        height=height,
        annotator=scalar(who),
        annotated_at=made.get("created_at") or made.get("updated_at"),
        lead_time_s=lead if isinstance(lead, int | float) else None,
        role=Role.GOLD.value if gold and not model else None,
        model=model,
        attributes={
            **{key: value for key, value in said.items() if key not in _FRAME},
            **found.attributes,
            **_review(made),
        },
        **{key: said[key] for key in _FRAME if key in said},
    )


def _review(made: dict[str, Any]) -> dict[str, Any]:
    """What became of an annotation, and who changed it."""
    out: dict[str, Any] = {}
    reviews = made.get("reviews")
    last = reviews[-1] if isinstance(reviews, list) and reviews else None
    if isinstance(last, dict):
        out["review"] = "accepted" if last.get("accepted") else "rejected"
        out["reviewer"] = scalar(person(last.get("created_by")))
    changed = scalar(person(made.get("updated_by")))
    own = made.get("completed_by")
    known = {scalar(own.get(k)) for k in own} if isinstance(own, dict) else {_who(made)}
    if changed is not None and changed not in known:
        out["updated_by"] = changed
    for key in ("score", "last_action", "parent_prediction", "parent_annotation"):
        if (text := scalar(made.get(key))) is not None:
            out[key] = text
    return out


def _data(task: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The image of a task, and what else its data say: columns that were imported."""
    data = task.get("data")
    data = data if isinstance(data, dict) else {}
    texts = {k: v for k, v in data.items() if isinstance(v, str) and v}
    keys = [k for k in ("image", "img", "image_url", "url") if k in texts]
    keys += [k for k, v in texts.items() if _PICTURE.search(v)]
    keys += [k for k, v in texts.items() if "/" in v or "image" in k.lower()]
    address = texts[keys[0]] if keys else task.get("file_upload")
    if not isinstance(address, str) or not address:
        return None, {}
    image = file_of(address)
    said: dict[str, Any] = {}
    for key, value in data.items():
        if key in _FRAME and isinstance(value, (_FRAME[key], int)):
            said[key] = value
        elif isinstance(value, str | int | float) and value != address:
            said[key] = value if not isinstance(value, str) else value[:_LONG]
    if (name := original(image)) is not None:
        said.setdefault("original", name)
    return image, said
