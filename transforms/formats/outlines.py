"""Polygons and masks of tools as COCO's segmentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from struct import pack

import msgspec
import numpy as np
import numpy.typing as npt
from pycocotools import mask as rle

from posegate.transforms.kernels.masks import MOST, painted
from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]

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
    flat = [p.reshape(-1).tolist() for p in good]
    text = msgspec.json.encode([_written(path, len(path)) for path in flat])
    return Outline(text, float(area), (*low.tolist(), *(high - low).tolist()))


def polygons(
    objects: Sequence[Sequence[Sequence[float]]],
) -> tuple[list[bytes | None], Floats, Bools]:
    """N objects' polygons, each x, y, x, y, … [px], as `polygon` has them.

    Returns (N,) their JSON, (N,) their areas [px^2], None and NaN where no polygon is
    left, and (N,) whether one has half a corner: then the object has none.
    """
    n, every = len(objects), list(chain.from_iterable(objects))
    size = np.fromiter(map(len, every), np.int64, len(every))
    flat = np.frombuffer(b"".join([pack(f"{len(p)}d", *p) for p in every]))
    if not (size % 2).any() and (size > 4).all() and (np.abs(flat) < MOST).all():
        texts, area = _good(objects, flat, size)
        return texts, area, np.zeros(n, np.bool_)
    halved = np.array([any(len(path) % 2 for path in each) for each in objects])
    texts, area = [None] * n, np.full(n, np.nan)
    for i, paths in enumerate(objects):
        corners = [list(zip(path[::2], path[1::2], strict=False)) for path in paths]
        if not halved[i] and (found := polygon(corners)) is not None:
            texts[i], area[i] = found.segmentation, found.area
    return texts, area, halved


def _good(
    objects: Sequence[Sequence[Sequence[float]]], flat: Floats, size: Ints
) -> tuple[list[bytes | None], Floats]:
    """`polygons` that have three corners or more, all within `MOST`."""
    texts: list[bytes | None] = [None] * len(objects)
    if not len(size):
        return texts, np.full(len(objects), np.nan)
    counts = np.fromiter(map(len, objects), np.int64, len(objects))
    begin, (x, y) = np.cumsum(size) - size, flat.reshape(-1, 2).T
    after = np.arange(1, len(x) + 1)
    after[(begin + size) // 2 - 1] = begin // 2  # the line that closes it
    twice = np.add.reduceat(x * y[after] - y * x[after], begin // 2)
    owner = np.repeat(np.arange(len(objects)), counts)
    area = np.bincount(owner, np.abs(twice) / 2, len(objects))
    whole = np.add.reduceat(flat == np.trunc(flat), begin, dtype=np.int64)
    some = iter(whole.tolist())
    for i, paths in enumerate(objects):
        if paths:
            texts[i] = msgspec.json.encode([_written(p, next(some)) for p in paths])
    return texts, np.where(counts > 0, area, np.nan)


def _written(path: Sequence[float], whole: int) -> Sequence[float]:
    """A path of which so many are whole, these without their point, as tools write."""
    if not whole or set(map(type, path)) == {int}:
        return path
    return [int(v) if type(v) is float and v.is_integer() else v for v in path]


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
