"""Lengths, boxes and areas of poses, in pixels."""

from collections.abc import Sequence

import numpy as np

from posegate.transforms.model.poses import Bools, Floats

BOX_SHARE = 0.53
"""Area of a person over area of its box: COCO val2017 measures .535 in the median."""

LEAST_AREA = 32.0**2
"""[px^2] Where COCO's `small` begins; smaller boxes give no usable scale."""


def squared_length(offset: Floats) -> Floats:
    """Squared length of vectors: (…, 2) [px] -> (…) [px^2]; NaN stays NaN."""
    with np.errstate(over="ignore"):
        return np.square(offset[..., 0]) + np.square(offset[..., 1])


def length(offset: Floats) -> Floats:
    """Length of vectors: (…, 2) [px] -> (…) [px]; NaN stays NaN."""
    with np.errstate(over="ignore"):
        return np.hypot(offset[..., 0], offset[..., 1])


def dot(one: Floats, other: Floats) -> Floats:
    """Inner product of vectors: (…, 2), (…, 2) -> (…); NaN where either is.

    Written out for the same reason as `both`.
    """
    return one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1]


def where(known: Bools, vector: Floats, instead: float) -> Floats:
    """Vectors where they are known, else a number twice: (…), (…, 2) -> (…, 2).

    `np.where` takes four times as long over an axis of two.
    """
    out = vector.copy()
    out[~known] = instead
    return out


def both(of: Bools) -> Bools:
    """Whether it holds of x and of y: (…, 2) -> (…).

    numpy's own reduction of an axis of two takes ten to thirty times as long; the same
    holds for `larger`.
    """
    return of[..., 0] & of[..., 1]


def larger(of: Floats) -> Floats:
    """The larger of x and y: (…, 2) -> (…); NaN if either is."""
    return np.maximum(of[..., 0], of[..., 1])


def distance(
    xy: Floats, here: int | Sequence[int], there: int | Sequence[int]
) -> Floats:
    """Distance of two keypoints: (N, K, 2) [px] -> (N,) [px].

    Several indices mean the midpoint of these keypoints: `distance(xy, (5, 6),
    (11, 12))` is the trunk of a COCO person. NaN where a keypoint has no position.
    """
    ends = [np.atleast_1d(np.asarray(end, dtype=np.intp)) for end in (here, there)]
    a, b = (xy[:, end].mean(axis=1) for end in ends)  # (N, 2)
    return length(a - b)


def bounding_box(xy: Floats, labelled: Bools) -> Floats:
    """Smallest box of the labelled points: (N, K, 2), (N, K) -> (N, 4) x, y, w, h [px].

    NaN where nothing is labelled.
    """
    turned = np.array(xy.transpose(2, 1, 0), np.float64, order="C")  # (2, K, N): K rows
    finite = np.isfinite(turned)  # of N are reduced in a tenth of the time of N of K
    known = labelled.T & finite[0] & finite[1]  # (K, N)
    if not known.all():
        np.copyto(turned, np.nan, where=~known)  # which fmin and fmax leave out
    low = np.fmin.reduce(turned, axis=1, initial=np.nan)
    high = np.fmax.reduce(turned, axis=1, initial=np.nan)
    return np.concatenate([low, high - low]).T


def iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of boxes x, y, w, h: (…, 4), (…, 4) -> (…).

    The leading shapes broadcast. 0 where both boxes are empty, NaN where one is
    missing.
    """
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    common = np.maximum(high - low, 0).prod(axis=-1)
    union = a[..., 2:].prod(axis=-1) + b[..., 2:].prod(axis=-1) - common
    return common / np.where(union == 0, 1.0, union)


def box_area(bbox: Floats) -> Floats:
    """Area of the person in a box: (…, 4) [px] -> (…) [px^2]; see BOX_SHARE."""
    return BOX_SHARE * bbox[..., 2] * bbox[..., 3]


def mutual_area(bbox_a: Floats, bbox_b: Floats) -> Floats:
    """One area for two annotators' boxes: (N, 4), (N, 4) [px] -> (N,) [px^2].

    Geometric mean of the two box areas times BOX_SHARE, at least LEAST_AREA, so that
    it does not matter who comes first. NaN where a box is missing.
    """
    product = np.maximum(box_area(bbox_a), 0) * np.maximum(box_area(bbox_b), 0)
    return np.maximum(np.sqrt(product), LEAST_AREA)
