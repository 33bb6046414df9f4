from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from posegate.transforms.kernels.geometry import bounding_box
from posegate.transforms.kernels.pairing import (
    Combos,
    People,
    assign,
    combinations,
    pair,
    scores,
)

SIGMA = np.array([0.03, 0.08, 0.08, 0.1, 0.1])
ALIKE = partial(scores, sigma=SIGMA)
SHAPE = np.array([[0.0, 0], [-20, 30], [20, 30], [-15, 80], [15, 80]])


def people(
    xy: np.ndarray, ids: np.ndarray | None = None, box: np.ndarray | None = None
) -> People:
    xy = np.asarray(xy, float).reshape(-1, 5, 2)
    labelled = np.isfinite(xy).all(axis=-1)
    return People(
        xy=xy,
        labelled=labelled,
        bbox=bounding_box(xy, labelled) if box is None else box,
        area=np.full(len(xy), 4000.0),
        id=np.full(len(xy), -1) if ids is None else np.asarray(ids),
    )


def at(*places: float) -> np.ndarray:
    return np.stack([SHAPE + np.array([place, 0.0]) for place in places])


def paired(*arguments: object) -> list[tuple[int, int]]:
    *sides, sigma = arguments
    alike = partial(scores, sigma=sigma)
    candidate, reference = pair(*sides, alike)  # type: ignore[arg-type]
    return list(zip(candidate.tolist(), reference.tolist(), strict=True))


def test_combinations_stay_within_frames() -> None:
    combos = combinations(np.array([7, 3, 7]), np.array([3, 7, 9, 7]))
    rows = zip(*(column.tolist() for column in combos), strict=True)
    assert list(rows) == [(1, 0, 3), (0, 1, 7), (0, 3, 7), (2, 1, 7), (2, 3, 7)]


def test_neighbours_find_each_other_in_any_order() -> None:
    frame = np.zeros(2, int)
    found = paired(frame, frame, people(at(0, 300)), people(at(302, 1)), SIGMA)
    assert found == [(0, 1), (1, 0)]


def test_an_object_that_only_one_saw_stays_alone() -> None:
    a, b = people(at(0, 300)), people(at(300, 900))
    assert paired(np.zeros(2, int), np.zeros(2, int), a, b, SIGMA) == [(1, 0)]


def test_two_that_want_the_same_reference_share_for_the_best_total() -> None:
    a, b = people(at(10, 18)), people(at(14, 0))
    assert paired(np.zeros(2, int), np.zeros(2, int), a, b, SIGMA) == [(0, 1), (1, 0)]


def test_a_swapped_person_with_its_own_id_and_box_is_bound_not_hidden() -> None:
    placed = at(0, 50)
    own = bounding_box(placed, np.ones((2, 5), bool)) + np.array([-40, 0, 80, 0])
    truth = people(placed, np.array([1, 2]), own)
    swapped = people(placed[::-1], np.array([1, 2]), own)
    frame = np.zeros(2, int)
    assert paired(frame, frame, swapped, truth, SIGMA) == [(0, 0), (1, 1)]


def test_an_id_that_names_another_place_binds_nothing() -> None:
    a = people(at(0, 300), np.array([1, 2]))
    b = people(at(0, 300), np.array([2, 1]))
    frame = np.zeros(2, int)
    assert paired(frame, frame, a, b, SIGMA) == [(0, 0), (1, 1)]


def test_an_id_given_twice_in_a_frame_binds_once() -> None:
    a = people(at(0), np.array([5]))
    b = people(at(8, 1), np.array([5, 5]))
    found = paired(np.zeros(1, int), np.zeros(2, int), a, b, SIGMA)
    assert found == [(0, 1)]


def test_without_sigmas_the_mean_distance_decides() -> None:
    a, b = people(at(0, 300)), people(at(302, 1, 900))
    found = paired(np.zeros(2, int), np.zeros(3, int), a, b, None)
    assert found == [(0, 1), (1, 0)]


def test_instances_without_points_are_no_pair() -> None:
    nothing = people(np.full((1, 5, 2), np.nan))
    frame = np.zeros(1, int)
    for sigma in (SIGMA, None):
        assert paired(frame, frame, nothing, people(at(0)), sigma) == []


@pytest.mark.parametrize(("a", "b"), [(0, 0), (0, 2), (2, 0)])
def test_an_empty_side_gives_no_pairs(a: int, b: int) -> None:
    left, right = people(at(0, 1)[:a]), people(at(0, 1)[:b])
    assert paired(np.zeros(a, int), np.zeros(b, int), left, right, SIGMA) == []


def test_missing_areas_and_boxes_do_not_stop_pairing() -> None:
    missing = people(at(0, 300), box=np.full((2, 4), np.nan))
    missing = People(
        missing.xy, missing.labelled, missing.bbox, np.full(2, np.nan), missing.id
    )
    frame = np.zeros(2, int)
    assert paired(frame, frame, missing, missing, SIGMA) == [(0, 0), (1, 1)]


def brute_force(combos: Combos, score: np.ndarray) -> float:
    total = 0.0
    for frame in np.unique(combos.frame):
        inside = combos.frame == frame
        i = np.unique(combos.candidate[inside], return_inverse=True)[1]
        j = np.unique(combos.reference[inside], return_inverse=True)[1]
        table = np.zeros((i.max() + 1, j.max() + 1))
        table[i, j] = score[inside]
        total += table[linear_sum_assignment(table, maximize=True)].sum()
    return total


def crowd(seed: int, n: int) -> tuple[np.ndarray, People]:
    rng = np.random.default_rng(seed)
    xy = SHAPE + rng.uniform(0, 60, (n, 1, 2)) + rng.normal(0, 3, (n, 5, 2))
    xy[rng.random((n, 5)) < 0.2] = np.nan
    ids = rng.integers(-1, 4, n)
    return rng.integers(0, 4, n), people(xy, ids)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 14), st.integers(0, 14))
def test_the_assignment_is_as_good_as_solving_every_frame(
    seed: int, n: int, m: int
) -> None:
    (frame_a, a), (frame_b, b) = crowd(seed, n), crowd(seed + 1, m)
    combos = combinations(frame_a, frame_b)
    score = scores(a, b, combos, SIGMA)
    chosen = assign(combos, score)
    assert score[chosen].sum() == pytest.approx(brute_force(combos, score), abs=1e-12)
    assert (score[chosen] > 0).all()
    for side in (combos.candidate[chosen], combos.reference[chosen]):
        assert len(np.unique(side)) == len(side)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 12), st.integers(0, 12))
def test_the_order_of_the_rows_does_not_matter(seed: int, n: int, m: int) -> None:
    (frame_a, a), (frame_b, b) = crowd(seed, n), crowd(seed + 1, m)
    rng = np.random.default_rng(seed)
    p, q = rng.permutation(n), rng.permutation(m)

    def shuffled(x: People, order: np.ndarray) -> People:
        columns = (x.xy, x.labelled, x.bbox, x.area, x.id)
        return People(*(column[order] for column in columns))

    straight = paired(frame_a, frame_b, a, b, SIGMA)
    mixed = pair(frame_a[p], frame_b[q], shuffled(a, p), shuffled(b, q), ALIKE)
    back = zip(p[mixed.candidate].tolist(), q[mixed.reference].tolist(), strict=True)
    assert sorted(back) == sorted(straight)
