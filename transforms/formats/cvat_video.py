"""CVAT for video 1.1: an element a track, with its shape in every frame.

    <annotations> <meta>… <original_size/> <source>a.mp4</source> </meta>
      <track id label source group_id>
        <skeleton frame keyframe> <points label keyframe outside occluded points/> …
        <box frame keyframe outside occluded xtl ytl xbr ybr/> …

A point is a keyframe on its own account. The first versions with skeletons put a track
of each point into that of the skeleton, which is read as well.
"""

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

import pyarrow as pa

from posegate.transforms.formats import cvat_frame, cvat_names
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.cvat_frame import Frames
from posegate.transforms.formats.cvat_groups import Groups, group_of, groups, hidden
from posegate.transforms.formats.cvat_meta import Meta, Task, kind, meta
from posegate.transforms.formats.cvat_shapes import (
    DRAWN,
    LEFT_ALONE,
    Shape,
    Unreadable,
    element,
    shape,
)
from posegate.transforms.formats.cvat_video_write import BY, KEEPS, write
from posegate.transforms.formats.files import File
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.xml_records import Close, Node, Open, Records, whole
from posegate.transforms.formats.xml_stream import Broken
from posegate.transforms.model.schema import Origin

__all__ = [
    "BY",
    "CARRIES",
    "KEEPS",
    "NAME",
    "SUFFIXES",
    "TRAPS",
    "read",
    "sniff",
    "write",
]

NAME = "cvat-video"
SUFFIXES = (".xml",)
CARRIES = Carries(
    annotator="`meta`: a job's assignee, or that of a task that is one job",
    time="`meta`: `updated` of the task or job, the last change of any of it",
    tracks="`track`, by a number that is another in every export",
    visibility="`outside` 0, `occluded` 1, else 2; `keyframe` 0 was interpolated",
    masks="`polygon` and `mask` tracks, on their own",
    convention="px of CVAT's canvas, whose (0, 0) is the corner of the top-left pixel; "
    "taken as they stand, as CVAT's own COCO export does; two decimals. Frames are "
    "those of the video, whatever the task left out",
)
_NOT = {"box-from-image"}
TRAPS = {
    **{f"{NAME}.{c}": said for c, said in cvat_frame.TRAPS.items() if c not in _NOT},
    f"{NAME}.frame": "A shape has no frame: quarantined.",
    f"{NAME}.syntax": "An element is not well formed: it is quarantined, with the rest "
    "of its track.",
    f"{NAME}.images": "The file holds images, which belong to CVAT for images: they "
    "are left alone. Deliver it by itself, with `format` = cvat-images.",
    f"{NAME}.all-keyframes": "A file of tracks in which nothing was interpolated: each "
    "frame was drawn, or an old CVAT wrote interpolated frames as keyframes. Look.",
    f"{NAME}.closing-frame": "Frames in which all of a track is outside end it, and "
    "still have positions: counted, and no rows.",
    f"{NAME}.single-frame": "Tracks of one frame: so CVAT writes a shape that is no "
    "track, with a closing frame.",
    f"{NAME}.point-missing": "A point of the track is missing from a frame, and "
    "nothing says that it left: it is unlabelled.",
    f"{NAME}.video-unnamed": "The file does not say which video it is about: it is "
    "called by its job or file, and does not meet other annotations of it.",
    f"{NAME}.assignee-of-task": "The task has an assignee, but was cut into jobs: who "
    "did each it does not say, and nobody is taken for the annotator. Export jobs.",
    f"{NAME}.left-alone": "Polylines and cuboids are neither poses nor "
    "masks: counted, and left alone.",
}
_OUTLINE = ("annotations", "track")
_TEXTS = frozenset({"attribute"})
_Place = tuple[str, int]  # a project's task, and the frame
_MANY = 3  # frames of a track in which something should have been interpolated


def sniff(head: bytes, name: str) -> bool:
    """Whether it is CVAT's root, and tracks are in it."""
    return kind(head) == "video"


