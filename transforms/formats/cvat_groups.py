"""Which box is whose in a CVAT export of tracks: those of a pose's group.

A person's box and skeleton are two tracks that share a `group_id`, in any order, so
the boxes are gathered before the poses are read: some 50 bytes each.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from posegate.transforms.formats.cvat_shapes import Unreadable, box
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.xml_records import Node, whole
from posegate.transforms.formats.xml_stream import DEPTH, Broken, Stop, Stream
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


def group_of(attrs: Mapping[str, str]) -> str | None:
    """A track's group: its number, behind the task's, as each has its own groups."""
    group, task = attrs.get("group_id"), attrs.get("task_id")
    return f"{task}/{group}" if group and task else group


def groups(chunks: Iterable[bytes]) -> Groups:
    """Reads a whole file for them, or what can be read of it; says nothing of that."""
    boxes: dict[str, tuple[array[int], array[float]]] = {}
    poses: dict[str, array[int]] = {}
    pointed: dict[str, array[int]] = {}
    with suppress(DamagedStream):
        for found in _Grouped(chunks, "annotations", "track"):
            if isinstance(found, Broken):
                continue
            group, frame, sides = found
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
    made = Groups({group: _often(frames) for group, frames in poses.items()})
    for group in boxes.keys() & poses.keys():
        frames, numbers = boxes[group]
        known, order = np.unique(np.array(frames), return_index=True)
        both = np.isin(known, _once(poses[group])) & np.isin(known, _once(frames))
        made._frames[group] = known[both]
        made._sides[group] = np.array(numbers).reshape(-1, 4)[order][both]
    return made


def _once(frames: "array[int]") -> Ints:
    """The frames that stand there once."""
    values, counts = np.unique(np.array(frames, np.int64), return_counts=True)
    once: Ints = values[counts == 1]
    return once


def _often(frames: "array[int]") -> frozenset[int]:
    """The frames that stand there more than once."""
    values, counts = np.unique(np.array(frames, np.int64), return_counts=True)
    return frozenset(values[counts > 1].tolist())


class _Grouped(Stream):
    """Group, frame, and the box of what is to be seen; of a skeleton True, of a point
    False. Makes no trees: the file is read a second time for what they hold."""

    def forget(self) -> None:
        """Begins anew, outside of the root."""
        self._depth, self._group, self._frame, self._shown = 0, "", -1, False

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        """Takes a box or a point; waits for what of a skeleton is to be seen."""
        self._depth += 1
        if self._depth == 2:
            self._group = (group_of(attrs) or "") if tag == "track" else ""
        elif self._depth > DEPTH:
            raise Stop("xml.too-deep", "elements lie too deep")
        elif self._group and self._depth == 3:
            frame = whole(attrs.get("frame"))
            self._frame = -1 if frame is None else frame
            if self._frame >= 0 and attrs.get("outside") != "1":
                self._take(tag, attrs)
        elif self._group and self._depth == 4:
            self._shown |= attrs.get("outside") != "1" and tag != "attribute"

    def _take(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "points":
            self.ready.append((self._group, self._frame, False))
        elif tag == "box":
            with suppress(Unreadable):
                self.ready.append((self._group, self._frame, box(attrs)))

    def end(self, tag: str) -> None:
        """Takes a skeleton of which something is to be seen."""
        if self._depth == 3 and tag == "skeleton" and self._shown and self._frame >= 0:
            self.ready.append((self._group, self._frame, True))
        if self._depth == 3:
            self._shown = False
        self._depth -= 1


def hidden(node: Node) -> bool:
    """Whether all of a shape is outside: it ends a track, and is no annotation."""
    elements = [e for e in node.children if e.tag != "attribute"]
    if node.tag == "skeleton" and elements:
        return all(each.attrs.get("outside") == "1" for each in elements)
    return node.attrs.get("outside") == "1"
