"""Weekly sums: by hand, in any batches, and the contract's rule on them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.stream_sums import (
    STATISTICS,
    UNIT,
    contract,
    grouped_sums,
    sums,
)

SIGMA = np.array([0.025, 0.079, 0.107])


def named(row: np.ndarray) -> dict[str, float]:
    return dict(zip(STATISTICS, (row / UNIT).tolist(), strict=True))


def test_the_sums_of_two_pairs_by_hand() -> None:
    scale = np.array([100.0, 200.0])
    error = np.array([[[7.9, 0.0]], [[0.0, 158.0]]])  # q = 1, and 10: gross
    row = named(sums(error, np.ones((2, 1), bool), scale, np.array([0.079]))[0])
    expected = {
        **dict.fromkeys(STATISTICS, 0),
        "n": 2,
        "log": np.log(3),
        "log2": np.log(3) ** 2,
        "wx": 1,
        "wy": 3,
        "wx2": 1,
        "wxwy": 0,
        "wy2": 9,
        "hx": 1,
        "hx2": 1,
        "hy": 1.5,
        "hy2": 2.25,
        "q": 4,
        "q2": 10,
        "gross": 1,
        "px": 165.9,
        "scale": np.log(20_000),
        "scale_scale": np.log(100) ** 2 + np.log(200) ** 2,
        "scale_log": np.log(200) * np.log(3),
        "scale_gross": np.log(200),
    }
    assert row == pytest.approx(expected, abs=1e-5)


def test_a_perfect_point_has_a_floor_and_no_direction() -> None:
    row = named(sums(np.zeros((1, 1, 2)), np.ones((1, 1), bool), *(np.ones(1),) * 2)[0])
    assert row["log"] == pytest.approx(np.log(0.05), abs=1e-6)
    assert (row["wx"], row["wy"], row["gross"]) == (0, 0, 0)


def test_what_cannot_be_measured_counts_nowhere() -> None:
    error = np.array([[[1.0, 1]], [[np.nan, 1]], [[1, 1]], [[1, 1]], [[1, 1]]])
    both = np.array([[False], [True], [True], [True], [True]])
    scale = np.array([10.0, 10, np.nan, 0, np.inf])
    assert not sums(error, both, scale, np.ones(1)).any()


def test_a_broken_coordinate_does_not_overflow() -> None:
    error = np.full((3, 1, 2), 1.7e308)
    row = named(sums(error, np.ones((3, 1), bool), np.ones(3), SIGMA[:1])[0])
    assert row["px"] == 3e6
    assert (row["gross"], row["wx"]) == (3, 0)


def test_no_pairs_sum_to_zero() -> None:
    nothing = np.empty((0, 3, 2)), np.empty((0, 3), bool), np.empty(0), SIGMA
    assert sums(*nothing).shape == (3, len(STATISTICS))
    out = grouped_sums(np.empty(0, int), 2, *nothing)
    assert out.shape == (2, 3, len(STATISTICS))
    assert not out.any()


def pairs(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scale = rng.uniform(20, 300, n)
    error = rng.standard_t(3, (n, 3, 2)) * (SIGMA * scale[:, None])[..., None]
    return error, rng.random((n, 3)) < 0.8, scale


@given(st.integers(0, 10**6), st.integers(0, 30), st.integers(0, 30))
def test_batches_add_up_to_the_same_bits_in_any_order(
    seed: int, n: int, cut: int
) -> None:
    columns = pairs(seed, n)
    whole = sums(*columns, SIGMA)
    order = np.random.default_rng(seed).permutation(n)
    parts = [[x[order[rows]] for x in columns] for rows in (np.s_[cut:], np.s_[:cut])]
    merged = sum(sums(*part, SIGMA) for part in parts)
    assert np.array_equal(whole, merged)


@given(st.integers(0, 10**6), st.integers(0, 30))
def test_grouped_sums_are_the_sums_of_each_group(seed: int, n: int) -> None:
    columns = pairs(seed, n)
    group = np.random.default_rng(seed).integers(-1, 4, n)
    grouped = grouped_sums(group, 4, *columns, SIGMA)
    for number in range(4):
        alone = sums(*(x[group == number] for x in columns), SIGMA)
        assert np.array_equal(grouped[number], alone)


def test_offsets_in_axes_of_the_body_are_summed_where_there_are_any() -> None:
    scale, both = np.full(2, 100.0), np.ones((2, 1), bool)
    error = np.array([[[7.9, 0.0]], [[0.0, 7.9]]])
    body = np.array([[[0.0, -23.7]], [[np.nan, np.nan]]])
    row = named(sums(error, both, scale, np.array([0.079]), body)[0])
    told = {name: value for name, value in row.items() if name.startswith("body_")}
    assert told == pytest.approx(
        {
            "body_n": 1,
            "body_wx": 0,
            "body_wy": -3,
            "body_wx2": 0,
            "body_wy2": 9,
            "body_hx": 0,
            "body_hy": -1.5,
            "body_hx2": 0,
            "body_hy2": 2.25,
        },
        abs=1e-5,
    )


def test_the_contract_wants_two_bad_reports_in_a_row() -> None:
    weekly = np.zeros((1, 7, 1, len(STATISTICS)), np.int64)
    n, px = (weekly[0, :, 0, STATISTICS.index(key)] for key in ("n", "px"))
    n[:] = np.array([10, 10, 10, 0, 10, 10, 10]) * UNIT
    px[:] = np.array([81, 80, 90, 0, 90, 81, 99]) * UNIT
    found = contract(weekly)[0, :, 0].tolist()
    assert found == [False, False, False, False, False, True, True]
    assert not contract(weekly, limit_px=10).any()
