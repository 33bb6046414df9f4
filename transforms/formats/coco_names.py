"""The keypoints that a COCO file's categories name."""

from collections.abc import Iterator
from contextlib import suppress

import msgspec

from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names, limbs_of
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.json_events import Run
from posegate.transforms.kernels.json_records import Records


class _Category(msgspec.Struct):
    name: str = ""
    keypoints: list[str] | None = None
    skeleton: list[list[int]] | None = None


class _Annotation(msgspec.Struct):
    keypoints: list[float]


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
                        count = len(_ANNOTATION.decode(run.raw(i)).keypoints) // 3
            if categories and count:
                break
    named = [c for c in categories if c.keypoints]
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
