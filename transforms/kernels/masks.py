"""Masks in COCO's notations: read, cropped to what is inside, and their edges.

A mask travels as run lengths down the columns (`Rle`), which pycocotools compares as
they are; pixels are painted only where the edge or a format needs them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import msgspec
import numpy as np
import numpy.typing as npt
from pycocotools import mask as rle

from posegate.transforms.model.poses import Bools

Ints = npt.NDArray[np.int64]

EDGE = 0.02
"""Width of the edge that is compared, over the image's diagonal: the paper's."""

MOST = 1e6
"""[px] A coordinate beyond this belongs to no image."""

LARGEST = 1 << 30
"""Pixels of an image beyond which a size is no size."""

LONGEST = 7
"""Characters of the largest number in COCO's compressed text: 35 bits."""


class Rle(TypedDict):
    """Runs of outside and inside in turn, compressed, of an image [height, width]."""

    size: list[int]
    counts: bytes


def read(segmentation: bytes | None, width: float, height: float) -> Rle | None:
    """COCO's JSON (polygons or RLE) as runs of an image of that size [px].

    None where there is none, where it cannot be read or is of another image's size, or
    where the image's size is not known (NaN). What lies outside is cut off.
    """
    if segmentation is None:
        return None
    try:
        return drawn(msgspec.json.decode(segmentation), width, height)
    except msgspec.DecodeError:
        return None


def drawn(shape: Any, width: float, height: float) -> Rle | None:
    """The same of what the JSON says."""
    if not (width >= 1 and height >= 1 and width * height <= LARGEST):
        return None
    w, h = int(width), int(height)
    try:
        if isinstance(shape, Mapping) and list(shape["size"]) == [h, w]:
            return packed(shape["counts"], w, h)
        if isinstance(shape, Sequence) and shape and all(map(is_polygon, shape)):
            merged: Rle = rle.merge(rle.frPyObjects(shape, h, w))
            return merged
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    return None


def is_polygon(points: Any) -> bool:
    """Whether these are the coordinates of three points and more."""
    if not isinstance(points, list) or len(points) < 6 or len(points) % 2:
        return False
    return all(isinstance(v, int | float) and abs(v) < MOST for v in points)


def packed(counts: str | Sequence[int], width: int, height: int) -> Rle:
    """Runs as pycocotools has them; raises ValueError unless they fill the image."""
    found = checked(counts, width, height)
    if isinstance(counts, str) and (found[1:] > 0).all():
        return {"size": [height, width], "counts": counts.encode("ascii")}
    made: Rle = rle.frPyObjects(
        {"size": [height, width], "counts": joined(found).tolist()}, height, width
    )
    return made


def checked(counts: str | Sequence[int], width: int, height: int) -> Ints:
    """The runs; raises ValueError unless they fill the image."""
    runs = unpacked(counts) if isinstance(counts, str) else np.asarray(counts)
    if runs.dtype.kind != "i" or runs.min() < 0 or runs.sum() != width * height:
        raise ValueError("the runs do not fill the image")
    return runs.astype(np.int64)


def joined(runs: Ints) -> Ints:
    """The same mask without empty runs, the first apart: pycocotools stops at some."""
    inside = np.arange(len(runs)) % 2
    kept = runs > 0
    inside, runs = inside[kept], runs[kept]
    new = np.flatnonzero(np.diff(inside, prepend=-1))
    sums = np.add.reduceat(runs, new)
    return np.concatenate([[0], sums]) if inside[0] else sums


def decode(segmentation: bytes, width: int, height: int) -> Bools | None:
    """COCO's JSON (polygons or RLE) as a mask (height, width); None if it is none."""
    found = read(segmentation, width, height)
    return None if found is None else painted(found["counts"].decode(), width, height)


def painted(counts: str | Sequence[int], width: int, height: int) -> Bools:
    """Runs of outside and inside in turn, down the columns, as (height, width).

    Raises ValueError where they do not fill the image. pycocotools' own decoder warns
    of an array protocol that numpy 2 has given up.
    """
    runs = checked(counts, width, height)
    inside = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return inside.reshape(width, height).T


def unpacked(text: str) -> Ints:
    """The runs in COCO's compressed text: five bits a character, the sixth says that
    more follow; from the fourth run on what it differs by from the last but one.

    Raises ValueError where it is no such text.
    """
    bits = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - 48
    last = np.flatnonzero(bits & 32 == 0)
    first = np.concatenate([[0], last[:-1] + 1])
    if not len(last) or last[-1] + 1 != len(bits) or (last - first).max() >= LONGEST:
        raise ValueError("the text holds no runs")
    place = np.arange(len(bits)) - np.repeat(first, last - first + 1)
    value = np.add.reduceat((bits & 31) << 5 * place, first)
    value -= np.where(bits[last] & 16, np.int64(1) << 5 * (place[last] + 1), 0)
    value[1::2] = np.cumsum(value[1::2])
    value[2::2] = np.cumsum(value[2::2])
    return value


def box(mask: Rle) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is inside [px]; 0 where nothing is."""
    x, y, w, h = rle.toBbox(mask).astype(int).tolist()
    return x, y, w, h


def cropped(mask: Rle) -> Bools:
    """What lies in the mask's own box (`box`), painted: (height, width)."""
    x, y, w, h = box(mask)
    high = mask["size"][0]
    ends = np.cumsum(unpacked(mask["counts"].decode()))
    within = np.clip(ends, x * high, (x + w) * high)
    runs = np.diff(within, prepend=x * high)
    inside = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return inside.reshape(w, high).T[y : y + h]


def edge(mask: Rle, share: float = EDGE) -> Rle:
    """What of a mask lies near its outline or the image's border, as a mask.

    Nearer than `share` of the image's diagonal, at least a pixel, in either axis: the
    edge of Boundary IoU (Cheng et al. 2021, arXiv 2103.16562).
    """
    high, wide = mask["size"]
    far = max(1, round(share * float(np.hypot(high, wide))))
    inside = cropped(mask)
    return placed(inside & ~eroded(inside, far), mask)


def eroded(inside: Bools, far: int) -> Bools:
    """The pixels all of whose neighbours up to so far in either axis are inside."""
    out = np.zeros_like(inside)
    if min(inside.shape) > 2 * far:
        out[far:-far, far:-far] = every(every(inside, 2 * far + 1).T, 2 * far + 1).T
    return out


def every(inside: Bools, length: int) -> Bools:
    """Whether so many rows from each on are all inside: (H, W) -> (H - length + 1, W).

    By doubling: two stretches that touch or overlap make one.
    """
    so_far = 1
    while so_far < length:
        step = min(so_far, length - so_far)
        inside = inside[:-step] & inside[step:]
        so_far += step
    return inside


def placed(inside: Bools, within: Rle) -> Rle:
    """A painted mask in another's box, as runs of the other's image."""
    x, y, w, h = box(within)
    high, wide = within["size"]
    strip = np.zeros(w * high + 2, np.bool_)  # nothing before it, nothing after it
    strip[1:-1].reshape(w, high)[:, y : y + h] = inside.T
    change = np.flatnonzero(strip[1:] != strip[:-1])
    runs = np.diff(change + x * high, prepend=0, append=wide * high)
    if len(runs) > 1 and runs[-1] == 0:
        runs = runs[:-1]
    made: Rle = rle.frPyObjects(
        {"size": [high, wide], "counts": runs.tolist()}, high, wide
    )
    return made
