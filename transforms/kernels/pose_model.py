"""How likely it is that the joints of a person were exchanged, or one was misplaced.

A small network, fitted to real poses and to the same poses with known exchanges, gives
log p(exchange | pose) for each of `EXCHANGES` and for none of them: the likelihood
ratio of a permuted labelling under a model of poses, without a model for every pattern
of missing joints. A second row of outputs gives the log odds that a joint stands where
the others do not let it.

    xy ─> centred, of unit size ─> edges: across, along, length ─> 2 layers ─> log odds

What it reads does not change with the position, the size or the unit of a pose.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from posegate.transforms.model.poses import Bools, Floats

Singles = npt.NDArray[np.float32]

JOINTS = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
    *("left_ankle", "right_ankle"),
)
"""What the model reads, in its order: COCO's seventeen."""

_FACE, _SHOULDERS, _ELBOWS, _WRISTS = ((1, 2), (3, 4)), ((5, 6),), ((7, 8),), ((9, 10),)
_HIPS, _KNEES, _ANKLES = ((11, 12),), ((13, 14),), ((15, 16),)
_LOWER = _HIPS + _KNEES + _ANKLES
_BODY = _SHOULDERS + _ELBOWS + _WRISTS + _LOWER

EXCHANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "whole body": _FACE + _BODY,
    "body": _BODY,
    "lower body": _LOWER,
    "legs": _KNEES + _ANKLES,
    "ankles": _ANKLES,
    "knees": _KNEES,
    "hips": _HIPS,
    "shoulders and arms": _SHOULDERS + _ELBOWS + _WRISTS,
    "arms": _ELBOWS + _WRISTS,
    "wrists": _WRISTS,
    "shoulders": _SHOULDERS,
    "face": _FACE,
    "left knee and ankle": ((13, 15),),
    "right knee and ankle": ((14, 16),),
    "left hip and knee": ((11, 13),),
    "right hip and knee": ((12, 14),),
    "left elbow and wrist": ((7, 9),),
    "right elbow and wrist": ((8, 10),),
    "left shoulder and elbow": ((5, 7),),
    "right shoulder and elbow": ((6, 8),),
    "left eye and ear": ((1, 3),),
    "right eye and ear": ((2, 4),),
}
"""Mistakes that people make: which pairs of joints change places."""

_ACROSS = ((1, 2), (3, 4), *_BODY)
_ALONG = (
    *((5, 7), (6, 8), (7, 9), (8, 10), (11, 13), (12, 14), (13, 15), (14, 16)),
    *((5, 11), (6, 12), (0, 5), (0, 6), (1, 3), (2, 4), (0, 1), (0, 2)),
)
_FROM, _TO = np.array((*_ACROSS, *_ALONG)).T
_PAIRS = len(_ACROSS)
_SHOULDER, _HIP = 2, 5  # where these pairs stand among the edges
FEATURES = 17 * 4 + 3 * len(_FROM) + 2 * _PAIRS


def permutations() -> npt.NDArray[np.intp]:
    """What stands where after an exchange: (1 + C, 17); row 0 is none."""
    table = np.tile(np.arange(len(JOINTS)), (1 + len(EXCHANGES), 1))
    for row, pairs in enumerate(EXCHANGES.values(), start=1):
        for a, b in pairs:
            table[row, [a, b]] = table[row, [b, a]]
    return table


PERMUTATIONS = permutations()
MOVED = (np.arange(len(JOINTS)) != PERMUTATIONS)[1:]
"""(C, 17): which joints an exchange moves."""


@dataclass(frozen=True)
class PoseModel:
    """The weights (in, out) and biases (out,) of the layers, in order."""

    weights: tuple[Singles, ...]
    biases: tuple[Singles, ...]


class Odds(NamedTuple):
    """Log odds: `exchanged` (N, C) of each exchange against none, `misplaced` (N, 17);
    NaN where a joint is not labelled."""

    exchanged: Floats
    misplaced: Floats


