"""Who is whom: one-to-one pairs of two people's instances in the same frames.

    frame 7   candidates a0 a1      combos  a0·b0  a0·b1  a1·b0  a1·b1
              references b0 b1      scores   .91    .02    .03    .88

All combinations of a frame are scored at once. Where every candidate's best reference
is a different one, taking these is optimal: no assignment can give a candidate more
than its best. Only where two want the same one is the assignment problem solved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from posegate.transforms.kernels.geometry import (
    LEAST_AREA,
    bounding_box,
    box_area,
    iou,
    length,
)
from posegate.transforms.kernels.oks import symmetric
from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]

SAME_BOX = 0.5
"""Box IoU from which on an equal source id is believed to name the same object."""

LEAST = 1e-6
"""Similarity below which two poses do not overlap: no keypoint within 5 x 2 sigma s."""

FAR = 2.5
"""Mean distance over scale from which on poses do not overlap, where there is no sigma:
about the person's own height."""

BLOCK = 1 << 15
"""Combinations scored at a time, so that memory does not grow with the crowd."""


@dataclass(frozen=True)
class People:
    """Instances to be paired.

    `xy` (N, K, 2) [px], `labelled` (N, K), `bbox` (N, 4) x, y, w, h [px] or NaN,
    `area` (N,) [px^2] or NaN, `id` (N,) a number for the source id, the same for the
    same id on both sides, negative where there is none.
    """

    xy: Floats
    labelled: Bools
    bbox: Floats
    area: Floats
    id: Ints


class Pairs(NamedTuple):
    """Row numbers of candidates and of their references, ordered by candidate.

    What is named in neither is unmatched: an object that only one of the two saw.
    """

    candidate: Ints
    reference: Ints


class Combos(NamedTuple):
    """All combinations within frames, frame by frame, row-major inside; each (C,)."""

    candidate: Ints
    reference: Ints
    frame: Ints


Alike = Callable[[People, People, Combos], Floats]
"""The similarity of each combination: (C,), 0 for none."""


def combinations(frame_a: Ints, frame_b: Ints) -> Combos:
    """Every candidate with every reference of its frame: (A,), (B,) frame numbers."""
    order_a = np.argsort(frame_a, kind="stable")
    order_b = np.argsort(frame_b, kind="stable")
    frames, there = frame_a[order_a], frame_b[order_b]
    first = np.searchsorted(there, frames, side="left")
    count = np.searchsorted(there, frames, side="right") - first  # (A,)
    row = np.repeat(np.arange(len(frames)), count)  # (C,)
    within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return Combos(order_a[row], order_b[first[row] + within], frames[row])


def _object_area(people: People) -> Floats:
    """Area, else that of the box, else that of the points' box: (N,) [px^2]."""
    area = np.where(people.area > 0, people.area, box_area(people.bbox))
    bare = np.flatnonzero(~(area > 0))
    area[bare] = box_area(bounding_box(people.xy[bare], people.labelled[bare]))
    return np.where(area > LEAST_AREA, area, LEAST_AREA)


def _score(a: People, b: People, area: Floats, sigma: Floats | None) -> Floats:
    """Similarity of C candidates with C references, 0 where they do not overlap."""
    if sigma is not None:
        value = symmetric(a.xy, a.labelled, b.xy, b.labelled, area, sigma).oks_sym
        return np.where(value >= LEAST, value, 0.0)
    both, either = a.labelled & b.labelled, a.labelled | b.labelled  # (C, K)
    error = length(np.where(both[..., None], a.xy - b.xy, 0.0))
    number = both.sum(axis=1)
    away = error.sum(axis=1) / np.maximum(number, 1) / np.sqrt(area)
    coverage = number / np.maximum(either.sum(axis=1), 1)
    return np.where(away < FAR, np.exp(-away) * coverage, 0.0)


def _take(people: People, rows: Ints) -> People:
    return People(
        people.xy[rows],
        people.labelled[rows],
        people.bbox[rows],
        people.area[rows],
        people.id[rows],
    )


