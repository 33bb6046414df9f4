"""CVAT's own JSON: what its server answers, and what its backups hold.

    {"shapes": [...], "tracks": [...], "tags": [...]}    of a job or a task
    [{"shapes": ...}, ...]                               of a task's jobs: a backup
    {"job": {"27": {"shapes": ...}}, "task": {...}}      of many

The files beside say whose they are (`cvat_about`). A job is read whole; a shape that
cannot be read costs itself.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TypeVar

import msgspec
import pyarrow as pa

from posegate.transforms.formats import cvat_frame
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.cvat_about import About, Image, Job, about, skeletons
from posegate.transforms.formats.cvat_answers import (
    DRAWN,
    KINDS,
    TRACK,
    Answer,
    Drawn,
    Seen,
    Track,
    shape,
    track,
)
from posegate.transforms.formats.cvat_frame import Frames
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.xml_records import whole
from posegate.transforms.model.schema import Role

NAME = "cvat-api"
SUFFIXES = (".json", ".jsonl")
CARRIES = Carries(
    annotator="jobs.json: the job's assignee",
    time="jobs.json: `updated_date` of the job, the last change of any of it",
    review="jobs.json: ground truth is gold; `stage` and `state` are attributes",
    tracks="`tracks`, by their number in the job",
    visibility="`outside` 0, `occluded` 1, else 2",
    masks="`mask` and `polygon`, of the same group or on their own",
    convention="px of CVAT's canvas, whose (0, 0) is the corner of the top-left pixel; "
    "taken as they stand, in full precision",
)
TRAPS = {
    **{f"{NAME}.{code}": said for code, said in cvat_frame.TRAPS.items()},
    f"{NAME}.label": "A label has a number and no name: quarantined. Add labels.json.",
    f"{NAME}.shape": "A shape or a track is none: quarantined.",
    f"{NAME}.not-json": "The file is no JSON: not read.",
    f"{NAME}.task-repeated": "What a task answers repeats its jobs' answers: counted, "
    "and left alone, for only jobs have annotators.",
    f"{NAME}.job-unknown": "Nothing says which job it is: nobody is the annotator. Add "
    "jobs.json, and the job's number to the file's or folder's name.",
    f"{NAME}.image-unnamed": "Nothing says how a frame's image is called: it goes by "
    "its task and number. Add data_meta.json.",
    f"{NAME}.reviewed-by": "The job is past annotation: its assignee may be who "
    "reviewed it.",
    f"{NAME}.replica": "The job is one of several of the same frames, by consensus: "
    "each annotator's is a row.",
    f"{NAME}.honeypot": "The frame is a honeypot: it meets the frame of ground truth "
    "that it repeats, and says so in an attribute.",
    f"{NAME}.keyframes-only": "Tracks have keyframes alone here: what CVAT shows "
    "between them is no row.",
    f"{NAME}.left-alone": "Polylines and cuboids are neither poses nor "
    "masks: counted, and left alone.",
}
_JOB = re.compile(r"jobs?[^0-9a-z/]*/?(\d{1,15})", re.IGNORECASE)
_TASK = re.compile(r"tasks?[^0-9a-z/]*/?(\d{1,15})", re.IGNORECASE)
T = TypeVar("T", Drawn, Track)
_BAD = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_WHOLE = 512 << 20  # bytes of a file, which is read whole


def sniff(head: bytes, name: str) -> bool:
    """Whether it is an answer with annotations, or one that says something of them."""
    found = outline(head)
    for start in ("", "*/", *_keys(found)):
        if {f"{start}shapes", f"{start}tracks"} <= found.keys():
            return True
        if f"{start}shapes/*/z_order" in found or f"{start}tracks/*/elements" in found:
            return True
    return _companion(found)


def _keys(found: dict[str, str]) -> set[str]:
    """The paths of jobs and tasks by number."""
    return {f"{path}/" for path in found if re.fullmatch(r"(job|task)/\d+", path)}


def _companion(found: dict[str, str]) -> bool:
    page = {"count", "results"} <= found.keys() and any(
        f"results/*/{key}" in found
        for key in (
            "task_id",
            "sublabels",
            "target",
            "annotation_ids",
            "data_chunk_size",
        )
    )
    return page or any(
        some <= found.keys()
        for some in (
            {"task_id", "stage", "state"},
            {"frames", "chunk_size", "image_quality"},
            {"labels", "jobs", "data", "version"},
            {"honeypot_frames"},
            {"*/sublabels", "*/has_parent"},
        )
    )


def names(file: File) -> list[Names]:
    """The skeletons of labels.json or task.json; what is annotated has numbers."""
    with suppress(DamagedStream):
        found = skeletons(file.read(_WHOLE))
        return [Names(label, points) for label, points in found.items()]
    return []


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    reading = _Reading(context, build)
    for file in build.files():
        if file.name.lower().endswith((".json", ".json.gz")):
            yield from reading.file(file)
    build.note("left-out", reading.frames.left_out)
    yield from build.rest()


class _Reading:
    """One shard being read."""

    def __init__(self, context: Context, build: Build) -> None:
        self._context, self._build = context, build
        self.frames = Frames(NAME, context.skeleton, context.delivery.points)
        self._about, self._file = About(), ""
        self._position = 0

    def file(self, file: File) -> Iterator[pa.RecordBatch]:
        """The batches that a file fills; none if it only says something of others."""
        self._file = file.name
        try:
            data = file.read(_WHOLE)
            answers = list(_answers(data))
        except DamagedStream as damage:
            self._build.damaged(file.name, damage)
            return
        except _BAD as error:
            detail = f"it is no JSON ({error}); export it again"
            self._build.say(file.name, "not-json", detail, data[:1024])
            return
        if not answers:
            return
        self._about = about(lambda *names: self._context.companion(file, *names))
        self._build.images(len(self._about.images))
        known = {i for kind, i, _ in answers if kind == "job"}
        tasks = {job.task for i, job in self._about.jobs.items() if i in known}
        for i, (kind, number, answer) in enumerate(answers):
            if kind == "task" and number in tasks:
                self._build.note("task-repeated")
                continue
            self._job(self._which(kind, number, i), answer)
            yield from self._build.ready()

    def _which(self, kind: str, number: int | None, i: int) -> Job:
        """The job that an answer is of."""
        jobs = self._about.jobs
        if kind == "task":
            return Job(task=number)
        if kind == "job":
            return jobs.get(number or 0, Job(number))
        if kind == "backup":
            ordered = self._about.ordered
            return ordered[i] if i < len(ordered) else Job()
        if found := _JOB.search(self._file):
            return jobs.get(int(found[1]), Job(int(found[1])))
        if found := _TASK.search(self._file):
            return Job(task=int(found[1]))
        return next(iter(jobs.values())) if len(jobs) == 1 else Job()

    def _job(self, job: Job, answer: Answer) -> None:
        """The records of a job."""
        frames: dict[int, list[Seen]] = {}
        for seen in (*self._shapes(job, answer), *self._tracks(answer)):
            frames.setdefault(seen.frame, []).append(seen)
        self._build.note("job-unknown", int(job.id is None and not job.gold))
        late = job.annotator is not None and job.stage in ("validation", "acceptance")
        self._build.note("reviewed-by", int(late and not job.gold))
        self._build.note("replica", int(job.replica))
        if not self._about.images:
            self._build.images(len(frames) if job.frames is None else job.frames)
        for frame, some in sorted(frames.items()):
            for each in some:
                each.shape.id = _key(each)
            for record in self.frames.records([each.shape for each in some]):
                self._put(record, job, frame)

    def _shapes(self, job: Job, answer: Answer) -> Iterator[Seen]:
        for raw in answer.shapes:
            given = self._decoded(DRAWN, bytes(raw))
            if given is None:
                continue
            if given.type not in KINDS:
                self._build.note("left-alone")
                continue
            image = self._about.image(given.frame)
            size = self._size(image, job, given)
            yield shape(given, self._about.spec, size, bytes(raw))

    def _tracks(self, answer: Answer) -> Iterator[Seen]:
        for raw in answer.tracks:
            given = self._decoded(TRACK, bytes(raw))
            if given is None:
                continue
            self._build.note("keyframes-only")
            if not given.elements and not any(s.type in KINDS for s in given.shapes):
                self._build.note("left-alone")
                continue
            yield from track(given, self._about.spec, bytes(raw))

    def _decoded(self, decoder: "msgspec.json.Decoder[T]", raw: bytes) -> T | None:
        try:
            return decoder.decode(raw)
        except _BAD as error:
            detail = f"{error}; export it again"
            self._build.refuse(self._file, self._next(), "shape", detail, raw)
            return None

    def _size(
        self, image: Image | None, job: Job, given: Drawn
    ) -> tuple[int, int] | None:
        """The size of a mask's image [px], by the image or the job table."""
        if image is not None and image.size is not None:
            return image.size
        if given.type != "mask":
            return None
        width, height = self._context.sizes([self._name(image, job, given.frame)])[0]
        return (int(width), int(height)) if width > 0 and height > 0 else None

    def _next(self) -> int:
        self._position += 1
        return self._position - 1

    def _name(self, image: Image | None, job: Job, frame: int) -> str:
        if image is not None and image.name:
            return image.name
        whose = f"task-{job.task}" if job.task is not None else f"job-{job.id}"
        return f"{whose}/frame_{self._about.honeypots.get(frame, frame):06d}"

    def _put(self, record: Record, job: Job, frame: int) -> None:
        """What the job says; then on to the batch."""
        image = self._about.image(frame)
        record.image = self._name(image, job, frame)
        if image is None or not image.name:
            record.repairs = [*record.repairs, f"{NAME}.image-unnamed"]
        if image is not None and image.size is not None:
            record.width, record.height = image.size
        record.source, record.position, record.frame = self._file, self._next(), frame
        record.job, record.annotator, record.annotated_at = (
            job.id,
            job.annotator,
            job.updated,
        )
        record.role = Role.GOLD.value if job.gold else None
        self._say(record, job, frame)
        self._build.put(record)

    def _say(self, record: Record, job: Job, frame: int) -> None:
        """The attributes that come of the job and of its quality report."""
        kind, _, number = str(record.id or "").partition("-")
        if kind == "track":
            record.track = f"{job.id}-{number}" if job.id is not None else number
        task = self._about.tasks.get(job.task or -1, {})
        if task.get("mode") == "interpolation":
            record.video = str(task.get("name") or f"task-{job.task}")
        conflict = None
        if job.id is not None and (own := whole(number)) is not None:
            conflict = self._about.conflicts.get((job.id, kind, own))
        more = {"stage": job.stage, "state": job.state, "conflict": conflict}
        if frame in self._about.honeypots:
            more["honeypot"] = "true"
            record.repairs = [*record.repairs, f"{NAME}.honeypot"]
        said = {name: value for name, value in more.items() if value is not None}
        record.attributes = {**said, **(record.attributes or {})} or None


