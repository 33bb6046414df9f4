"""MPII Human Pose: its .mat file, and the JSON lists that were made of it.

RELEASE.annolist(i).annorect(j).annopoints.point(k).{x, y, id, is_visible}   .mat
[{"image", "joints": [[x, y] * 16], "joints_vis": [...], "center", "scale"}]  HRNet
[{"img_paths", "joint_self": [[x, y, v] * 16], "objpos", "scale_provided"}]   CPM
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

import msgspec
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_list import Bad, Listed
from posegate.transforms.formats.mpii_mat import NAMES, Unreadable, has_release, people
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.model.naming import Naming
from posegate.transforms.model.schema import Visibility
from posegate.transforms.model.skeleton import Skeleton

NAME = "mpii"
SUFFIXES = (".json", ".mat")
CARRIES = Carries(
    visibility="`is_visible` in the .mat and the third value of `joint_self`; "
    "`joints_vis` says only that a joint is labelled: it counts as visible",
    convention="px counted from 1 as in MATLAB, so 1 is taken off (repair "
    "mpii.one-based), as HRNet and mmpose do. `scale` is the person's height in units "
    "of 200 px; it, the centre and the head's box are attributes. "
    "`video_list` gives the video",
)
TRAPS = {
    "mpii.one-based": "Coordinates count from 1: 1 px is taken off each.",
    "mpii.missing-joint": "A joint at (-1, -1) or (0, 0), or one that `joints_vis` "
    "leaves out, is none: it counts as not labelled.",
    "mpii.visibility-unknown": "A joint does not say whether it is visible: it counts "
    "as visible.",
    "mpii.without-points": "People without joints, as in the test set: left out.",
    "mpii.point-id": "A joint's id is not 0 to 15, or is there twice: the joint is "
    "left out.",
    "mpii.joints": "A person has not 16 joints of two numbers: quarantined.",
    "mpii.mat": "A .mat file is damaged, or of version 7.3: not read.",
    "mpii.other-skeleton": "The project's keypoints are not MPII's 16: quarantined.",
}


class Person(msgspec.Struct):
    """One person of a JSON list, in either of its layouts."""

    image: str | None = None
    img_paths: str | None = None
    joints: list[list[float]] | None = None
    joints_vis: list[float] | None = None
    joint_self: list[list[float]] | None = None
    center: list[float] | None = None
    objpos: list[float] | None = None
    scale: float | None = None
    scale_provided: float | None = None
    img_width: float | None = None
    img_height: float | None = None


_LISTED = Listed(Person)


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes look like MPII's: a .mat with RELEASE, or a list."""
    if head.startswith(b"MATLAB 5.0"):
        return has_release(head)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"[") or not start[1:].lstrip().startswith(b"{"):
        return False
    if b'"image_id"' in head:
        return False
    hrnet = b'"joints"' in head and b'"joints_vis"' in head
    return hrnet or (b'"joint_self"' in head and b'"img_paths"' in head)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a person a record."""
    reading = _Reading(context, Build(context, tally, NAME))
    for file in reading.build.files():
        matlab = file.name.lower().removesuffix(".gz").endswith(".mat")
        yield from reading.matlab(file) if matlab else reading.listed(file)
    yield from reading.build.rest()


def names(file: File) -> list[Names]:
    """MPII's 16: no file names them."""
    return [Names("person", NAMES)]


