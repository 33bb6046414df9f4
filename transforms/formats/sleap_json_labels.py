"""The labels of SLEAP's JSON: at once where all are as SLEAP writes them, or leniently.

What is none of its kind is None, and a point without a place has NaN: the same frames
come of both ways.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from posegate.transforms.formats.json_files import Unreadable, decoded, typed
from posegate.transforms.formats.values import mapping

FARTHEST = 1e300
"""px: a number beyond is no coordinate."""

Whole = Annotated[int, msgspec.Meta(gt=-(2**53), lt=2**53)]


class Point(msgspec.Struct, gc=False):
    """A point [px]."""

    x: float | None = None
    y: float | None = None
    visible: bool = True


class Instance(msgspec.Struct):
    """An animal: its points by the number of their node, as a text."""

    points: dict[str, Point] | None = msgspec.field(name="_points")
    skeleton: Whole | None = 0
    track: Whole | None = None
    score: Any = UNSET


class Frame(msgspec.Struct):
    """The animals of a video's frame."""

    instances: list[Instance] = msgspec.field(name="_instances")
    video: Whole | None = None
    frame_idx: Whole | None = None


class Labels(msgspec.Struct):
    """What is read of a file; the names of its nodes stand in the first three."""

    labels: list[Frame]
    skeletons: Any = None
    nodes: Any = None
    videos: Any = None
    tracks: Any = None

    @property
    def names(self) -> dict[str, Any]:
        """What `sleap_labels.nodes` reads."""
        return {"skeletons": self.skeletons, "nodes": self.nodes}


_DECODE = typed(Labels)


def labels(data: bytes) -> Labels:
    """A file's labels; raises Unreadable for no JSON, and for what has no labels."""
    try:
        found = _DECODE(data)
    except Unreadable as error:
        raise Unreadable(f"it is no JSON: {error}") from error
    if isinstance(found, Labels):
        return found
    said = mapping(found)
    if not isinstance(said.get("labels"), list):
        raise Unreadable("it has no list of labels")
    others = (said.get(name) for name in ("skeletons", "nodes", "videos", "tracks"))
    return Labels([_frame(each) for each in said["labels"]], *others)


def instances(data: bytes) -> list[Any]:
    """Every instance as it is written, with all that it says."""
    frames = map(_instances, decoded(data)["labels"])
    return [instance for frame in frames for instance in frame]


def whole(value: Any) -> int | None:
    """A number, also as a text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:18])
    good = isinstance(value, int) and not isinstance(value, bool)
    return value if good and abs(value) < 2**53 else None


def _frame(given: Any) -> Frame:
    frame = mapping(given)
    found = [_instance(each) for each in _instances(given)]
    return Frame(found, whole(frame.get("video")), whole(frame.get("frame_idx")))


def _instances(given: Any) -> list[Any]:
    frame = mapping(given)
    listed = frame.get("_instances", frame.get("instances"))
    return listed if isinstance(listed, list) else []


def _instance(given: Any) -> Instance:
    said = mapping(given)
    points = said.get("_points", said.get("points"))
    known = points if isinstance(points, dict) else None
    return Instance(
        None if known is None else {key: _point(p) for key, p in known.items()},
        whole(said.get("skeleton", 0)),
        whole(said.get("track")),
        said.get("score", UNSET),
    )


def _point(given: Any) -> Point:
    said = mapping(given)
    seen = said.get("visible", True) is not False
    return Point(_number(said.get("x")), _number(said.get("y")), seen)


def _number(value: Any) -> float | None:
    """A coordinate; None for what is no number, or beyond any."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and abs(value) < FARTHEST else None
