"""OpenPose's frames: their content, the scale of their numbers, their place in a video.

walk_000000000012_keypoints.json    one of many neighbours -> frame 12 of walk
COCO_val2014_000000000192_keypoints.json    no neighbours -> a still
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from posegate.transforms.formats.context import Context
from posegate.transforms.formats.files import File
from posegate.transforms.formats.per_file import image_of
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.model.poses import Floats

_NUMBERED = re.compile(r"(?P<stem>.*?)[._-]?(?P<number>\d{1,12})$")
ENDINGS = ("_keypoints.json", ".json")


class Person(msgspec.Struct, gc=False):
    """A person: lists of x, y, confidence, or of x, y, z, confidence."""

    person_id: Any = None
    pose_keypoints_2d: list[float] | None = None
    pose_keypoints: list[float] | None = None
    face_keypoints_2d: list[float] | None = None
    face_keypoints: list[float] | None = None
    hand_left_keypoints_2d: list[float] | None = None
    hand_left_keypoints: list[float] | None = None
    hand_right_keypoints_2d: list[float] | None = None
    hand_right_keypoints: list[float] | None = None
    pose_keypoints_3d: list[float] | None = None
    body_keypoints_3d: list[float] | None = None
    face_keypoints_3d: list[float] | None = None
    hand_left_keypoints_3d: list[float] | None = None
    hand_right_keypoints_3d: list[float] | None = None

    def first(self, names: Iterable[str]) -> list[float]:
        """The first of its lists that there is; of a `Loose` one it may be anything."""
        for name in names:
            if some := getattr(self, name):
                return some
        return []

    def is_flat(self, given: object) -> bool:
        """Whether a list of it is one of numbers that a float can hold."""
        return True

    def flat(self) -> Iterator[list[float]]:
        """Its 2-D lists."""
        for name in _FLAT:
            if (some := getattr(self, name)) and self.is_flat(some):
                yield some


class Loose(Person):
    """A person some of whose lists are none."""

    def is_flat(self, given: object) -> bool:
        """Whether a value is a list of numbers that a float can hold."""
        if not isinstance(given, list):
            return False
        kinds = set(map(type, given))
        whole = kinds <= {float, int} and int in kinds
        return kinds <= {float} or (whole and max(map(abs, given)) < 1 << 53)


_LISTS = Person.__struct_fields__
_FLAT = [name for name in _LISTS if name.endswith(("keypoints_2d", "keypoints"))]


class Frame(msgspec.Struct):
    """One file."""

    people: list[Person]
    version: float | str | None = None
    part_candidates: list[Any] = []

    @property
    def span(self) -> tuple[float, float] | None:
        """The least and greatest coordinate of the body's, face's and hands' points."""
        values = [
            value
            for person in self.people
            for numbers in person.flat()
            for i in range(0, len(numbers) - 2, 3)
            if numbers[i + 2] > 0
            for value in numbers[i : i + 2]
        ]
        return (min(values), max(values)) if values else None

    @property
    def normalised(self) -> bool:
        """Whether every point lies within -1 to 1: no person is two pixels large.

        As every confidence does.
        """
        some = False
        for person in self.people:
            for numbers in person.flat():
                some = True
                if numbers[0] > 1 or any(n > 1 or n < -1 for n in numbers):
                    return False
        return some and self.span is not None


class _Any(msgspec.Struct):
    """A file whose people are anything."""

    people: list[dict[str, Any]]
    version: float | str | None = None
    part_candidates: list[Any] = []


_FRAME, _ANY = msgspec.json.Decoder(Frame), msgspec.json.Decoder(_Any)


def decoded(data: bytes) -> Frame:
    """A file; raises what msgspec does for one that is no frame."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return _FRAME.decode(data)
    except msgspec.ValidationError:
        found = _ANY.decode(data)
    people = [{n: v for n, v in p.items() if n in _LISTS} for p in found.people]
    loose: list[Person] = [Loose(**person) for person in people]
    return Frame(loose, found.version, found.part_candidates)


@dataclass(frozen=True)
class Scale:
    """How normalised coordinates become px: `low` is what the left edge is at, 0 or -1.

    OpenPose divides by the width less one pixel (its keypointScaler.cpp), so that 1 is
    the last pixel's centre.
    """

    low: float

    def px(self, xy: Floats, size: Floats) -> Floats:
        """(K, 2) [px] of an image of `size` (2,) [px]."""
        return np.asarray((xy - self.low) / (1 - self.low) * (size - 1))


def scale_of(context: Context) -> Scale:
    """Whether a shard's normalised coordinates begin at 0 or at -1: by all its files.

    One file alone would not tell: a person may stand in the right lower quarter.
    """
    for file in context.files():
        if not isinstance(file, File):
            continue
        try:
            span = decoded(file.read()).span
        except (DamagedStream, msgspec.DecodeError, ValueError, RecursionError):
            continue  # told where the file itself is read
        if span is not None and -1 <= span[0] < 0:
            return Scale(-1.0)
    return Scale(0.0)


Numbered = tuple[str, int] | None
"""What stands before the number that ends an image's name, and the number."""


@dataclass(frozen=True)
class Sequences:
    """The names that number the frames of a video.

    `known` are the images of a bundle by their files.
    """

    stems: frozenset[str]
    known: Mapping[str, tuple[str, Numbered]] = field(default_factory=dict)

    @classmethod
    def of(cls, context: Context) -> "Sequences":
        """Those whose numbers are mostly neighbours, in this shard."""
        members = [m.name for m in context.shard.members]
        names = members or [f.name for f in context.files() if isinstance(f, File)]
        images = [image_of(context, name, ENDINGS) for name in names]
        numbered = list(map(_numbered, images))
        known = dict(zip(members, zip(images, numbered, strict=True), strict=False))
        return cls(_neighbours(numbered), known)

    @classmethod
    def among(cls, images: Iterable[str]) -> "Sequences":
        """Those among the names of images."""
        return cls(_neighbours(map(_numbered, images)))

    def file(self, context: Context, source: str) -> tuple[str, str | None, int | None]:
        """The image, the video and the frame of a file; (…, None, None) for a still."""
        image, numbered = self.known.get(source, (None, None))
        if image is None:
            image = image_of(context, source, ENDINGS)
            numbered = _numbered(image)
        return image, *self._said(numbered)

    def place(self, image: str) -> tuple[str | None, int | None]:
        """The video and the frame of an image; (None, None) for a still."""
        return self._said(_numbered(image))

    def _said(self, numbered: Numbered) -> tuple[str | None, int | None]:
        if numbered is None or numbered[0] not in self.stems:
            return None, None
        return numbered[0] or None, numbered[1]


def _numbered(image: str) -> Numbered:
    found = _NUMBERED.fullmatch(image)
    return None if found is None else (found["stem"], int(found["number"]))


def _neighbours(numbered: Iterable[Numbered]) -> frozenset[str]:
    """The names before numbers that are mostly neighbours."""
    numbers: dict[str, list[int]] = {}
    for stem, number in filter(None, numbered):
        numbers.setdefault(stem, []).append(number)
    return frozenset(
        stem
        for stem, some in numbers.items()
        if len(some) > 1 and np.median(np.diff(sorted(some))) == 1
    )
