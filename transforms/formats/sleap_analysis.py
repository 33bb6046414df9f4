"""SLEAP's analysis files: .h5 with dense arrays, as exported for MATLAB and others.

    tracks           (tracks, 2, nodes, frames), or the other way round, or in the order
                     that its attribute `dims` names (sleap-io's); NaN: no point
    node_names, track_names, track_occupancy, video_path, point_scores

They do not say which points a person has corrected: all count as a model's.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from posegate.transforms.formats import sleap_labels
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.extras import missing
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.sleap_labels import Body, Video
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Floats

NAME = "sleap-analysis"
SUFFIXES = (".h5", ".hdf5")
EXTRA = "hdf5"
CARRIES = Carries(
    tracks="`track_names`",
    visibility="a point with coordinates is visible; NaN is unlabelled",
    convention="px; (0, 0) is the centre of the top-left pixel; an image is the "
    "video's name and the frame's number, `clip.mp4#12`; every point is a model's",
)
TRAPS = {
    "sleap-analysis.layout": "The arrays do not fit each other: the file is not read.",
    "sleap-analysis.other-skeleton": "Nodes that are not the skeleton's: quarantined, "
    "unless `points.ignore` of delivery.toml lists them.",
    "sleap-analysis.left-out": "Nodes that `points.ignore` lists: left out, counted.",
}
Axes = tuple[int, int, int, int]
_AXES = ("frame", "track", "node", "xy")
_PLAIN, _TURNED = (3, 0, 2, 1), (0, 3, 1, 2)
_MAGIC = b"\x89HDF\r\n\x1a\n"


def sniff(head: bytes, name: str) -> bool:
    """Whether a file is HDF5 with the arrays of an analysis file."""
    names = (b"node_names\0", b"track_occupancy\0", b"tracks\0")
    return head.startswith(_MAGIC) and all(each in head for each in names)


def needs() -> None:
    """Raises ValueError unless h5py is there."""
    missing("h5py", NAME, EXTRA)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    for file in build.files():
        yield from _file(file, context, build)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """Its nodes."""
    from posegate.transforms.formats.hdf5 import opened

    needs()
    with opened(file) as archive:
        return [Names("animal", tuple(_texts(archive, "node_names")))]


def _file(file: File, context: Context, build: Build) -> Iterator[pa.RecordBatch]:
    from posegate.transforms.formats.hdf5 import opened

    try:
        with opened(file) as archive:
            found = _layout(archive)
            if isinstance(found, str):
                build.say(file.name, "layout", f"{found}; export it again")
                return
            data = archive.data("tracks")
            assert data is not None  # as `_layout` found
            frames, tracks, _, _ = [data.shape[axis] for axis in found]
            body = Body(context, _texts(archive, "node_names"))
            body.note(build)
            names = _texts(archive, "track_names")
            names = names if len(names) == tracks else ["1"] * tracks
            film = _film(archive, file.name)
            step = max(context.batch // max(tracks, 1), 1)
            for first in range(0, frames, step):
                stop = min(first + step, frames)
                part = [slice(0, size) for size in data.shape]
                part[found[0]] = slice(first, stop)
                xy = _turned(data[tuple(part)], found)
                build.images(stop - first)
                build.add(_rows(xy, first, body, names, film, file))
                yield from build.ready()
    except DamagedStream as damage:
        build.damaged(file.name, damage)


def _layout(archive: Any) -> Axes | str:
    """Which axes of `tracks` are frames, tracks, nodes and x and y; else what is amiss.

    That of x and y has two places, that of nodes as many as there are names.
    """
    data = archive.data("tracks")
    nodes = len(_texts(archive, "node_names"))
    if data is None or data.ndim != 4 or not nodes:
        return "it has no node_names, or no tracks of four axes"
    said = _named(archive.attribute("tracks", "dims"))
    orders = [said] if said else [_PLAIN, _TURNED]
    fits = [o for o in orders if (data.shape[o[2]], data.shape[o[3]]) == (nodes, 2)]
    if not fits:
        return f"its tracks are of the shape {data.shape}, with {nodes} nodes"
    tracks = len(_texts(archive, "track_names"))  # of two nodes, these tell
    return next((o for o in fits if data.shape[o[1]] == tracks), fits[0])


def _named(said: Any) -> Axes | None:
    """The axes by a JSON list of their names."""
    try:
        names = msgspec.json.decode(said, type=list[str]) if said else []
    except (msgspec.DecodeError, TypeError, UnicodeDecodeError):
        return None
    if sorted(names) != sorted(_AXES):
        return None
    frame, track, node, xy = map(names.index, _AXES)
    return frame, track, node, xy


def _turned(part: Floats, axes: Axes) -> Floats:
    """(F, T, M, 2), laid out so, of an array of those axes."""
    if axes[0] != 3:
        return np.ascontiguousarray(part.transpose(axes), np.float64)
    rows = part.transpose(*axes[1:], 3)  # of frames, which are quickly turned as such
    flat = np.ascontiguousarray(rows.reshape(-1, rows.shape[3]).T, np.float64)
    return flat.reshape(rows.shape[3], *rows.shape[:3])


def _texts(archive: Any, name: str) -> list[str]:
    data = archive.data(name)
    if data is None or data.dtype.kind not in "SO":
        return []
    some = data[...].reshape(-1).tolist()
    return [
        t.decode("utf-8", "replace") if isinstance(t, bytes) else str(t) for t in some
    ]


def _film(archive: Any, source: str) -> Video:
    """The video that is named, or else the file."""
    said = _texts(archive, "video_path")
    path = said[0] if said and said[0] else source
    return sleap_labels.apart([sleap_labels.video({"filename": path}, 0)])[0]


def _rows(
    xy: Floats, first: int, body: Body, names: list[str], film: Video, file: File
) -> Rows:
    """The tracks that are there in (F, T, M, 2) points."""
    seen = both(np.isfinite(xy)).any(axis=2)
    frame, track = np.nonzero(seen)
    some = xy.reshape(-1, *xy.shape[2:]) if seen.all() else xy[frame, track]
    points, flags, _ = body.settled(some, np.ones(some.shape[:2], np.bool_))
    number = frame + first
    rows = Rows(
        position=number * len(names) + track,
        xy=points,
        visibility=flags,
        source=file.name,
        id=pa.array(track),
        frame=pa.array(number),
        track=pa.array([t or None for t in names]).take(pa.array(track)),
        model=np.ones(len(frame), np.bool_),
        **sleap_labels.shown([film], np.zeros(len(frame), np.int64), number),
    )
    if body.strange is not None:
        why = body.strange
        everyone = np.ones(len(rows), np.bool_)
        rows.remarks.refuse(everyone, "sleap-analysis.other-skeleton", lambda _: why)
    return rows
