"""InterHand2.6M's joints in space: the frames of `..._joint_3d.json`."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import numpy as np

from posegate.transforms.formats.json_depth import values
from posegate.transforms.model.naming import Naming
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import Skeleton, load

K = 42

_KEYS = re.compile(rb'"([^"]*)"\s*:\s*')


class _Frame(msgspec.Struct):
    """Both hands in one frame."""

    world_coord: list[list[float]]
    joint_valid: list[Any]
    hand_type: str | None = None


_DECODER = msgspec.json.Decoder(_Frame)


def frames(chunks: Iterable[bytes]) -> Iterator[tuple[str, str, bytes]]:
    """Every capture's frames: both names, and the frame's bytes."""
    capture = ""
    for before, raw in values(chunks, 3):
        keys = [key.decode("utf-8", "replace") for key in _KEYS.findall(before)]
        capture = keys[-2] if len(keys) > 1 else capture
        yield capture, keys[-1] if keys else "", raw


def points(raw: bytes) -> tuple[Floats, str | None] | None:
    """(42, 3) [mm], NaN where a joint is not valid, and the kind; None for others."""
    try:
        frame = _DECODER.decode(raw)
        xyz = np.array(frame.world_coord, np.float64)
        valid = np.array(frame.joint_valid, np.float64)
    except (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError):
        return None
    if xyz.shape != (K, 3) or valid.size != K:
        return None
    return np.where(valid.reshape(K, 1) > 0, xyz, np.nan), frame.hand_type


def hands(joints: Floats, k: int) -> list[tuple[str, Floats]]:
    """Both hands as one, or each hand of which any joint is valid: (42, D)."""
    if k == K:
        return [("both", joints)]
    pair = (("right", joints[:k]), ("left", joints[k:]))
    return [(name, hand) for name, hand in pair if np.isfinite(hand).any()]


def order(skeleton: Skeleton) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Where each of a skeleton's keypoints stands among a hand's, or both hands'."""
    k = len(skeleton.keypoints)
    model = load("interhand2d_21" if k * 2 == K else "interhand3d_42")
    found = Naming(skeleton).order(model.keypoints)
    return np.arange(k) if found is None else found
