"""CVAT's masks and polygons as COCO's segmentation."""

from collections.abc import Sequence

import msgspec
import numpy as np
from pycocotools import mask as rle

LARGEST = 1 << 28
"""Pixels of an image: larger ones are not painted into."""


def encoded(
    runs: Sequence[int], box: tuple[int, int, int, int], size: tuple[int, int]
) -> tuple[bytes, float]:
    """A mask's runs as COCO RLE, and its area [px^2].

    Args:
      runs: outside and inside in turn, along the rows of `box`, as CVAT writes them.
      box: left, top, width, height [px].
      size: width, height of the image [px].

    Raises:
      ValueError: the runs do not fill the box, the box is not inside the image, or the
        image is larger than `LARGEST`.
    """
    left, top, width, height = box
    counts = np.asarray(runs, np.int64)
    if size[0] * size[1] > LARGEST:
        raise ValueError(f"an image of {size} is too large to paint a mask into")
    inside = left >= 0 and top >= 0 and width > 0 and height > 0
    if not inside or left + width > size[0] or top + height > size[1]:
        raise ValueError(f"the mask's box {box} is not inside the image of {size}")
    if not len(counts) or counts.min() < 0 or counts.sum() != width * height:
        raise ValueError(f"the mask's runs do not fill its box of {width} x {height}")
    values = np.repeat(np.arange(len(counts)) % 2, counts).astype(np.uint8)
    image = np.zeros((size[1], size[0]), np.uint8, order="F")
    image[top : top + height, left : left + width] = values.reshape(height, width)
    packed = rle.encode(image)
    said = {"size": [size[1], size[0]], "counts": packed["counts"].decode()}
    return msgspec.json.encode(said), float(values.sum())


def outlined(polygons: Sequence[Sequence[float]]) -> tuple[bytes, float]:
    """Polygons [x, y, x, y, …] as COCO's list, and the sum of their areas [px^2]."""
    area = 0.0
    for polygon in polygons:
        x, y = np.asarray(polygon[::2]), np.asarray(polygon[1::2])
        area += abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return msgspec.json.encode([list(map(_number, each)) for each in polygons]), area


def _number(value: float) -> float:
    """Without its point where it is whole: as annotation tools write it."""
    return int(value) if value.is_integer() else value
