"""What SLEAP's files say in JSON: nodes of skeletons, videos, tracks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.poses import Bools, Bytes, Floats
from posegate.transforms.model.schema import Visibility

TRAPS = {
    "invisible": "A point is marked as not visible: SLEAP leaves its position out, so "
    "it is unlabelled.",
    "other-skeleton": "Nodes that are not the skeleton's: quarantined, unless "
    "`points.ignore` of delivery.toml lists them.",
    "left-out": "Nodes that `points.ignore` lists: left out, counted.",
    "predicted": "A model's instances beside people's: prelabels, counted.",
    "instance": "An instance whose frame, skeleton or points are not in the file: "
    "quarantined.",
    "unlabelled-frames": "Frames without any instance: counted.",
}


def traps(name: str) -> dict[str, str]:
    """What SLEAP's formats share, as a format's own."""
    return {f"{name}.{code}": said for code, said in TRAPS.items()}


_OF_VIDEO = {
    "name": pa.string(),
    "fps": pa.float64(),
    "width": pa.int64(),
    "height": pa.int64(),
}


@dataclass(frozen=True)
class Video:
    """A video's name, or those of its images; frames know it by its `number`."""

    name: str
    images: tuple[str, ...] = ()
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    number: int | None = None

    def image(self, frame: int) -> str:
        """What a frame is called."""
        if 0 <= frame < len(self.images):
            return self.images[frame]
        return f"{self.name}#{frame}"


def shown(
    videos: Sequence[Video],
    number: npt.NDArray[np.int64],
    frame: npt.NDArray[np.int64],
) -> dict[str, Any]:
    """Columns of what is shown: image and video, and what is known of it.

    They are (N,), or one value for all where there is one video.
    """
    one = len(number) > 0 and bool((number == number[0]).all())
    places, at = (number[:1], None) if one else np.unique(number, return_inverse=True)
    films = [
        videos[i] if 0 <= i < len(videos) else Video(f"video{i}")
        for i in places.tolist()
    ]
    said: dict[str, Any] = {}
    for name, kind in _OF_VIDEO.items():
        of = [getattr(film, name) for film in films]
        said[name] = of[0] if at is None else pa.array(of, kind).take(pa.array(at))
    if any(film.images for film in films):
        own = np.zeros(len(frame), np.int64) if at is None else at
        pairs = zip(own.tolist(), frame.tolist(), strict=True)
        image = pa.array([films[i].image(f) for i, f in pairs], pa.string())
    else:
        numbers = pa.array(frame).cast(pa.string())
        image = pc.binary_join_element_wise(said["name"], numbers, "#")
    return {"image": image, "video": said.pop("name"), **said}


def video(said: Any, number: int) -> Video:
    """A video by its JSON; its name is its path, see `apart`."""
    said = said if isinstance(said, dict) else {}
    backend = said.get("backend", said)
    backend = backend if isinstance(backend, dict) else {}
    name = backend.get("filename", said.get("filename"))
    listed = backend.get("filenames") or (name if isinstance(name, list) else [])
    images = tuple(_base(each) for each in listed if isinstance(each, str))
    text = name.replace("\\", "/") if isinstance(name, str) else ""
    shape = backend.get("shape")
    if not isinstance(shape, list) or len(shape) != 4:
        shape = [None] * 4
    _, height, width, _ = shape
    return Video(
        name=text if text not in ("", ".") else f"video{number}",
        images=images,
        fps=_rate(backend.get("fps")),
        width=width if isinstance(width, int) else None,
        height=height if isinstance(height, int) else None,
        number=_embedded(backend.get("dataset"), number),
    )


def _embedded(dataset: Any, number: int) -> int:
    """The number of a video whose images are in the file, as `video3/video`.

    sleap-io leaves videos without labels out of the list, and the numbers as they were.
    """
    said = re.fullmatch(
        r"video(\d{1,9})/.*", dataset if isinstance(dataset, str) else ""
    )
    return int(said[1]) if said else number


