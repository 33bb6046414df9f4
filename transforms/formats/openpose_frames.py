"""OpenPose's frames: their content, the scale of their numbers, their place in a video.

walk_000000000012_keypoints.json    one of many neighbours -> frame 12 of walk
COCO_val2014_000000000192_keypoints.json    no neighbours -> a still
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from posegate.transforms.formats.context import Context
from posegate.transforms.formats.files import File
from posegate.transforms.formats.per_file import image_of
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.model.poses import Floats

_NUMBERED = re.compile(r"(?P<stem>.*?)[._-]?(?P<number>\d{1,12})$")
_ENDINGS = ("_keypoints.json", ".json")


class Frame(msgspec.Struct):
    """One file."""

    people: list[dict[str, Any]]
    version: float | str | None = None
    part_candidates: list[Any] = []

    @property
    def span(self) -> tuple[float, float] | None:
        """The least and greatest coordinate of the body's, face's and hands' points."""
        values = [
            value
            for person in self.people
            for name, numbers in person.items()
            if name.endswith(("keypoints_2d", "keypoints")) and is_flat(numbers)
            for i in range(0, len(numbers) - 2, 3)
            if numbers[i + 2] > 0
            for value in numbers[i : i + 2]
        ]
        return (min(values), max(values)) if values else None

    @property
    def normalised(self) -> bool:
        """Whether every point lies within -1 to 1: no person is two pixels large."""
        some = False
        for person in self.people:
            for name, numbers in person.items():
                if name.endswith(("keypoints_2d", "keypoints")) and is_flat(numbers):
                    some = some or bool(numbers)
                    if any(n > 1 or n < -1 for n in numbers):  # confidence never is
                        return False
        return some and self.span is not None


_FLOAT, _NUMBER = frozenset({float}), frozenset({float, int})


def is_flat(numbers: object) -> bool:
    """Whether a value is a list of numbers that a float can hold."""
    if not isinstance(numbers, list):
        return False
    kinds = set(map(type, numbers))
    return kinds <= _FLOAT or (kinds <= _NUMBER and max(map(abs, numbers)) < 1 << 53)


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


def scale_of(context: Context, decoder: "msgspec.json.Decoder[Frame]") -> Scale:
    """Whether a shard's normalised coordinates begin at 0 or at -1: by all its files.

    One file alone would not tell: a person may stand in the right lower quarter.
    """
    for file in context.files():
        if not isinstance(file, File):
            continue
        try:
            span = decoder.decode(file.read()).span
        except (DamagedStream, msgspec.DecodeError, ValueError, RecursionError):
            continue  # told where the file itself is read
        if span is not None and -1 <= span[0] < 0:
            return Scale(-1.0)
    return Scale(0.0)


@dataclass(frozen=True)
class Sequences:
    """The names that number the frames of a video, each with its number of frames."""

    stems: frozenset[str]

    @classmethod
    def of(cls, context: Context) -> "Sequences":
        """Those whose numbers are mostly neighbours, in this shard."""
        names = [m.name for m in context.shard.members]
        if not names:
            names = [f.name for f in context.files() if isinstance(f, File)]
        return cls.among(image_of(context, name, _ENDINGS) for name in names)

    @classmethod
    def among(cls, images: Iterable[str]) -> "Sequences":
        """Those among the names of images."""
        numbers: dict[str, list[int]] = {}
        for image in images:
            if found := _NUMBERED.fullmatch(image):
                numbers.setdefault(found["stem"], []).append(int(found["number"]))
        return cls(
            frozenset(
                stem
                for stem, some in numbers.items()
                if len(some) > 1 and np.median(np.diff(sorted(some))) == 1
            )
        )

    def place(self, image: str) -> tuple[str | None, int | None]:
        """The video and the frame of an image; (None, None) for a still."""
        found = _NUMBERED.fullmatch(image)
        if found is None or found["stem"] not in self.stems:
            return None, None
        return found["stem"] or None, int(found["number"])