def scores(a: People, b: People, combos: Combos, sigma: Floats | None) -> Floats:
    """Similarity of each combination: (C,), 0 (no overlap) to 1.

    `oks_sym`, or without sigmas exp(-mean distance / scale) x coverage; the scale is
    that of the geometric mean of the two areas, so that sides may be exchanged.
    """
    area_a, area_b = _object_area(a), _object_area(b)
    parts = [np.empty(0)]
    for start in range(0, len(combos.candidate), BLOCK):
        i, j, _ = (column[start : start + BLOCK] for column in combos)
        area = np.sqrt(area_a[i]) * np.sqrt(area_b[j])
        parts.append(_score(_take(a, i), _take(b, j), area, sigma))
    return np.concatenate(parts)


def assign(combos: Combos, score: Floats) -> Ints:
    """The combinations that make the total score of each frame largest: (C,) -> (P,).

    Positions in `combos`, ascending; combinations with score 0 are never chosen. Equal
    scores go to the row that comes first.
    """
    if not len(score):
        return np.empty(0, np.int64)
    row = np.flatnonzero(np.diff(combos.candidate, prepend=-1))  # first of each row
    width = np.diff(row, append=len(score))
    best = np.repeat(np.maximum.reduceat(score, row), width)  # (C,)
    top = np.flatnonzero((score == best) & (score > 0))
    top = top[np.unique(combos.candidate[top], return_index=True)[1]]
    wanted, times = np.unique(combos.reference[top], return_counts=True)
    disputed = np.isin(combos.reference[top], wanted[times > 1])
    frames = np.unique(combos.frame[top[disputed]])
    settled = top[~np.isin(combos.frame[top], frames)]
    solved = [_solve(combos, score, frame) for frame in frames]
    return np.sort(np.concatenate([settled, *solved]))


def _solve(combos: Combos, score: Floats, frame: np.int64) -> Ints:
    """The assignment problem of one frame; a frame is one block of `combos`."""
    start = int(np.searchsorted(combos.frame, frame, side="left"))
    stop = int(np.searchsorted(combos.frame, frame, side="right"))
    across = int(np.argmax(combos.candidate[start:stop] != combos.candidate[start]))
    across = across or stop - start
    table = score[start:stop].reshape(-1, across)  # (candidates, references)
    i, j = linear_sum_assignment(table, maximize=True)
    kept = table[i, j] > 0
    return start + i[kept] * across + j[kept]


def by_table(
    table: Callable[[Ints, Ints], Floats], a: People, b: People, combos: Combos
) -> Floats:
    """Similarity of each combination, frame by frame: `table` gives all of some
    candidates with some references, (A,), (B,) rows -> (A, B)."""
    found = [np.empty(0)]
    starts = np.flatnonzero(np.diff(combos.frame, prepend=-1))
    for start, stop in pairwise([*starts.tolist(), len(combos.frame)]):
        some = combos.candidate[start:stop]
        across = int((some == some[0]).sum())
        there = combos.reference[start : start + across]
        found.append(table(some[::across], there).ravel())
    return np.concatenate(found)


def pair(frame_a: Ints, frame_b: Ints, a: People, b: People, alike: Alike) -> Pairs:
    """Pairs candidates with references of the same frame, each at most once.

    `frame_a` (A,) and `frame_b` (B,) number the frames in any order. What has the same
    source id and nearly the same box is bound first, however bad its points are: a
    person drawn into another's place must show as an error, and the assignment would
    hide it. The rest is assigned for the largest total similarity (`alike`, such as
    `scores`); what does not overlap is no pair. Unmatched: every row that is not
    returned. The result does not depend on the order of the rows, exact ties apart.
    """
    combos = combinations(frame_a, frame_b)
    i, j, _ = combos
    same = (a.id[i] == b.id[j]) & (a.id[i] >= 0)
    overlap = np.zeros(len(i))
    overlap[same] = iou(a.bbox[i[same]], b.bbox[j[same]])
    bound = assign(combos, np.where(overlap >= SAME_BOX, overlap, 0.0))
    taken = np.isin(i, i[bound]) | np.isin(j, j[bound])
    rest = assign(combos, np.where(taken, 0.0, alike(a, b, combos)))
    chosen = np.concatenate([bound, rest])
    chosen = chosen[np.argsort(i[chosen], kind="stable")]
    return Pairs(i[chosen], j[chosen])
