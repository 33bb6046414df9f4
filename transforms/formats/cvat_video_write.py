"""Writing CVAT for video 1.1: a file a video, a track a person and one for the box.

CVAT fills the frames between two keyframes, so where a track has no row it is closed.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from math import gcd
from typing import BinaryIO
from urllib.parse import quote

import numpy as np
import pyarrow.compute as pc

from posegate.transforms.formats.cvat_write import (
    CATEGORY,
    Row,
    Text,
    Told,
    box,
    elements,
    head,
    labels,
    own,
    said,
    source,
)
from posegate.transforms.formats.write import Ints, Keeps, Outgoing
from posegate.transforms.model.schema import Origin

KEEPS = Keeps(
    fields=frozenset(
        {"video", "frame", "track", "width", "height", "bbox", "attributes"}
    ),
    origin=(Origin.PLACED, Origin.CORRECTED, Origin.INTERPOLATED, Origin.PREDICTED),
)
BY = ("video", "track")
_MACHINE = frozenset({Origin.PREDICTED})
OPEN = 64
"""Files that are written at once; the rows are gone through again for more."""


def write(given: Outgoing) -> dict[str, int]:
    """A file a video, and what could not be written as it was."""
    told = Told()
    text, found = Text(told), labels(given)
    videos = _videos(given)
    for first in range(0, len(videos), OPEN):
        with ExitStack() as stack:
            some = {}
            for video, frames in list(videos.items())[first : first + OPEN]:
                name = f"{quote(video or given.name, safe=' ()')}.xml"
                file = stack.enter_context(given.open(name))
                some[video] = _Video(given, file, frames, told, text)
                more = (
                    f"{_size(given, video)}<source>{text.content(video or given.name)}"
                )
                start = head(given, found, text, "interpolation")
                file.write(f"{start}{more}</source></meta>\n".encode())
            for batch in given.rows:
                for video, rows in groupby(batch.to_pylist(), lambda row: row["video"]):
                    if video in some:
                        some[video].add(list(rows))
            for each in some.values():
                each.end()
    told("left out: rows without a frame", given.rows.column("frame").null_count)
    return told.counts


def _videos(given: Outgoing) -> dict[str | None, Ints]:
    """Each video's annotated frames, in order."""
    frames: dict[str | None, Ints] = {}
    for batch in given.rows:
        known = batch.filter(pc.is_valid(batch["frame"]))
        videos = known["video"].to_pylist()
        numbers = known["frame"].to_numpy()
        for video in dict.fromkeys(videos):
            here = numbers[[each == video for each in videos]]
            before = frames.get(video, np.empty(0, np.int64))
            frames[video] = np.union1d(before, here)
    return frames


def _size(given: Outgoing, video: str | None) -> str:
    """The size of the video's frames, where it is known."""
    images = given.images
    mine = images.filter(
        pc.is_null(images["video"])
        if video is None
        else pc.equal(images["video"], video)
    )
    for width, height in zip(
        mine["width"].to_pylist(), mine["height"].to_pylist(), strict=True
    ):
        if width and height:
            return (
                f"<original_size><width>{width}</width><height>{height}</height>"
                "</original_size>"
            )
    return ""


