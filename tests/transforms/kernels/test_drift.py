from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.kernels.drift import (
    STATISTICS,
    UNIT,
    Parameters,
    Streams,
    benjamini_hochberg,
    contract,
    fleet,
    fold,
    grouped_sums,
    sums,
)

SIGMA = np.array([0.025, 0.079, 0.107])
PARAMETERS = Parameters(sigma=(0.025, 0.079, 0.107))


def named(row: np.ndarray) -> dict[str, float]:
    return dict(zip(STATISTICS, (row / UNIT).tolist(), strict=True))


def test_the_sums_of_two_pairs_by_hand() -> None:
    scale = np.array([100.0, 200.0])
    error = np.array([[[7.9, 0.0]], [[0.0, 158.0]]])  # q = 1, and 10: gross
    row = named(sums(error, np.ones((2, 1), bool), scale, np.array([0.079]))[0])
    expected = {
        "n": 2,
        "log": np.log(3),
        "log2": np.log(3) ** 2,
        "wx": 1,
        "wy": 3,
        "wx2": 1,
        "wxwy": 0,
        "wy2": 9,
        "q": 4,
        "q2": 10,
        "gross": 1,
        "px": 165.9,
        "scale": np.log(20_000),
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


WEEKS = {
    "n": [12.0, 0, 20, 8],
    "log": [-1.2, 0, 4.1, 3.0],
    "wx": [1.5, 0, 9.0, 5.2],
    "wy": [-0.6, 0, 1.0, 0.4],
}


def test_the_state_of_four_weeks_one_of_them_empty() -> None:
    state = fold(*(np.array(WEEKS[key]) for key in ("n", "log", "wx", "wy")), 0.2)
    assert state.n == pytest.approx([12, 9.6, 27.68, 30.144])
    assert state.n2 == pytest.approx([12, 7.68, 24.9152, 23.945728])
    assert state.m2 == pytest.approx([144, 92.16, 458.9824, 357.748736])
    mean = state.log / state.n
    seen, weeks = state.n2 / state.n**2, state.m2 / state.n**2
    z = (mean + 0.05) / np.sqrt(0.55 * seen + 0.015 * weeks + 0.02)
    known = [-0.1758631145, -0.1758631145, 0.7869652364, 1.1838561050]
    assert z == pytest.approx(known, abs=1e-9)
    square = (state.x / state.n - 0.05) ** 2 + (state.y / state.n) ** 2
    t2 = square / (0.2 * seen + 0.014 * weeks + 0.006)
    known = [0.2215909091, 0.2215909091, 4.6187522992, 8.9688527805]
    assert t2 == pytest.approx(known, abs=1e-9)


def test_streams_fold_each_for_itself() -> None:
    column = np.array(WEEKS["n"])
    table = np.stack([column, column * 2], axis=1)
    state = fold(table, table, table, table, 0.2)
    assert state.n[:, 1] == pytest.approx(2 * state.n[:, 0])
    assert fold(*(table[:0],) * 4, 0.2).n.shape == (0, 2)


P_1995 = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
P_1995 += [0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0]


def test_the_example_of_benjamini_and_hochberg() -> None:
    adjusted, rejected = benjamini_hochberg(np.array(P_1995), 0.05)
    assert rejected.tolist() == [True] * 4 + [False] * 11
    assert adjusted[:8] == pytest.approx(
        [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0638571429, 0.0638571429, 0.0645]
    )
    assert adjusted[8:] == pytest.approx(
        [0.0765, 0.486, 0.5811818182, 0.7148750000, 0.7532307692, 0.8132142857, 1]
    )


def test_what_is_nan_is_not_in_the_family() -> None:
    mixed = np.array([[np.nan, 0.03], [0.04, np.nan]])
    adjusted, rejected = benjamini_hochberg(mixed, 0.05)
    assert adjusted[~np.isnan(adjusted)].tolist() == [0.04, 0.04]
    assert rejected.tolist() == [[False, True], [True, False]]
    assert benjamini_hochberg(np.empty(0), 0.1).rejected.shape == (0,)
    assert not benjamini_hochberg(np.full(3, np.nan), 0.1).rejected.any()


@pytest.mark.parametrize(
    ("change", "named_"),
    [
        ({"decay": 0.0}, "lambda = 0.0"),
        ({"action": 0.3}, "action q = 0.3, watch q = 0.2"),
        ({"baseline": 0}, "baseline_weeks = 0"),
    ],
)
def test_impossible_parameters_are_named(change: dict[str, float], named_: str) -> None:
    with pytest.raises(ValueError, match=named_):
        Parameters((0.1,), **change)  # type: ignore[arg-type]


def made(
    annotators: int,
    weeks: int,
    per_week: int = 15,
    bias: float = 0.0,
    noise: float = 1.0,
    start: int = 14,
    drifting: int = 0,
    keypoints: int = 17,
    seed: int = 5,
) -> tuple[np.ndarray, np.ndarray]:
    """A fleet of different annotators with good and bad weeks, t errors and 2 % gross;
    the first `drifting` change on two keypoints from `start` on: (A, W, K, S), (A, K).
    """
    rng = np.random.default_rng(seed)
    a = np.repeat(np.arange(annotators), weeks * per_week)
    w = np.tile(np.repeat(np.arange(weeks), per_week), annotators)
    sigma = np.full(keypoints, 0.07)
    centre = rng.normal(0, 0.1, (annotators, keypoints, 2))[a]
    centre += rng.normal(0, 0.12, (annotators, weeks, keypoints, 2))[a, w]
    width = rng.lognormal(0, 0.12, (annotators, 1))[a]
    width = width * rng.lognormal(0, 0.12, (annotators, weeks))[a, w][:, None]
    changed = np.zeros((annotators, keypoints), bool)
    changed[:drifting, 3:5] = True
    on = changed[a] & (w >= start)[:, None]
    centre[..., 0] += np.where(on, bias, 0)
    width = width * np.where(on, noise, 1)
    e = rng.standard_t(4, (len(a), keypoints, 2)) * (width * 0.35)[..., None] + centre
    gross = rng.random((len(a), keypoints)) < 0.02
    e[gross] = rng.uniform(-6, 6, (gross.sum(), 2))
    scale = rng.lognormal(np.log(150), 0.4, len(a))
    error = e * (sigma * scale[:, None])[..., None]
    both = rng.random((len(a), keypoints)) < 0.8
    weekly = grouped_sums(a * weeks + w, annotators * weeks, error, both, scale, sigma)
    return weekly.reshape(annotators, weeks, keypoints, -1), changed


def delays(found: np.ndarray, changed: np.ndarray, start: int) -> np.ndarray:
    """Weeks until a changed stream is found: (A, W, K), (A, K) -> (D,)."""
    late = np.moveaxis(found[:, start:], 1, 2)[changed]
    return np.where(late.any(axis=1), late.argmax(axis=1) + 1, 99)


def test_a_bias_of_one_sigma_is_found_within_weeks_and_little_else_is() -> None:
    weekly, changed = made(60, 30, bias=1.0, drifting=6)
    streams = fleet(weekly, Parameters((0.07,) * 17))
    assert (delays(streams.alarms.action, changed, 14) <= 4).mean() >= 0.8
    false = streams.alarms.action & ~changed[:, None]
    assert false.sum() / 30 < 1
    late = streams.effect[:, -1][changed].mean(axis=0)
    assert late == pytest.approx([0.07 * 150, 0], abs=2.5)


def test_twice_the_noise_is_found_and_its_factor_told() -> None:
    weekly, changed = made(40, 30, noise=2.0, drifting=6)
    streams = fleet(weekly, Parameters((0.07,) * 17))
    assert (delays(streams.alarms.action, changed, 14) <= 8).mean() >= 0.8
    assert 1.4 < np.median(streams.noise[:, -1][changed]) < 2.4


def test_a_fleet_that_does_not_drift_is_left_in_peace() -> None:
    weekly, _ = made(60, 30, seed=11)
    streams = fleet(weekly, Parameters((0.07,) * 17))
    assert streams.alarms.action.sum() / 30 < 0.5
    assert np.nanstd(streams.z[:, 10:]) == pytest.approx(1, abs=0.1)
    assert contract(weekly).sum() / 30 > 100  # what the contract's rule makes of it


def test_an_alarm_lasts_through_quarantine_and_remembers_its_beginning() -> None:
    weekly, changed = made(30, 30, bias=1.5, drifting=1)
    alarms = fleet(weekly, Parameters((0.07,) * 17)).alarms
    action, alarm = (x[0, :, 3] for x in (alarms.action, alarms.alarm))
    first = int(np.flatnonzero(action)[0])
    assert changed[0, 3]
    assert 14 <= first <= 17
    assert np.diff(np.flatnonzero(action)).tolist() == [6] * (action.sum() - 1)
    assert alarm[first:].all()
    assert (alarms.since[0, first:, 3] == first).all()
    assert (alarms.since[0, :first, 3] == -1).all()
    assert (alarms.watch >= alarms.action).all()


def test_a_newcomer_is_held_against_the_fleet_from_the_first_week() -> None:
    weekly, _ = made(30, 20, bias=1.5, drifting=1, start=0)
    weekly[0, :12] = 0
    streams = fleet(weekly, Parameters((0.07,) * 17))
    assert streams.alarms.alarm[0, 12:15, 3:5].any()


def finite(streams: Streams) -> None:
    """Nothing is NaN but what was not judged or not seen."""
    for field in fields(streams):
        value = getattr(streams, field.name)
        if field.name == "alarms":
            assert not value.action[np.isnan(streams.p)].any()
        elif field.name in ("z", "p_noise", "t2", "p_bias", "p"):
            assert not np.isnan(value[(streams.n > 0) & ~np.isnan(streams.p)]).any()
        elif field.name != "noise":
            assert np.isfinite(value).all(), field.name


@pytest.mark.parametrize(
    ("annotators", "weeks"),
    [(0, 0), (0, 4), (4, 0), (1, 1), (1, 12), (2, 3), (5, 1), (3, 12)],
)
@pytest.mark.parametrize("pairs_", ["none", "one", "gaps", "same"])
def test_small_histories_are_judged_without_trouble(
    annotators: int, weeks: int, pairs_: str
) -> None:
    weekly = np.zeros((annotators, weeks, 3, len(STATISTICS)), np.int64)
    if pairs_ == "same":  # every week the same, perfect points: nothing varies
        perfect = np.zeros((5, 3, 2)), np.ones((5, 3), bool), np.full(5, 90.0)
        weekly[:] = sums(*perfect, SIGMA)
    elif pairs_ != "none" and weekly.size:
        for i in range(annotators):
            for week in range(0, weeks, 3):
                columns = pairs(week, 1 if pairs_ == "one" else 8)
                weekly[i, week] = sums(*columns, SIGMA)
    streams = fleet(weekly, PARAMETERS)
    assert streams.p.shape == (annotators, weeks, 3)
    assert streams.effect.shape == (annotators, weeks, 3, 2)
    assert contract(weekly).shape == (annotators, weeks, 3)
    finite(streams)


def test_a_week_without_pairs_is_not_judged() -> None:
    weekly, _ = made(10, 12, keypoints=3)
    weekly[4, 7] = 0
    streams = fleet(weekly, PARAMETERS)
    assert np.isnan(streams.p[4, 7]).all()
    assert not np.isnan(streams.p[4, 8]).any()
    assert np.isfinite(streams.offset[4, 7]).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_annotators_does_not_matter(seed: int) -> None:
    weekly, _ = made(8, 12, keypoints=3, bias=2.0, drifting=1, start=5, seed=seed)
    order = np.random.default_rng(seed).permutation(8)
    straight, mixed = fleet(weekly, PARAMETERS), fleet(weekly[order], PARAMETERS)
    np.testing.assert_allclose(straight.p[order], mixed.p, rtol=1e-6)
    assert np.array_equal(straight.alarms.action[order], mixed.alarms.action)


def test_the_contract_wants_two_bad_reports_in_a_row() -> None:
    weekly = np.zeros((1, 7, 1, len(STATISTICS)), np.int64)
    n, px = (weekly[0, :, 0, STATISTICS.index(key)] for key in ("n", "px"))
    n[:] = np.array([10, 10, 10, 0, 10, 10, 10]) * UNIT
    px[:] = np.array([81, 80, 90, 0, 90, 81, 99]) * UNIT
    found = contract(weekly)[0, :, 0].tolist()
    assert found == [False, False, False, False, False, True, True]
    assert not contract(weekly, limit_px=10).any()
