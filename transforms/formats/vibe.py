"""Clicks of the vibe annotator, with which NABirds was made: images and marks.

    {"images": {"75776": {"url": "https://…/f8cd….jpg", "original_name": …}, …},
     "annotations": [{"id": 19665, "worker": "n14", "answer": {"images": {"25189": [
        ["Bird 0", {"view": "303", "x": 453.5, "y": 236.8, "visible": true,
                    "available": true, "timestamp": 1414736992342}, …]]}}}, …]}

A mark's `view` is a number; the skeleton's keypoints are named by them.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Annotated, Any, TypedDict

import msgspec
import pyarrow as pa

from posegate.transforms.formats import instances, json_names
from posegate.transforms.formats.build import RAW, Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.grouping import Group, Nodes, Shape
from posegate.transforms.formats.instances import Instances
from posegate.transforms.formats.json_files import (
    Unreadable,
    decoded,
    records,
    typed,
)
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.uris import file_of
from posegate.transforms.formats.values import real, scalar
from posegate.transforms.model.schema import Visibility

NAME = "vibe"
SUFFIXES = (".json",)
CARRIES = Carries(
    annotator="`worker`",
    time="`timestamp` of every click [ms]: the last is the time, the first to the last "
    "the lead time",
    visibility="`visible`; a mark that is not visible lies beside the image and counts "
    "as not labelled",
    convention="px of the image as it was shown, as they stand in the file",
)
TRAPS = instances.named(
    NAME,
    {
        "invisible": "Marks are not visible, but have a place, often outside the "
        "image: not labelled, counted.",
        "never-clicked": "A mark has no time: nobody placed it, not labelled.",
        "unannotated": "Images of the file have no annotation: counted.",
        "no-image": "An annotation is of an image that the file does not list: "
        "quarantined.",
        "mark": "A mark has no view, or no place: its object is quarantined.",
        "annotation": "An annotation has no answer with images: quarantined.",
        "point-twice": "An object has a view twice: quarantined.",
        "left-out": "Marks whose view `points.ignore` lists: left out, counted.",
        "other-skeleton": "A mark's view is none of the skeleton's names: quarantined.",
    },
)
_LISTED = re.compile(r"images/[^/*]+/original_name")
_LOST = Visibility.UNLABELLED

_AGES = 10**15
"""ms: no time is further from 1970."""

_NEAR = msgspec.Meta(gt=-_AGES, lt=_AGES)
_When = Annotated[int, _NEAR] | Annotated[float, _NEAR] | None

Json = dict[str, Any]


class Mark(msgspec.Struct, gc=False):
    """A mark that is as most are."""

    view: str
    x: float
    y: float
    visible: bool = False
    available: bool = True
    timestamp: _When = None


class _Answer(TypedDict, total=False):
    images: dict[str, list[list[str | Mark | None]]]
    taxon_id: Any


class _Annotation(TypedDict, total=False):
    id: Any
    worker: Any
    answer: _Answer


class _Image(TypedDict, total=False):
    url: Any


class _Document(TypedDict, total=False):
    """What is read of a file, where each mark fits."""

    images: dict[str, _Image]
    annotations: list[_Annotation]


_DECODE = typed(_Document)


def sniff(head: bytes, name: str) -> bool:
    """Whether it starts with images by number, each with its address."""
    found = outline(head)
    return any(_LISTED.fullmatch(path) for path in found) and "item" not in found


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches and quarantine batches."""
    build = Build(context, tally, NAME)
    reading = _Reading(build, Instances(context, build, NAME))
    for file in build.files():
        for _, raw, document in records(file, build, decode=_DECODE):
            for _ in reading.take(file.name, raw, document):
                yield from build.ready()
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The views of its marks."""
    return json_names.collected(
        file, lambda each: json_names.texts([each.get("view")]), "bird"
    )


class _Written:
    """A file's text, decoded whole once what stands in it is asked for."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def annotation(self, at: int) -> bytes:
        return self._kept(lambda made: made[at])

    def object(self, at: int, image: str, number: int) -> bytes:
        return self._kept(lambda made: made[at]["answer"]["images"][image][number])

    @cached_property
    def _annotations(self) -> list[Any] | None:
        """None where a value that nobody asked for is none that can be read."""
        try:
            return decoded(self._raw)["annotations"]
        except Unreadable:
            return None

    def _kept(self, part: Callable[[list[Any]], Any]) -> bytes:
        if self._annotations is None:
            return self._raw[:RAW]
        return msgspec.json.encode(part(self._annotations))[:RAW]