class _Video:
    """One file being written; `frames` are the video's that have rows."""

    def __init__(
        self, given: Outgoing, file: BinaryIO, frames: Ints, told: Told, text: Text
    ) -> None:
        self._given, self._file = given, file
        self._told, self._text = told, text
        self._step = gcd(*np.diff(frames).tolist()) or 1
        self._last = int(frames[-1])
        self._group = 0
        self._alone = 0

    def add(self, rows: list[Row]) -> None:
        """The rows of some tracks, each together and by frame."""
        known = [row for row in rows if row["frame"] is not None]
        for track, mine in groupby(known, lambda row: row["track"]):
            if track is None:
                for row in mine:
                    self._alone += 1
                    self._put(f"alone-{self._alone}", [row])
                continue
            for i, some in enumerate(_layers(list(mine))):
                self._told("rows beside another of their track", len(some) if i else 0)
                self._put(f"{track}~{i}" if i else track, some)

    def end(self) -> None:
        """Closes the file's root; the file itself is the caller's."""
        self._file.write(b"</annotations>\n")

    def _put(self, name: str, rows: list[Row]) -> None:
        """A person's track, and that of the box."""
        poses = [row for row in rows if any(row["visibility"])]
        self._told("left out: rows without keypoints", len(rows) - len(poses))
        if poses:
            self._file.write("".join(self._tracks(name, poses)).encode())

    def _tracks(self, name: str, poses: list[Row]) -> Iterator[str]:
        boxes = [row for row in poses if box(row) is not None]
        self._group += 1
        group = f' group_id="{self._group}"' if boxes else ""
        classes = [said(row).get(CATEGORY) for row in poses]
        other = sum(each != classes[0] for each in classes)
        self._told("rows of another class than their track's first", other)
        label = classes[0] or self._given.skeleton.category
        yield self._open(name, label, poses, group)
        yield from self._skeletons(poses)
        yield "  </track>\n"
        if boxes:
            yield self._open(f"{name}-box", f"{label}-outline", boxes, group)
            yield from self._boxes(boxes)
            yield "  </track>\n"

    def _open(self, name: str, label: str, rows: list[Row], group: str) -> str:
        return (
            f"  <track id={self._text.attribute(name)} "
            f'label={self._text.attribute(label)} source="{source(rows, _MACHINE)}"'
            f"{group}>\n"
        )

    def _skeletons(self, rows: list[Row]) -> Iterator[str]:
        """Each frame's, and a closing one where the next is not the track's."""
        skeleton = self._given.skeleton
        none = [0] * len(skeleton.keypoints)
        for i, row in enumerate(rows):
            points = elements(row, skeleton, self._text, keyed=True)
            content = points + own(row, skeleton, self._text)
            yield _skeleton(row["frame"], i == 0 or _drawn(row), content)
            if (closed := self._closing(rows, i)) is not None:
                gone = {**row, "visibility": none, "origin": none, "attributes": None}
                points = elements(gone, skeleton, self._text, keyed=True)
                yield _skeleton(closed, True, points)

    def _boxes(self, rows: list[Row]) -> Iterator[str]:
        for i, row in enumerate(rows):
            yield _box(row["frame"], row, i == 0 or _drawn(row), False)
            if (closed := self._closing(rows, i)) is not None:
                yield _box(closed, row, True, True)

    def _closing(self, rows: list[Row], i: int) -> int | None:
        """The frame after the i-th row's, if the track is not there in it."""
        following = int(rows[i]["frame"]) + self._step
        if i + 1 < len(rows) and rows[i + 1]["frame"] <= following:
            return None
        return following if following <= self._last else None


def _drawn(row: Row) -> bool:
    """Whether any of the points is a keyframe."""
    return any(
        origin != Origin.INTERPOLATED
        for origin, flag in zip(row["origin"], row["visibility"], strict=True)
        if flag
    )


def _skeleton(frame: int, key: bool, content: str) -> str:
    return (
        f'    <skeleton frame="{frame}" keyframe="{int(key)}" z_order="0">\n{content}'
        "    </skeleton>\n"
    )


def _box(frame: int, row: Row, key: bool, outside: bool) -> str:
    return (
        f'    <box frame="{frame}" keyframe="{int(key)}" outside="{int(outside)}" '
        f'occluded="0" {box(row)} z_order="0"></box>\n'
    )


def _layers(rows: list[Row]) -> Iterator[list[Row]]:
    """A track's rows so that a frame stands once: gold and work are two layers."""
    layers: list[dict[int, Row]] = []
    for row in rows:
        free = next((each for each in layers if row["frame"] not in each), None)
        if free is None:
            layers.append(free := {})
        free[row["frame"]] = row
    yield from (list(each.values()) for each in layers)