names = cvat_names.names


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    frames = Frames(NAME, context.skeleton, context.delivery.points)
    position = 0
    for file in build.files():
        reading = _Reading(_again(file, context), build, frames, position)
        yield from reading.batches()
        position = reading.position
    build.note("left-out", frames.left_out)
    yield from build.rest()


def _again(file: File, context: Context) -> File:
    """The file as one that can be read twice, which a tar's cannot."""
    if not re.search(r"\.(tar|tar\.gz|tgz)$", context.shard.name.lower()):
        return file
    held: list[bytes] = []

    def opened() -> BinaryIO:
        if not held:
            held.append(file.read())
        return io.BytesIO(held[0])

    return File(file.name, opened)


@dataclass
class _Track:
    """The track in hand: `shown` frames of it, `still` the points that are to be seen.

    `nested`: its points are in tracks of their own.
    """

    attrs: dict[str, str]
    shown: int = 0
    still: set[str] = field(default_factory=set)
    nested: dict[int, Shape] = field(default_factory=dict)


class _Reading:
    """One file being read."""

    def __init__(self, file: File, build: Build, frames: Frames, position: int) -> None:
        self.position = position
        self._file, self._build, self._frames = file, build, frames
        self._meta, self._task, self._video = Meta(), Task(), ""
        self._track = _Track({})
        self._groups = Groups()
        self._points: dict[_Place, list[Shape]] = {}
        self._seen: set[_Place] = set()
        self._long = self._between = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Those that the file fills."""
        try:
            self._name(Meta())
            self._look_ahead()
            for event in self._records():
                if isinstance(event, Broken):
                    self._refuse("syntax", event.detail, event.raw)
                elif isinstance(event, Open):
                    self._track = _Track(event.attrs)
                elif isinstance(event, Close):
                    self._close()
                else:
                    self._take(event)
                yield from self._build.ready()
        except DamagedStream as damage:
            self._build.damaged(self._file.name, damage)
        for (task, frame), shapes in sorted(self._points.items()):
            self._track = _Track({"task_id": task})
            self._assemble(frame, shapes)
            yield from self._build.ready()
        listed = self._meta.frames
        self._build.images(len(self._seen) if listed is None else listed)
        self._build.note("all-keyframes", 0 if self._between else self._long)

    def _records(self) -> Records:
        return Records(self._file.chunks(), _OUTLINE, "track", _TEXTS)

    def _look_ahead(self) -> None:
        """Gathers the boxes of groups, if there are groups."""
        before = b""
        with suppress(DamagedStream):  # reading itself will meet it, and tell
            for chunk in self._file.chunks():
                if b"group_id" in before[-16:] + chunk:
                    self._groups = groups(self._file.chunks())
                    return
                before = chunk

    def _name(self, said: Meta) -> None:
        """What the file says of itself, and so how its video is called."""
        self._meta, self._task = said, said.task
        stem = self._file.name.rpartition("/")[2].partition(".")[0]
        job = f"job-{said.task.scope}" if said.task.scope else stem
        self._video = said.source or said.task.name or job
        self._build.note("assignee-of-task", int(said.task.unsaid))

    def _take(self, node: Node) -> None:
        """A record: what is in a track, or beside it."""
        if node.tag == "meta":
            self._name(meta(node))
            unnamed = not (self._meta.source or self._task.name)
            self._build.note("video-unnamed", int(unnamed))
        elif node.tag == "image":
            self._build.note("images")
        elif node.tag == "track":
            self._nest(node)
        elif node.tag in LEFT_ALONE:
            self._build.note("left-alone")
        elif node.tag in DRAWN:
            self._shape(node)

    def _shape(self, node: Node) -> None:
        """A shape in a frame."""
        track, frame = self._track, whole(node.attrs.get("frame"))
        made = shape(
            node,
            track.attrs.get("label", ""),
            self._of().size or self._task.size,
            track.attrs.get("source"),
        )
        made.group = group_of(track.attrs)
        if frame is None:
            said = node.attrs.get("frame")
            self._refuse("frame", f"a {node.tag} has the frame {said!r}", node.raw)
        elif node.tag == "skeleton" and not made.elements and made.fault is None:
            track.nested[frame] = made
        elif hidden(node):
            self._build.note("closing-frame")
            track.still.clear()
        else:
            self._show(made, frame)

    def _show(self, made: Shape, frame: int) -> None:
        """A shape that is to be seen."""
        self._track.shown += 1
        place = self._track.attrs.get("task_id", ""), frame
        self._seen.add(place)
        self._between += made.origin == Origin.INTERPOLATED
        if made.kind == "skeleton":
            record = self._frames.pose(made)
            self._whole(made, record)
            self._box(made.group, frame, record)
        elif made.kind == "points" and len(made.values) == 2:
            self._points.setdefault(place, []).append(made)
            return
        elif made.kind == "box" and self._groups.box(made.group, frame):
            return
        else:
            made.group = None
            (record,) = self._frames.records([made])
        self._put(record, frame, self._track.attrs.get("id"))

    def _box(self, group: str | None, frame: int, record: Record) -> None:
        if frame in self._groups.crowds.get(group or "", ()):
            record.repairs = [*record.repairs, f"{NAME}.group-of-many"]
        sides = self._groups.box(group, frame)
        if sides is not None:
            left, top, right, bottom = sides
            record.bbox = [left, top, right - left, bottom - top]

    def _whole(self, made: Shape, record: Record) -> None:
        """Whether the points are there that were to be seen in the frame before."""
        here = {each.label for each in made.elements}
        self._between += any(e.origin == Origin.INTERPOLATED for e in made.elements)
        if self._track.still - here:
            record.repairs = [*record.repairs, f"{NAME}.point-missing"]
        self._track.still = {e.label for e in made.elements if e.visibility}

    def _nest(self, node: Node) -> None:
        """A point's track inside its skeleton's: each goes where its frame says."""
        for each in node.children:
            frame = whole(each.attrs.get("frame"))
            of = self._track.nested.get(frame) if frame is not None else None
            if each.tag != "points" or of is None:
                continue
            each.attrs["label"] = node.attrs.get("label", "")
            try:
                of.elements = [*of.elements, element(each, of)]
            except Unreadable as fault:
                of.fault = fault

    def _close(self) -> None:
        """The end of a track."""
        track = self._track
        for frame, made in sorted(track.nested.items()):
            if any(each.visibility for each in made.elements):
                self._show(made, frame)
            elif made.fault is not None:
                self._put(self._frames.pose(made), frame, track.attrs.get("id"))
            else:
                self._build.note("closing-frame")
        self._build.note("single-frame", int(track.shown == 1))
        self._long += track.shown >= _MANY
        self._track = _Track({})

    def _assemble(self, frame: int, shapes: list[Shape]) -> None:
        """The instances of a frame's single points, which are tracks of their own."""
        groups: dict[str | None, list[Shape]] = {}
        for each in shapes:
            groups.setdefault(each.group, []).append(each)
        for group, some in groups.items():
            for record in self._frames.records(some):
                self._box(group, frame, record)
                number = None if group is None else group.rpartition("/")[2]
                self._put(record, frame, number and f"group-{number}")

    def _of(self) -> Task:
        """The task that the track in hand is of."""
        return self._meta.of(self._track.attrs.get("task_id"))

    def _put(self, record: Record, frame: int, track: str | None) -> None:
        """What the track and the file say; then on to the batch."""
        task = self._of()
        scope, size = task.scope or self._task.scope, task.size or self._task.size
        record.position, record.source = self.position, self._file.name
        self.position += 1
        frame, video = task.frame(frame), self._video
        if task is not self._task:
            video = task.source or task.name or video
        record.video, record.frame = video, frame
        record.image = f"{video}/frame_{frame:06d}"
        if track is not None:
            record.track = f"{scope}-{track}" if scope else track
        record.id = record.track
        record.job = task.job(frame)
        record.annotator, record.annotated_at = task.annotator, task.updated
        if size is not None:
            record.width, record.height = size
        self._build.put(record)

    def _refuse(self, code: str, detail: str, raw: bytes) -> None:
        self._build.refuse(self._file.name, self.position, code, detail, raw)
        self.position += 1
