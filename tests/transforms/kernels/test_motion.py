"""What motion gives away: values by hand, the degenerate case, properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels import motion

STEADY = np.arange(6)


def test_a_burst_of_two_g_is_large_at_a_low_rate_and_nothing_at_none() -> None:
    share = motion.allowance(np.array([25.0, 5.0, np.nan, 0.0]), 2.0)
    assert share == pytest.approx([0.018466, 0.461647, 0, 0], abs=1e-6)


def test_the_median_point_gets_as_far_as_two_of_three_do() -> None:
    xy = np.zeros((6, 3, 2))
    xy[:, :2, 0] = 3.0 * STEADY[:, None]
    away = motion.moving(xy, STEADY, 4)
    assert away[:2] == pytest.approx([12, 12])
    assert np.isnan(away[2:]).all()


def test_who_leaves_and_comes_back_gets_nowhere() -> None:
    xy = np.zeros((5, 1, 2))
    xy[2] = 50
    assert motion.moving(xy, np.arange(5), 4)[0] == 0


def test_a_gap_ends_what_can_be_said() -> None:
    xy = np.zeros((6, 2, 2))
    assert np.isnan(motion.moving(xy, np.array([0, 1, 2, 0, 1, 2]), 4)).all()


def test_too_few_rows_get_nowhere() -> None:
    assert np.isnan(motion.moving(np.zeros((3, 2, 2)), np.arange(3), 4)).all()


def pair(rows: int) -> np.ndarray:
    """Two points 40 px apart that go right by 2 px a row."""
    xy = np.zeros((rows, 2, 2))
    xy[:, 1, 1] = 40.0
    xy[..., 0] = 2.0 * np.arange(rows)[:, None]
    return xy


def test_a_pair_that_is_swapped_costs_nothing_to_swap_back() -> None:
    xy = pair(6)
    xy[3] = xy[3, ::-1]
    xy[3, :, 0] += 1
    cost = motion.flip(xy, STEADY, np.full(6, 100.0), [(0, 1)])
    keep, swap = 2 * np.hypot(40, 1), 2 * 1.0
    assert cost[3] == pytest.approx([swap / keep] * 2)


def test_pairs_that_lie_close_and_points_without_one_have_no_cost() -> None:
    height = np.full(6, 100.0)
    close = pair(6) * (1, 0.1)
    assert np.isnan(motion.flip(close, STEADY, height, [(0, 1)])).all()
    assert np.isnan(motion.flip(pair(6), STEADY, height, [])).all()


@given(st.floats(-500, 500), st.floats(0.1, 10))
def test_neither_place_nor_size_changes_a_cost(shift: float, size: float) -> None:
    xy = pair(6) + np.random.default_rng(0).normal(0, 1, (6, 2, 2))
    height = np.full(6, 100.0)
    before = motion.flip(xy, STEADY, height, [(0, 1)])
    after = motion.flip(xy * size + shift, STEADY, height * size, [(0, 1)])
    assert after == pytest.approx(before, rel=1e-6, nan_ok=True)
