"""SLEAP's labels as JSON, as it wrote them before .slp was HDF5, and still exports.

{"version": "2.0.0", "skeletons": [...], "nodes": [...], "videos": [...],
 "tracks": [...], "labels": [{"video": 0, "frame_idx": 7, "_instances": [
   {"skeleton": 0, "track": 0, "_points": {"0": {"x": 92.6, "y": 202.7,
    "visible": true, "complete": true}}, "score": 0.9}]}]}
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import UNSET

from posegate.transforms.formats import sleap_labels
from posegate.transforms.formats.build import RAW, Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_files import Unreadable
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.formats.rows import Rows
from posegate.transforms.formats.sleap_json_labels import (
    FARTHEST,
    Instance,
    Labels,
    instances,
    labels,
    whole,
)
from posegate.transforms.formats.sleap_labels import Body
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bools, Bytes, Floats
from posegate.transforms.model.schema import Visibility

NAME = "sleap-json"
SUFFIXES = (".json", ".slp")
CARRIES = Carries(
    tracks="`tracks`",
    visibility="`visible`, or else unlabelled; the file knows no occluded point",
    convention="px; (0, 0) is the centre of the top-left pixel; an image is the "
    "video's name and the frame's number, `clip.mp4#12`",
)
TRAPS = sleap_labels.traps(NAME) | {
    "sleap-json.layout": "It is no JSON object with skeletons and labels: not read.",
}
_LARGEST = 256 << 20  # bytes; it must be had whole, for skeletons stand anywhere
_KEYS = (b'"skeletons"', b'"nodes"')
_XY, _VISIBLE = attrgetter("x", "y"), attrgetter("visible")


def sniff(head: bytes, name: str) -> bool:
    """Whether a file starts as SLEAP's JSON does."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] == b"{" and all(key in head for key in _KEYS)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    for file in build.files():
        try:
            data = _data(file)
            reading = _Reading(context, build, file.name, data, labels(data))
        except DamagedStream as damage:
            build.damaged(file.name, damage)
            continue
        except Unreadable as error:
            build.say(file.name, "layout", f"{error}; export it again")
            continue
        for start in range(0, len(reading.instances), context.batch):
            reading.add(start, start + context.batch)
            yield from build.ready()
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The nodes of its skeletons."""
    found = sleap_labels.nodes(sleap_labels.decoded(_data(file), file.name))
    return [Names("animal", tuple(nodes)) for nodes in found]


def _data(file: File) -> bytes:
    return file.read(_LARGEST).removeprefix(b"\xef\xbb\xbf")


class _Places(dict[str, int]):
    """The keypoint of a node by its number as a text, -1 for what is none."""

    def __init__(self, body: Body) -> None:
        super().__init__(body.numbered)
        self._places = body.places

    def __missing__(self, name: str) -> int:
        node = whole(name)
        known = node is not None and node < len(self._places)
        return int(self._places[node]) if known else -1


class _Reading:
    """One file's instances, by columns."""

    def __init__(
        self, context: Context, build: Build, source: str, data: bytes, said: Labels
    ) -> None:
        self._context, self._build = context, build
        self._source, self._data = source, data
        self._bodies = [Body(context, own) for own in sleap_labels.nodes(said.names)]
        self._places = [_Places(body) for body in self._bodies]
        self._films = sleap_labels.apart(_some(said.videos, sleap_labels.video))
        self._tracks = _some(said.tracks, sleap_labels.track)
        counts = [len(frame.instances) for frame in said.labels]
        self._frames = said.labels
        self._at = np.repeat(np.arange(len(counts)), counts)  # of each its frame
        self.instances = list(chain.from_iterable(f.instances for f in said.labels))
        for body in self._bodies:
            body.note(build)
        build.images(len(counts))
        build.note("unlabelled-frames", counts.count(0))

    def add(self, start: int, stop: int) -> None:
        """Takes in some of the instances."""
        some = self.instances[start:stop]
        sound = [
            one.points is not None
            and one.skeleton is not None
            and 0 <= one.skeleton < len(self._bodies)
            for one in some
        ]
        model = np.array([one.score is not UNSET for one in some]) & sound
        self._build.note("predicted", int(model.sum()))
        frames = [self._frames[i] for i in self._at[start:stop].tolist()]
        placed = [f.video is not None and f.frame_idx is not None for f in frames]
        pairs = [
            (f.video, f.frame_idx) if there else (-1, 0)
            for f, there in zip(frames, placed, strict=True)
        ]
        film, frame = np.array(pairs, np.int64).reshape(-1, 2).T
        xy, flags, hidden = self._points(some, sound)
        position = np.arange(start, start + len(some))
        rows = Rows(
            position=position,
            xy=xy,
            visibility=flags,
            source=self._source,
            raw=lambda i: self._raw(start + i),
            id=pa.array(position),
            frame=pa.array(frame),
            track=[self._track(one.track) for one in some],
            model=model,
            **sleap_labels.shown(self._films, film, frame),
        )
        rows.remarks.repair(hidden, "sleap-json.invisible")
        self._refuse(rows.remarks, some, np.array(sound), np.array(placed))
        self._build.add(rows)

    @cached_property
    def _written(self) -> list[Any] | None:
        """None where a value that nobody asked for is none that can be read."""
        try:
            return instances(self._data)
        except Unreadable:
            return None

    def _raw(self, at: int) -> bytes:
        if self._written is None:
            return self._data[:RAW]
        return msgspec.json.encode(self._written[at])

    def _points(
        self, some: Sequence[Instance], sound: Sequence[bool]
    ) -> tuple[Floats, Bytes, Bools]:
        """(N, K, 2) [px], (N, K) visibility; (N,): had invisible ones."""
        n, k = len(some), len(self._context.skeleton.keypoints)
        pairs = zip(some, sound, strict=True)
        given = [one.points or {} if s else {} for one, s in pairs]
        points = list(chain.from_iterable(each.values() for each in given))
        m, counts = len(points), np.fromiter(map(len, given), np.int64, n)
        places = chain.from_iterable(
            map(self._places[one.skeleton or 0].__getitem__, each)
            for one, each in zip(some, given, strict=True)
            if each
        )
        at = np.fromiter(places, np.int64, m)
        table = np.array(list(map(_XY, points)), np.float64).reshape(m, 2)
        known = (at >= 0) & both(np.abs(table) < FARTHEST)
        visible = np.fromiter(map(_VISIBLE, points), np.bool_, m)
        row = np.repeat(np.arange(n), counts)
        shown, hidden = known & visible, np.zeros(n, np.bool_)
        hidden[row[known & ~visible]] = True
        xy, flags = np.full((n, k, 2), np.nan), np.zeros((n, k), np.uint8)
        xy[row[shown], at[shown]] = table[shown]
        flags[row[shown], at[shown]] = Visibility.VISIBLE
        return xy, flags, hidden

    def _track(self, number: int | None) -> str | None:
        if number is None or not 0 <= number < len(self._tracks):
            return None
        return self._tracks[number]

    def _refuse(
        self, remarks: Remarks, some: Sequence[Instance], sound: Bools, placed: Bools
    ) -> None:
        """Refuses what has another skeleton, then what is not whole."""
        why = [body.strange for body in self._bodies]
        if any(why):
            pairs = zip(some, sound, strict=True)
            of = [one.skeleton or 0 if s else 0 for one, s in pairs]
            strange = sound & np.array([why[i] is not None for i in of])
            code = "sleap-json.other-skeleton"
            remarks.refuse(strange, code, lambda i: str(why[of[i]]))
        lost = "its frame has no frame_idx, or no video; save it again"
        remarks.refuse(~placed, "sleap-json.instance", lambda _: lost)
        lacks = "its skeleton or its points are not in the file; save it again"
        remarks.refuse(~sound, "sleap-json.instance", lambda _: lacks)


def _some(listed: Any, kind: Any) -> list[Any]:
    listed = listed if isinstance(listed, list) else []
    return [kind(each, i) for i, each in enumerate(listed)]
