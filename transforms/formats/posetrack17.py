"""PoseTrack 2017: an `annolist` of frames, every value of which is in a list.

{"annolist": [{"image": [{"name": "images/a/00000001.jpg"}], "imgnum": [1],
  "is_labeled": [1], "ignore_regions": [...], "annorect": [{"track_id": [0],
  "x1": [..], "y1": [..], "x2": [..], "y2": [..], "annopoints": [{"point": [
  {"id": [0], "x": [..], "y": [..], "is_visible": [1]}, ...]}]}]}, ...]}
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_list import Bad, Listed
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record
from posegate.transforms.model.naming import Naming
from posegate.transforms.model.schema import Visibility

NAME = "posetrack17"
SUFFIXES = (".json",)
CARRIES = Carries(
    review="`is_labeled` of a frame: frames that are not are counted",
    tracks="`track_id`",
    visibility="`is_visible`, where a file has it; else all that is there is visible",
    convention="px, the numbers as they are: whether they count from 0 or 1 is not "
    "said. The head's box is in the attributes head_x1 to head_y2",
)
TRAPS = {
    "posetrack17.unlabelled": "Frames that nobody labelled: no records of theirs.",
    "posetrack17.ignore-regions": "Frames with regions that are to be ignored: what "
    "lies there was not labelled.",
    "posetrack17.without-points": "People with a box and no points: left out.",
    "posetrack17.point-id": "A point's id is not 0 to 14, or is there twice: the point "
    "is left out.",
    "posetrack17.missing-joint": "A joint at (-1, -1) or (0, 0), or without a number, "
    "is none: it counts as not labelled.",
    "posetrack17.malformed": "A frame is no such frame: quarantined.",
    "posetrack17.other-skeleton": "The project's skeleton has not all of PoseTrack's "
    "15 joints: quarantined.",
}

NAMES = (
    *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
    *("right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow"),
    *("left_wrist", "head_bottom", "nose", "head_top"),
)
"""The joints by their id, as public converters of COCO's order to it have them."""

Wrapped = list[Any] | float | int | str | None
Json = dict[str, Any]


class Frame(msgspec.Struct):
    """One frame."""

    image: list[Json] | Json | None = None
    annorect: list[Json] | Json | None = None
    is_labeled: Wrapped = None
    ignore_regions: Wrapped = None


_LISTED = Listed(Frame, ("annolist",))


def sniff(head: bytes, name: str) -> bool:
    """Whether a file begins with a list of frames."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") and b'"annolist"' in start[:4096]


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a person a record."""
    reading = _Reading(context, Build(context, tally, NAME))
    for file in reading.build.files():
        yield from reading.batches(file)
    yield from reading.build.rest()


def names(file: File) -> list[Names]:
    """PoseTrack's 15: no file names them."""
    return [Names("person", NAMES, fits=("posetrack18_17",))]


@dataclass
class _Reading:
    context: Context
    build: Build
    position: int = 0

    def batches(self, file: File) -> Iterator[pa.RecordBatch]:
        places = Naming(self.context.skeleton).places(NAMES).tolist()
        self.position = 0
        for each in _LISTED.read(file):
            if isinstance(each, Bad) and each.position < 0:
                self.build.say(file.name, each.reason, each.detail, each.raw)
            elif isinstance(each, Bad):
                self._refuse(file, each.detail, each.raw)
            else:
                self._frame(file, each.record, each.raw, places)
            yield from self.build.ready()

    def _refuse(self, file: File, detail: str, raw: bytes) -> None:
        self.build.refuse(file.name, self.position, "malformed", detail, raw)
        self.position += 1

    def _frame(self, file: File, frame: Frame, raw: bytes, places: list[int]) -> None:
        self.build.images()
        image = _first(frame.image)
        name = image.get("name") if isinstance(image, dict) else None
        name = _first(name)
        if not isinstance(name, str) or not name:
            self._refuse(file, "it names no image", raw)
            return
        if _first(frame.is_labeled) == 0:
            self.build.note("unlabelled")
        if frame.ignore_regions:
            self.build.note("ignore-regions")
        given = frame.annorect
        for rect in given if isinstance(given, list) else [given] if given else []:
            self._person(file, name, rect, raw, places)

    def _person(
        self, file: File, image: str, rect: Json, raw: bytes, places: list[int]
    ) -> None:
        within = _first(rect.get("annopoints"))
        joints = within.get("point") if isinstance(within, dict) else None
        if not isinstance(joints, list) or not joints:
            self.build.note("without-points")
            return
        points, repairs, scored = _points(joints)
        stem = image.rpartition("/")[2].partition(".")[0]
        corners = ("x1", "y1", "x2", "y2")
        record = Record(
            self.position,
            image,
            source=file.name,
            raw=raw,
            video=image.rpartition("/")[0] or None,
            frame=int(stem) if stem.isascii() and stem.isdigit() else None,
            track=_id(_first(rect.get("track_id"))),
            model=scored,
            attributes={f"head_{c}": _number(rect.get(c)) for c in corners},
            repairs=repairs,
        )
        if min(places) < 0:
            record.refusal = (
                "posetrack17.other-skeleton",
                f"{self.context.skeleton.name} has not all of PoseTrack's 15 joints; "
                "the shipped posetrack18_17 has",
            )
        else:
            record.place({places[i]: point for i, point in points.items()})
        self.build.put(record)
        self.position += 1


def _points(
    joints: list[Any],
) -> tuple[dict[int, tuple[float, float, int]], list[str], bool]:
    """The labelled joints by id, the repairs, and whether a model scored them."""
    points: dict[int, tuple[float, float, int]] = {}
    repairs, scored = set(), False
    for joint in joints:
        given = joint if isinstance(joint, dict) else {}
        id, x, y = (_number(given.get(key)) for key in ("id", "x", "y"))
        scored |= given.get("score") is not None
        if id is None or id not in range(len(NAMES)) or int(id) in points:
            repairs.add("posetrack17.point-id")
        elif x is None or y is None or (x, y) in ((-1, -1), (0, 0)):
            repairs.add("posetrack17.missing-joint")
        else:
            hidden = _number(given.get("is_visible")) == 0
            flag = Visibility.OCCLUDED if hidden else Visibility.VISIBLE
            points[int(id)] = (x, y, flag)
    return points, sorted(repairs), scored


def _first(value: Any) -> Any:
    """What a list of one wraps."""
    return (value[0] if value else None) if isinstance(value, list) else value


def _number(value: Any) -> float | None:
    value = _first(value)
    good = isinstance(value, int | float) and abs(value) < 1 << 53
    return float(value) if good else None


def _id(value: Any) -> int | str | None:
    return value if isinstance(value, int | str) else None
