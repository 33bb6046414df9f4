"""What CVAT's other answers say of a job: who, when, in which role, of which images.

They are files beside `annotations.json`: labels.json, jobs.json or job.json,
tasks.json or task.json, data_meta.json (`/api/jobs/<id>/data/meta`), manifest.jsonl,
validation_layout.json, quality_conflicts.json: as many as there are.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from posegate.transforms.formats.cvat_answers import Spec
from posegate.transforms.formats.cvat_meta import LARGEST

Json = Mapping[str, Any]
Beside = Callable[..., bytes | None]
"""Gives the first of the files so named beside the one that is read."""


@dataclass(frozen=True)
class Job:
    """A job, as its record says."""

    id: int | None = None
    task: int | None = None
    name: str | None = None
    annotator: str | None = None
    updated: str | None = None
    stage: str | None = None
    state: str | None = None
    frames: int | None = None
    gold: bool = False
    replica: bool = False


@dataclass(frozen=True)
class Image:
    """A frame's."""

    name: str
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class About:
    """All of it; `first` is the frame that `images` begins with."""

    spec: Spec = field(default_factory=Spec)
    jobs: dict[int, Job] = field(default_factory=dict)
    tasks: dict[int, Json] = field(default_factory=dict)
    ordered: tuple[Job, ...] = ()
    images: tuple[Image, ...] = ()
    first: int = 0
    honeypots: dict[int, int] = field(default_factory=dict)
    conflicts: dict[tuple[int, str, int], str] = field(default_factory=dict)

    def image(self, frame: int) -> Image | None:
        """The image of a frame; a honeypot's is that of the frame it repeats."""
        at = self.honeypots.get(frame, frame) - self.first
        return self.images[at] if 0 <= at < len(self.images) else None


def about(beside: Beside) -> About:
    """From the files that are there."""
    task = _object(beside("task.json"))
    jobs = [_job(each) for each in _listed(beside("jobs.json"), beside("job.json"))]
    images, first = _images(beside)
    layout = _object(beside("validation_layout.json"))
    pots = zip(
        layout.get("honeypot_frames") or (),
        layout.get("honeypot_real_frames") or (),
        strict=False,
    )
    return About(
        spec=_spec([*_listed(beside("labels.json")), *_some(task.get("labels"))]),
        jobs={job.id: job for job in jobs if job.id is not None},
        tasks={
            each["id"]: each
            for each in _listed(beside("tasks.json"), beside("task.json"))
            if isinstance(each.get("id"), int)
        },
        ordered=tuple(_job(each) for each in _some(task.get("jobs"))),
        images=images,
        first=first,
        honeypots={a: b for a, b in pots if isinstance(a, int) and isinstance(b, int)},
        conflicts=_conflicts(_listed(beside("quality_conflicts.json"))),
    )


def skeletons(data: bytes) -> dict[str, tuple[str, ...]]:
    """The points of each skeleton, where a file lists labels (or a task that has)."""
    task = _object(data)
    labels = _some(task.get("labels")) or _listed(data)
    return {
        str(each.get("name")): tuple(str(point.get("name")) for point in points)
        for each in labels
        if (points := _some(each.get("sublabels")))
    }


def _decoded(data: bytes | None) -> Any:
    try:
        return msgspec.json.decode(data) if data else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _object(data: bytes | None) -> Json:
    found = _decoded(data)
    return found if isinstance(found, dict) else {}


def _some(found: Any) -> list[Json]:
    """The objects of a list."""
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def _listed(*files: bytes | None) -> list[Json]:
    """The records of a page of answers, of a list, or the one that a file is."""
    for data in files:
        found = _decoded(data)
        if isinstance(found, dict):
            return _some(found["results"]) if "results" in found else [found]
        if isinstance(found, list):
            return _some(found)
    return []


def _job(record: Json) -> Job:
    who, kind = record.get("assignee"), record.get("type")
    named = who.get("username") if isinstance(who, dict) else who
    return Job(
        id=_number(record.get("id")),
        task=_number(record.get("task_id")),
        annotator=named if isinstance(named, str) else None,
        updated=_text(record.get("updated_date")),
        stage=_text(record.get("stage")),
        state=_text(record.get("state")),
        frames=_number(record.get("frame_count")),
        gold=kind == "ground_truth",
        replica=kind == "consensus_replica",
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _spec(labels: list[Json]) -> Spec:
    """Of labels, and of those inside skeletons."""
    spec = Spec()
    for each in _flat(labels):
        number, name = _number(each.get("id")), each.get("name")
        if number is not None and isinstance(name, str):
            spec.labels[number] = name
        for said in _some(each.get("attributes")):
            number, name = _number(said.get("id")), said.get("name")
            if number is not None and isinstance(name, str):
                spec.attributes[number] = name
    return spec


def _flat(labels: list[Json]) -> Iterator[Json]:
    for each in labels:
        yield each
        yield from _some(each.get("sublabels"))


def _images(beside: Beside) -> tuple[tuple[Image, ...], int]:
    """Every frame's image, and the number of the first."""
    meta = _object(beside("data_meta.json", "meta.json"))
    frames = _some(meta.get("frames"))
    if frames:
        first = _number(meta.get("included_frames_start")) or 0
        return tuple(_image(each, str(each.get("name", ""))) for each in frames), first
    lines = beside("manifest.jsonl", "data/manifest.jsonl")
    found = [_object(line) for line in (lines or b"").splitlines()]
    named = [each for each in found if isinstance(each.get("name"), str)]
    return tuple(_image(e, e["name"] + str(e.get("extension", ""))) for e in named), 0


def _image(record: Json, name: str) -> Image:
    width, height = (
        _number(record.get("width")) or 0,
        _number(record.get("height")) or 0,
    )
    sound = min(width, height) > 0 and max(width, height) <= LARGEST
    return Image(name, (width, height) if sound else None)


def _conflicts(found: list[Json]) -> dict[tuple[int, str, int], str]:
    """The kinds of conflict that a quality report lists, by job, kind and shape."""
    kinds: dict[tuple[int, str, int], set[str]] = {}
    for each in found:
        for at in _some(each.get("annotation_ids")):
            job, number = _number(at.get("job_id")), _number(at.get("obj_id"))
            if job is not None and number is not None:
                key = job, str(at.get("type")), number
                kinds.setdefault(key, set()).add(str(each.get("type")))
    return {key: ", ".join(sorted(some)) for key, some in kinds.items()}
