"""Polygons: whether they cross themselves."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from posegate.transforms.kernels.meeting import ranges
from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]

BLOCK = 1 << 20
"""Pairs of things tried at a time, so that memory does not grow with a polygon."""


class Edges(NamedTuple):
    """E edges: of which polygon, from where to where; (E,), (E, 2), (E, 2) [px]."""

    of: Ints
    start: Floats
    stop: Floats


def edges_of(polygons: Sequence[Floats]) -> Edges:
    """The edges of G polygons of (C, 2) corners, without those of no length."""
    if not polygons:
        return Edges(np.empty(0, np.int64), np.empty((0, 2)), np.empty((0, 2)))
    of = np.repeat(np.arange(len(polygons)), [len(p) for p in polygons])
    start = np.concatenate(polygons)
    stop = np.concatenate([np.roll(p, -1, axis=0) for p in polygons])
    long = (start != stop).any(axis=1)
    return Edges(of[long], start[long], stop[long])


def crossings(polygons: Sequence[Floats]) -> Ints:
    """(G,) how many pairs of edges of each polygon cross; what only touches does not.

    A sweep: only edges that overlap along x are tried with one another.
    """
    edges = edges_of(polygons)
    low = np.minimum(edges.start[:, 0], edges.stop[:, 0])
    high = np.maximum(edges.start[:, 0], edges.stop[:, 0])
    order = np.lexsort((low, edges.of))
    edges = Edges(edges.of[order], edges.start[order], edges.stop[order])
    wide = 1 + 2 * float(np.abs(edges.start).max(initial=0))
    shift = edges.of * wide
    last = np.searchsorted(low[order] + shift, high[order] + shift, "right")
    first = np.arange(len(order)) + 1
    count = np.maximum(last - first, 0)
    found = np.zeros(len(polygons), np.int64)
    for some in blocks(count):
        one = np.repeat(first[some] - 1, count[some])
        other = ranges(first[some], count[some])
        hit = crossing(edges, one, other)
        found += np.bincount(edges.of[one[hit]], minlength=len(polygons))
    return found


def blocks(count: Ints) -> Iterator[slice]:
    """Stretches of consecutive things that are `BLOCK` large together, or one."""
    ends = np.cumsum(count)
    begin = 0
    while begin < len(count):
        before = int(ends[begin] - count[begin])
        stop = max(begin + 1, int(np.searchsorted(ends, before + BLOCK, "right")))
        yield slice(begin, stop)
        begin = stop


def crossing(edges: Edges, one: Ints, other: Ints) -> Bools:
    """(P,) whether pairs of edges cross at a point inside both."""
    a, b = edges.start[one], edges.stop[one]
    c, d = edges.start[other], edges.stop[other]
    apart = turn(a, b, c) * turn(a, b, d) < 0
    both = turn(c, d, a) * turn(c, d, b) < 0
    return np.asarray(apart & both)


def turn(a: Floats, b: Floats, c: Floats) -> Floats:
    """(P,) above 0 where the way from a to b to c turns one way, below the other."""
    along, there = b - a, c - a
    turned: Floats = np.sign(along[:, 0] * there[:, 1] - along[:, 1] * there[:, 0])
    return turned
