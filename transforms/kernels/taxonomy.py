"""What kind of error a keypoint has: jitter, the other side's, another person's, none.

After Ronchi and Perona (2017, Benchmarking and Error Diagnosis in Multi-Instance Pose
Estimation). A point is compared with the keypoint of its own name and of the other side
(`flip`), of its own object and of every other one in the frame.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from posegate.transforms.kernels.geometry import squared_length, where
from posegate.transforms.kernels.oks import similarity
from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]

KINDS = ("good", "jitter", "inversion", "swap", "miss")

NONE = -1
"""The reference does not label the keypoint."""

GOOD, NEAR = 0.85, 0.5
"""Similarities from which on a point is good, and is near a keypoint at all: that of an
error of 1.1 and of 2.4 sigma s. The paper's own limits."""


class Objects(NamedTuple):
    """References: `xy` (N, K, 2) [px], `labelled` (N, K), `area` (N,) [px^2]."""

    xy: Floats
    labelled: Bools
    area: Floats


def flip(keypoints: int, pairs: tuple[tuple[int, int], ...]) -> Ints:
    """(K,) the keypoint of the other side; its own where there is none."""
    other = np.arange(keypoints)
    for a, b in pairs:
        other[a], other[b] = b, a
    return other


def _near(xy: Floats, to: Objects, sigma: Floats, order: Ints | None) -> Floats:
    """(N, K) similarity to keypoints, in another order on request; -1 unlabelled.

    The sigma is that of the keypoint which was to be placed, whatever lies there.
    """
    there, labelled = (to.xy, to.labelled) if order is None else (
        to.xy.take(order, axis=1), to.labelled[:, order],
    )  # fmt: skip
    offset = where(labelled, xy - there, 0.0)
    return np.where(labelled, similarity(squared_length(offset), to.area, sigma), -1.0)


def classify(
    xy: Floats, own: Objects, owner: Ints, others: Objects, sigma: Floats, other: Ints
) -> Ints:
    """The kind of every keypoint, as a place in `KINDS`: (N, K), or `NONE`.

    Args:
      xy: (N, K, 2) [px] what is judged; NaN where it has no point: a miss.
      own: the N references.
      owner: (Q,) ascending; which of the N each of `others` shares a frame with.
      others: the Q references of other objects.
      sigma: (K,).
      other: (K,) as `flip` gives it.
    """
    straight = _near(xy, own, sigma, None)
    inverted = _near(xy, own, sigma, other)
    foreign = np.full(straight.shape, -1.0)
    mirrored = np.full(straight.shape, -1.0)
    if len(owner):
        there = xy[owner]
        np.fmax.at(foreign, owner, _near(there, others, sigma, None))
        np.fmax.at(mirrored, owner, _near(there, others, sigma, other))
    # A tie goes to the first of these: a keypoint without another side is its own.
    found = np.nan_to_num(np.stack([straight, foreign, inverted, mirrored]), nan=-1.0)
    best = found.max(axis=0)
    which = found.argmax(axis=0)
    kind = np.choose(which, [np.where(best >= GOOD, 0, 1), 3, 2, 3])
    kind = np.where(best < NEAR, KINDS.index("miss"), kind)
    return np.where(own.labelled, kind, NONE)
