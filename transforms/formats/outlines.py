"""Polygons and masks of tools as COCO's segmentation."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from pycocotools import mask as rle

from posegate.transforms.kernels.masks import MOST, painted
from posegate.transforms.model.poses import Bools, Floats

LARGEST = 1 << 26
"""Pixels of an image that a mask is painted for: 8k by 8k."""

_CORNERS = 64


@dataclass(frozen=True)
class Outline:
    """What an object covers: COCO's JSON, its area [px^2] and its box [px]."""

    segmentation: bytes
    area: float
    box: tuple[float, float, float, float]


def polygon(paths: Sequence[Sequence[tuple[float, float]]]) -> Outline | None:
    """Polygons that do not touch one another, by their corners [px].

    Those of fewer than three corners, or of something that is no position, are left
    out; None if none is left. The area is the sum of the shoelace formula's.
    """
    good = [np.array(p, np.float64).reshape(-1, 2) for p in paths if len(p) > 2]
    good = [p for p in good if p.min() > -MOST and p.max() < MOST]  # nor NaN
    if not good:
        return None
    area = sum(abs(_shoelace(p)) for p in good)
    every = good[0] if len(good) == 1 else np.concatenate(good)
    low, high = every.min(axis=0), every.max(axis=0)
    text = msgspec.json.encode([[*map(_number, p.reshape(-1).tolist())] for p in good])
    return Outline(text, float(area), (*low.tolist(), *(high - low).tolist()))


def _number(value: float) -> float:
    """Without its point where it is whole, as tools write it."""
    return int(value) if value.is_integer() else value


def _shoelace(corners: Floats) -> float:
    x, y = corners[:, 0], corners[:, 1]
    last = x[-1] * y[0] - y[-1] * x[0]  # of the line that closes it
    return float(x[:-1] @ y[1:] - y[:-1] @ x[1:] + last) / 2


def mask(inside: Bools) -> Outline | None:
    """A mask (height, width) as COCO's RLE; None if nothing is inside."""
    if not inside.any():
        return None
    packed = rle.encode(np.asfortranarray(inside, np.uint8))
    size = [int(side) for side in packed["size"]]
    text = msgspec.json.encode({"size": size, "counts": packed["counts"].decode()})
    x, y, w, h = (float(side) for side in rle.toBbox(packed))
    return Outline(text, float(rle.area(packed)), (x, y, w, h))


def evenodd(
    paths: Sequence[Sequence[tuple[float, float]]], width: int, height: int
) -> Outline | None:
    """Polygons of which one may be another's hole, as a mask of an image [px]."""
    inside = np.zeros((height, width), np.bool_)
    for path in paths:
        if len(path) > 2:
            flat = np.array(path, np.float64).reshape(-1).tolist()
            packed = rle.frPyObjects([flat], height, width)[0]
            inside ^= painted(packed["counts"].decode(), width, height)
    return mask(inside)


def ellipse(
    centre: tuple[float, float], radii: tuple[float, float], turned: float
) -> list[tuple[float, float]]:
    """The corners of the polygon that stands for an ellipse [px], turned by [rad]."""
    at = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    x, y = radii[0] * np.cos(at), radii[1] * np.sin(at)
    xs = centre[0] + x * np.cos(turned) - y * np.sin(turned)
    ys = centre[1] + x * np.sin(turned) + y * np.cos(turned)
    return list(zip(xs.tolist(), ys.tolist(), strict=True))
