"""Which instance a review settles: exactly one, and each instance by one review."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.settling import (
    UNASKED,
    Candidates,
    Settled,
    rivals,
    settle,
)

NOBODY = (np.empty(0, int), np.empty(0, int), np.empty(0, int), np.empty(0))
A, B, R1, R2 = 0, 1, 2, 3
"""Rows: two instances and two reviews, the second of a later hand-in."""


def candidates(*pairs: tuple[int, int], **said: Any) -> Candidates:
    judged, review = np.array(pairs, np.int64).reshape(-1, 2).T
    known = {
        "named": np.zeros(len(pairs), bool),
        "hand_in": np.array([0, 0, 1, 2]),
        "turn": np.full(4, UNASKED),
        "known": np.zeros(4, bool),
    }
    return Candidates(judged, review, **(known | said))


def opposing(*instances: int) -> tuple[Any, ...]:
    """R1 and R2 contradict each other on these instances, with an OKS of .3."""
    n = len(instances)
    return np.array(instances), np.full(n, R1), np.full(n, R2), np.full(n, 0.3)


def pairs_of(given: Candidates, settled: Settled) -> list[tuple[int, int]]:
    rows = zip(given.judged[settled.kept], given.review[settled.kept], strict=True)
    return sorted((int(j), int(r)) for j, r in rows)


def test_the_latest_hand_in_replaces_the_earlier() -> None:
    of = candidates((A, R1), (A, R2))
    settled = settle(of, NOBODY)
    assert pairs_of(of, settled) == [(A, R2)]
    assert settled.replaced.tolist() == [R1]
    assert not len(settled.judged)


def test_reviews_that_contradict_each_other_are_told() -> None:
    settled = settle(candidates((A, R1), (A, R2)), opposing(A))
    assert (settled.judged.tolist(), settled.doubt.tolist()) == ([A], [0.3])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, A),
        ({"turn": np.array([7, 3, 0, 0])}, B),
        ({"turn": np.array([UNASKED, UNASKED - 1, 0, 0])}, B),
        ({"named": np.array([False, True])}, B),
        ({"known": np.array([True, False, False, False])}, B),
    ],
    ids=["the first row", "asked first", "drawn", "by id", "without gold"],
)
def test_one_review_settles_one_of_two_doubles(said: Any, expected: int) -> None:
    of = candidates((A, R1), (B, R1), **said)
    assert pairs_of(of, settle(of, NOBODY)) == [(expected, R1)]


def test_two_reviews_settle_both_doubles() -> None:
    of = candidates((A, R1), (B, R1), (A, R2), (B, R2))
    settled = settle(of, NOBODY)
    assert pairs_of(of, settled) == [(A, R2), (B, R1)]
    assert not len(settled.replaced)


def test_a_corrected_review_settles_no_double() -> None:
    of = candidates((A, R1), (B, R1), (A, R2), (B, R2))
    settled = settle(of, opposing(A, B))
    assert pairs_of(of, settled) == [(A, R2)]
    assert settled.replaced.tolist() == [R1]


@pytest.mark.parametrize(("turn", "told"), [([1, 2, 0, 0], A), ([2, 1, 0, 0], B)])
def test_two_reviews_contradict_each_other_once_whoever_drew_the_person_too(
    turn: list[int], told: int
) -> None:
    """Of the copy that the later one settles, not of both."""
    of = candidates((A, R1), (B, R1), (A, R2), (B, R2), turn=np.array(turn))
    settled = settle(of, opposing(A, B))
    assert pairs_of(of, settled) == [(told, R2)]
    assert (settled.judged.tolist(), settled.doubt.tolist()) == ([told], [0.3])


def test_rivals_are_every_two_reviews_of_one_instance() -> None:
    found = rivals(np.array([A, A, B, A]), np.array([5, 7, 5, 6]))
    said = sorted(zip(*(column.tolist() for column in found), strict=True))
    assert said == [(A, 5, 6), (A, 5, 7), (A, 6, 7)]


def test_nothing_to_settle() -> None:
    settled = settle(candidates(), NOBODY)
    assert not len(settled.kept)
    assert not len(settled.replaced)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(5, 11)), unique=True),
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
    st.randoms(use_true_random=False),
)
def test_counts_add_up_in_any_order(
    pairs: list[tuple[int, int]], numbers: list[int], random: Any
) -> None:
    said = {
        "hand_in": np.array(numbers),
        "turn": np.array(numbers[::-1]),
        "known": np.zeros(12, bool),
    }
    found = []
    for _ in range(2):
        of = candidates(*pairs, **said)
        settled = settle(of, NOBODY)
        found.append(pairs_of(of, settled))
        kept = of.review[settled.kept]
        assert len(np.unique(of.judged[settled.kept])) == len(kept)
        assert len({r for _, r in pairs}) == len(kept) + len(settled.replaced)
        random.shuffle(pairs)
    assert found[0] == found[1]
