"""OCHuman's own file, `ochuman.json`: images, each with its people.

{"keypoint_names": ["right_shoulder", ..., "head", "neck", ...],
 "keypoint_visible": {"missing": 0, "vis": 1, "self_occluded": 2, "others_occluded": 3},
 "images": [{"image_id", "file_name", "width", "height", "annotations": [
   {"bbox": [x0, y0, x1, y1], "keypoints": [x, y, v] * 19 or null, "max_iou": 0.7,
    "segms": {"outer": [[x, y, ...]], "inner": [], "height", "width"} or null}]}]}

Its COCO form is read as COCO.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count

import msgspec
import numpy as np
import pyarrow as pa

from posegate.transforms.formats import outlines, values
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_list import Bad, Listed
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.ochuman_people import (
    Image,
    Loose,
    NoSegments,
    Person,
    Segments,
    few,
    person,
)
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.values import scalar
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.poses import Bools, Bytes, Floats
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

FLAGS = (
    *(Visibility.UNLABELLED, Visibility.VISIBLE),
    *(Visibility.OCCLUDED, Visibility.OCCLUDED),
)
"""What 0, 1, 2 and 3 say."""

_SEEN = np.array(FLAGS, np.uint8)
_NOWHERE = (float("nan"),) * 4

_NAMED = re.compile(rb'"keypoint_names"\s*:\s*(\[[^\]]{0,4096}\])')
_LISTED = Listed[Image | Loose](Image, ("images",), [Loose])


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
        reading.rest()
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


class _Reading:
    """One file's people, by columns."""

    def __init__(
        self, context: Context, build: Build, file: File, names: tuple[str, ...]
    ) -> None:
        self._context, self._build, self._source = context, build, file.name
        self._names = names
        self._places = Naming(context.skeleton).places(names)
        pairs = zip(names, self._places.tolist(), strict=True)
        other = [name for name, at in pairs if at < 0 and name not in BESIDE]
        mine = set(self._places.tolist()) - {-1}
        self._other = ""
        if other or len(mine) < len(context.skeleton.keypoints):
            self._other = difference(names, context.skeleton)
        self._people: list[Person] = []
        self._where: list[tuple[int, Image | Loose, bytes]] = []
        self._position = count()

    def refuse(self, detail: str, raw: bytes) -> None:
        where = self._source, next(self._position)
        self._build.refuse(*where, "malformed", detail, raw)

    def image(self, image: Image | Loose, raw: bytes) -> None:
        """Takes an image's people; those with a box alone are counted."""
        self._build.images()
        people: Iterable[Person] = (
            self._each(image, raw) if isinstance(image, Loose) else image.annotations
        )
        for each in people:
            if each.keypoints or each.segms is not None:
                self._people.append(each)
                self._where.append((next(self._position), image, raw))
            else:
                self._build.note("box-alone")
        if len(self._people) >= self._context.batch:
            self.rest()

    def _each(self, image: Loose, raw: bytes) -> Iterator[Person]:
        for given in image.annotations:
            if not isinstance(given, dict):
                self.refuse(f"a person of {image.file_name} is none", raw)
                continue
            try:
                alone = not (given.get("keypoints") or given.get("segms"))
                yield Person() if alone else person(given, len(self._names))
            except (ValueError, TypeError) as error:
                self.refuse(f"a person of {image.file_name}: {error}", raw)

    def rest(self) -> None:
        """Makes rows of the people in hand."""
        people, where = self._people, self._where
        self._people, self._where = [], []
        if not people:
            return
        position, images, raw = zip(*where, strict=True)
        xy, visibility, remarks = self._points(people, images)
        box = np.array([each.bbox or _NOWHERE for each in people], np.float64)
        box[:, 2:] -= box[:, :2]
        segmentation, area, strange = _masks(people, images)
        remarks.repair(strange, "ochuman.no-mask")
        self._build.add(
            Rows(
                position=np.array(position, np.int64),
                image=[image.file_name for image in images],
                xy=xy,
                visibility=visibility,
                source=self._source,
                raw=raw.__getitem__,
                bbox=box,
                area=area,
                area_source=[text and "segment" for text in segmentation],
                segmentation=segmentation,
                width=[image.width for image in images],
                height=[image.height for image in images],
                more={"max_iou": [scalar(each.max_iou) for each in people]},
                remarks=remarks,
            )
        )

    def _points(
        self, people: Sequence[Person], images: Sequence[Image | Loose]
    ) -> tuple[Floats, Bytes, Remarks]:
        """(N, K, 2) [px] and (N, K), and who is refused for which points."""
        n, m = len(people), len(self._names)
        remarks, flat = Remarks(n), [each.keypoints or () for each in people]
        given = np.fromiter(map(len, flat), np.int64, n)
        remarks.refuse(
            (given > 0) & (given != 3 * m),
            "ochuman.malformed",
            lambda i: f"a person of {images[i].file_name}: {few(m)}",
        )
        whole, blank = given == 3 * m, [0.0] * (3 * m)
        same = whole.tolist()
        some = [each if s else blank for each, s in zip(flat, same, strict=True)]
        table = values.numbers(some, 3 * m).reshape(n, m, 3)
        flags = table[:, :, 2]
        odd = ~np.isin(flags, range(len(FLAGS)))
        remarks.refuse(
            np.asarray(odd.any(axis=1)),
            "ochuman.visibility",
            lambda i: (
                f"a person of {images[i].file_name}: visibility "
                f"{flags[i][odd[i]][0]:g} is none of 0, 1, 2, 3"
            ),
        )
        if self._other:
            other = f"it {self._other}"
            remarks.refuse(whole, "ochuman.other-skeleton", lambda _: other)
        seen = _SEEN[np.where(odd, 0, flags).astype(np.intp)]
        xy, visibility = self._settled(table[:, :, :2], seen)
        good = remarks.good
        left = np.count_nonzero(seen[good]) - np.count_nonzero(visibility[good])
        self._build.note("left-out", int(left))
        return xy, visibility, remarks

    def _settled(self, xy: Floats, seen: Bytes) -> tuple[Floats, Bytes]:
        """(N, M, 2), (N, M) in the file's order -> (N, K, 2), (N, K)."""
        n, k = len(xy), len(self._context.skeleton.keypoints)
        mine = self._places >= 0
        points, flags = np.full((n, k, 2), np.nan), np.zeros((n, k), np.uint8)
        shown = np.where(seen[:, :, None] > 0, xy, np.nan)
        points[:, self._places[mine]] = shown[:, mine]
        flags[:, self._places[mine]] = seen[:, mine]
        return points, flags