def features(xy: Floats, labelled: Bools, visible: Bools) -> Singles:
    """What the model reads: (N, 17, 2), (N, 17), (N, 17) -> (N, FEATURES).

    Positions about their mean, of unit RMS; flags; then for every edge its part across
    and along the trunk and its length; then which way each pair of joints faces as seen
    by shoulders and by hips. What is not labelled gives 0.
    """
    n = len(xy)
    count = np.maximum(labelled.sum(axis=1), 1)[:, None, None]
    known = labelled[..., None]
    xy = np.where(known, xy, 0)
    centred = np.where(known, xy - xy.sum(axis=1, keepdims=True) / count, 0)
    size = np.sqrt(np.square(centred).sum(axis=(1, 2), keepdims=True) / count)
    pose = (centred / np.where(size > 0, size, 1)).astype(np.float32)
    x, y = _edges(pose[..., 0], labelled), _edges(pose[..., 1], labelled)  # (N, E)
    up = _up(pose, labelled)
    across = up[:, :1] * y - up[:, 1:] * x
    along = up[:, :1] * x + up[:, 1:] * y
    facing = across[:, :_PAIRS]
    return np.concatenate(
        [
            pose.reshape(n, 2 * len(JOINTS)),
            labelled,
            visible,
            across,
            along,
            np.sqrt(x * x + y * y),
            np.sign(facing[:, _SHOULDER, None]) * facing,
            np.sign(facing[:, _HIP, None]) * facing,
        ],
        axis=1,
        dtype=np.float32,
    )


def _edges(coordinate: Singles, labelled: Bools) -> Singles:
    """From minus to of every edge: (N, 17) -> (N, E); 0 where an end is missing."""
    gap = coordinate[:, _FROM] - coordinate[:, _TO]
    return gap * (labelled[:, _FROM] & labelled[:, _TO])


def _up(pose: Singles, labelled: Bools) -> Singles:
    """From hips to shoulders, of length 1: (N, 2); upright where one is missing."""
    trunk = pose[:, 5] + pose[:, 6] - pose[:, 11] - pose[:, 12]
    length = np.hypot(trunk[:, 0], trunk[:, 1])[:, None]
    known = (labelled[:, 5] & labelled[:, 6] & labelled[:, 11] & labelled[:, 12])[
        :, None
    ]
    upright = np.array([0, -1], np.float32)
    known &= length > 0
    return np.where(known, trunk / np.where(known, length, 1), upright)


BLOCK = 256
"""Poses that are multiplied at once: how a product of matrices is rounded depends on
how many rows it has, and a pose's odds must not depend on its neighbours."""


def outputs(model: PoseModel, given: Singles) -> Singles:
    """The last layer: (N, FEATURES) -> (N, 1 + C + 17), that of no exchange first.

    The same to the bit however the poses are batched.
    """
    n = len(given)
    padded = np.zeros((-n % BLOCK + n, given.shape[1]), np.float32)
    padded[:n] = given
    blocks = [
        _layers(model, padded[i : i + BLOCK]) for i in range(0, len(padded), BLOCK)
    ]
    return np.concatenate(blocks or [_layers(model, padded)])[:n]


def _layers(model: PoseModel, given: Singles) -> Singles:
    for weight, bias in zip(model.weights[:-1], model.biases[:-1], strict=True):
        given = np.maximum(given @ weight + bias, 0)
    return given @ model.weights[-1] + model.biases[-1]


def judge(model: PoseModel, xy: Floats, labelled: Bools, visible: Bools) -> Odds:
    """The log odds of poses: (N, 17, 2), (N, 17), (N, 17)."""
    with np.errstate(all="ignore"):
        out = outputs(model, features(xy, labelled, visible)).astype(np.float64)
    last = 1 + len(EXCHANGES)
    return Odds(
        exchanged=out[:, 1:last] - out[:, :1],
        misplaced=np.where(labelled, out[:, last:], np.nan),
    )


def any_exchange(exchanged: Floats) -> Floats:
    """Log odds of some exchange against none: (N, C) -> (N,)."""
    most = exchanged.max(axis=1)
    return most + np.log(np.exp(exchanged - most[:, None]).sum(axis=1))
