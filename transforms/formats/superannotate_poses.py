"""SuperAnnotate's images of nothing but templates and boxes, as most are."""

from functools import lru_cache
from itertools import repeat
from typing import Any, Literal

import msgspec

from posegate.transforms.formats.plain_poses import Frame, Never
from posegate.transforms.model.schema import Origin


class Point(msgspec.Struct, gc=False):
    """A template's point that is as most are."""

    x: float
    y: float
    id: int = 0


class Corners(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Two opposite corners of a box."""

    x1: float
    y1: float
    x2: float
    y2: float


class Maker(msgspec.Struct, gc=False):
    """Who made an instance."""

    email: str | None = None


class Drawn(msgspec.Struct, gc=False):
    """A template or a box."""

    type: Literal["template", "bbox"]
    points: list[Point] | Corners
    className: str = ""
    pointLabels: dict[str, str] = {}
    groupId: int | None = None
    creationType: str = ""
    createdBy: Maker | None = None
    createdAt: str | None = None
    updatedBy: dict[str, Any] | None = None
    updatedAt: str | None = None
    attributes: list[dict[str, Any]] = []
    parameters: Never = ""


class Poses(msgspec.Struct, gc=False):
    """An image of nothing else."""

    metadata: dict[str, Any]
    instances: list[Drawn]
    attribute_groups: Never = ""


def paired(drawn: list[Drawn]) -> Frame[Drawn] | None:
    """The poses by their groups; None where labels or boxes are not as they should."""
    found: Frame[Drawn] = Frame()
    for i, one in enumerate(drawn):
        key, points = group(one.groupId) or f"#{i}", one.points
        if isinstance(points, list) and one.type == "template":
            keys, ids = ordinals(len(points))
            if not points or [point.id for point in points] != ids:
                return None
            names = tuple(map(one.pointLabels.get, keys, repeat("")))
            x, y = [point.x for point in points], [point.y for point in points]
            how = origin(one.creationType, one.updatedBy)
            found.pose(key, one, names, x, y, origin=how)
        elif isinstance(points, Corners) and one.type == "bbox":
            found.box(key, one, _around(points), one.className)
        else:
            return None
    return found


def group(number: int | None) -> str | None:
    """What ties instances together; 0 is none."""
    return f"group {number}" if number is not None and number > 0 else None


def origin(made: str, changed: object) -> Origin:
    """Whether a person placed it, or changed what a model had."""
    kind = made.lower().replace("-", "")
    if not kind.startswith(("predict", "preannot")):
        return Origin.PLACED
    return Origin.CORRECTED if changed else Origin.PREDICTED


@lru_cache(1024)
def ordinals(n: int) -> tuple[list[str], list[int]]:
    """Of n points: the keys of their labels, from 0, and their ids, from 1."""
    return list(map(str, range(n))), list(range(1, n + 1))


def _around(corners: Corners) -> tuple[float, ...]:
    x, y = min(corners.x1, corners.x2), min(corners.y1, corners.y2)
    return x, y, max(corners.x1, corners.x2) - x, max(corners.y1, corners.y2) - y