def _masks(
    people: Sequence[Person], images: Sequence[Image | Loose]
) -> tuple[list[bytes | None], Floats, Bools]:
    """(N,) masks, their areas [px^2], and whose are none.

    Polygons as they stand; where some are holes, the mask.
    """
    plain = [
        each.segms.outer if each.segms is not None and not each.segms.inner else ()
        for each in people
    ]
    found, area, strange = outlines.polygons(plain)
    for i, each in enumerate(people):
        if isinstance(each.segms, NoSegments):
            strange[i] = True
        elif each.segms is not None and each.segms.inner:
            try:
                drawn = _outline(each.segms, images[i])
            except ValueError:
                strange[i] = True
                continue
            if drawn is not None:
                found[i], area[i] = drawn.segmentation, drawn.area
    return found, area, strange


def _outline(segms: Segments, image: Image | Loose) -> outlines.Outline | None:
    outer, inner = (
        [_corners(path) for path in each] for each in (segms.outer, segms.inner)
    )
    width = int(segms.width or image.width or 0)
    height = int(segms.height or image.height or 0)
    if not 0 < width * height <= outlines.LARGEST:
        return outlines.polygon([*outer])
    return outlines.evenodd([*outer, *inner], width, height)


def _corners(path: Sequence[float]) -> list[tuple[float, float]]:
    """The same in pairs; raises ValueError where one is left over."""
    return list(zip(path[::2], path[1::2], strict=True))
