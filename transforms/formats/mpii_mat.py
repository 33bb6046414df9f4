"""What MPII's .mat file says, image by image.

Fields are missing, empty or single where MATLAB had none, none or one of them.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.io
from scipy.io.matlab import MatReadError

from posegate.transforms.model.schema import Visibility

NAMES = (
    *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
    *("pelvis", "thorax", "upper_neck", "head_top", "right_wrist", "right_elbow"),
    *("right_shoulder", "left_shoulder", "left_elbow", "left_wrist"),
)
"""The joints by their id."""

LARGEST = 1 << 30
"""Bytes that a file may inflate to; MPII's are 200 MB."""

_COMPRESSED, _HEAD = 15, 128
_DAMAGE = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError),
    *(OSError, EOFError, MemoryError, RecursionError, NotImplementedError),
    *(MatReadError, zlib.error, struct.error),
)
"""What scipy raises for files that are damaged, in one place or another."""


_SPLITS: dict[float | None, str] = {1.0: "train", 0.0: "test"}


class Unreadable(Exception):
    """Why a file cannot be read, in a sentence."""


@dataclass
class Person:
    """One of an image's: joints by id as (x, y, visibility), or None without any."""

    number: int
    points: dict[int, tuple[float, float, int]] | None
    attributes: dict[str, Any] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)


@dataclass
class Image:
    """One of the list's; `number` counts from 0."""

    number: int
    name: str
    people: list[Person]
    video: str | None
    attributes: dict[str, Any]


def has_release(head: bytes) -> bool:
    """Whether a .mat file's first variable is called RELEASE."""
    if len(head) < _HEAD + 8:
        return False
    kind = int.from_bytes(head[_HEAD : _HEAD + 4], "little")
    body = head[_HEAD + 8 :]
    if kind == _COMPRESSED:
        try:
            body = zlib.decompressobj().decompress(body, 4096)
        except zlib.error:
            return False
    return b"RELEASE" in body[:256]


def people(data: bytes) -> Iterator[Image]:
    """The images of a file; raises Unreadable at once where it cannot be read."""
    if data[:19] == b"MATLAB 7.3 MAT-file":
        raise Unreadable("it is a .mat of version 7.3; save it with -v7")
    if _inflates(data) > LARGEST:
        raise Unreadable(f"it inflates to more than {LARGEST} bytes; split it")
    try:
        release = scipy.io.loadmat(
            io.BytesIO(data), squeeze_me=True, struct_as_record=False
        )["RELEASE"]
        listed = _several(release.annolist)
    except _DAMAGE as error:
        raise Unreadable(f"it is damaged ({error}); deliver it again") from error
    return _images(release, listed)


def _inflates(data: bytes) -> int:
    """The bytes of a file's variables, inflated; stops counting beyond LARGEST."""
    at, size = _HEAD, 0
    while at + 8 <= len(data) and size <= LARGEST:
        kind, count = struct.unpack("<II", data[at : at + 8])
        body = data[at + 8 : at + 8 + count]
        at += 8 + count
        if kind != _COMPRESSED:
            size += len(body)
            continue
        inflate = zlib.decompressobj()
        while body and size <= LARGEST:
            try:
                size += len(inflate.decompress(body, 1 << 20))
            except zlib.error:
                break  # scipy will say so
            body = inflate.unconsumed_tail
    return size


def _images(release: Any, listed: list[Any]) -> Iterator[Image]:
    videos = [_text(v) for v in _several(getattr(release, "video_list", None))]
    train = _several(getattr(release, "img_train", None))
    single = _several(getattr(release, "single_person", None))
    acts = _several(getattr(release, "act", None))
    for i, each in enumerate(listed):
        name = _text(getattr(getattr(each, "image", None), "name", None))
        index = _number(getattr(each, "vididx", None))
        said = {
            "split": _SPLITS.get(_number(_at(train, i))),
            "activity": _text(getattr(_at(acts, i), "act_name", None)),
            "category": _text(getattr(_at(acts, i), "cat_name", None)),
            "frame_sec": _number(getattr(each, "frame_sec", None)),
        }
        alone = {_number(value) for value in _several(_at(single, i))}
        found = []
        for j, rect in enumerate(_several(getattr(each, "annorect", None))):
            person = _person(j, rect)
            if single:
                person.attributes["single_person"] = j + 1 in alone
            found.append(person)
        yield Image(
            i,
            name or f"#{i}",
            found,
            _at(videos, int(index) - 1) if index is not None and index >= 1 else None,
            said,
        )


def _person(number: int, rect: Any) -> Person:
    attributes: dict[str, Any] = {"scale": _number(getattr(rect, "scale", None))}
    for key, value in (
        ("head_x1", getattr(rect, "x1", None)),
        ("head_y1", getattr(rect, "y1", None)),
        ("head_x2", getattr(rect, "x2", None)),
        ("head_y2", getattr(rect, "y2", None)),
        ("center_x", getattr(getattr(rect, "objpos", None), "x", None)),
        ("center_y", getattr(getattr(rect, "objpos", None), "y", None)),
    ):
        place = _number(value)
        attributes[key] = None if place is None else place - 1
    joints = _several(getattr(getattr(rect, "annopoints", None), "point", None))
    if not joints:
        return Person(number, None, attributes)
    points, repairs = _points(joints)
    return Person(number, points, attributes, repairs)


def _points(
    joints: list[Any],
) -> tuple[dict[int, tuple[float, float, int]], list[str]]:
    """The joints by id, counted from 0 px, and the repairs."""
    points: dict[int, tuple[float, float, int]] = {}
    repairs = set()
    for joint in joints:
        id, x, y = (_number(getattr(joint, name, None)) for name in ("id", "x", "y"))
        if id is None or id not in range(16) or int(id) in points:
            repairs.add("point-id")
            continue
        if x is None or y is None or (x, y) in ((-1, -1), (0, 0)):
            continue
        seen = _number(getattr(joint, "is_visible", None))
        if seen is None:
            repairs.add("visibility-unknown")
        flag = Visibility.OCCLUDED if seen == 0 else Visibility.VISIBLE
        points[int(id)] = (x - 1, y - 1, flag)
    if len(points) < len(NAMES):
        repairs.add("missing-joint")
    return points, sorted(repairs)


def _several(value: Any) -> list[Any]:
    """What MATLAB has as nothing, one or many."""
    if value is None:
        return []
    if isinstance(value, np.ndarray):
        return list(value.ravel())
    return [value]


def _at(values: list[Any], i: int) -> Any:
    return values[i] if i < len(values) else None


def _number(value: Any) -> float | None:
    """A number, written as one, as a text, or in a list of one; None for none."""
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def _text(value: Any) -> str | None:
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else None
    return value if isinstance(value, str) and value else None
