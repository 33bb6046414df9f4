"""SLEAP's labels as JSON, as it wrote them before .slp was HDF5, and still exports.

{"version": "2.0.0", "skeletons": [...], "nodes": [...], "videos": [...],
 "tracks": [...], "labels": [{"video": 0, "frame_idx": 7, "_instances": [
   {"skeleton": 0, "track": 0, "_points": {"0": {"x": 92.6, "y": 202.7,
    "visible": true, "complete": true}}, "score": 0.9}]}]}
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa

from posegate.transforms.formats import sleap_labels
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.rows import Record
from posegate.transforms.formats.sleap_labels import Body, Video
from posegate.transforms.formats.streams import DamagedStream
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


def sniff(head: bytes, name: str) -> bool:
    """Whether a file starts as SLEAP's JSON does."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] == b"{" and all(key in head for key in _KEYS)


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    for file in build.files():
        try:
            data = file.read(_LARGEST).removeprefix(b"\xef\xbb\xbf")
            said = sleap_labels.decoded(data, "it")
        except DamagedStream as damage:
            build.damaged(file.name, damage)
            continue
        except ValueError as error:
            build.say(file.name, "layout", f"{error}; export it again")
            continue
        yield from _file(said, file, context, build)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The nodes of its skeletons."""
    data = file.read(_LARGEST).removeprefix(b"\xef\xbb\xbf")
    found = sleap_labels.nodes(sleap_labels.decoded(data, file.name))
    return [Names("animal", tuple(nodes)) for nodes in found]


def _file(
    said: Any, file: File, context: Context, build: Build
) -> Iterator[pa.RecordBatch]:
    labels = said.get("labels") if isinstance(said, dict) else None
    if not isinstance(labels, list):
        build.say(file.name, "layout", "it has no list of labels; export it again")
        return
    bodies = [Body(context, names) for names in sleap_labels.nodes(said)]
    for body in bodies:
        body.note(build)
    films = _some(said, "videos", sleap_labels.video)
    tracks = _some(said, "tracks", sleap_labels.track)
    films = sleap_labels.apart(films)
    count = 0
    for label in labels:
        build.images()
        frame = label if isinstance(label, dict) else {}
        instances = frame.get("_instances", frame.get("instances"))
        if not isinstance(instances, list) or not instances:
            build.note("unlabelled-frames")
            continue
        for instance in instances:
            record = Record(position=count, image="", source=file.name, id=str(count))
            _place(record, frame, films)
            _fill(record, instance, bodies, tracks, build)
            if record.refusal is not None:
                record.raw = msgspec.json.encode(instance)
            build.put(record)
            count += 1
        yield from build.ready()


def _some(said: Any, key: str, kind: Any) -> list[Any]:
    listed = said.get(key)
    listed = listed if isinstance(listed, list) else []
    return [kind(each, i) for i, each in enumerate(listed)]


def _place(record: Record, frame: dict[str, Any], films: list[Video]) -> None:
    """Which frame of which video it is."""
    number, video = frame.get("frame_idx"), frame.get("video")
    number = _whole(number)
    video = _whole(video)
    if number is None or video is None:
        record.refusal = (
            "sleap-json.instance",
            "its frame has no frame_idx, or no video; save it again",
        )
        return
    film = films[video] if 0 <= video < len(films) else Video(f"video{video}")
    record.image, record.video = film.image(number), film.name
    record.frame, record.fps = number, film.fps
    record.width, record.height = film.width, film.height


def _whole(value: Any) -> int | None:
    """A number, also as a text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:18])
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and abs(value) < 2**53 else None


def _fill(
    record: Record,
    instance: Any,
    bodies: list[Body],
    tracks: list[str],
    build: Build,
) -> None:
    """Points, track and kind of an instance."""
    instance = instance if isinstance(instance, dict) else {}
    points = instance.get("_points", instance.get("points"))
    number = _whole(instance.get("skeleton", 0))
    if not isinstance(points, dict) or number is None or number >= len(bodies):
        record.refusal = record.refusal or (
            "sleap-json.instance",
            "its skeleton or its points are not in the file; save it again",
        )
        return
    body = bodies[number]
    if body.strange is not None:
        record.refusal = ("sleap-json.other-skeleton", body.strange)
    at = _whole(instance.get("track"))
    record.track = tracks[at] if at is not None and 0 <= at < len(tracks) else None
    record.model = "score" in instance
    build.note("predicted", int(record.model))
    numbered = body.numbered
    for name, point in points.items():
        place = numbered[name] if name in numbered else _at(body, name)
        where = point if isinstance(point, dict) else {}
        x, y = _number(where.get("x")), _number(where.get("y"))
        if place < 0 or x is None or y is None:
            continue
        if where.get("visible", True) is False:
            record.repairs = [*record.repairs, "sleap-json.invisible"]
            continue
        record.points[place] = (x, y, Visibility.VISIBLE)


def _at(body: Body, name: str) -> int:
    """The keypoint of a node, by its number; -1 if it is none."""
    node = _whole(name)
    known = node is not None and node < len(body.places)
    return int(body.places[node]) if known else -1


def _number(value: Any) -> float | None:
    """A coordinate; None for NaN, null, and what is no number."""
    if type(value) is float and -1e300 < value < 1e300:
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and abs(value) < 1e300 else None
