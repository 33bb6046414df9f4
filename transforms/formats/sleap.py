"""SLEAP's projects: .slp, which is HDF5, of labels, predictions or both.

metadata@json        skeletons and nodes          metadata@format_id   1.0 to 2.x
videos_json, tracks_json                          one JSON text each
frames               frame_id, video, frame_idx
instances            frame_id, instance_type (0 a person's, 1 a model's), skeleton,
                     track, point_id_start, point_id_end
points, pred_points  x, y, visible, complete[, score]
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from posegate.transforms.formats import sleap_labels
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.extras import missing
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.sleap_labels import Body
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.model.poses import Bools, Floats

NAME = "sleap"
SUFFIXES = (".slp",)
EXTRA = "hdf5"
CARRIES = Carries(
    tracks="`tracks_json`",
    visibility="`visible`, or else unlabelled; the file knows no occluded point",
    convention="px; (0, 0) is the centre of the top-left pixel since format 1.1; files "
    "of format 1.0 count from its corner, and are moved by half a pixel; an image is "
    "the video's name and the frame's number, `clip.mp4#12`",
)
TRAPS = sleap_labels.traps(NAME) | {
    "sleap.half-pixel": "The file is of format 1.0, which counts from the corner of "
    "the top-left pixel: half a pixel is taken off.",
    "sleap.layout": "Tables that a .slp file has are missing, or have other columns: "
    "the file is not read.",
}
Places = npt.NDArray[np.int64]
_MAGIC = b"\x89HDF\r\n\x1a\n"
_FRAMES = ("frame_id", "video", "frame_idx")
_INSTANCES = (
    *("instance_type", "frame_id", "skeleton", "track"),
    *("point_id_start", "point_id_end"),
)
_POINTS = ("x", "y", "visible")


def sniff(head: bytes, name: str) -> bool:
    """Whether a file is HDF5: by its ending it is SLEAP's then."""
    return head.startswith(_MAGIC)


def needs() -> None:
    """Raises ValueError unless h5py is there."""
    missing("h5py", NAME, EXTRA)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    for file in build.files():
        yield from _file(file, context, build)
    yield from build.rest()


def _file(file: File, context: Context, build: Build) -> Iterator[pa.RecordBatch]:
    from posegate.transforms.formats.hdf5 import opened

    try:
        with opened(file) as archive:
            project = Project(archive, context, build, file.name)
            for first in range(0, len(project.instances), context.batch):
                project.add(first, first + context.batch)
                yield from build.ready()
            project.end()
    except Layout as wrong:
        build.say(file.name, "layout", str(wrong))
    except DamagedStream as damage:
        build.damaged(file.name, damage)


def names(file: File) -> list[Names]:
    """The nodes of its skeletons."""
    from posegate.transforms.formats.hdf5 import opened

    needs()
    with opened(file) as archive:
        text = archive.attribute("metadata", "json")
    if text is None:
        return []
    found = sleap_labels.nodes(sleap_labels.decoded(text, "metadata"))
    return [Names("animal", tuple(nodes)) for nodes in found]


class Layout(Exception):
    """What a .slp file lacks, and what would do."""


