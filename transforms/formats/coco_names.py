"""The keypoints that a COCO file's categories name."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec

from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names, limbs_of
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.json_events import Run
from posegate.transforms.kernels.json_records import Records
from posegate.transforms.model.skeleton import load

WHOLE_BODY = "coco_wholebody_133"
"""Its parts have lists of their own in a record, and its file names the body's only."""


class _Category(msgspec.Struct):
    name: str = ""
    keypoints: list[str] | None = None
    skeleton: list[list[int]] | None = None


class _Annotation(msgspec.Struct):
    keypoints: list[float]
    foot_kpts: Any = None
    face_kpts: Any = None
    lefthand_kpts: Any = None
    righthand_kpts: Any = None

    @property
    def count(self) -> int:
        """K: the whole body's where the record has its parts."""
        parts = (
            *(self.foot_kpts, self.face_kpts),
            *(self.lefthand_kpts, self.righthand_kpts),
        )
        whole = len(load(WHOLE_BODY).keypoints)
        return whole if all(parts) else len(self.keypoints) // 3


_CATEGORY = msgspec.json.Decoder(_Category)
_ANNOTATION = msgspec.json.Decoder(_Annotation)


def names(file: File) -> list[Names]:
    """Its categories; where none names keypoints, how many its annotations have.

    A damaged file gives what stands before the damage.
    """
    categories: list[_Category] = []
    count = 0
    with suppress(DamagedStream):
        for run in _runs(file):
            for i in range(len(run.starts)):
                if run.section == "categories":
                    with suppress(msgspec.DecodeError, UnicodeDecodeError):
                        categories.append(_CATEGORY.decode(run.raw(i)))
                elif not count:
                    with suppress(msgspec.DecodeError, UnicodeDecodeError):
                        count = _ANNOTATION.decode(run.raw(i)).count
            if categories and count:
                break
    named = [c for c in categories if c.keypoints]
    whole = load(WHOLE_BODY)
    if len(named) == 1 and count == len(whole.keypoints):
        return [Names(named[0].name, whole.keypoints, whole.limbs)]
    if named:
        return [_names(c, c.keypoints or []) for c in named]
    return [Names(categories[0].name if categories else "", count=count)]


def _runs(file: File) -> Iterator[Run]:
    """Categories and annotations, or the records of a results list."""
    found = Records(file.chunks(), ("categories", "annotations"))
    return (event for event in found if isinstance(event, Run))


def _names(category: _Category, keypoints: list[str]) -> Names:
    limbs = limbs_of(category.skeleton or [], len(keypoints))
    return Names(category.name, tuple(keypoints), limbs)