@dataclass
class _Reading:
    context: Context
    build: Build
    names: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._places = places(self.context.skeleton)

    def listed(self, file: File) -> Iterator[pa.RecordBatch]:
        """A JSON list."""
        self.names = set()
        for each in _LISTED.read(file):
            if isinstance(each, Bad) and each.position < 0:
                self.build.say(file.name, each.reason, each.detail, each.raw)
            elif isinstance(each, Bad):
                self._refuse(file, each.position, "joints", each.detail, each.raw)
            else:
                self._person(file, each.position, each.record, each.raw)
            yield from self.build.ready()
        self.build.images(len(self.names))

    def _refuse(
        self, file: File, position: int, reason: str, detail: str, raw: bytes
    ) -> None:
        self.build.refuse(file.name, position, reason, detail, raw)

    def _person(self, file: File, position: int, person: Person, raw: bytes) -> None:
        image = person.image or person.img_paths
        self.names.add(hash(image))
        given = person.joints if person.joints is not None else person.joint_self
        if given is None:
            self.build.note("without-points")
            return
        if not image:
            self._refuse(file, position, "joints", "it names no image", raw)
            return
        vis = person.joints_vis if person.joints is not None else None
        widths = {len(joint) for joint in given}
        if (
            len(given) != 16
            or not (widths == {2} or widths == {3})
            or (vis is not None and len(vis) != 16)
        ):
            detail = f"it has {len(given)} joints; MPII's are 16 of two or three"
            self._refuse(file, position, "joints", detail, raw)
            return
        center = person.center or person.objpos or []
        scale = person.scale if person.scale is not None else person.scale_provided
        attributes = {"scale": scale} | dict(
            zip(("center_x", "center_y"), [value - 1 for value in center], strict=False)
        )
        self._put(
            Record(
                position,
                image,
                source=file.name,
                raw=raw,
                width=_side(person.img_width),
                height=_side(person.img_height),
                attributes=attributes,
            ),
            *joints_of(given, vis),
        )

    def _put(
        self,
        record: Record,
        points: dict[int, tuple[float, float, int]],
        repairs: list[str],
    ) -> None:
        """A record with its joints by MPII's ids."""
        if self._places is None:
            record.refusal = (
                "mpii.other-skeleton",
                f"its 16 joints are not {self.context.skeleton.name}'s keypoints; the "
                "shipped skeleton mpii_16 fits",
            )
        else:
            record.points = {self._places[i]: point for i, point in points.items()}
        record.repairs = [f"mpii.{code}" for code in ("one-based", *repairs)]
        self.build.put(record)

    def matlab(self, file: File) -> Iterator[pa.RecordBatch]:
        """A .mat file."""
        position = 0
        try:
            found = people(file.read())
        except (Unreadable, DamagedStream) as error:
            reason = error.reason if isinstance(error, DamagedStream) else "mat"
            self.build.say(file.name, reason, str(error))
            return
        for image in found:
            self.build.images()
            for person in image.people:
                if person.points is None:
                    self.build.note("without-points")
                    continue
                self._put(
                    Record(
                        position,
                        image.name,
                        source=file.name,
                        raw=repr(person.points).encode(),
                        id=f"{image.number}-{person.number}",
                        video=image.video,
                        attributes=image.attributes | person.attributes,
                    ),
                    person.points,
                    person.repairs,
                )
                position += 1
            yield from self.build.ready()


def places(skeleton: Skeleton) -> list[int] | None:
    """The project's keypoint of each of MPII's joints; None if they are others.

    By name; or, where the names are nobody's, by MPII's own order.
    """
    found = Naming(skeleton).places(NAMES)
    if (found >= 0).all():
        return [int(place) for place in found]
    if len(skeleton.keypoints) == 16 and (found < 0).all():
        return list(range(16))
    return None


def joints_of(
    given: list[list[float]], vis: list[float] | None
) -> tuple[dict[int, tuple[float, float, int]], list[str]]:
    """The labelled joints, counted from 0, and what was repaired."""
    points: dict[int, tuple[float, float, int]] = {}
    for i, (x, y, *third) in enumerate(given):
        gone = (x, y) in ((-1, -1), (0, 0)) or (vis is not None and not vis[i] > 0)
        if not gone and isfinite(x + y):
            hidden = bool(third) and third[0] == 0
            flag = Visibility.OCCLUDED if hidden else Visibility.VISIBLE
            points[i] = (x - 1, y - 1, flag)
    return points, ["missing-joint"] if len(points) < 16 else []


def _side(value: float | None) -> int | None:
    """A width or height [px]; None where it is none."""
    return int(value) if value is not None and 0 < value <= 1 << 20 else None
