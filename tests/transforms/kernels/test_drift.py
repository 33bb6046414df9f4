"""Fleets that are made, with changes that are known."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.kernels.drift import Parameters, Streams, fleet, since_change
from posegate.transforms.kernels.stream_sums import (
    STATISTICS,
    contract,
    grouped_sums,
    sums,
)

SIGMA = np.array([0.025, 0.079, 0.107])
PARAMETERS = Parameters(sigma=(0.025, 0.079, 0.107))


def pairs(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scale = rng.uniform(20, 300, n)
    error = rng.standard_t(3, (n, 3, 2)) * (SIGMA * scale[:, None])[..., None]
    return error, rng.random((n, 3)) < 0.8, scale


@pytest.mark.parametrize(
    ("change", "named_"),
    [
        ({"decay": 0.0}, "lambda = 0.0"),
        ({"action": 0.3}, "action q = 0.3, watch q = 0.2"),
        ({"baseline": 0}, "baseline_weeks = 0"),
        ({"windows": (4, 2)}, r"windows = \[4, 2\]"),
        ({"windows": ()}, r"windows = \[\]"),
    ],
)
def test_impossible_parameters_are_named(
    change: dict[str, object], named_: str
) -> None:
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
        elif field.name in ("n", "weeks", "shared", "common"):
            assert np.isfinite(value).all(), field.name
        elif field.name in ("p_noise", "p_bias", "effect", "error", "noise"):
            assert not np.isnan(value[streams.weeks > 0]).any(), field.name


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
    assert np.isnan(streams.effect[4, 7]).all()


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_the_order_of_annotators_does_not_matter(seed: int) -> None:
    weekly, _ = made(8, 12, keypoints=3, bias=2.0, drifting=1, start=5, seed=seed)
    order = np.random.default_rng(seed).permutation(8)
    straight, mixed = fleet(weekly, PARAMETERS), fleet(weekly[order], PARAMETERS)
    np.testing.assert_allclose(straight.p[order], mixed.p, rtol=1e-6)
    assert np.array_equal(straight.alarms.action[order], mixed.alarms.action)


def test_an_alarm_counts_from_the_beginning_of_the_change() -> None:
    weeks = np.array([0, 2, 4, 2, 2, 8])[None, :, None]
    since = np.array([-1, -1, 2, 2, -1, 5])[None, :, None]
    assert since_change(weeks, since)[0, :, 0].tolist() == [0, 2, 4, 5, 2, 8]


@pytest.mark.parametrize(("bias", "noise"), [(0.7, 1.0), (0.0, 2.0)])
def test_no_change_began_after_its_alarm(bias: float, noise: float) -> None:
    weekly, _ = made(24, 20, bias=bias, noise=noise, drifting=6, seed=10)
    seen = fleet(weekly, Parameters((0.07,) * 17))
    since = seen.alarms.since[:, -1]
    on = since >= 0
    began = weekly.shape[1] - seen.weeks[:, -1]
    assert on.sum() >= 8
    assert (began[on] <= since[on]).all()


def test_what_moved_with_everybody_is_nobodys_fault() -> None:
    weekly, _ = made(30, 30, seed=3)
    resized, changed = made(30, 30, bias=0.8, drifting=30, seed=3)
    calm, seen = (fleet(each, Parameters((0.07,) * 17)) for each in (weekly, resized))
    assert changed[:, 3:5].all()
    assert seen.shared[18:, 3:5].all()
    assert not seen.shared[:14].any()
    assert seen.common[-6:, 3, 0].mean() == pytest.approx(0.8 * 0.07 * 150, abs=3)
    blamed = seen.alarms.action[:, 18:].sum()
    assert blamed <= calm.alarms.action[:, 18:].sum() + 6


def test_one_who_drifts_far_does_not_speak_for_everybody() -> None:
    weekly, changed = made(12, 30, bias=4.0, drifting=1)
    seen = fleet(weekly, Parameters((0.07,) * 17))
    assert seen.alarms.alarm[:, -1][changed].all()
    assert not seen.shared.any()


def test_an_offset_on_the_body_is_as_sure_as_the_body_tells_it() -> None:
    """One sigma to the body's left, of people who face both ways: in the image it is
    scatter, and says nothing of how sure the offset is."""
    rng = np.random.default_rng(2)
    a = np.repeat(np.arange(20), 24 * 15)
    w = np.tile(np.repeat(np.arange(24), 15), 20)
    facing = np.where(rng.random((len(a), 1)) < 0.5, -1.0, 1.0)
    e = rng.normal(0, 0.35, (len(a), 4, 2))
    e[..., 0] += np.where((a == 0) & (w >= 12), 1.0, 0.0)[:, None] * facing
    body = 10.5 * e * np.stack([facing, np.ones_like(facing)], axis=-1)
    both, scale = np.ones((len(a), 4), bool), np.full(len(a), 150.0)
    table = grouped_sums(a * 24 + w, 480, 10.5 * e, both, scale, np.full(4, 0.07), body)
    seen = fleet(table.reshape(20, 24, 4, -1), Parameters((0.07,) * 4))
    assert seen.alarms.alarm[0, -1].all()
    assert np.hypot(*seen.effect[0, -1].T).max() < 4
    assert seen.turned[0, -1, :, 0] == pytest.approx([10.5] * 4, rel=0.1)
    assert (seen.error[0, -1] < 1.0).all()
