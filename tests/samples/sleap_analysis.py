"""Small analysis files of SLEAP."""

import io
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from samples.sleap import NODES, SKELETON

__all__ = ["SKELETON"]
PLAIN = "hdf5"


def analysis(nodes: Sequence[str], tracks: Any, turned: bool = False) -> bytes:
    """A file of (T, 2, M, F) tracks, or of (F, M, 2, T) ones."""
    tracks = np.asarray(tracks, np.float64)
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["tracks"] = tracks.transpose(3, 2, 1, 0) if turned else tracks
        file["node_names"] = [np.bytes_(name) for name in nodes]
        file["track_names"] = [np.bytes_(f"fly{t}") for t in range(len(tracks))]
        there = np.isfinite(tracks).all(axis=1).any(axis=1)
        file["track_occupancy"] = there.T.astype(np.uint8)
        file["video_path"] = np.bytes_("clips/a.mp4")
    return stream.getvalue()


def sample(n: int) -> dict[str, bytes]:
    """n flies of 13 points, two a frame."""
    rng = np.random.default_rng(7)
    tracks = rng.uniform(0, 1024, (2, 2, len(NODES), n // 2))
    return {"clip.analysis.h5": analysis(NODES, tracks)}


def misfit() -> dict[str, bytes]:
    return {"a.h5": analysis("ABCDE", np.ones((1, 2, 2, 1)))}


def extra() -> dict[str, bytes]:
    return {"a.h5": analysis("ABC", np.ones((1, 2, 3, 2)))}
