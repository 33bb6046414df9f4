"""MPII's people as JSON lists have them, in either of two layouts, as columns.

[{"image", "joints": [[x, y] * 16], "joints_vis": [...], "center", "scale"}]  HRNet
[{"img_paths", "joint_self": [[x, y, v] * 16], "objpos", "scale_provided"}]   CPM
"""

from collections.abc import Sequence
from itertools import chain

import msgspec
import numpy as np
import pyarrow as pa

from posegate.transforms.formats.values import numbers, one
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bytes, Floats
from posegate.transforms.model.schema import Visibility

JOINTS = 16


class Person(msgspec.Struct, gc=False):
    """One person of a list."""

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

    @property
    def named(self) -> str | None:
        """The image."""
        return self.image or self.img_paths

    @property
    def given(self) -> list[list[float]] | None:
        """The joints."""
        return self.joints if self.joints is not None else self.joint_self

    @property
    def labelled(self) -> list[float] | None:
        """Above 0 for each of the joints that is there; None where all are."""
        return self.joints_vis if self.joints is not None else None


def joints_of(people: Sequence[Person]) -> tuple[Floats, Bytes]:
    """(N, 16, 2) [px, counted from 0], NaN where not labelled, and flags (N, 16).

    Each has 16 joints of two numbers, or of three: the last says whether it is visible.
    """
    given = [person.given or [] for person in people]
    table = np.ones((len(people), JOINTS, 3))
    widths = np.array([len(joints[0]) for joints in given], np.int64)
    for width in (2, 3):
        rows = np.flatnonzero(widths == width)
        flat = [[*chain.from_iterable(given[i])] for i in rows.tolist()]
        some = numbers(flat, JOINTS * width).reshape(-1, JOINTS, width)
        table[rows, :, :width] = some
    every = [1.0] * JOINTS
    said = [each if (each := p.labelled) is not None else every for p in people]
    there, xy = numbers(said, JOINTS) > 0, table[:, :, :2]
    there &= both(np.isfinite(xy)) & ~both(xy == -1) & ~both(xy == 0)
    seen = np.where(table[:, :, 2] == 0, Visibility.OCCLUDED, Visibility.VISIBLE)
    flags = np.where(there, seen, Visibility.UNLABELLED).astype(np.uint8)
    return np.where(there[:, :, None], xy - 1, np.nan), flags


def attributes_of(people: Sequence[Person]) -> dict[str, pa.Array]:
    """(N,) the scale and the centre [px, counted from 0] as texts."""
    centers = [person.center or person.objpos or () for person in people]
    said = {"scale": one([_scale(person) for person in people])}
    for axis, name in enumerate(("center_x", "center_y")):
        at = [center[axis] if len(center) > axis else None for center in centers]
        said[name] = one(at) - 1
    return {
        name: pa.array(column, from_pandas=True).cast(pa.string())
        for name, column in said.items()
    }


def _scale(person: Person) -> float | None:
    return person.scale if person.scale is not None else person.scale_provided


def side(value: float | None) -> int | None:
    """A width or height [px]; None where it is none."""
    return int(value) if value is not None and 0 < value <= 1 << 20 else None
