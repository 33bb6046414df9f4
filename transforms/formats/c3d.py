"""C3D: trajectories of markers in binary, with forces and parameters beside them.

Read as a stream, in pieces of frames: integers and floats of all three processors that
the format knows. Points that a model computed (angles, powers, ...) are no markers.
"""

from collections.abc import Iterator
from io import BufferedReader

import numpy as np
import pyarrow as pa

from posegate.transforms.formats import c3d_header, markers
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.c3d_header import Header
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.markers import Capture, names_of
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.streams import DamagedStream

NAME = "c3d"
SUFFIXES = (".c3d",)
CARRIES = Carries(
    tracks="the subject before a marker's name, `Subject:Marker`",
    visibility="a marker with a residual below 0, which C3D calls invalid, is "
    "unlabelled; the others are visible",
    z="every marker is a point in space; `unit` from POINT:UNITS",
    convention="mm or m in the laboratory's axes, as they stand; an image is the "
    "file's name and the frame's number, `trial.c3d#12`",
)
TRAPS = markers.traps(
    NAME, without=("frame-assumed", "frames-missing", "frames-beyond")
) | {
    "c3d.header": "The header or the parameters are damaged: the file is not read.",
    "c3d.cut-off": "The file ends before its last frame: those before are read.",
    "c3d.not-markers": "Points that a model computed (angles, forces, moments, "
    "powers): left out, counted.",
    "c3d.interpolated": "Markers with a residual of 0 in a file where others have one: "
    "they were filled in, and are no measurement.",
}
_MOST = 64 << 20  # bytes before the frames: 255 blocks of parameters, 16-bit offsets
_PIECE = 4 << 20


def sniff(head: bytes, name: str) -> bool:
    """Whether a file begins as C3D does."""
    return len(head) > 2 and head[1] == c3d_header.KEY and 0 < head[0] < 128


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches."""
    build = Build(context, tally, NAME)
    for file in build.files():
        try:
            yield from _file(file, context, build)
        except DamagedStream as damage:
            build.damaged(file.name, damage)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """Its markers."""
    try:
        header = _header(file.stream())
    except ValueError:
        return []
    return names_of([x for x in header.labels if x not in header.outputs])


def _file(file: File, context: Context, build: Build) -> Iterator[pa.RecordBatch]:
    stream = file.stream()
    try:
        header = _header(stream)
    except ValueError as error:
        build.say(file.name, "header", f"{error}; export it again")
        return
    mine = [i for i, x in enumerate(header.labels) if x not in header.outputs]
    build.note("not-markers", len(header.labels) - len(mine))
    labels = [header.labels[i] for i in mine]
    capture = Capture(NAME, context, build, file.name, labels, header.unit, header.rate)
    size = header.words * header.word
    step = max(_PIECE // max(size, 1), 1)
    residuals = False
    while capture.frames < header.frames:
        count = min(step, header.frames - capture.frames)
        data = stream.read(count * size)
        whole = len(data) // size
        if whole:
            words = c3d_header.numbers(data[: whole * size], header)
            points = words.reshape(whole, -1)[:, : 4 * header.points]
            frames = points.reshape(whole, header.points, 4)[:, mine]
            residuals |= _add(frames, capture, header, residuals)
            yield from build.ready()
        if whole < count:
            missing = header.frames - capture.frames
            build.say(
                file.name,
                "cut-off",
                f"it ends before its last {missing} of {header.frames} frames; deliver "
                "it again",
            )
            return


def _header(stream: BufferedReader) -> Header:
    """The header; the stream stands at the first frame then."""
    data = stream.read(c3d_header.BLOCK)
    data += stream.read(max(c3d_header.place(data) + 4 - len(data), 0))
    start = c3d_header.start(data)
    if not len(data) <= start <= _MOST:
        raise ValueError(f"its frames are said to begin at byte {start}")
    return c3d_header.header(data + stream.read(start - len(data)))


def _add(
    frames: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]",
    capture: Capture,
    header: Header,
    residuals: bool,
) -> bool:
    """Takes in (F, M, 4) words; whether any marker has had a residual."""
    said = np.where(np.isfinite(frames[:, :, 3]), frames[:, :, 3], -1.0)
    valid = said >= 0
    xyz = np.where(valid[:, :, None], frames[:, :, :3], np.nan)
    if header.scale:
        xyz = xyz * header.scale
    low = np.mod(np.where(valid, said, 0), 256)  # the high byte names the cameras
    residuals = bool(residuals or (valid & (low > 0)).any())
    filled = valid & (low == 0) if residuals else None
    number = np.arange(len(frames), dtype=np.float64) + header.first + capture.frames
    capture.add(number, xyz, filled=filled)
    return residuals
