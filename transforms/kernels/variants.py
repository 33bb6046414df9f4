"""What other tools call OKS, of the same pairs: it is not one number.

a nose off by a tenth of the box      cocoeval, .53 of the box   CVAT   FiftyOne
                                               .03                .86     .995
"""

import numpy as np

from posegate.transforms.kernels.geometry import (
    BOX_SHARE,
    box_area,
    iou,
    squared_length,
)
from posegate.transforms.kernels.oks import oks, similarity
from posegate.transforms.model.poses import Bools, Floats

ONE_SIGMA = 0.09
"""CVAT's default for every keypoint."""


def with_box(error: Floats, labelled: Bools, bbox: Floats, sigma: Floats) -> Floats:
    """As xtcocotools without areas, mmpose and Ultralytics: area = .53 w h: -> (N,).

    (N, K, 2) [px] as `oks` takes it, (N, K), (N, 4) the reference's box, (K,).
    """
    return oks(error, labelled, box_area(bbox), sigma)


def one_sigma(
    xy: tuple[Floats, Floats], seen: tuple[Bools, Bools], box: tuple[Floats, Floats]
) -> Floats:
    """As CVAT's quality reports: one sigma, the mean of the boxes, visible points only.

    Each of the pair: (N, K, 2) [px], (N, K) flagged as visible, (N, 4) -> (N,). What
    one of the two does not call visible scores 0; what neither does, nothing; NaN where
    nothing is visible, 0 where the boxes do not overlap.
    """
    both, either = seen[0] & seen[1], seen[0] | seen[1]
    error = np.where(both[..., None], xy[0] - xy[1], 0.0)
    area = box_area((box[0] + box[1]) / 2) / BOX_SHARE
    sigma = np.full(both.shape[1], ONE_SIGMA)
    close = np.where(both, similarity(squared_length(error), area, sigma), 0.0)
    number = either.sum(axis=1)
    score = close.sum(axis=1) / np.maximum(number, 1)
    score = np.where(iou(*box) > 0, score, 0.0)
    return np.where((number > 0) & np.isfinite(area), score, np.nan)


def unit_kappa(
    error: Floats, seen: Bools, wanted: Bools, xy: Floats, size: Floats
) -> Floats:
    """As FiftyOne before it took sigmas: no sigma at all, in shares of the image.

    (N, K, 2) [px], twice (N, K), the reference's (N, K, 2) [px], (N, 2) the image's
    width and height -> (N,). The scale is the extent of the reference's points; a
    point that is missing is off by the whole image. NaN without points or a size.
    """
    relative = np.where(seen[..., None], error / size[:, None], np.sqrt(0.5))
    there = np.where(wanted[..., None], xy / size[:, None], np.nan)
    low = np.where(wanted[..., None], there, np.inf).min(axis=1)
    high = np.where(wanted[..., None], there, -np.inf).max(axis=1)
    some: Bools = np.asarray(wanted.any(axis=1))
    spread = np.where(some[:, None], high - low, np.nan).prod(axis=1)
    area = np.clip(spread, 0, 1)
    half = np.full(wanted.shape[1], 0.5)  # similarity doubles its sigma
    close = similarity(squared_length(relative), area, half)
    total = np.where(wanted, close, 0.0).sum(axis=1)
    return np.where(some, total / np.maximum(wanted.sum(axis=1), 1), np.nan)
