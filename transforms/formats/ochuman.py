"""OCHuman's own file, `ochuman.json`: images, each with its people.

{"keypoint_names": ["right_shoulder", ..., "head", "neck", ...],
 "keypoint_visible": {"missing": 0, "vis": 1, "self_occluded": 2, "others_occluded": 3},
 "images": [{"image_id", "file_name", "width", "height", "annotations": [
   {"bbox": [x0, y0, x1, y1], "keypoints": [x, y, v] * 19 or null, "max_iou": 0.7,
    "segms": {"outer": [[x, y, ...]], "inner": [], "height", "width"} or null}]}]}

Its COCO form is read as COCO.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa

from posegate.transforms.formats import outlines
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_list import Bad, Listed
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.values import real
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.schema import Visibility

NAME = "ochuman"
SUFFIXES = (".json",)
CARRIES = Carries(
    visibility="0 missing; 1 visible; 2 hidden by the person, 3 by somebody else: both "
    "are occluded here. (The authors' own COCO files call what the person hides "
    "visible: liruilong940607/OCHumanApi, ochuman.py)",
    masks="`segms`: outer polygons, less inner ones",
    convention="px, the numbers as they are: their own conversion to COCO moves none",
)
TRAPS = {
    "ochuman.box-alone": "People with a box and nothing else, as a fifth of the set: "
    "left out, counted.",
    "ochuman.left-out": "The head and the neck, which the project's skeleton has not: "
    "left out, counted.",
    "ochuman.no-mask": "An outline is no list of polygons: dropped.",
    "ochuman.malformed": "A person has not three numbers for each name, or a box that "
    "is none: quarantined.",
    "ochuman.visibility": "A visibility is none of 0, 1, 2, 3: quarantined.",
    "ochuman.other-skeleton": "The file's keypoints, but for head and neck, are not "
    "the project's skeleton's: quarantined.",
}

NAMES = (
    *("right_shoulder", "right_elbow", "right_wrist"),
    *("left_shoulder", "left_elbow", "left_wrist"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("head", "neck", "right_ear", "left_ear", "nose", "right_eye", "left_eye"),
)
"""The file's order where it does not name its keypoints."""

BESIDE = frozenset({"head", "neck"})
"""What a skeleton of COCO's seventeen leaves out."""

FLAGS: dict[float, Visibility] = {
    0: Visibility.UNLABELLED,
    1: Visibility.VISIBLE,
    2: Visibility.OCCLUDED,
    3: Visibility.OCCLUDED,
}

_NAMED = re.compile(rb'"keypoint_names"\s*:\s*(\[[^\]]{0,4096}\])')


class Image(msgspec.Struct):
    """One image."""

    file_name: str
    annotations: list[Any]
    width: int | None = None
    height: int | None = None


_LISTED = Listed(Image, ("images",))


def sniff(head: bytes, name: str) -> bool:
    """Whether a file begins with images that hold their people."""
    found = outline(head)
    own = ("segms", "max_iou", "keypoints")
    inside = "images/*/annotations"
    return inside in found and any(f"{inside}/*/{key}" in found for key in own)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a person a record."""
    build = Build(context, tally, NAME)
    for file in build.files():
        reading = _Reading(context, build, file, _names(file))
        for each in _LISTED.read(file):
            if isinstance(each, Bad) and each.position < 0:
                build.say(file.name, each.reason, each.detail, each.raw)
            elif isinstance(each, Bad):
                reading.refuse(each.detail, each.raw)
            else:
                reading.image(each.record, each.raw)
            yield from build.ready()
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The file's keypoints but for head and neck: so the set is used."""
    return [Names("person", tuple(n for n in _names(file) if n not in BESIDE))]


def _names(file: File) -> tuple[str, ...]:
    """What the file calls its keypoints, wherever in it that stands."""
    tail = b""
    with suppress(DamagedStream):
        for piece in file.chunks():
            found = _NAMED.search(tail + piece)
            if found is not None:
                with suppress(msgspec.DecodeError, UnicodeDecodeError):
                    return tuple(msgspec.json.decode(found[1], type=list[str]))
            tail = (tail + piece)[-8192:]
    return NAMES


