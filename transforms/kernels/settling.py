"""Which instance a review settles, and which of several reviews of one counts.

    hand-in 1   r1 ──┬── A       two annotators drew the same person: A and B
    hand-in 2   r2 ──┴── B       both reviews could be of either

A review settles one instance: the one whose id it bears, else the one that was asked
for first and that no later review has settled. What is left over is replaced; and where
it contradicts the review that replaces it, that is told.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from posegate.transforms.kernels.buckets import Ints, runs
from posegate.transforms.kernels.pairing import combinations
from posegate.transforms.model.poses import Bools, Floats

UNASKED = np.iinfo(np.int64).max
"""The turn of a row that nobody asked to be reviewed."""


@dataclass(frozen=True)
class Candidates:
    """M reviews with an instance each may be of, and what is known of N rows.

    `judged`, `review` (M,) rows; `named` (M,) whether both bear the same id; `hand_in`
    (N,) the number of the hand-in a review came with, later ones larger; `turn` (N,)
    when an instance is to be reviewed; `known` (N,) whether gold settles it anyway.
    """

    judged: Ints
    review: Ints
    named: Bools
    hand_in: Ints
    turn: Ints
    known: Bools


@dataclass(frozen=True)
class Settled:
    """What the reviews come to: `kept` (M,) marks those of `Candidates` that settle
    their instance; `replaced` (R,) the reviews that settle none, each once; `judged`
    (D,) instances whose reviews contradict each other, one for two reviews, `doubt`
    (D,) their lowest symmetric OKS."""

    kept: Bools
    replaced: Ints
    judged: Ints
    doubt: Floats


def rivals(judged: Ints, review: Ints) -> tuple[Ints, Ints, Ints]:
    """Every two reviews of the same instance, each once: (P,) instance, one, other."""
    one, other, _ = combinations(judged, judged)
    once = review[one] < review[other]
    return judged[one[once]], review[one[once]], review[other[once]]


def settle(given: Candidates, opposed: tuple[Ints, Ints, Ints, Floats]) -> Settled:
    """Gives each review one instance, and each instance one review.

    `opposed` are the rivals that contradict each other, with their symmetric OKS. Only
    reviews and instances that are not alone with each other are looked at one by one.
    """
    own = given.named | ~np.isin(given.review, given.review[given.named])
    alone = own & _once(given.review, own) & _once(given.judged, own)
    kept = alone.copy()
    chosen = _in_turn(given, np.flatnonzero(own & ~alone), _pairs(opposed))
    kept[chosen] = True
    replaced = np.setdiff1d(given.review, given.review[kept])
    judged, doubt = _lowest(*_told_once(opposed, given.judged[kept]))
    return Settled(kept, replaced, judged, doubt)


def _told_once(
    opposed: tuple[Ints, Ints, Ints, Floats], settled: Ints
) -> tuple[Ints, Floats]:
    """Of every two reviews that contradict each other one instance, and the score.

    Where two people drew the same person both reviews could be of either copy, but they
    contradict each other once: of the copy that one of them settles.
    """
    judged, one, other, score = opposed
    order = np.lexsort((judged, ~np.isin(judged, settled), other, one))
    first, _ = runs(one[order], other[order])
    return judged[order][first], score[order][first]


def _once(rows: Ints, some: Bools) -> Bools:
    """(M,) whether a row stands once among some."""
    values, counts = np.unique(rows[some], return_counts=True)
    return np.isin(rows, values[counts == 1])


def _pairs(opposed: tuple[Ints, Ints, Ints, Floats]) -> set[tuple[int, int]]:
    _, one, other, _ = opposed
    pairs = zip(one.tolist(), other.tolist(), strict=True)
    return {pair for a, b in pairs for pair in ((a, b), (b, a))}


def _in_turn(given: Candidates, some: Ints, opposed: set[tuple[int, int]]) -> list[int]:
    """Which of some candidates settle, the latest hand-in first.

    An earlier review may settle a double of what a later one settled, unless the later
    one contradicts it: who corrects a review does not want it to count elsewhere.
    """
    judged, review = given.judged, given.review
    turns = (judged[some], given.turn[judged[some]], given.known[judged[some]])
    order = np.lexsort((*turns, review[some], -given.hand_in[review[some]]))
    by_review: dict[int, list[int]] = defaultdict(list)
    for candidate in some[order].tolist():
        by_review[int(review[candidate])].append(candidate)
    settled: dict[int, int] = {}  # instance -> review
    chosen = []
    for number, candidates in by_review.items():
        later = [settled[int(j)] for j in judged[candidates] if int(j) in settled]
        free = [c for c in candidates if int(judged[c]) not in settled]
        if free and not any((number, other) in opposed for other in later):
            settled[int(judged[free[0]])] = number
            chosen.append(free[0])
    return chosen


def _lowest(rows: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Each row once, with the lowest of its values."""
    order = np.lexsort((values, rows))
    each, first = np.unique(rows[order], return_index=True)
    return each, values[order][first]
