"""Differences, noise and stretches of tracks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels import series


def column(*values: float) -> np.ndarray:  # type: ignore[type-arg]
    """One keypoint whose x and y are these."""
    return np.repeat(np.array(values, np.float64)[:, None, None], 2, axis=2)


def test_a_run_ends_where_a_step_is_missed_or_the_track_changes() -> None:
    track = np.array([0, 0, 0, 0, 0, 1, 1])
    frame = np.array([0, 2, 4, 8, 10, 5, 6])
    step = series.steps(track, frame)
    assert step.tolist() == [2, 2, 2, 2, 2, 1, 1]
    assert series.depth(track, frame, step).tolist() == [0, 1, 2, 0, 1, 0, 1]


def test_a_difference_needs_all_its_rows_in_one_run() -> None:
    before = np.array([0, 1, 2, 0, 1])
    got = series.difference(column(1, 4, 9, 16, 25), before, 1)[:, 0, 0]
    np.testing.assert_array_equal(got, [np.nan, 3, 5, np.nan, 9])
    got = series.difference(column(1, 4, 9, 16, 25), before, 2)[:, 0, 0]
    np.testing.assert_array_equal(got, [np.nan, np.nan, 2, np.nan, np.nan])


def test_a_missing_point_takes_its_differences_with_it() -> None:
    got = series.difference(column(1, np.nan, 9, 16), np.arange(4), 1)[:, 0, 0]
    np.testing.assert_array_equal(got, [np.nan, np.nan, np.nan, 7])


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_spread_is_the_central_binomial(order: int) -> None:
    assert series.SPREAD[order] == math.comb(2 * order, order)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_noise_is_recovered_from_noise(order: int) -> None:
    xy = np.random.default_rng(0).normal(0, 1.5, (4000, 1, 2))
    track = np.zeros(4000, np.int64)
    got = series.noise(xy, np.arange(4000), track, order)
    assert got[0, 0] == pytest.approx(1.5, rel=0.05)
    assert (got == got[0, 0]).all()


def test_a_short_track_has_no_noise() -> None:
    got = series.noise(column(1, 2, 4, 3), np.arange(4), np.zeros(4, np.int64), 2)
    assert np.isnan(got).all()


def test_stretches_are_counted_at_their_first_row() -> None:
    same = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], bool)
    assert series.stretches(same).tolist() == [2, 0, 0, 1, 0, 0, 3, 0, 0]
    assert series.stretches(np.zeros((0, 2), bool)).shape == (0, 2)


@given(st.lists(st.booleans(), max_size=30))
def test_the_stretches_hold_every_true(values: list[bool]) -> None:
    same = np.array(values, bool)
    assert series.stretches(same).sum() == same.sum()


def test_a_line_is_straight_between_its_ends_and_nothing_else_is() -> None:
    x = [0, 5, 3, *range(4, 40, 4), 20, 50]
    got = series.straight(column(*x), np.arange(len(x)), 5, 0.51, 1.0)[:, 0]
    assert np.flatnonzero(got).tolist() == list(range(4, 11))


def test_who_stands_still_is_not_interpolated() -> None:
    got = series.straight(column(*[7] * 20), np.arange(20), 5, 0.51, 1.0)
    assert not got.any()


def test_nothing_gives_nothing() -> None:
    empty = np.empty((0, 1, 2))
    none = np.empty(0, np.int64)
    assert series.difference(empty, none, 2).shape == (0, 1, 2)
    assert series.straight(empty, none, 5, 0.5, 1.0).shape == (0, 1)
    assert series.noise(empty, none, none, 4).shape == (0, 1)
    assert series.groups(none) == []
