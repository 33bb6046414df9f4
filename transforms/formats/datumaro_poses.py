"""Datumaro's items of nothing but skeletons, as most exports have them, by columns."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from posegate.transforms.formats import values
from posegate.transforms.formats.cvat_frame import Frames
from posegate.transforms.formats.cvat_shapes import origin
from posegate.transforms.formats.keyframes import between
from posegate.transforms.formats.rows import Rows
from posegate.transforms.model.poses import Bytes, Floats

Nothing = Annotated[list[Any], msgspec.Meta(max_length=0)]
Empty = Annotated[dict[str, Any], msgspec.Meta(max_length=0)]
Said = Callable[[Mapping[str, Any]], dict[str, str]]
"""What attributes say beside flags and tracks, as texts."""

Size = tuple[int, int] | tuple[None, None]
"""Width and height [px]."""

UNKNOWN = (None, None)
_FLAGS = frozenset({0.0, 1.0, 2.0})


class Pose(msgspec.Struct, gc=False):
    """A skeleton of no group, whose points are x, y, visibility in turn."""

    type: Literal["skeleton"]
    points: list[float]
    label_id: int
    group: Literal[0] | None = 0
    attributes: dict[str, Any] = {}
    points_attributes: list[Empty] = []
    elements: Nothing = []


class Shown(msgspec.Struct, gc=False):
    """An image; its size is height and width [px]."""

    path: str | None = None
    size: tuple[int, int] | None = None


class Place(msgspec.Struct, gc=False):
    """Where in a video an image is."""

    frame: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None


class Poses(msgspec.Struct, gc=False):
    """One image with its skeletons."""

    id: str = ""
    annotations: list[Pose] = []
    image: Shown | None = None
    attr: Place | None = None


class About(msgspec.Struct, gc=False):
    """What an item says of its image."""

    image: str
    size: Size
    frame: int | None
    raw: bytes


def about(item: Poses, raw: bytes) -> About:
    """What is said of the image of skeletons."""
    image, place = item.image, item.attr
    return About(
        (image and image.path) or item.id,
        size(*image.size) if image is not None and image.size else UNKNOWN,
        None if place is None else place.frame,
        raw,
    )


@lru_cache(1024)
def size(height: float, width: float) -> Size:
    """That of an image that can be."""
    good = min(height, width) >= 1 and max(height, width) < 1 << 20
    return (int(width), int(height)) if good else UNKNOWN


class Waiting:
    """Skeletons of a file, until there are enough for rows."""

    def __init__(
        self,
        labels: Sequence[str],
        points: Mapping[int, tuple[str, ...]],
        frames: Frames,
        source: str,
    ) -> None:
        self._labels, self._names = labels, points
        self._frames, self._source = frames, source
        self._places: dict[int, list[int] | None] = {}
        self._poses: list[Pose] = []
        self._about: list[tuple[int, int, About]] = []

    def __len__(self) -> int:
        return len(self._poses)

    def put(self, item: Poses, about: About, position: int) -> None:
        """Takes an item's skeletons, of which the first is the file's `position`."""
        made = item.annotations
        self._poses += made
        self._about += [(position + i, i, about) for i in range(len(made))]

    def taken(
        self, said: Said
    ) -> tuple[Rows | None, list[tuple[Pose, int, int, About]]]:
        """All that wait: those that are as their label says, and the others."""
        poses, about = self._poses, self._about
        self._poses, self._about = [], []
        good = self._good(poses)
        others = [
            (pose, *each)
            for pose, each, known in zip(poses, about, good, strict=True)
            if not known
        ]
        if others:
            poses = [pose for pose, known in zip(poses, good, strict=True) if known]
            about = [each for each, known in zip(about, good, strict=True) if known]
        return (self._rows(poses, about, said) if poses else None), others

    def _good(self, poses: Sequence[Pose]) -> list[bool]:
        """(N,): has a keypoint for each name of its label, and sound flags."""
        places = self._places
        for label in {pose.label_id for pose in poses} - places.keys():
            known = 0 <= label < len(self._labels)
            names = self._names.get(label, ())
            places[label] = self._frames.keypoints(names) if known else None
        return [
            (at := places[pose.label_id]) is not None
            and len(pose.points) == 3 * len(at)
            and _FLAGS.issuperset(pose.points[2::3])
            for pose in poses
        ]

    def _rows(
        self,
        poses: Sequence[Pose],
        about: Sequence[tuple[int, int, About]],
        said: Said,
    ) -> Rows:
        position, ids, images = zip(*about, strict=True)
        xy, visibility = self._points(poses)
        tracks = [track(pose.attributes) for pose in poses]
        drawn = [
            origin(not between(pose.attributes, of is not None), "")
            for pose, of in zip(poses, tracks, strict=True)
        ]
        every = np.array(drawn, np.uint8)[:, None]
        return Rows(
            position=np.array(position, np.int64),
            image=[each.image for each in images],
            xy=xy,
            visibility=visibility,
            source=self._source,
            raw=lambda i: images[i].raw,
            id=list(map(str, ids)),
            origin=np.broadcast_to(every, visibility.shape),
            width=[each.size[0] for each in images],
            height=[each.size[1] for each in images],
            frame=[each.frame for each in images],
            track=tracks,
            attributes=[self._said(pose, said) for pose in poses],
        )

    def _said(self, pose: Pose, said: Said) -> dict[str, str] | None:
        """Attributes, and the class where it is not the skeleton's own."""
        found = said(pose.attributes) if pose.attributes else {}
        label = self._labels[pose.label_id]
        if label and label != self._frames.skeleton.category:
            found["category"] = label
        return found or None

    def _points(self, poses: Sequence[Pose]) -> tuple[Floats, Bytes]:
        """(N, K, 2) [px] and (N, K) visibility of those that are good."""
        n, k = len(poses), len(self._frames.skeleton.keypoints)
        xy, seen = np.full((n, k, 2), np.nan), np.zeros((n, k), np.uint8)
        labels = np.fromiter((pose.label_id for pose in poses), np.int64, n)
        for label in np.unique(labels).tolist():
            mine, at = np.flatnonzero(labels == label), self._places[label] or []
            given = [poses[i].points for i in mine.tolist()]
            table = values.numbers(given, 3 * len(at)).reshape(-1, len(at), 3)
            place = mine[:, None], np.array(at, np.intp)
            seen[place] = table[:, :, 2]
            xy[place] = np.where(table[:, :, 2:] > 0, table[:, :, :2], np.nan)
        return xy, seen


def track(attributes: Mapping[str, Any]) -> int | str | None:
    """The number of a track."""
    found = attributes.get("track_id")
    return found if isinstance(found, int | str) else None
