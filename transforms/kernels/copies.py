"""Shapes of poses: what is left of them anywhere and of any size, and which are near.

    shape ─> 4 sums, rounded on 5 grids ─> cells: near ones share one at least
          ─> 4 sums more                ─> who shares a cell but is far apart parts

Shapes are vectors of length 1, and a sum is the product with a direction of length 1,
so two shapes that are `REACH` apart differ by at most that in every sum. Five grids are
each a fifth of a cell further along the diagonal, so that in one direction an edge lies
between the two in one grid at most: four directions spoil four grids, and in the fifth
they meet. (Shifted grids: T. M. Chan, Discrete & Computational Geometry 20, 1998.)
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from posegate.transforms.kernels.buckets import Hashes, Ints
from posegate.transforms.model.poses import Bools, Floats

REACH = 0.02
"""RMS distance up to which poses of the same labelled keypoints are certain to meet.
Nothing is said of what is further apart, whatever a policy's limit."""

SUMS = 4
"""Directions that are rounded, and as many that are compared as they are."""

GRIDS = SUMS + 1
CELL = GRIDS * REACH * 1.01  # a hundredth for what is lost in arithmetic

BLOCK = 1 << 20
"""Distances that are held at once."""

_PRIME = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: mixes bits


def shape(xy: Floats, labelled: Bools) -> Floats:
    """Poses about their mean, of unit RMS: (N, K, 2), (N, K) -> (N, K, 2), 0 elsewhere.

    NaN where nothing is labelled or all points coincide.
    """
    known = labelled[..., None]
    count = labelled.sum(axis=1)[:, None, None]
    with np.errstate(all="ignore"):
        mean = np.where(known, xy, 0).sum(axis=1, keepdims=True) / count
        centred = np.where(known, xy - mean, 0)
        size = np.sqrt(np.square(centred).sum(axis=(1, 2), keepdims=True) / count)
        return np.where(size > 0, centred / size, np.nan)


def aligned_distance(
    xy_a: Floats, labelled_a: Bools, xy_b: Floats, labelled_b: Bools, fewest: float
) -> Floats:
    """How far two shapes differ, wherever and however large they are: -> (N,).

    RMS distance of the keypoints that both have, each pose centred and of unit RMS over
    these; NaN where they are fewer than `fewest`. Turned poses are not aligned.
    """
    both = labelled_a & labelled_b
    gap = shape(xy_a, both) - shape(xy_b, both)
    count = both.sum(axis=1)
    with np.errstate(all="ignore"):
        mean = np.square(gap).sum(axis=(1, 2)) / count
    return np.where(count >= fewest, np.sqrt(mean), np.nan)


def mixed(*columns: npt.NDArray[np.uint64]) -> Hashes:
    """One number of several, the same everywhere: (N,) each -> (N,)."""
    out = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        out = (out ^ column) * _PRIME
        out ^= out >> np.uint64(29)
    return out


def which(labelled: Bools) -> Hashes:
    """A number for what is labelled: (N, K) -> (N,)."""
    packed = np.packbits(labelled, axis=1)
    return mixed(*(byte.astype(np.uint64) for byte in packed.T))


def unit(xy: Floats, labelled: Bools) -> Floats:
    """Shapes as vectors of length 1: (N, K, 2) -> (N, 2 K); 0 where there is none.

    The distance of two with the same keypoints is their `aligned_distance`.
    """
    count = np.maximum(labelled.sum(axis=1), 1)[:, None]
    flat = shape(xy, labelled).reshape(len(xy), 2 * xy.shape[1])
    return np.asarray(np.nan_to_num(flat, posinf=0, neginf=0) / np.sqrt(count))


def sums(xy: Floats, labelled: Bools) -> Floats:
    """Each shape in 2 `SUMS` directions: (N, K, 2) -> (N, 2 SUMS)."""
    k = labelled.shape[1]
    directions = np.random.default_rng(k).normal(0, 1, (2 * k, 2 * SUMS))
    directions /= np.linalg.norm(directions, axis=0)
    return np.asarray(unit(xy, labelled) @ directions)


def cells(of_shape: Floats, labelled: Bools, grid: int) -> Hashes:
    """The cell of each shape on a grid, with what is labelled: (N, SUMS..) -> (N,)."""
    at = of_shape[:, :SUMS] / CELL + grid / GRIDS
    rounded = np.floor(at).astype(np.int64).view(np.uint64)
    number = np.full(len(at), grid + 1, np.uint64)  # lest a row meet itself
    return mixed(*rounded.T, which(labelled), number)


def near(of_shape: Floats, other: Floats) -> Bools:
    """Two shapes can be within `REACH`, by sums (..., S): -> (...)."""
    apart = np.abs(of_shape - other).max(axis=-1)
    return np.asarray(apart <= REACH * 1.01)  # sums travel in single precision


def alike(
    xy: Floats, labelled: Bools, track: Ints, of_track: float
) -> Iterator[tuple[Ints, Ints]]:
    """Pairs within `REACH`, the earlier first, of however many rows; in pieces.

    Of the same labelled keypoints; rows of one track, (N,) with -1 for none, if they
    are within `of_track`.
    """
    vectors, seen, n = unit(xy, labelled), which(labelled), len(xy)
    step = max(1, BLOCK // max(n, 1))
    for start in range(0, n, step):
        here = np.arange(start, min(n, start + step))
        stop = here[-1] + 1
        square = 2 - 2 * vectors[here] @ vectors[:stop].T
        mine, before = track[here, None], track[None, :stop]
        still = (mine == before) & (mine >= 0)
        reach = np.where(still, of_track, REACH) + 1e-6
        close = (square <= reach**2) & (seen[here, None] == seen[:stop])
        j, i = np.nonzero(close & (np.arange(stop) < here[:, None]))
        yield i, here[j]
