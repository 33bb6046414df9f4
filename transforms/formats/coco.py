"""COCO keypoints: a dataset as one JSON object, or a list of a model's results.

    {"images": [...], "annotations": [...], "categories": [...]}      in any order
    [{"image_id": 7, "keypoints": [x, y, score, ...], "score": 0.9}, ...]

A file is read as a stream, once if the images and categories stand before the
annotations, else twice. A results list has its images in the other files of its
delivery.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.coco_categories import Categories
from posegate.transforms.formats.coco_columns import Columns
from posegate.transforms.formats.coco_images import Images
from posegate.transforms.formats.coco_kinds import beside_another
from posegate.transforms.formats.coco_names import names
from posegate.transforms.formats.coco_parts import is_body
from posegate.transforms.formats.coco_pending import Records
from posegate.transforms.formats.coco_records import (
    ADDED,
    ANNOTATIONS,
    CATEGORIES,
    CATEGORY,
    IMAGE,
    IMAGES,
    WIDE,
    Annotation,
    Category,
    Unreadable,
    Wide,
    collector_paused,
    mend,
    mend_category,
    mend_image,
)
from posegate.transforms.formats.coco_traps import TRAPS
from posegate.transforms.formats.coco_write import KEEPS, write
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.interhand_images import is_images
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.json_events import Broken, Run
from posegate.transforms.kernels.json_records import Records as JsonRecords

__all__ = [
    "CARRIES",
    "KEEPS",
    "NAME",
    "SUFFIXES",
    "TRAPS",
    "names",
    "read",
    "sniff",
    "write",
]

NAME = "coco"
SUFFIXES = (".json",)
CARRIES = Carries(
    annotator="`annotator`, `annotator_id` or `completed_by`, where a tool adds one",
    time="`annotated_at`, `created_at` or `updated_at`, where a tool adds one",
    review="`role`, where a tool adds it",
    tracks="`track_id`, `attributes.track_id`",
    visibility="0 unlabelled, 1 occluded, 2 visible (and 3)",
    masks="`segmentation`: polygons or RLE",
)
SECTIONS = ("images", "annotations", "categories", "licenses", "videos")
RESULTS = ""
"""The name that a list at the root goes by."""


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes of a file (inflated) look like COCO."""
    found = outline(head)
    if "images/*/annotations" in found or is_images(found):  # OCHuman's, InterHand's
        return False
    if "*/image_id" in found or "annotations/*/image_id" in found:
        return True
    sections = [key for key in ("images", "annotations", "categories") if key in found]
    listed = [f"{key}/*" for key in sections if f"{key}/*" in found]
    own = {"images/*/file_name", "categories/*/name", "annotations/*/keypoints"}
    empty = len(sections) > 1 and not listed
    return "item" not in found and (bool(own & found.keys()) or empty)


