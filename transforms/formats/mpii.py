"""MPII Human Pose: its .mat file, and the JSON lists that were made of it.

RELEASE.annolist(i).annorect(j).annopoints.point(k).{x, y, id, is_visible}

The lists are in `mpii_list`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_list import Bad, Good, Listed
from posegate.transforms.formats.mpii_list import (
    Person,
    attributes_of,
    joints_of,
    side,
)
from posegate.transforms.formats.mpii_mat import NAMES, Unreadable, has_release, people
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record, Rows
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.model.naming import Naming
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
        name = self.context.skeleton.name
        detail = f"its 16 joints are not {name}'s keypoints; the shipped mpii_16 fits"
        self._other = "mpii.other-skeleton", detail

    def listed(self, file: File) -> Iterator[pa.RecordBatch]:
        """A JSON list."""
        self.names = set()
        sound: list[Good[Person]] = []
        for each in _LISTED.read(file):
            if isinstance(each, Bad) and each.position < 0:
                self.build.say(file.name, each.reason, each.detail, each.raw)
            elif isinstance(each, Bad):
                self._refuse(file, each.position, "joints", each.detail, each.raw)
            elif self._is_sound(file, each):
                sound.append(each)
            if len(sound) >= self.context.batch:
                self.build.add(self._rows(file, sound))
                sound = []
            yield from self.build.ready()
        if sound:
            self.build.add(self._rows(file, sound))
        yield from self.build.ready()
        self.build.images(len(self.names))

    def _refuse(
        self, file: File, position: int, reason: str, detail: str, raw: bytes
    ) -> None:
        self.build.refuse(file.name, position, reason, detail, raw)

    def _is_sound(self, file: File, found: Good[Person]) -> bool:
        """Whether a person is one with joints; says of any other."""
        position, person, raw = found
        image, given = person.named, person.given
        self.names.add(hash(image))
        if given is None:
            self.build.note("without-points")
            return False
        if not image:
            self._refuse(file, position, "joints", "it names no image", raw)
            return False
        vis, widths = person.labelled, set(map(len, given))
        sound = len(given) == 16 and (widths == {2} or widths == {3})
        if not sound or (vis is not None and len(vis) != 16):
            detail = f"it has {len(given)} joints; MPII's are 16 of two or three"
            self._refuse(file, position, "joints", detail, raw)
            return False
        return True

    def _rows(self, file: File, found: Sequence[Good[Person]]) -> Rows:
        """People as columns."""
        people = [each.record for each in found]
        xy, flags = joints_of(people)
        n, k = len(people), len(self.context.skeleton.keypoints)
        placed, shown = np.full((n, k, 2), np.nan), np.zeros((n, k), np.uint8)
        if self._places is not None:
            placed[:, self._places], shown[:, self._places] = xy, flags
        rows = Rows(
            position=np.array([each.position for each in found], np.int64),
            image=[person.named for person in people],
            source=file.name,
            xy=placed,
            visibility=shown,
            raw=lambda i: found[i].raw,
            width=[side(person.img_width) for person in people],
            height=[side(person.img_height) for person in people],
            more=attributes_of(people),
        )
        everyone = np.ones(n, np.bool_)
        rows.remarks.repair(everyone, "mpii.one-based")
        missing = np.asarray((flags == 0).any(axis=1))
        rows.remarks.repair(missing, "mpii.missing-joint")
        if self._places is None:
            reason, detail = self._other
            rows.remarks.refuse(everyone, reason, lambda _: detail)
        return rows

    def _put(
        self,
        record: Record,
        points: dict[int, tuple[float, float, int]],
        repairs: list[str],
    ) -> None:
        """A record with its joints by MPII's ids."""
        if self._places is None:
            record.refusal = self._other
        else:
            record.place({self._places[i]: point for i, point in points.items()})
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
