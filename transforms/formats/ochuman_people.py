"""The people of OCHuman's images: at once where all are as in the set, or leniently."""

from typing import Any

import msgspec

from posegate.transforms.formats.values import real


class Segments(msgspec.Struct, gc=False):
    """Outer polygons and the holes in them, each x, y, x, y, … [px]."""

    outer: list[list[float]]
    inner: list[list[int | float]]
    width: float | None = None
    height: float | None = None


class NoSegments(Segments, gc=False):
    """What stands where polygons should."""


class Person(msgspec.Struct, gc=False):
    """One person; the box is two corners [px], keypoints are x, y and a flag each."""

    bbox: tuple[float, float, float, float] | None = None
    keypoints: list[float] | None = None
    segms: Segments | None = None
    max_iou: Any = None


class Image(msgspec.Struct):
    """One image."""

    file_name: str
    annotations: list[Person]
    width: int | None = None
    height: int | None = None


class Loose(msgspec.Struct):
    """One image whose people may be anything."""

    file_name: str
    annotations: list[Any]
    width: int | None = None
    height: int | None = None


def person(given: dict[str, Any], names: int) -> Person:
    """One who is not as most are; raises ValueError or TypeError for what is none."""
    box, flat = _box(given.get("bbox")), given.get("keypoints") or []
    if flat and (not isinstance(flat, list) or len(flat) != 3 * names):
        raise ValueError(few(names))
    return Person(
        box,
        [real(value) for value in flat],
        _segments(given["segms"]) if given.get("segms") else None,
        given.get("max_iou"),
    )


def few(names: int) -> str:
    """What is wrong where keypoints are too few or too many."""
    return f"its keypoints are not 3 numbers for each of {names} names"


def _box(given: Any) -> tuple[float, float, float, float] | None:
    if given is None:
        return None
    x0, y0, x1, y1 = map(real, given)
    return x0, y0, x1, y1


def _segments(given: Any) -> Segments:
    try:
        outer, inner = (
            [[real(value) for value in path] for path in given[key] or ()]
            for key in ("outer", "inner")
        )
        sides = (int(given.get(key) or 0) for key in ("width", "height"))
        return Segments(outer, inner, *sides)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return NoSegments([], [])
