"""Small projects of SLEAP."""

import io
import json
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from posegate.transforms.model.skeleton import Skeleton

PLAIN = "hdf5"
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
POINTS = [("x", "<f8"), ("y", "<f8"), ("visible", "?"), ("complete", "?")]

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
) -> bytes:
    """A .slp file; frames are of the first video."""
    count = 1 + max((i[0] for i in instances), default=-1) if frames is None else frames
    points: list[list[tuple[Any, ...]]] = [[], []]
    rows = []
    for number, (frame, kind, track, some) in enumerate(instances):
        begin = len(points[kind])
        points[kind] += [(x, y, seen, True, *[0.5] * kind) for x, y, seen in some]
        end = len(points[kind])
        rows.append((number, kind, frame, 0, track, -1, 0.5, begin, end))
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
        file["videos_json"] = [
            np.bytes_(json.dumps({"backend": {"filename": name}})) for name in videos
        ]
        file["tracks_json"] = [np.bytes_(json.dumps([0, name])) for name in tracks]
        file["frames"] = np.array([(i, 0, 10 * i, 0, 0) for i in range(count)], FRAMES)
        file["instances"] = np.array(rows, INSTANCES)
        file["points"] = np.array(points[0], POINTS)
        file["pred_points"] = np.array(points[1], [*POINTS, ("score", "<f8")])
    return stream.getvalue()


TWO = ((1.5, 2.5, True), (3.5, 4.5, True))


def sample(n: int) -> dict[str, bytes]:
    """n flies of 13 points, two a frame, by a person."""
    rng = np.random.default_rng(7)
    xy = rng.uniform(0, 1024, (n, len(NODES), 2)).round(2).tolist()
    some = [(i // 2, 0, i % 2, [(x, y, True) for x, y in p]) for i, p in enumerate(xy)]
    return {"labels.slp": project(NODES, some)}


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
