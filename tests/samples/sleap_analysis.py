"""Analysis files of SLEAP, small ones and one of a film.

Arrays are stored as SLEAP's own export stores them (`write_occupancy_file` in
talmolab/sleap, sleap/info/write_tracking_h5.py; `analysis_h5` of sleap-io too): all by
gzip at level 9, in h5py's own chunks. A model's positions are doubles that were made as
floats.
"""

import io
import json
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from samples.sleap import NODES, SKELETON

__all__ = ["SKELETON"]
PLAIN = "hdf5"
TIMES = 10


def analysis(
    nodes: Sequence[str],
    tracks: Any,
    turned: bool = False,
    dims: Sequence[str] = (),
    **said: Any,
) -> bytes:
    """A file of (T, 2, M, F) tracks, or (F, M, 2, T) ones; `said` are more arrays.

    `dims` names their axes in another order, as sleap-io does.
    """
    tracks = np.asarray(tracks, np.float64)
    there = np.isfinite(tracks).all(axis=1).any(axis=1)
    arrays = {
        "tracks": tracks.transpose(3, 2, 1, 0) if turned else tracks,
        "track_occupancy": there.T.astype(np.uint8),
        **said,
    }
    if dims:
        order = [("track", "xy", "node", "frame").index(name) for name in dims]
        arrays["tracks"] = tracks.transpose(order)
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, data in arrays.items():
            file.create_dataset(name, data=data, compression="gzip", compression_opts=9)
        if dims:
            file["tracks"].attrs["dims"] = json.dumps(dims)
        file["node_names"] = [np.bytes_(name) for name in nodes]
        file["track_names"] = [np.bytes_(f"fly{t}") for t in range(len(tracks))]
        file["video_path"] = np.bytes_("clips/a.mp4")
    return stream.getvalue()


def sample(n: int) -> dict[str, bytes]:
    """n flies of 13 points, two a frame, which walk about; one point in ten is lost."""
    random = np.random.default_rng(7)
    m, frames = len(NODES), n // 2
    way = random.normal(0, 2, (2, 2, 1, frames)).cumsum(axis=3) + 512
    tracks = way + random.normal(0, 20, (2, 2, m, 1))
    tracks += random.normal(0, 0.3, tracks.shape)
    tracks = tracks.astype(np.float32).astype(np.float64)
    lost = random.uniform(0, 1, (2, m, frames)) < 0.1
    tracks.transpose(0, 2, 3, 1)[lost] = np.nan
    scores = random.uniform(0.5, 1, (2, m, frames)).astype(np.float32)
    whole = random.uniform(0.5, 1, (2, 2, frames)).astype(np.float32)
    said = {
        "point_scores": np.where(lost, np.nan, scores.astype(np.float64)),
        "instance_scores": whole[0].astype(np.float64),
        "tracking_scores": whole[1].astype(np.float64),
    }
    return {"clip.analysis.h5": analysis(NODES, tracks, **said)}


def misfit() -> dict[str, bytes]:
    return {"a.h5": analysis("ABCDE", np.ones((1, 2, 2, 1)))}


def extra() -> dict[str, bytes]:
    return {"a.h5": analysis("ABC", np.ones((1, 2, 3, 2)))}
