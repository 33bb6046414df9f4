"""OpenPose's output: a JSON file a frame, with the people that the model found in it.

    {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": [x, y, c, ...],
     "face_keypoints_2d": [...], "hand_left_keypoints_2d": [...], ...}]}

The number of the project's keypoints says which list is meant: 70 the face's, 21 the
hands', any other the body's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.openpose_frames import (
    Frame,
    Person,
    Scale,
    Sequences,
    decoded,
    scale_of,
)
from posegate.transforms.formats.openpose_order import of_count, order_of
from posegate.transforms.formats.per_file import TOGETHER, whole
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.units import unit_of
from posegate.transforms.formats.values import numbers
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.schema import Visibility

NAME = "openpose"
SUFFIXES = (".json",)
PER_IMAGE = True
CARRIES = Carries(
    tracks="`person_id`, where OpenPose tracked; else people stand in any order",
    z="`*_keypoints_3d`, read where there are no 2-D ones",
    convention="px of the input image; (0, 0) is the centre of the top-left pixel; "
    "0 to 1 and -1 to 1 (--keypoint_scale 3 and 4) are turned into px by the image's "
    "size. It is a model's output: the role is prelabel, what was detected counts as "
    "visible, the mean confidence is the attribute `confidence`",
)
TRAPS = {
    "openpose.undetected": "A keypoint of confidence 0 lies at (0, 0): it counts as "
    "not labelled.",
    "openpose.nobody": "Nothing of the kind in question was detected of a person, as "
    "of a hand that is hidden: quarantined.",
    "openpose.other-skeleton": "A person has another model's number of keypoints: "
    "quarantined.",
    "openpose.order-assumed": "The project's names are none of OpenPose's with that "
    "many keypoints: the order is taken to be the project's.",
    "openpose.malformed": "A file is no such JSON (as the sample of the documentation "
    "is none), or a list is cut off: quarantined.",
    "openpose.normalised": "Coordinates run from 0 to 1 or -1 to 1: turned into px.",
    "openpose.no-size": "Coordinates run from 0 to 1 or -1 to 1, and the image's size "
    "is not known: quarantined.",
    "openpose.3d-left-out": "People with both 2-D and 3-D keypoints: the 2-D are read.",
    "openpose.unit-guessed": "3-D keypoints have no unit: m or mm by people's size.",
    "openpose.no-unit": "3-D keypoints that are people's size in neither m nor mm: "
    "quarantined.",
    "openpose.candidates": "Files have `part_candidates`, points not put together into "
    "people: left out.",
}

_BODY = ("pose_keypoints_2d", "pose_keypoints")
_BODY_3D = ("pose_keypoints_3d", "body_keypoints_3d")
_FACE, _FACE_3D = ("face_keypoints_2d", "face_keypoints"), ("face_keypoints_3d",)
_HANDS = tuple(
    (
        side,
        (f"hand_{side}_keypoints_2d", f"hand_{side}_keypoints"),
        (f"hand_{side}_keypoints_3d",),
    )
    for side in ("left", "right")
)


_NOBODY = b'{"people":[]}'


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes look like a frame's people; an empty frame, too."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{") or b'"people"' not in head:
        return False
    if b'_keypoints_2d"' in head or b'"pose_keypoints"' in head:
        return True
    if "_keypoints.json" in name.lower() and b"".join(start.split()) == _NOBODY:
        return True
    return b'"version"' in head and len(head) < 200


def names(file: File) -> list[Names]:
    """How many points the first person's lists have, and whose they then are."""
    try:
        frame = decoded(file.read())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    for person in frame.people:
        body = _part("body", person.first(_BODY), person.first(_BODY_3D))
        if person.is_flat(body.numbers) and body.numbers:
            k = len(body.numbers) // body.width
            return [Names("person", count=k, fits=of_count(k))]
    return []


_SIDES = frozenset({"left", "right"})
_SEEN, _UNSEEN = np.uint8(Visibility.VISIBLE), np.uint8(Visibility.UNLABELLED)