class _Reading:
    def __init__(self, build: Build, instances: Instances) -> None:
        self._build, self._instances = build, instances

    def take(self, source: str, raw: bytes, document: Any) -> Iterator[None]:
        """Reads a file; stops after each annotation."""
        self._instances.begin(source)
        document = document if isinstance(document, dict) else {}
        images, made = document.get("images"), document.get("annotations")
        if not isinstance(images, dict) or not isinstance(made, list):
            detail = "it lacks `images` or `annotations`; deliver it again"
            self._instances.refuse("annotation", detail, raw[:RAW])
            return
        self._build.images(len(images))
        seen, written = set[str](), _Written(raw)
        for i, one in enumerate(made):
            seen |= self._annotation(one, images, i, written)
            yield
        self._build.note("unannotated", len(images.keys() - seen))

    def _annotation(
        self, one: Any, images: Json, at: int, written: _Written
    ) -> set[str]:
        """Every object of an annotation; the images that it is of."""
        answer = one.get("answer") if isinstance(one, dict) else None
        answer = answer if isinstance(answer, dict) else {}
        said = answer.get("images")
        if not isinstance(said, dict):
            detail = "it has no answer with images; deliver it again"
            self._instances.refuse("annotation", detail, written.annotation(at))
            return set()
        for key, objects in said.items():
            listed = images.get(key)
            address = listed.get("url") if isinstance(listed, dict) else None
            for i, each in enumerate(objects if isinstance(objects, list) else ()):
                raw = partial(written.object, at, key, i)
                if not isinstance(address, str):
                    detail = f"image {key!r} is not listed; deliver it again"
                    self._instances.refuse("no-image", detail, raw())
                    continue
                self._object(one, answer, file_of(address), each, raw)
        return set(said)

    def _object(
        self,
        one: Json,
        answer: Json,
        image: str,
        marks: Any,
        raw: Callable[[], bytes],
    ) -> None:
        """One object: its name, then its marks."""
        name, *rest = marks if isinstance(marks, list) and marks else [None]
        pose, clicks = _pose(rest)
        assert pose.nodes is not None
        if pose.nodes.visibility is not None:
            self._build.note("invisible", list(pose.nodes.seen()).count(_LOST))

        def make(_: Group) -> Record:
            last = max(clicks, default=None)
            return Record(
                position=0,
                image=image,
                id=f"{one.get('id')}:{name}",
                annotator=scalar(one.get("worker")),
                annotated_at=last,
                lead_time_s=None if last is None else (last - min(clicks)) / 1000,
                attributes={"object": name, "taxon_id": answer.get("taxon_id")},
            )

        if rest:
            self._instances.put([pose], (), make, raw)


def _pose(marks: list[Any]) -> tuple[Shape, list[float]]:
    """Marks as an object's points, and when they were clicked.

    One that is not visible, or that nobody clicked, is not labelled.
    """
    if set(map(type, marks)) != {Mark}:
        return _one_by_one(marks)
    names, x, y = [m.view for m in marks], [m.x for m in marks], [m.y for m in marks]
    clicks = [m.timestamp for m in marks if m.timestamp is not None]
    lost = [
        _LOST if not (m.visible and m.available) or m.timestamp is None else None
        for m in marks
    ]
    pose = Shape(
        "",
        "object",
        nodes=Nodes(names, x, y, None if lost.count(None) == len(lost) else lost),
    )
    if len(clicks) < len(marks):
        pose.repairs = ("never-clicked",)
    return pose, clicks


def _one_by_one(marks: list[Any]) -> tuple[Shape, list[float]]:
    """`_pose` of what may be anything."""
    names, xs, ys, flags = list[str](), list[float](), list[float](), list[Any]()
    clicks: list[float] = []
    pose = Shape("", "object", nodes=Nodes(names, xs, ys, flags))
    for given in marks:
        mark = msgspec.to_builtins(given) if isinstance(given, Mark) else given
        mark = mark if isinstance(mark, dict) else {}
        view, x, y = mark.get("view"), mark.get("x"), mark.get("y")
        view = view if type(view) is str else scalar(view) or ""
        try:
            x, y = real(x), real(y)
        except ValueError:
            detail = f"view {view!r} is at {x!r}, {y!r}; deliver it again"
            pose.problem, x, y = ("mark", detail), 0.0, 0.0
        seen = None if mark.get("visible") and mark.get("available", True) else _LOST
        when = mark.get("timestamp")
        if isinstance(when, int | float) and abs(when) < _AGES:
            clicks.append(when)
        else:
            seen, pose.repairs = _LOST, ("never-clicked",)
        names.append(view)
        xs.append(x)
        ys.append(y)
        flags.append(seen)
    return pose, clicks
