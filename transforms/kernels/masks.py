"""How far two outlines of an object agree: as areas, and along their edge."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from pycocotools import mask as rle
from scipy.ndimage import minimum_filter

from posegate.transforms.model.poses import Bools, Floats

EDGE = 0.02
"""Width of the edge that is compared, over the image's diagonal: the paper's."""

MOST = 1e6
"""[px] A coordinate beyond this belongs to no image."""


def decode(segmentation: bytes, width: int, height: int) -> Bools | None:
    """COCO's JSON (polygons or RLE) as a mask (height, width); None if it is none."""
    try:
        shape = msgspec.json.decode(segmentation)
        if isinstance(shape, Mapping) and list(shape["size"]) == [height, width]:
            return painted(shape["counts"], width, height)
        if isinstance(shape, Sequence) and shape and all(map(is_polygon, shape)):
            outline = rle.merge(rle.frPyObjects(shape, height, width))
            return painted(outline["counts"].decode(), width, height)
    except (msgspec.DecodeError, ValueError, TypeError, KeyError, IndexError):
        return None
    return None


def is_polygon(points: Any) -> bool:
    """Whether these are the coordinates of three points and more."""
    if not isinstance(points, list) or len(points) < 6 or len(points) % 2:
        return False
    return all(isinstance(v, int | float) and abs(v) < MOST for v in points)


def painted(counts: str | Sequence[int], width: int, height: int) -> Bools:
    """Runs of outside and inside in turn, down the columns, as (height, width).

    Raises ValueError where they do not fill the image. pycocotools' own decoder warns
    of an array protocol that numpy 2 has given up.
    """
    runs = np.asarray(unpacked(counts) if isinstance(counts, str) else counts)
    if runs.dtype.kind != "i" or runs.min() < 0 or runs.sum() != width * height:
        raise ValueError("the runs do not fill the image")
    inside = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return inside.reshape(width, height).T


def unpacked(text: str) -> list[int]:
    """The runs in COCO's compressed text: five bits a character, the sixth says that
    more follow; from the fourth run on what it differs by from the last but one."""
    runs: list[int] = []
    value = shift = 0
    for byte in text.encode("ascii"):
        bits = byte - 48
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return runs


def iou(a: Bools, b: Bools) -> float:
    """Area of both over area of either; NaN where both are empty."""
    either = int((a | b).sum())
    return int((a & b).sum()) / either if either else np.nan


def edge(mask: Bools, width: int) -> Bools:
    """What of a mask lies within so many pixels of its outline, or of the image's."""
    inner = minimum_filter(mask, 2 * width + 1, mode="constant", cval=False)
    return mask & ~inner


def boundary_iou(a: Bools, b: Bools, share: float = EDGE) -> float:
    """IoU of the two masks' edges; NaN where both are empty.

    Cheng et al. 2021, Boundary IoU: the edge is `share` of the image's diagonal wide,
    at least a pixel, so that a large object's blurred outline shows as a small one's.
    """
    height, width = a.shape
    far = max(1, round(share * float(np.hypot(height, width))))
    rows, columns = extent(a | b)
    one, other = (edge(cut(m, rows, columns, far), far) for m in (a, b))
    return iou(one, other)


def extent(mask: Bools) -> tuple[slice, slice]:
    """Rows and columns that hold all of a mask; empty where it is."""
    found = []
    for axis in (1, 0):
        some = np.flatnonzero(mask.any(axis=axis))
        found.append(slice(some[0], some[-1] + 1) if len(some) else slice(0, 0))
    return found[0], found[1]


def cut(mask: Bools, rows: slice, columns: slice, far: int) -> Bools:
    """A part of the mask, with room for its edge; outside the image there is none."""
    padded: npt.NDArray[np.bool_] = np.pad(mask[rows, columns], far)
    return padded


def agreement(
    one: Sequence[bytes | None],
    other: Sequence[bytes | None],
    width: npt.NDArray[np.float64],
    height: npt.NDArray[np.float64],
) -> tuple[Floats, Floats]:
    """(M,) IoU and boundary IoU of outlines; NaN unless both are there and readable.

    `width` and `height` (M,) [px] of the image; NaN where nobody said.
    """
    area, border = np.full(len(one), np.nan), np.full(len(one), np.nan)
    for i, (a, b) in enumerate(zip(one, other, strict=True)):
        if a is None or b is None or not (width[i] > 0 and height[i] > 0):
            continue
        size = int(width[i]), int(height[i])
        left, right = decode(a, *size), decode(b, *size)
        if left is not None and right is not None:
            area[i], border[i] = iou(left, right), boundary_iou(left, right)
    return area, border