Found = tuple[list[float], int, str, str | None, str, str, str, Any, Any, bytes]
"""A list's numbers, position, id, track, part, image, source, video, frame, file."""


class Part(NamedTuple):
    """One list of a person: the flat numbers, what it is of, and its dimensions."""

    name: str
    numbers: list[float]
    width: int  # 3 for x, y, c and 4 for x, y, z, c


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a frame a file."""
    reading = _Reading(context, Build(context, tally, NAME))
    yield from reading.batches()


@dataclass
class _Reading:
    context: Context
    build: Build
    flat: list[Found] = field(default_factory=list)
    deep: list[Found] = field(default_factory=list)
    _scale: Scale | None = None
    """That of the frames in `flat`; None for px."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        self._order = order_of(self.context.skeleton)
        self._sequences = Sequences.of(self.context)
        for file, data in whole(self.build):
            self.build.images()
            frame = self._decoded(file.name, data)
            if frame is not None:
                yield from self._rescaled(frame)
                self._take(file.name, frame, data)
            yield from self._ready(TOGETHER)
        yield from self._ready(1)
        yield from self.build.rest()

    def _rescaled(self, frame: Frame) -> Iterator[pa.RecordBatch]:
        """Keeps frames in px apart from those in parts of the image's size."""
        if not frame.people or frame.normalised == (self._scale is not None):
            return
        yield from self._ready(1)
        self._scale = self._shards_scale if frame.normalised else None

    @cached_property
    def _shards_scale(self) -> Scale:
        return scale_of(self.context)

    def _ready(self, least: int) -> Iterator[pa.RecordBatch]:
        if len(self.flat) >= least:
            self.build.add(self._rows(self.flat, 3))
            self.flat = []
        if len(self.deep) >= least:
            self.build.add(self._rows(self.deep, 4))
            self.deep = []
        yield from self.build.ready()

    def _decoded(self, source: str, data: bytes) -> Frame | None:
        try:
            return decoded(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            detail = f"it is no frame of OpenPose's: {error}; export it again"
            self.build.refuse(source, 0, "malformed", detail, data)
            return None

    def _take(self, source: str, frame: Frame, raw: bytes) -> None:
        if frame.part_candidates:
            self.build.note("candidates")
        image, video, number = self._sequences.file(self.context, source)
        position = 0
        for i, person in enumerate(frame.people):
            for part in self._parts(person):
                wrong = self._wrong(part, person)
                if wrong is None:
                    found = self.flat if part.width == 3 else self.deep
                    side = f"-{part.name}" if part.name in _SIDES else ""
                    id, track = f"{i}{side}", _track(person, side)
                    what = part.numbers, position, id, track, part.name
                    found.append((*what, image, source, video, number, raw))
                else:
                    self.build.refuse(source, position, *wrong, raw)
                position += 1

    def _parts(self, person: Person) -> list[Part]:
        """The lists of a person that the project is about: one, or one a hand."""
        k = len(self.context.skeleton.keypoints)
        if k == 21:
            lists = [
                (side, person.first(flat), person.first(deep))
                for side, flat, deep in _HANDS
            ]
            return [_part(*each) for each in lists if each[1] or each[2]]
        if k == 70:
            return [_part("face", person.first(_FACE), person.first(_FACE_3D))]
        flat, deep = person.first(_BODY), person.first(_BODY_3D)
        if flat and deep:
            self.build.note("3d-left-out")
        return [_part("body", flat, deep)]

    def _wrong(self, part: Part, person: Person) -> tuple[str, str] | None:
        """Why a list is no row: a code and a sentence."""
        k, numbers = len(self.context.skeleton.keypoints), part.numbers
        if not person.is_flat(numbers):
            return "malformed", f"the {part.name} is no list of numbers"
        if max(numbers[part.width - 1 :: part.width], default=0) <= 0:
            return "nobody", f"no keypoint of the {part.name} was detected"
        if len(numbers) % part.width:
            return (
                "malformed",
                f"the {part.name} has {len(numbers)} numbers, which are no multiple "
                f"of {part.width}",
            )
        if len(numbers) != k * part.width:
            given = len(numbers) // part.width
            return (
                "other-skeleton",
                f"the {part.name} has {given} keypoints, {self.context.skeleton.name} "
                f"has {k}; " + _fitting(given),
            )
        return None

    def _rows(self, some: list[Found], width: int) -> Rows:
        """Lists of `width` numbers a keypoint as columns."""
        n, k = len(some), len(self.context.skeleton.keypoints)
        lists, position, id, track, part, image, *about = zip(*some, strict=True)
        source, video, frame, raw = about
        points = numbers(lists, k * width).reshape(n, k, width)[:, self._order]
        found = points[:, :, -1] > 0
        xyz = np.where(found[:, :, None], points[:, :, :-1], np.nan)
        seen = both(np.isfinite(xyz[:, :, :2]))
        everyone = np.ones(n, np.bool_)
        rows = Rows(
            position=np.array(position, np.int64),
            image=image,
            xy=np.where(seen[:, :, None], xyz[:, :, :2], np.nan),
            visibility=np.where(seen, _SEEN, _UNSEEN),
            source=source,
            raw=lambda i: raw[i],
            id=id,
            track=track,
            video=video,
            frame=frame,
            model=everyone,
            more={"part": part, "confidence": _means(points, found)},
        )
        rows.remarks.repair(np.asarray(~found.all(axis=1)), "openpose.undetected")
        if isinstance(self._order, slice):
            rows.remarks.repair(everyone, "openpose.order-assumed")
        if width == 4:
            self._lift(rows, xyz)
        elif self._scale is not None:
            self._enlarge(rows, image, self._scale)
        return rows

    def _lift(self, rows: Rows, xyz: Floats) -> None:
        """Makes rows 3-D: their unit is guessed by people's size."""
        unit, everyone = unit_of(xyz), np.ones(len(rows), np.bool_)
        rows.z, rows.unit = xyz[:, :, 2], unit or "mm"
        rows.remarks.refuse(
            everyone & (unit is None),
            "openpose.no-unit",
            lambda i: "people are no people's size in m or mm",
        )
        rows.remarks.repair(everyone, "openpose.unit-guessed")

    def _enlarge(self, rows: Rows, images: Sequence[str], scale: Scale) -> None:
        """Makes parts of the images' sizes px."""
        sizes = self.context.sizes(images)
        rows.xy = scale.px(rows.xy, sizes[:, None, :])
        rows.remarks.refuse(
            ~np.asarray(both(np.isfinite(sizes))),
            "openpose.no-size",
            lambda i: (
                "its coordinates are parts of the image's size, which is not known; "
                "run OpenPose with --keypoint_scale 0, or give width and height in "
                "the job table"
            ),
        )
        rows.remarks.repair(np.ones(len(rows), np.bool_), "openpose.normalised")


def _means(points: Floats, found: Bools) -> list[str | None]:
    """(N,) the mean confidence of what was found."""
    sums = np.where(found, points[:, :, -1], 0.0).sum(axis=1)
    means = sums / np.maximum(found.sum(axis=1), 1)
    return [f"{mean:.4f}" for mean in means.tolist()]


def _part(name: str, flat: list[float], deep: list[float]) -> Part:
    return Part(name, deep, 4) if deep and not flat else Part(name, flat, 3)


def _track(person: Person, side: str) -> str | None:
    """The number of a tracked person; [-1] is none."""
    said = person.person_id
    said = said[0] if isinstance(said, list) and said else said
    if not isinstance(said, int | float) or not 0 <= said < 1e15:
        return None
    return f"{int(said)}{side}"


def _fitting(count: int) -> str:
    """What would do for a person of so many keypoints."""
    if fits := of_count(count):
        return f"the shipped {' or '.join(fits)} fits"
    return "give the project a skeleton of that many"
