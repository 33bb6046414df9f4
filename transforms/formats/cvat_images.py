"""CVAT for images 1.1: an element a frame, with the shapes that are in it.

<annotations> <meta>…</meta>
  <image id name width height>
    <skeleton label> <points label outside occluded points="x,y"/> … </skeleton>
    <box label xtl ytl xbr ybr group_id/> <mask rle …/> <points …/> <tag label/>
"""

import re
from collections.abc import Iterator

import pyarrow as pa

from posegate.transforms.formats import cvat_frame, cvat_names
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.cvat_frame import Frames
from posegate.transforms.formats.cvat_images_write import KEEPS, write
from posegate.transforms.formats.cvat_meta import LARGEST, Meta, kind, meta
from posegate.transforms.formats.cvat_shapes import DRAWN, LEFT_ALONE, shape
from posegate.transforms.formats.files import File
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.xml_records import Node, Records, whole
from posegate.transforms.formats.xml_stream import Broken

__all__ = ["CARRIES", "KEEPS", "NAME", "SUFFIXES", "TRAPS", "read", "sniff", "write"]

NAME = "cvat-images"
SUFFIXES = (".xml",)
CARRIES = Carries(
    annotator="`meta`: a job's assignee, or that of a task that is one job",
    time="`meta`: `updated` of the task or job, the last change of any of it",
    visibility="`outside` 0, `occluded` 1, else 2",
    masks="`mask` (RLE) and `polygon`, of the same `group_id` or on their own",
    convention="px of CVAT's canvas, whose (0, 0) is the corner of the top-left pixel; "
    "taken as they stand, as CVAT's own COCO export does; two decimals",
)
TRAPS = {
    **{f"{NAME}.{code}": said for code, said in cvat_frame.TRAPS.items()},
    f"{NAME}.image": "An image has no name: its shapes are quarantined.",
    f"{NAME}.image-twice": "An image stands twice, in jobs that overlap or tasks that "
    "are put together: counted; each annotation is a row.",
    f"{NAME}.image-size": "An image's size is no number above 0: left out.",
    f"{NAME}.syntax": "An element is not well formed: it is quarantined, and reading "
    "goes on at the next.",
    f"{NAME}.tracks": "The file holds tracks, which belong to CVAT for video: they "
    "are left alone. Deliver it by itself, with `format` = cvat-video.",
    f"{NAME}.video": "The task is a video's: this export does not say which frames "
    "CVAT interpolated. Export as CVAT for video.",
    f"{NAME}.assignee-of-task": "The task has an assignee, but was cut into jobs: "
    "who did each it does not say, and nobody is taken for the annotator. Export jobs.",
    f"{NAME}.left-alone": "Polylines and cuboids are neither poses nor "
    "masks: counted, and left alone.",
    f"{NAME}.tag-alone": "A tag is on an image without shapes: counted, and lost.",
}
_OUTLINE = ("annotations",)
_FRAME = re.compile(r"frame_\d{6,}")
"""What CVAT calls the images of any video; here they are called as in its tracks."""
_TEXTS = frozenset({"attribute"})


def sniff(head: bytes, name: str) -> bool:
    """Whether it is CVAT's root, and images are in it."""
    return kind(head) == "images"


names = cvat_names.names


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    reading = _Reading(context, Build(context, tally, NAME))
    for file in reading.build.files():
        yield from reading.file(file)
    reading.build.note("left-out", reading.frames.left_out)
    yield from reading.build.rest()


class _Reading:
    """One shard being read."""

    def __init__(self, context: Context, build: Build) -> None:
        self.build = build
        self.frames = Frames(NAME, context.skeleton, context.delivery.points)
        self._position = 0

    def file(self, file: File) -> Iterator[pa.RecordBatch]:
        """The batches that a file fills."""
        said, seen = Meta(), dict[int, int]()
        try:
            for event in Records(file.chunks(), _OUTLINE, "image", _TEXTS):
                if isinstance(event, Broken):
                    self.build.refuse(
                        file.name, self._next(), "syntax", event.detail, event.raw
                    )
                elif isinstance(event, Node) and event.tag == "meta":
                    said = meta(event)
                    self.build.note("assignee-of-task", int(said.task.unsaid))
                elif isinstance(event, Node) and event.tag == "image":
                    self._image(file, event, said, seen)
                elif isinstance(event, Node) and event.tag == "track":
                    self.build.note("tracks")
                yield from self.build.ready()
        except DamagedStream as damage:
            self.build.damaged(file.name, damage)

    def _next(self) -> int:
        self._position += 1
        return self._position - 1

    def _image(self, file: File, node: Node, said: Meta, seen: dict[int, int]) -> None:
        """The records of an image."""
        name, size = node.attrs.get("name", ""), _size(node)
        self.build.images()
        place = hash((node.attrs.get("task_id"), name))
        again = seen[place] = seen.get(place, -1) + 1
        self.build.note("image-twice", int(again > 0))
        shapes = [
            shape(each, each.attrs.get("label", ""), size)
            for each in node.children
            if each.tag in DRAWN
        ]
        tags = [
            each.attrs.get("label", "") for each in node.children if each.tag == "tag"
        ]
        left = sum(each.tag in LEFT_ALONE for each in node.children)
        self.build.note("left-alone", left)
        self.build.note("tag-alone", 0 if shapes else len(tags))
        for i, record in enumerate(self.frames.records(shapes)):
            record.source, record.image, record.position = file.name, name, self._next()
            self._fill(record, node, said, size)
            known = (record.job, again or None, i)
            record.id = "-".join(str(part) for part in known if part is not None)
            if tags:
                attributes = record.attributes or {}
                record.attributes = {"tags": ", ".join(tags), **attributes}
            if not name:
                record.refusal = f"{NAME}.image", "the image has no name; export it"
            self.build.put(record)

    def _fill(
        self, record: Record, node: Node, said: Meta, size: tuple[int, int] | None
    ) -> None:
        """What the image and the file say."""
        task = said.of(node.attrs.get("task_id"))
        frame = whole(node.attrs.get("id"))
        frame = task.frame(frame) if frame is not None else None
        record.job = task.job(frame) if frame is not None else None
        record.annotator, record.annotated_at = task.annotator, task.updated
        if size is not None:
            record.width, record.height = size
        elif node.attrs.keys() & {"width", "height"}:
            record.repairs = [*record.repairs, f"{NAME}.image-size"]
        subset = node.attrs.get("subset") or task.subset
        if subset and subset != "default":
            record.attributes = {"subset": subset, **(record.attributes or {})}
        if task.mode == "interpolation":
            record.video = task.source or said.source or task.name
            record.frame = frame
            record.repairs = [*record.repairs, f"{NAME}.video"]
            if record.video and frame is not None and _FRAME.fullmatch(record.image):
                record.image = f"{record.video}/frame_{frame:06d}"


def _size(node: Node) -> tuple[int, int] | None:
    """[px], where it is said."""
    width, height = whole(node.attrs.get("width")), whole(node.attrs.get("height"))
    if not width or not height or max(width, height) > LARGEST:
        return None
    return width, height