def places(
    videos: Sequence[Video], numbers: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(N,) the places of videos in their list by their numbers, if these are apart."""
    known = np.array([video.number for video in videos], np.int64)
    order = np.argsort(known)
    inline = bool((known == np.arange(len(known))).all())
    if inline or len(set(known.tolist())) < len(known):
        return numbers
    at = order[np.minimum(np.searchsorted(known[order], numbers), len(known) - 1)]
    return np.where(known[at] == numbers, at, numbers)


def apart(videos: Sequence[Video]) -> list[Video]:
    """The videos without the folders that are of somebody's disk.

    Of each path as many last parts are kept as it takes to tell the videos apart.
    """
    paths = [video.name.split("/") for video in videos]
    for depth in range(1, max(map(len, paths), default=1) + 1):
        names = ["/".join(path[-depth:]) for path in paths]
        if len(set(names)) == len(names):
            break
    return [replace(v, name=n) for v, n in zip(videos, names, strict=True)]


def _base(path: str) -> str:
    return re.split(r"[\\/]", path)[-1]


def _rate(said: Any) -> float | None:
    return float(said) if isinstance(said, int | float) and said > 0 else None


def track(said: Any, number: int) -> str:
    """A track's name; [frame, name] or {"name": ...}."""
    if isinstance(said, list) and len(said) > 1:
        said = said[1]
    if isinstance(said, dict):
        said = said.get("name")
    return str(said) if said not in (None, "") else str(number)


def nodes(said: Any) -> list[list[str]]:
    """The names of each skeleton's points, in the order in which they are stored."""
    said = said if isinstance(said, dict) else {}
    names = [_name(node) for node in _list(said.get("nodes"))]
    found = []
    for skeleton in _list(said.get("skeletons")):
        graph = skeleton.get("nx_graph", skeleton) if isinstance(skeleton, dict) else {}
        own = []
        for node in _list(graph.get("nodes") if isinstance(graph, dict) else None):
            id = node.get("id") if isinstance(node, dict) else None
            if isinstance(id, int) and 0 <= id < len(names):
                own.append(names[id])
            else:
                own.append(_name(id))
        found.append(own)
    return found or [names]


def _list(said: Any) -> list[Any]:
    return said if isinstance(said, list) else []


def _name(node: Any) -> str:
    """A node's name, in plain JSON or as jsonpickle writes objects."""
    if isinstance(node, dict):
        state = node.get("py/state", node)
        if isinstance(state, dict):
            tuple_ = state.get("py/tuple")
            name = tuple_[0] if isinstance(tuple_, list) and tuple_ else None
            return str(state.get("name", name))
    return str(node)


def decoded(text: Any, what: str) -> Any:
    """A JSON text; raises ValueError naming `what` it is."""
    try:
        return msgspec.json.decode(text if isinstance(text, bytes | str) else b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{what} is no JSON: {error}") from error


@dataclass(frozen=True)
class Body:
    """A skeleton of a file as the project sees it: `names` (M,)."""

    context: Context
    names: Sequence[str]

    @cached_property
    def places(self) -> npt.NDArray[np.intp]:
        """(M,) the keypoint of each node, -1 for none."""
        return Naming(self.context.skeleton).places(self.names)

    @cached_property
    def numbered(self) -> dict[str, int]:
        """The keypoint of each node by its number as a text, -1 for none."""
        return {str(i): place for i, place in enumerate(self.places.tolist())}

    @cached_property
    def left(self) -> int:
        """How many nodes are left out on request."""
        ignored = self.context.delivery.points.ignored
        pairs = zip(self.names, self.places, strict=True)
        return sum(place < 0 and ignored(name) for name, place in pairs)

    @cached_property
    def strange(self) -> str | None:
        """Why the nodes do not fit; None where they do."""
        if (self.places < 0).sum() == self.left:
            return None
        return (
            f"it {difference(self.names, self.context.skeleton)}; list nodes to leave "
            "out under [points] ignore in delivery.toml, rename others by [points] "
            "names"
        )

    def note(self, build: Build) -> None:
        """Says what is left out."""
        build.note("left-out", self.left)

    def settled(self, xy: Floats, visible: Bools) -> tuple[Floats, Bytes, Bools]:
        """(N, M, 2), (N, M) -> (N, K, 2) and (N, K); (N,): had invisible ones."""
        n, k = len(xy), len(self.context.skeleton.keypoints)
        known = both(np.isfinite(xy))
        there = known & visible
        hidden = np.asarray((known & ~visible).any(axis=1))
        shown, flag = xy, there * np.uint8(Visibility.VISIBLE)
        if not there.all():
            shown = np.where(there[:, :, None], xy, np.nan)
        if np.array_equal(self.places, np.arange(k)):
            return shown, flag, hidden
        mine = self.places >= 0
        points, flags = np.full((n, k, 2), np.nan), np.zeros((n, k), np.uint8)
        points[:, self.places[mine]] = shown[:, mine]
        flags[:, self.places[mine]] = flag[:, mine]
        return points, flags, hidden