def read(context: Context, tally: Tally | None = None) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches, told apart by their schema.

    `tally` is right when the iterator is exhausted. A damaged file gives what stands
    before the damage, and a quarantine row with position -1.
    """
    batches = _batches(context, tally if tally is not None else Tally())
    while True:
        with collector_paused():
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _batches(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    build = Build(context, tally, NAME)
    for file in build.files():
        if beside_another(context, file):
            build.note("beside-keypoints")
            continue
        before = tally.records
        reading = _Reading(context, build, file)
        yield from reading.batches()
        tally.records = before + reading.records  # as the file was scanned
    yield from build.rest()


class _Reading:
    """One file being read."""

    def __init__(self, context: Context, build: Build, file: File) -> None:
        self._context, self._build, self._file = context, build, file
        self._images = Images()
        self._categories = Categories(context.skeleton, context.delivery.points)
        self._columns = Columns(file.name, self._images, self._categories)
        self._pending = Records()
        self._kind: type[Annotation] = Annotation
        self._gathered = False
        self._damaged = False
        self._unseen = {"images", "categories"}
        self.records = 0
        """Records met, broken ones included."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        found = JsonRecords(self._file.chunks(), SECTIONS)
        size = self._context.batch
        try:
            for event in found:
                self._take(event, found)
                while len(self._pending) >= size:
                    self._build.add(self._columns.rows(self._pending.cut(size)))
                    yield from self._build.ready()
                yield from self._build.ready()
            if not found.found.keys() & {"annotations", RESULTS}:
                self._without_annotations(found)
        except DamagedStream as damage:
            self._refuse_file(damage.reason, str(damage), b"")
        if len(self._pending):
            everything = self._pending.cut(len(self._pending))
            self._build.add(self._columns.rows(everything))
        yield from self._build.ready()
        counts = [found.found.get(name, 0) for name in ("annotations", RESULTS)]
        self.records = sum(counts)
        self._tell()

    def _tell(self) -> None:
        """Counts the images, and reports what the file says of them and of flags."""
        if self._columns.listed:
            return
        self._build.images(len(self._images))
        self._build.note("image-unlabelled", self._images.unlabelled)
        self._build.note("ignore-regions", self._images.partly)
        self._build.note("image-copies", self._images.copies)
        several = [*self._context.delivery.formats.values()].count(NAME) > 1
        self._build.note("frames-of-several", several * self._images.frames)
        self._build.note("crowdpose-flags", self._images.crowdpose)
        self._build.note("bbox-tight", self._columns.merged.tight)
        self._build.note("merged-people", self._columns.merged.found)
        self._build.note("limbs", self._categories.odd_limbs)
        self._build.note("classes-of-points", self._categories.of_points)
        self._build.note("left-out", self._categories.left_out)
        flags = self._columns.flags
        if flags[1] and not flags[2:].any():
            self._build.note("never-visible", int(flags[1]))
        if flags[2:].any() and not flags[1]:
            self._build.note("never-occluded", int(flags[2:].sum()))

    def _take(self, event: Run | Broken, found: JsonRecords) -> None:
        if isinstance(event, Broken):
            self._broken(event)
        elif event.section in ("annotations", RESULTS):
            if not self._gathered:
                self._gather(event, found)
            self._decode(event, found)
        elif event.section in self._unseen:
            self._refer(event, found)

    def _gather(self, run: Run, found: JsonRecords) -> None:
        """Has the images and categories ready before the first annotation."""
        self._gathered = True
        beginning = run.data[run.starts[0] : run.stops[-1]]
        if any(key in beginning for key in ADDED):
            self._kind = Wide
        self._categories.panoptic = b'"segments_info"' in beginning
        whole = is_body(len(self._context.skeleton.keypoints))
        if b'_kpts"' in beginning and not whole:
            self._build.note("parts-ignored")
        if b'"keypoints_3d"' in beginning:
            self._build.note("depths-ignored")
        self._columns.always = ("coco.byte-order-mark",) if found.bom else ()
        if run.section == RESULTS:
            self._columns.listed = True
            self._look_at_siblings()
        elif self._unseen - found.found.keys():
            self._unseen -= found.found.keys()
            self._look_ahead()
        self._unseen = set()

    def _look_ahead(self) -> None:
        """Reads the images and categories that stand after the annotations.

        The file is opened anew, in its archive too: a tar's cannot be sought.
        """
        every = self._context.files()
        again = (f for f in every if isinstance(f, File) and f.name == self._file.name)
        found = JsonRecords(next(again, self._file).chunks(), SECTIONS)
        try:
            for event in found:
                if event.section in self._unseen:
                    self._take(event, found)
        except DamagedStream:
            return  # reading itself will meet the damage and tell

    def _look_at_siblings(self) -> None:
        """Reads the images and categories of the delivery's other files."""
        ambiguous: set[int] = set()
        for file in self._siblings():
            found = JsonRecords(file.chunks(), SECTIONS)
            try:
                for event in found:
                    if event.section == RESULTS:
                        break
                    if isinstance(event, Run) and event.section in self._unseen:
                        ambiguous |= self._borrow(event)
            except DamagedStream:
                continue  # told when that file is read
        self._columns.ambiguous = frozenset(ambiguous)

    def _siblings(self) -> Iterator[File]:
        for shard in self._context.delivery.shards:
            for file in replace(self._context, shard=shard).files():
                if isinstance(file, File) and file.name != self._file.name:
                    yield file

    def _borrow(self, run: Run) -> set[int]:
        """Takes in a sibling's records; the rows of images that contradict others."""
        if run.section == "categories":
            for category in _good(run, CATEGORY):
                self._add_category(category, lambda error: None)
            return set()
        images = _good(run, IMAGE)
        conflicts = self._images.add(images)
        return set(self._images.find([images[i].id for i in conflicts]).tolist())

    def _add_category(
        self, category: Category, refuse: Callable[[Unreadable], None]
    ) -> None:
        try:
            self._categories.add(category)
        except Unreadable as error:
            refuse(error)

    def _refer(self, run: Run, found: JsonRecords) -> None:
        """Takes in images or categories."""
        if run.section == "categories":
            for first, some in self._each(run, CATEGORIES, mend_category, found):
                for i, category in enumerate(some, first):
                    self._add_category(category, self._refuser(run, i))
            return
        each = self._each(run, IMAGES, mend_image, found)
        images = [pair for first, some in each for pair in enumerate(some, first)]
        empty = [i for i, image in images if not image.file_name]
        for i in empty:
            detail = "file_name is empty; give the image's name"
            self._refuser(run, i)(Unreadable("coco.image", detail))
        images = [(i, image) for i, image in images if image.file_name]
        for j in self._images.add([image for _, image in images]):
            i, image = images[j]
            detail = (
                f"image {image.id!r} is {image.file_name!r} here and was another "
                "before; the first counts"
            )
            self._refuser(run, i)(Unreadable("coco.image-conflict", detail))

    def _decode(self, run: Run, found: JsonRecords) -> None:
        """Decodes a run of annotations."""
        ordinals = run.first + np.arange(len(run.starts))
        spans = np.stack([run.starts, run.stops, ordinals], axis=1)
        decoder: Any = WIDE if self._kind is Wide else ANNOTATIONS
        records: list[Annotation] = []
        kept: list[int] = []
        for i, some in self._each(run, decoder, self._mended, found):
            records += some
            kept += range(i, i + len(some))
        self._pending.add(records, run.data, spans[kept])

    def _mended(self, raw: bytes, position: int) -> Annotation:
        record, repairs = mend(raw, self._kind)
        self._pending.mended[position] = repairs
        return record

    def _each(
        self,
        run: Run,
        decoder: msgspec.json.Decoder[list[Any]],
        otherwise: Callable[[bytes, int], Any],
        found: JsonRecords,
    ) -> Iterator[tuple[int, list[Any]]]:
        """Neighbours and the place of the first: decoded all at once, or where that
        fails in halves, so that a bad record costs its neighbours little. Stops at a
        record that has swallowed its neighbours.
        """
        todo = [(0, len(run.starts))]
        while todo:
            i, j = todo.pop()
            try:
                yield i, decoder.decode(_list(run, i, j))
                continue
            except (msgspec.DecodeError, ValueError):
                pass
            if j - i > 1:
                todo += [((i + j) // 2, j), (i, (i + j) // 2)]
                continue
            try:
                yield i, [otherwise(run.raw(i), run.first + i)]
            except Unreadable as error:
                at = found.swallows(run.raw(i))
                if at is not None:
                    found.reject(run, i, at, error.reason, error.detail)
                    return
                self._refuser(run, i)(error)

    def _refuser(self, run: Run, i: int) -> Callable[[Unreadable], None]:
        def refuse(error: Unreadable) -> None:
            position, raw = run.first + i, run.raw(i)
            self._refuse(run.section, position, error.reason, error.detail, raw)

        return refuse

    def _refuse(
        self, section: str, position: int, reason: str, detail: str, raw: bytes
    ) -> None:
        where = f"record {position} of {section or 'the list'}: {detail}"
        name = self._file.name
        if section in ("annotations", RESULTS):
            self._build.refuse(name, position, reason, where, raw)
        else:
            self._build.say(name, reason, where, raw, position)

    def _refuse_file(self, reason: str, detail: str, raw: bytes) -> None:
        self._damaged = True
        self._build.say(self._file.name, reason, detail, raw)

    def _broken(self, event: Broken) -> None:
        """Refuses what is no record, where it matters: other lists may have any."""
        if event.ordinal < 0:
            self._refuse_file(event.reason, event.detail, event.raw)
        elif event.section in self._unseen | {"annotations", RESULTS}:
            self._refuse(
                event.section, event.ordinal, event.reason, event.detail, event.raw
            )

    def _without_annotations(self, found: JsonRecords) -> None:
        if self._damaged:
            return
        if set(found.found) == {"categories"}:
            return self._build.note("classes-alone")
        lists = ", ".join(found.found) or "none"
        detail = f"the file has no list `annotations` (its lists: {lists}); export as "
        self._refuse_file("coco.no-annotations", f"{detail}COCO keypoints", b"")


def _list(run: Run, i: int, j: int) -> bytes:
    return b"[" + run.data[run.starts[i] : run.stops[j - 1]] + b"]"


def _good(run: Run, decoder: msgspec.json.Decoder[Any]) -> list[Any]:
    """The records that decode."""
    good = []
    for i in range(len(run.starts)):
        try:
            good.append(decoder.decode(run.raw(i)))
        except (msgspec.DecodeError, ValueError):
            continue
    return good
