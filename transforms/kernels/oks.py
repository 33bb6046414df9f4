"""Object keypoint similarity, PCK and MPJPE of pairs of poses.

An `error` is candidate minus reference, (N, K, 2) [px]. An area is that of the object,
[px^2]; `sigma` (K,) is COCO's per-keypoint constant. One cannot mix areas of different
sources: 0.53 of a box and a segment give different numbers for the same pair.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels.geometry import distance, squared_length, where
from posegate.transforms.model.poses import Bools, Floats


class Symmetric(NamedTuple):
    """Agreement of two people, neither of whom is right by definition; each (N,).

    `oks_loc` says how close the points are that both placed, `coverage` which share of
    the points that either placed both did, `oks_sym` is their product.
    """

    oks_loc: Floats
    coverage: Floats
    oks_sym: Floats


def similarity(squared: Floats, area: Floats, sigma: Floats) -> Floats:
    """Keypoint similarity: squared distance (…, K) [px^2], area (…) -> (…, K).

    exp(-d^2 / (2 area (2 sigma)^2)), cocoeval.computeOks. An area of 0 gives 0 unless
    the points coincide; a negative area counts as 0; NaN stays NaN.
    """
    spread = np.maximum(area, 0)[..., None] + np.spacing(1)  # (…, 1)
    with np.errstate(over="ignore"):
        return np.exp(-squared / (2 * spread * np.square(2 * sigma)))


def _mean(values: Floats, counted: Bools) -> Floats:
    """Mean over the last axis of what counts: (…, K) -> (…); NaN where nothing does."""
    number = counted.sum(axis=-1)
    total = np.where(counted, values, 0.0).sum(axis=-1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def oks(error: Floats, labelled: Bools, area: Floats, sigma: Floats) -> Floats:
    """OKS as cocoeval computes it: (N, K, 2) [px], (N, K), (N,), (K,) -> (N,).

    The mean similarity over the keypoints that the reference labels, visible or
    occluded; NaN where it labels none (for cocoeval's way out see `oks_matrix`). The
    candidate's flags do not enter: cocoeval takes a keypoint that the candidate lacks
    for one at (0, 0), so a caller who wants its number gives the candidate xy = 0
    there. A NaN error of a labelled keypoint gives NaN.
    """
    return _mean(similarity(squared_length(error), area, sigma), labelled)


def oks_matrix(
    candidates: Floats,
    references: Floats,
    labelled: Bools,
    area: Floats,
    bbox: Floats,
    sigma: Floats,
) -> Floats:
    """All OKS of one frame: (D, K, 2), (G, K, 2), (G, K), (G,), (G, 4), (K,) -> (D, G).

    Equals cocoeval.computeOks, with its fallback: a reference without any labelled
    point is compared by the distance from its box enlarged by its width and height on
    every side, over all K. So a pose near such a box scores 1: do not use it for
    quality. Memory is that of D x G x K floats.
    """
    some = labelled.sum(axis=1, keepdims=True) > 0  # (G, 1)
    known = np.where(labelled[..., None], references, 0.0)  # (G, K, 2)
    offset = candidates[:, None] - known  # (D, G, K, 2)
    if not some.all():
        low = (bbox[:, :2] - bbox[:, 2:])[:, None]  # (G, 1, 2)
        high = (bbox[:, :2] + 2 * bbox[:, 2:])[:, None]
        there = candidates[:, None]  # (D, 1, K, 2)
        outside = np.maximum(low - there, 0) + np.maximum(there - high, 0)
        offset = np.where(some[..., None], offset, outside)
    each = similarity(squared_length(offset), area, sigma)  # (D, G, K)
    return _mean(each, labelled | ~some)


def symmetric(
    xy_a: Floats,
    labelled_a: Bools,
    xy_b: Floats,
    labelled_b: Bools,
    area: Floats,
    sigma: Floats,
) -> Symmetric:
    """Agreement without a reference: twice (N, K, 2) and (N, K), (N,), (K,).

    A keypoint that only one of the two placed scores 0, wherever the origin is. Where
    they share no keypoint `oks_loc` and `oks_sym` are NaN; `coverage` is NaN only
    where neither placed any.
    """
    both, either = labelled_a & labelled_b, labelled_a | labelled_b  # (N, K)
    error = where(both, xy_a - xy_b, 0.0)
    close = _mean(similarity(squared_length(error), area, sigma), both)
    coverage = _mean(both.astype(np.float64), either)
    return Symmetric(close, coverage, close * coverage)


def pck(away: Floats, both: Bools, normaliser: Floats, fraction: float = 0.2) -> Floats:
    """Share of the keypoints placed by both that lie nearer than fraction x normaliser.

    Lengths of errors (N, K) [px], (N, K), (N,) [px] -> (N,). Strictly nearer. NaN where
    nothing is placed by both or the normaliser is missing. PCK means nothing without
    the name of its normaliser: the same 17 errors give .41 to .94. For mmpose's
    per-axis variant divide the error by the box's (w, h) and give a normaliser of 1.
    """
    near = away < fraction * normaliser[:, None]  # (N, K)
    share = _mean(near.astype(np.float64), both)
    return np.where(np.isfinite(normaliser), share, np.nan)


def mpjpe(away: Floats, both: Bools) -> Floats:
    """Mean length of error over the keypoints placed by both: (N, K) [px], (N, K) ->
    (N,) [px]; NaN where there is none."""
    return _mean(away, both)


def torso_diagonal(xy: Floats, left_shoulder: int, right_hip: int) -> Floats:
    """PCK normaliser: left shoulder to right hip, (N, K, 2) [px] -> (N,) [px]."""
    return distance(xy, left_shoulder, right_hip)


def torso_axis(xy: Floats, shoulders: Sequence[int], hips: Sequence[int]) -> Floats:
    """PCK normaliser: mid-shoulder to mid-hip, (N, K, 2) [px] -> (N,) [px]."""
    return distance(xy, shoulders, hips)


def box_side(bbox: Floats) -> Floats:
    """PCK normaliser: the longer side of the box, (N, 4) [px] -> (N,) [px]."""
    return np.maximum(bbox[:, 2], bbox[:, 3])
