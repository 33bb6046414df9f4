"""Frames of nothing but whole poses, each with a box at most: as most exports have.

Nothing in them needs to be grouped or guessed. They are decoded to types, and skip
`grouping`, `filling` and their objects, which take longer than all else. What does not
fit the types goes there; both ways give the same records.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from posegate.transforms.model.schema import Origin, Visibility

T = TypeVar("T")

Nothing = Annotated[list[Any], msgspec.Meta(max_length=0)]
"""An empty list."""

Never = Annotated[str, msgspec.Meta(pattern="(?!)")]
"""A field that is not there: no text fits."""

_NONE = array("d")
_HIDDEN, _SEEN = Visibility.OCCLUDED, Visibility.VISIBLE


@dataclass(slots=True)
class Pose(Generic[T]):
    """One instance: its points as columns, its box [px] and the box's class.

    `of` is the first thing drawn of it.
    """

    key: str
    of: T
    names: tuple[str, ...]
    x: "array[float]"
    y: "array[float]"
    visibility: Sequence[int] | int = _SEEN
    origin: Origin = Origin.PLACED
    box: Sequence[float] | None = None
    category: str = ""


class Frame(Generic[T]):
    """The instances of a frame by their keys, in the order in which they begin.

    It is no longer `plain` once one has two poses, or two boxes.
    """

    def __init__(self) -> None:
        self.poses: dict[str, Pose[T]] = {}
        self.plain = True

    def pose(
        self,
        key: str,
        of: T,
        names: tuple[str, ...],
        x: Sequence[float],
        y: Sequence[float],
        hidden: Sequence[bool] = (),
        origin: Origin = Origin.PLACED,
    ) -> None:
        """Gives an instance its points."""
        pose = self.poses.get(key) or self._begin(key, of)
        self.plain = self.plain and not pose.names
        pose.x, pose.y = array("d", x), array("d", y)
        pose.names, pose.origin = names, origin
        if True in hidden:
            pose.visibility = [_HIDDEN if each else _SEEN for each in hidden]

    def box(self, key: str, of: T, box: Sequence[float], category: str) -> None:
        """Gives an instance its box."""
        pose = self.poses.get(key) or self._begin(key, of)
        self.plain = self.plain and pose.box is None
        pose.box, pose.category = box, category

    def _begin(self, key: str, of: T) -> Pose[T]:
        self.poses[key] = pose = Pose(key, of, (), _NONE, _NONE)
        return pose