@dataclass
class _Reading:
    context: Context
    build: Build
    file: File
    names: tuple[str, ...]
    position: int = 0

    def __post_init__(self) -> None:
        places = Naming(self.context.skeleton).places(self.names)
        self._places = places.tolist()
        pairs = zip(self.names, self._places, strict=True)
        other = [name for name, at in pairs if at < 0 and name not in BESIDE]
        missing = len(set(self._places) - {-1}) < len(self.context.skeleton.keypoints)
        self._other = (
            difference(self.names, self.context.skeleton) if (other or missing) else ""
        )

    def refuse(self, detail: str, raw: bytes, code: str = "malformed") -> None:
        self.build.refuse(self.file.name, self.position, code, detail, raw)
        self.position += 1

    def image(self, image: Image, raw: bytes) -> None:
        self.build.images()
        for person in image.annotations:
            if not isinstance(person, dict):
                self.refuse(f"a person of {image.file_name} is none", raw)
            elif not (person.get("keypoints") or person.get("segms")):
                self.build.note("box-alone")
            else:
                self._person(image, person, raw)

    def _person(self, image: Image, given: dict[str, Any], raw: bytes) -> None:
        try:
            record = self._record(image, given, raw)
        except (ValueError, TypeError) as error:
            code = "visibility" if "visibility" in str(error) else "malformed"
            self.refuse(f"a person of {image.file_name}: {error}", raw, code)
            return
        self.build.put(record)
        self.position += 1

    def _record(self, image: Image, given: dict[str, Any], raw: bytes) -> Record:
        record = Record(
            self.position,
            image.file_name,
            source=self.file.name,
            raw=raw,
            width=image.width,
            height=image.height,
            bbox=_box(given.get("bbox")),
            attributes={"max_iou": given.get("max_iou")},
        )
        if given.get("keypoints"):
            self._points(record, given["keypoints"])
        self._mask(record, given.get("segms"))
        return record

    def _points(self, record: Record, flat: Any) -> None:
        if not isinstance(flat, list) or len(flat) != 3 * len(self.names):
            raise ValueError(
                f"its keypoints are not 3 numbers for each of {len(self.names)} names"
            )
        if self._other:
            record.refusal = f"{NAME}.other-skeleton", f"it {self._other}"
            return
        numbers = _numbers(flat)
        xs, ys, flags = numbers[::3], numbers[1::3], numbers[2::3]
        if not FLAGS.keys() >= set(flags):
            odd = next(flag for flag in flags if flag not in FLAGS)
            raise ValueError(f"visibility {odd!r} is none of 0, 1, 2, 3")
        record.place(
            {
                at: (x, y, FLAGS[v])
                for at, x, y, v in zip(self._places, xs, ys, flags, strict=True)
                if v and at >= 0
            }
        )
        labelled = len(flags) - flags.count(0)
        self.build.note("left-out", labelled - len(record.keypoints))

    def _mask(self, record: Record, segms: Any) -> None:
        if not segms:
            return
        try:
            found = _outline(segms, record)
        except (ValueError, TypeError, KeyError, AttributeError):
            record.repairs = ["ochuman.no-mask"]
            return
        if found is not None:
            record.segmentation, record.area = found.segmentation, found.area


def _box(given: Any) -> list[float] | None:
    """(x, y, width, height) [px] of two corners; raises ValueError for what is none."""
    if given is None:
        return None
    x0, y0, x1, y1 = map(real, given)
    return [x0, y0, x1 - x0, y1 - y0]


def _outline(segms: dict[str, Any], record: Record) -> outlines.Outline | None:
    """Polygons as they stand; where some are holes, the mask."""
    outer, inner = (
        [_corners(path) for path in segms[key] or ()] for key in ("outer", "inner")
    )
    width = int(segms.get("width") or record.width or 0)
    height = int(segms.get("height") or record.height or 0)
    if not inner or not 0 < width * height <= outlines.LARGEST:
        return outlines.polygon(outer)
    return outlines.evenodd([*outer, *inner], width, height)


def _corners(path: list[Any]) -> list[tuple[float, float]]:
    numbers = _numbers(path)
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _numbers(values: list[Any]) -> list[float]:
    """The same, if all are numbers; raises ValueError for anything else."""
    if set(map(type, values)) <= {int, float}:
        return values
    return [real(value) for value in values]
