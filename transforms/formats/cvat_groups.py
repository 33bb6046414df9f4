"""Which box is whose in a CVAT export of tracks: those of a pose's group.

A person's box and skeleton are two tracks that share a `group_id`, in any order, so
the boxes are gathered before the poses are read: some 50 bytes each.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from posegate.transforms.formats.cvat_shapes import Unreadable, box
from posegate.transforms.formats.xml_records import Event, Node, Open
from posegate.transforms.kernels.json_scan import Ints
from posegate.transforms.model.poses import Floats

Sides = list[float]
"""Left, top, right, bottom [px]."""


@dataclass
class Groups:
    """The boxes of each group that has one pose and one box in a frame."""

    crowds: dict[str, frozenset[int]] = field(default_factory=dict)
    """The frames in which several poses share a group."""

    _frames: dict[str, Ints] = field(default_factory=dict)
    _sides: dict[str, Floats] = field(default_factory=dict)

    def box(self, group: str | None, frame: int) -> Sides | None:
        """The box of the group's pose in a frame; None where there is none."""
        frames = self._frames.get(group or "")
        if frames is None:
            return None
        at = bisect_left(frames, frame)
        if at == len(frames) or frames[at] != frame:
            return None
        sides: Sides = self._sides[group or ""][at].tolist()
        return sides


def groups(events: Iterable[Event]) -> Groups:
    """Reads a whole file for them; what is wrong with it is not said here."""
    boxes: dict[str, tuple[array[int], array[float]]] = {}
    poses: dict[str, array[int]] = {}
    pointed: dict[str, array[int]] = {}
    for group, frame, sides in _grouped(events):
        if isinstance(sides, bool):
            some = poses if sides else pointed
            some.setdefault(group, array("q")).append(frame)
        else:
            frames, numbers = boxes.setdefault(group, (array("q"), array("d")))
            frames.append(frame)
            numbers.extend(sides)
    for group, frames in pointed.items():
        once = np.unique(np.array(frames)).tolist()
        poses.setdefault(group, array("q")).extend(once)
    found = Groups({group: _often(frames) for group, frames in poses.items()})
    for group in boxes.keys() & poses.keys():
        frames, numbers = boxes[group]
        known, order = np.unique(np.array(frames), return_index=True)
        both = np.isin(known, _once(poses[group])) & np.isin(known, _once(frames))
        found._frames[group] = known[both]
        found._sides[group] = np.array(numbers).reshape(-1, 4)[order][both]
    return found


def _once(frames: "array[int]") -> Ints:
    """The frames that stand there once."""
    values, counts = np.unique(np.array(frames, np.int64), return_counts=True)
    once: Ints = values[counts == 1]
    return once


def _often(frames: "array[int]") -> frozenset[int]:
    """The frames that stand there more than once."""
    values, counts = np.unique(np.array(frames, np.int64), return_counts=True)
    return frozenset(values[counts > 1].tolist())


def _grouped(events: Iterable[Event]) -> Iterator[tuple[str, int, Sides | bool]]:
    """Group, frame, and the box of what is to be seen; of a skeleton True, of a point
    False."""
    group = None
    for event in events:
        if isinstance(event, Open):
            group = event.attrs.get("group_id")
        elif isinstance(event, Node) and group:
            frame = event.attrs.get("frame", "")
            if not frame.isdecimal() or hidden(event):
                continue
            if event.tag == "box":
                try:
                    yield group, int(frame), box(event.attrs)
                except Unreadable:
                    continue
            elif event.tag in ("skeleton", "points"):
                yield group, int(frame), event.tag == "skeleton"


def hidden(node: Node) -> bool:
    """Whether all of a shape is outside: it ends a track, and is no annotation."""
    elements = [e for e in node.children if e.tag != "attribute"]
    if node.tag == "skeleton" and elements:
        return all(each.attrs.get("outside") == "1" for each in elements)
    return node.attrs.get("outside") == "1"
