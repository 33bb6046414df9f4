"""Projects of SLEAP, small ones and one as large as projects are.

Tables are stored as SLEAP's own writer stores them (`LabelsV1Adaptor.write` in
talmolab/sleap, sleap/io/format/hdf5.py, and the files of talmolab/sleap-io's tests):
able to grow, so in h5py's chunks of some ten thousand bytes, not compressed; numbers of
frames and ids in 8 bytes, x and y as doubles. In a project as long as a sample a person
has labelled some frames, and a model the others.
"""

import io
import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import h5py
import numpy as np

from posegate.transforms.model.skeleton import Skeleton

PLAIN = "hdf5"
TIMES = 10
NODES = (
    *("head", "thorax", "abdomen", "wingL", "wingR"),
    *(f"leg{i}" for i in range(8)),
)
SKELETON = Skeleton("fly_13", NODES, (), (), None)

FRAMES = [("frame_id", "<u8"), ("video", "<u4"), ("frame_idx", "<u8")]
FRAMES += [("instance_id_start", "<u8"), ("instance_id_end", "<u8")]
INSTANCES = [("instance_id", "<i8"), ("instance_type", "u1"), ("frame_id", "<u8")]
INSTANCES += [("skeleton", "<u4"), ("track", "<i4"), ("from_predicted", "<i8")]
INSTANCES += [("score", "<f4"), ("point_id_start", "<u8"), ("point_id_end", "<u8")]
INSTANCES += [("tracking_score", "<f4")]
POINTS = [("x", "<f8"), ("y", "<f8"), ("visible", "?"), ("complete", "?")]
PREDICTED = [*POINTS, ("score", "<f8")]

Instance = tuple[int, int, int, Sequence[tuple[float, float, bool]]]
"""Frame, 0 for a person's or 1 for a model's, track, points."""


def project(
    nodes: Sequence[str],
    instances: Sequence[Instance],
    *,
    version: float = 1.2,
    videos: Sequence[str] = ("clips/a.mp4",),
    tracks: Sequence[str] = ("female", "male"),
    frames: int | None = None,
    embedded: Sequence[str] = (),
) -> bytes:
    """A .slp file; frames are of video 0, the first, unless images are `embedded`."""
    count = 1 + max((i[0] for i in instances), default=-1) if frames is None else frames
    points: list[list[tuple[Any, ...]]] = [[], []]
    rows = []
    for number, (frame, kind, track, some) in enumerate(instances):
        begin = len(points[kind])
        points[kind] += [(x, y, seen, True, *[0.5] * kind) for x, y, seen in some]
        end = len(points[kind])
        rows.append((number, kind, frame, 0, track, -1, 0.5, begin, end, 0.0))
    tables = {
        "frames": np.array([(i, 0, 10 * i, 0, 0) for i in range(count)], FRAMES),
        "instances": np.array(rows, INSTANCES),
        "points": np.array(points[0], POINTS),
        "pred_points": np.array(points[1], PREDICTED),
    }
    return packed(nodes, tables, version, videos, tracks, embedded)


def packed(
    nodes: Sequence[str],
    tables: Mapping[str, np.ndarray],
    version: float = 1.2,
    videos: Sequence[str] = ("clips/a.mp4",),
    tracks: Sequence[str] = ("female", "male"),
    embedded: Sequence[str] = (),
) -> bytes:
    """A .slp file of its tables; `embedded` are the data sets of its videos' images."""
    meta = {
        "version": "2.0.0",
        "skeletons": [{"nodes": [{"id": i} for i in range(len(nodes))]}],
        "nodes": [{"name": name, "weight": 1.0} for name in nodes],
    }
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        group = file.create_group("metadata")
        group.attrs["format_id"] = version
        group.attrs["json"] = np.bytes_(json.dumps(meta))
        said = {
            "videos_json": [
                {
                    "backend": {"filename": name}
                    | ({"dataset": images} if images else {})
                }
                for name, images in zip_longest(videos, embedded)
            ],
            "tracks_json": [[0, name] for name in tracks],
        }
        lists = {
            name: [np.bytes_(json.dumps(each)) for each in some]
            for name, some in said.items()
        }
        for name, data in (lists | dict(tables)).items():
            file.create_dataset(name, data=data, maxshape=(None,))
    return stream.getvalue()


TWO = ((1.5, 2.5, True), (3.5, 4.5, True))


def sample(n: int) -> dict[str, bytes]:
    """n flies of 13 points, two a frame; a person's in every tenth frame."""
    m = len(NODES)
    random = np.random.default_rng(7)
    number = np.arange(n)
    model = number // 2 % 10 > 0
    instances, frames = np.zeros(n, INSTANCES), np.zeros((n + 1) // 2, FRAMES)
    instances["instance_id"], instances["frame_id"] = number, number // 2
    instances["instance_type"], instances["track"] = model, number % 2
    instances["from_predicted"] = -1
    for kind in (True, False):
        first = m * np.arange((model == kind).sum())
        instances["point_id_start"][model == kind] = first
    instances["point_id_end"] = instances["point_id_start"] + m
    frames["frame_id"] = frames["frame_idx"] = np.arange(len(frames))
    frames["instance_id_start"] = 2 * frames["frame_id"]
    frames["instance_id_end"] = np.minimum(2 * frames["frame_id"] + 2, n)
    tables = {"frames": frames, "instances": instances}
    for name, kind, kept in (
        ("points", POINTS, ~model),
        ("pred_points", PREDICTED, model),
    ):
        points = np.zeros(m * int(kept.sum()), kind)
        points["x"], points["y"] = random.uniform(0, 1024, (2, len(points))).round(2)
        points["visible"] = points["complete"] = True
        tables[name] = points
    return {"labels.slp": packed(NODES, tables)}


def changed(name: str, dtype: Any) -> bytes:
    """A project of which one table has other columns."""
    stream = io.BytesIO(project("AB", [(0, 0, -1, TWO)]))
    with h5py.File(stream, "r+") as file:
        del file[name]
        file[name] = np.zeros(1, dtype)
    return stream.getvalue()


def gridline() -> dict[str, bytes]:
    return {"a.slp": project("AB", [(0, 0, -1, TWO)], version=1.0)}


def other_columns() -> dict[str, bytes]:
    return {"a.slp": changed("frames", [("frame_idx", "<u8")])}


def invisible() -> dict[str, bytes]:
    return {"a.slp": project("AB", [(0, 0, -1, (TWO[0], (9, 9, False)))])}


def extra() -> dict[str, bytes]:
    return {"a.slp": project("ABC", [(0, 0, -1, (*TWO, TWO[0]))])}


def predicted() -> dict[str, bytes]:
    return {"a.slp": project("AB", [(0, 0, -1, TWO), (0, 1, -1, TWO)])}


def cut_off() -> dict[str, bytes]:
    return {"a.slp": project("AB", [(0, 0, -1, TWO), (0, 0, -1, TWO[:1])])}


def unlabelled() -> dict[str, bytes]:
    return {"a.slp": project("AB", [(0, 0, -1, TWO)], frames=3)}