class Project:
    """One open file."""

    def __init__(
        self, archive: Any, context: Context, build: Build, source: str
    ) -> None:
        self._archive, self._context, self._build = archive, context, build
        self._source = source
        self.instances = self._table("instances", _INSTANCES)
        self._points = (
            self._table("points", _POINTS),
            self._table("pred_points", _POINTS),
        )
        frames = self._table("frames", _FRAMES)[:]
        self._ids = frames["frame_id"].astype(np.int64)
        self._order = np.argsort(self._ids, kind="stable")
        self._frame = frames["frame_idx"].astype(np.int64)
        self._seen = np.zeros(len(self._ids), np.bool_)
        films = self._listed("videos_json", sleap_labels.video)
        self._videos = sleap_labels.apart(films)
        self._video = sleap_labels.places(films, frames["video"].astype(np.int64))
        self._tracks = self._listed("tracks_json", sleap_labels.track)
        self._bodies = [Body(context, names) for names in self._nodes()]
        self._shift = 0.5 if self._version() < 1.1 else 0.0
        build.images(len(self._ids))

    def _table(self, name: str, columns: tuple[str, ...]) -> Any:
        data = self._archive.data(name)
        lacks = [
            c for c in columns if data is None or c not in (data.dtype.names or ())
        ]
        if lacks:
            raise Layout(f"it has no {name} with {', '.join(lacks)}; save it again")
        return data

    def _version(self) -> float:
        said = self._archive.attribute("metadata", "format_id")
        return float(said) if said is not None and np.ndim(said) == 0 else 1.0

    def _nodes(self) -> list[list[str]]:
        text = self._archive.attribute("metadata", "json")
        if text is None:
            raise Layout("it has no metadata; save it again")
        return sleap_labels.nodes(sleap_labels.decoded(text, "metadata"))

    def _listed(self, name: str, kind: Any) -> list[Any]:
        data = self._archive.data(name)
        if data is None or data.dtype.kind not in "SO":
            return []
        texts = data[:].reshape(-1).tolist()
        return [kind(sleap_labels.decoded(t, name), i) for i, t in enumerate(texts)]

    def add(self, start: int, stop: int) -> None:
        """Takes in some of the instances."""
        rows = self.instances[start:stop]
        at, good = self._frames(rows["frame_id"].astype(np.int64))
        number = rows["skeleton"].astype(np.int64)
        self._build.note("predicted", int((rows["instance_type"] == 1).sum()))
        for skeleton in np.unique(number).tolist():
            mine = np.flatnonzero(number == skeleton)
            if len(mine) == len(rows):
                self._put(rows, at, good, start + mine, skeleton)
            else:
                where = (rows[mine], at[mine], good[mine], start + mine)
                self._put(*where, skeleton)

    def _frames(self, frame: Places) -> tuple[Places, Bools]:
        """(N,) the rows of frames in their table, and whether they are there."""
        if not len(self._ids):
            return np.zeros(len(frame), np.int64), np.zeros(len(frame), np.bool_)
        at = np.clip(frame, 0, len(self._ids) - 1)  # where most files have them
        good = self._ids[at] == frame
        if not good.all():
            found = np.searchsorted(self._ids, frame, sorter=self._order)
            at = self._order[np.minimum(found, len(self._ids) - 1)]
            good = self._ids[at] == frame
        self._seen[at[good]] = True
        return np.where(good, at, 0), good

    def _put(
        self, rows: Any, at: Places, good: Bools, position: Places, skeleton: int
    ) -> None:
        """Makes rows of instances of one skeleton; `at` are their frames."""
        known = 0 <= skeleton < len(self._bodies)
        body = self._bodies[skeleton if known else 0]
        n, m = len(rows), len(body.names)
        xy, visible = np.full((n, m, 2), np.nan), np.zeros((n, m), np.bool_)
        model, sound = rows["instance_type"] == 1, np.zeros(n, np.bool_)
        for kind, table in zip((~model, model), self._points, strict=True):
            if not kind.any():
                continue
            begin = rows["point_id_start"].astype(np.int64)
            end = rows["point_id_end"].astype(np.int64)
            whole = (end - begin == m) & (begin >= 0) & (end <= len(table))
            here = kind & good & whole & known
            points = self._some(table, begin[here], m)
            sound |= here
            xy[here], visible[here] = _placed(points), points["visible"]
        self._add(body, rows, (xy, visible), (at, position), (model, sound))

    def _add(
        self, body: Body, rows: Any, drawn: tuple[Floats, Bools],
        place: tuple[Places, Places], kind: tuple[Bools, Bools],
    ) -> None:  # fmt: skip
        """(N, M, 2) [px] and (N, M) visible; frames and positions; model's, sound."""
        (xy, visible), (at, position), (model, sound) = drawn, place, kind
        made, flags, hidden = body.settled(
            xy - self._shift if self._shift else xy, visible
        )
        n = len(rows)
        empty = np.zeros(n, np.int64)
        frames = self._frame[at] if len(self._frame) else empty
        videos = self._video[at] if len(self._video) else empty
        out = Rows(
            position=position,
            xy=made,
            visibility=flags,
            source=self._source,
            id=pa.array(position),
            frame=pa.array(frames),
            track=self._tracked(rows["track"]),
            model=model,
            **sleap_labels.shown(self._videos, videos, frames),
        )
        remarks = out.remarks
        remarks.repair(hidden, "sleap.invisible")
        remarks.repair(np.full(n, self._shift > 0), "sleap.half-pixel")
        remarks.refuse(
            ~sound,
            "sleap.instance",
            lambda _: (
                "its frame, skeleton or points are not in the file; save it again"
            ),
        )
        if body.strange:
            why = body.strange
            all_ = np.full(n, True)
            remarks.refuse(all_, "sleap.other-skeleton", lambda _: why)
        self._build.add(out)

    def _some(self, table: Any, begin: Any, m: int) -> Any:
        """(N, M) the points from each place on."""
        if not len(begin) or not m:
            return np.zeros((len(begin), m), table.dtype)
        low, high = int(begin.min()), int(begin.max()) + m
        block = table[low:high]
        if (np.diff(begin) == m).all():  # one after the other, as SLEAP writes them
            return block.reshape(-1, m)
        return block[(begin - low)[:, None] + np.arange(m)]

    def _tracked(self, numbers: Any) -> pa.Array:
        """(N,) the names of tracks; null for a number that none has."""
        known = (numbers >= 0) & (numbers < len(self._tracks))
        at = pa.array(np.where(known, numbers, 0), mask=~known)
        return pa.array([*self._tracks, None], pa.string()).take(at)

    def end(self) -> None:
        """Says what is left at the end."""
        for body in self._bodies:
            body.note(self._build)
        self._build.note("unlabelled-frames", int((~self._seen).sum()))


def _placed(points: Any) -> Floats:
    """(N, M, 2) x and y of records."""
    fields = points.dtype.fields
    (kind, x), (other, y) = fields["x"][:2], fields["y"][:2]
    if kind == other == np.float64 and y == x + 8:  # side by side: one copy
        pair = np.dtype(
            {
                "names": ["xy"],
                "formats": ["V16"],
                "offsets": [x],
                "itemsize": points.itemsize,
            }
        )
        both = np.ascontiguousarray(points.view(pair)["xy"])
        return both.view(np.float64).reshape(*points.shape, 2)
    return np.stack([points["x"], points["y"]], axis=-1, dtype=np.float64)
