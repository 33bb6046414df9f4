"""From the shapes of a frame to its records, for tools that draw points one by one."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import TypeVar

from posegate.transforms.formats.build import RAW, Build
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.filling import classed, fill
from posegate.transforms.formats.grouping import Group, Nodes, Shape, grouped
from posegate.transforms.formats.labels import Labels
from posegate.transforms.formats.plain_poses import Frame, Pose
from posegate.transforms.formats.rows import Record

T = TypeVar("T")

_KEPT = 1024
"""Bytes kept of where a record is from, for what is refused only later."""

REMEDY = (
    "; or rename points by [points] names in delivery.toml, or list those to leave out "
    "under ignore"
)
"""What else would do about names that are not the skeleton's."""

TRAPS = {
    "grouped-by-relation": "Points are tied together by arrows only: each is its "
    "nearest box's.",
    "grouped-by-label": "Points are told apart by labels such as p1_nose only: each "
    "number is an instance.",
    "grouped-by-name": "Nothing ties the points of an annotation together, but there "
    "is one of each: they are one instance.",
    "ungrouped": "Several points of one name, and nothing says which belong together: "
    "quarantined.",
    "point-twice": "An instance has a point twice: quarantined.",
    "other-skeleton": "A point's name is none of the skeleton's: quarantined.",
    "left-out": "Points that `points.ignore` lists: left out, counted.",
    "outlines-left": "An instance has several boxes or outlines: the first counts.",
}
"""By the code without the format's name."""


def named(name: str, traps: dict[str, str]) -> dict[str, str]:
    """Traps by their whole code."""
    return {f"{name}.{code}": said for code, said in traps.items()}


class Instances:
    """Puts records into a build, counted from 0 in each source."""

    def __init__(self, context: Context, build: Build, name: str) -> None:
        self.labels = Labels(context.skeleton)
        self._skeleton, self._build, self._name = context.skeleton, build, name
        self._points = context.delivery.points
        self._source, self._position = "", count()

    def begin(self, source: str) -> None:
        """Starts a file."""
        self._source, self._position = source, count()

    def refuse(self, code: str, detail: str, raw: bytes) -> None:
        """Sends a record to quarantine."""
        self._build.refuse(self._source, next(self._position), code, detail, raw)

    def put(
        self,
        shapes: Sequence[Shape],
        links: Iterable[tuple[str, str]],
        make: Callable[[Group], Record],
        raw: bytes | Callable[[], bytes],
    ) -> None:
        """Every instance of a frame; `make` gives what holds whatever its points are.

        The codes of `make` and of shapes are without the format's name. `raw` may be
        what makes the bytes once they are wanted.
        """
        if self._points.ignore:
            shapes = self._kept(shapes)
        for group in grouped(shapes, links, self.labels):
            record = make(group)
            fill(record, group, self.labels, self._skeleton)
            self._put(record, raw)

    def poses(
        self, frame: Frame[T] | None, make: Callable[[Pose[T]], Record], raw: bytes
    ) -> bool:
        """`put`, for an image's frame that is plain, and whose names are keypoints'.

        Whether it is; nothing was done if not. Counts the image.
        """
        if frame is None or not frame.plain:
            return False
        poses = frame.poses.values()
        places = [at for p in poses if (at := self.labels.places(p.names)) is not None]
        if len(places) < len(poses):
            return False
        self._build.images()
        for pose, keypoints in zip(poses, places, strict=True):
            record = make(pose)
            record.keypoints, record.x, record.y = keypoints, pose.x, pose.y
            record.visibility, record.origin = pose.visibility, pose.origin
            if pose.box is not None:
                record.bbox = pose.box
                classed(record, pose.category, self._skeleton)
            self._put(record, raw)
        return True

    def _put(self, record: Record, raw: bytes | Callable[[], bytes]) -> None:
        record.position, record.source = next(self._position), self._source
        if record.repairs:
            record.repairs = [f"{self._name}.{code}" for code in record.repairs]
        kept = RAW if record.refusal else _KEPT
        record.raw = raw[:kept] if isinstance(raw, bytes) else raw
        if record.refusal is not None:
            code, detail = record.refusal
            remedy = REMEDY if code == "other-skeleton" else ""
            detail = f"image {record.image}: {detail}{remedy}"
            record.refusal = f"{self._name}.{code}", detail
        self._build.put(record)

    def _kept(self, shapes: Sequence[Shape]) -> list[Shape]:
        """Without the points that are none of the skeleton's, and are to be ignored."""
        kept = []
        for shape in shapes:
            if shape.nodes is not None and len(shape.nodes):
                shape.nodes = self._nodes(shape.nodes)
                if not len(shape.nodes) and shape.box is None:
                    continue
            if shape.x is None or not self._ignored(shape.name):
                kept.append(shape)
            else:
                self._build.note("left-out")
        return kept

    def _nodes(self, nodes: Nodes) -> Nodes:
        mine = [i for i, name in enumerate(nodes.names) if not self._ignored(name)]
        if len(mine) == len(nodes):
            return nodes
        self._build.note("left-out", len(nodes) - len(mine))
        names, x, y, seen = (
            [column[i] for i in mine]
            for column in (nodes.names, nodes.x, nodes.y, nodes.seen())
        )
        return Nodes(names, x, y, seen)  # type: ignore[arg-type]  # a column each

    def _ignored(self, name: str) -> bool:
        return self.labels.read(name).keypoint is None and self._points.ignored(name)