def _key(seen: Seen) -> str | None:
    """A shape's or a track's number, with what it is: both count from 1."""
    if seen.track is not None:
        return f"track-{seen.track}"
    return f"shape-{seen.shape.id}" if seen.shape.id is not None else None


def _answers(data: bytes) -> Iterator[tuple[str, int | None, Answer]]:
    """What a file holds: `job`, `task`, `backup` or nothing said; number; answer."""
    found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_ANY)
    if isinstance(found, list):
        for raw in found:
            if (answer := _answer(raw)) is not None:
                yield "backup", None, answer
        return
    if isinstance(found, dict):
        if found.keys() & {"shapes", "tracks", "tags"}:
            yield (
                "",
                None,
                msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=Answer),
            )
            return
        for kind in ("job", "task"):
            if kind in found:
                yield from _numbered(kind, found[kind])


def _numbered(kind: str, raw: msgspec.Raw) -> Iterator[tuple[str, int | None, Answer]]:
    try:
        some = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except _BAD:
        return
    for key, each in some.items():
        answer = _answer(each)
        if answer is not None and (number := whole(key)) is not None:
            yield kind, number, answer


def _answer(raw: msgspec.Raw) -> Answer | None:
    try:
        return msgspec.json.decode(raw, type=Answer)
    except _BAD:
        return None


_ANY = dict[str, msgspec.Raw] | list[msgspec.Raw] | str | float | bool | None
