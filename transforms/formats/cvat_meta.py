"""What a CVAT export says of its task, job or project as a whole.

A job's assignee annotated it. A task's did so only if it was not cut into jobs; who
did each of those is not in the file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from posegate.transforms.formats.xml_records import Node, whole

_JOB = re.compile(r"(?:jobs/|[?&]id=)(\d+)")
_STEP = re.compile(r"step\s*=\s*(\d+)")
LARGEST = 1 << 20
"""px: no image is a million wide."""

_ROOT = re.compile(rb"<annotations[\s>]")
_FIRST = re.compile(rb"<(image|track)\s")
_MODE = re.compile(rb"<mode>\s*(annotation|interpolation)\s*</mode>")


def kind(head: bytes) -> str | None:
    """By the first bytes of a file: `images` or `video`; None if it is not CVAT's.

    By its first image or track; by the task's mode where labels fill the head.
    """
    root = _ROOT.search(head)
    if root is None or b"<" in head[: root.start()].replace(b"<?", b"").replace(
        b"<!", b""
    ):
        return None
    first, mode = _FIRST.search(head, root.end()), _MODE.search(head, root.end())
    if first is not None:
        return "images" if first[1] == b"image" else "video"
    if mode is not None:
        return "images" if mode[1] == b"annotation" else "video"
    return "images" if b"<meta>" in head else None


@dataclass(frozen=True)
class Segment:
    """The frames (absolute numbers, both included) that were one job."""

    job: str
    start: int
    stop: int


@dataclass(frozen=True)
class Task:
    """A task or a job; `scope` tells its tracks from another's in the same delivery.

    `unsaid`: it has an assignee who may not be the annotator. `size` and `step` are a
    video's: [px] of its frames, and frames from one annotated to the next; `start` is
    the first of them, `frames`
    how many there are, and `offset` how many a project counts before its first.
    """

    scope: str = ""
    alone: bool = False
    name: str | None = None
    mode: str | None = None
    annotator: str | None = None
    unsaid: bool = False
    updated: str | None = None
    size: tuple[int, int] | None = None
    step: int = 1
    frames: int | None = None
    segments: tuple[Segment, ...] = ()
    subset: str | None = None
    source: str | None = None
    start: int = 0
    offset: int = 0

    def frame(self, frame: int) -> int:
        """The task's number of a frame, by the file's."""
        return frame - self.offset if frame >= self.offset else frame

    def job(self, frame: int) -> str | None:
        """The job that a frame of the task belonged to; the first, of several."""
        if self.alone:
            return self.scope
        for segment in self.segments:
            if segment.start <= frame <= segment.stop:
                return segment.job
        return None


@dataclass(frozen=True)
class Meta:
    """What `<meta>` says: of the whole, and of a project's tasks by their id.

    `labels` are those that are no part of a skeleton; `source` is the video's file,
    where there is one for all.
    """

    task: Task = field(default_factory=Task)
    tasks: dict[str, Task] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    source: str | None = None

    @property
    def frames(self) -> int | None:
        """How many frames there are, annotated or not; None if it does not say."""
        told = [task.frames for task in self.tasks.values()] or [self.task.frames]
        return None if None in told else sum(n for n in told if n is not None)

    def of(self, task: str | None) -> Task:
        """The task with that id, else the whole."""
        return self.tasks.get(task or "", self.task)


def meta(node: Node) -> Meta:
    """From the element."""
    whole = next(
        (found for tag in ("job", "task", "project") if (found := node.find(tag))),
        Node("task", {}),
    )
    inner = whole.find("tasks")
    size = _size(node) or _size(whole)
    tasks = [
        _task(each, None) for each in (inner.children if inner is not None else ())
    ]
    labels = whole.find("labels")
    return Meta(
        task=_task(whole, size),
        tasks={task.scope: task for task in _counted(tasks)},
        labels=tuple(
            name
            for each in (labels.children if labels is not None else ())
            if (name := each.says("name")) and each.find("parent") is None
        ),
        source=node.says("source") or whole.says("source"),
    )


def _task(node: Node, size: tuple[int, int] | None) -> Task:
    first = whole(node.says("start_frame")) or 0
    step = _STEP.search(node.says("frame_filter") or "")
    stride = max(int(step[1]), 1) if step else 1
    segments = _segments(node.find("segments"), first, stride)
    assignee = node.says("assignee", "username") or node.says("assignee")
    alone = node.tag == "job" or (node.tag == "task" and len(segments) <= 1)
    return Task(
        scope=node.says("id") or "",
        alone=node.tag == "job",
        name=node.says("name"),
        mode=node.says("mode"),
        annotator=assignee if alone else None,
        unsaid=assignee is not None and not alone,
        updated=node.says("updated"),
        size=size or _size(node),
        step=stride,
        frames=whole(node.says("size")),
        segments=segments,
        subset=node.says("subset"),
        source=node.says("source"),
        start=first,
    )


def _counted(tasks: Sequence[Task]) -> Iterator[Task]:
    """A project's tasks with their offsets: it counts the frames of a subset on from
    one task to the next, those before a task's first included."""
    offset = 0
    for i, task in enumerate(tasks):
        offset = offset if i and tasks[i - 1].subset == task.subset else 0
        yield replace(task, offset=offset)
        offset += task.start + task.step * (task.frames or 0)


def _segments(node: Node | None, first: int, step: int) -> tuple[Segment, ...]:
    """Those with a job; their frames are counted from 0, without what is left out."""
    found = []
    for each in node.children if node is not None else ():
        job = _JOB.search(each.says("url") or "")
        start, stop = whole(each.says("start")), whole(each.says("stop"))
        if job is None or start is None or stop is None:
            continue
        found.append(Segment(job[1], first + start * step, first + stop * step))
    return tuple(found)


def _size(node: Node) -> tuple[int, int] | None:
    width = whole(node.says("original_size", "width"))
    height = whole(node.says("original_size", "height"))
    if not width or not height or max(width, height) > LARGEST:
        return None
    return width, height
