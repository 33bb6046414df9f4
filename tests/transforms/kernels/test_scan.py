"""The last weeks of a stream against all before, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels import scan
from posegate.transforms.kernels.baseline import Components


def column(values: list[float]) -> np.ndarray:
    """One stream's weeks: (1, W, 1)."""
    return np.array(values, float)[None, :, None]


def test_a_span_counts_what_is_recent_and_what_came_before() -> None:
    n = column([9, 0, 4, 7, 10])
    [two] = scan.spans(n, (2,), baseline=2, least=5)
    assert two.n[0, :, 0].tolist() == [9, 9, 4, 11, 17]
    assert two.before[0, :, 0].tolist() == [0, 0, 9, 9, 13]
    assert two.n2[0, -1, 0] == 7**2 + 10**2
    # Week 0: a newcomer; 1: nothing seen; 2: fewer than five; 3: a third week of work
    # with only one before; 4: two weeks came before.
    assert two.judged[0, :, 0].tolist() == [True, False, False, False, True]


def test_the_shift_of_a_stream_by_hand() -> None:
    n, total = column([10, 10, 10, 10]), column([0, 0, 8, 8])
    [two] = scan.spans(n, (2,), baseline=2, least=5)
    fleet = Components(*(np.array([x]) for x in (0.5, 0.02, 0.03, 0.0)))
    within, freedom = np.full((1, 4, 1), 0.5), scan.running(n - 1)
    of = scan.Quantity(scan.running(total), fleet, within, 0.5 * freedom, freedom)
    moved = scan.shift(two, of)
    noise = 0.5 / 20 + 0.02 * 200 / 400
    shrink = 0.03 / (0.03 + noise)
    assert moved.delta[0, 3, 0] == pytest.approx(0.8)
    assert moved.variance[0, 3, 0] == pytest.approx(noise + 0.03 * (1 - shrink))
    assert np.isnan(moved.delta[0, 2, 0])
    _, own = scan.shifts(two, of)
    assert own.delta[0, 3, 0] == pytest.approx(0.8)
    assert own.variance[0, 3, 0] == pytest.approx(2 * noise)


def test_slips_are_counted_against_the_rate_before() -> None:
    n, count = column([30] * 9), column([1] * 8 + [6])
    [one] = scan.spans(n, (1,), baseline=2, least=5)
    prior = scan.Rates(np.array([2.0]), np.array([60.0]))
    # Gamma(2 + 8, 60 + 240) of the rate: negative binomial with r = 10, p = 30 / 330.
    r, hit = 10, 30 / 330
    mass = [(1 - hit) ** r]
    for k in range(1, 8):
        mass.append(mass[-1] * (r + k - 1) / k * hit)
    expected = 1 - sum(mass[:6]) - mass[6] / 2
    assert scan.p_more(one, count, prior)[0, 8, 0] == pytest.approx(expected)


def test_without_slips_the_chance_is_near_one() -> None:
    n = column([30] * 9)
    [one] = scan.spans(n, (1,), baseline=2, least=5)
    p = scan.p_more(one, 0 * n, scan.rates(n, 0 * n, 2))
    assert (p[~np.isnan(p)] > 0.5).all()


def test_annotators_who_slip_at_very_different_rates_make_a_wide_prior() -> None:
    n = np.full((40, 8, 1), 50.0)
    same = np.random.default_rng(3).poisson(1.0, (40, 8, 1)).astype(float)
    mixed = same * np.where(np.arange(40) % 2, 0, 4)[:, None, None]
    assert scan.rates(n, same, 8).shape[0] > 10 * scan.LEAST_SHAPE
    assert scan.rates(n, mixed, 8).shape[0] == scan.LEAST_SHAPE


def test_the_clearest_length_wins_and_none_is_none() -> None:
    a, b = np.array([0.2, np.nan, np.nan]), np.array([0.1, 0.4, np.nan])
    best = scan.clearest([[a, b], [b, np.array([0.3, np.nan, np.nan])]])
    assert best.tolist() == [0, 0, -1]


@given(st.integers(1, 30), st.integers(0, 1000))
def test_recent_and_before_add_up_to_all(weeks: int, seed: int) -> None:
    x = np.random.default_rng(seed).integers(0, 9, (2, 12, 3)).astype(float)
    so_far = scan.running(x)
    recent, before = scan.halves(so_far, weeks)
    assert np.array_equal(recent + before, np.cumsum(x, axis=1))
    each = scan.halves(so_far, np.full((2, 12, 3), weeks))
    assert np.array_equal(recent, each[0])
    assert np.array_equal(recent[:, -1], x[:, max(0, 12 - weeks) :].sum(axis=1))


def test_every_cell_may_have_a_span_of_its_own() -> None:
    n = column([1, 2, 3, 4])
    span = scan.span_of(n, np.array([0, 2, 1, 9])[None, :, None])
    assert span.n[0, 1:, 0].tolist() == [3, 3, 10]
    assert span.before[0, 1:, 0].tolist() == [0, 3, 0]
    assert span.judged[0, :, 0].tolist() == [False, True, True, True]


def test_the_week_of_a_change_is_found() -> None:
    n = np.full((2, 20, 1), 30.0)
    total = np.zeros((2, 20, 1))
    total[0, 13:] = 30.0
    total[1, 18:] = 45.0
    of = scan.quantity(n, total, total**2 / n + 0.2 * n, 8, 0.5)
    assert scan.onset(n, [of, of], [of, of], 16).weeks.tolist() == [7, 2]
    first = [scan.quantity(n[:, :1], *(total[:, :1],) * 2, 8, 0.5)] * 2
    assert scan.onset(n[:, :1], first, first, 16).weeks.tolist() == [0, 0]


def streams(moved: float, since: int, m: int = 40) -> tuple[np.ndarray, scan.Quantity]:
    """M streams of 30 weeks of 20 pairs that moved from a week on."""
    rng = np.random.default_rng(5)
    x = rng.normal(0, 0.7, (m, 30, 1, 20)) + rng.normal(0, 0.12, (m, 30, 1, 1))
    x[:, since:] += moved
    n = np.full((m, 30, 1), 20.0)
    return n, scan.quantity(n, x.sum(-1), (x**2).sum(-1), 8, 0.5)


def test_the_beginning_is_found_where_it_is_plain_and_unsure_where_it_is_not() -> None:
    n, plain = streams(1.0, 20)
    calm = streams(0.0, 20)[1]
    found = scan.onset(n, [plain, calm], [plain, calm], 25)
    assert (np.abs(found.weeks - 10) <= 1).mean() > 0.95
    assert found.delta[:, 0].mean() == pytest.approx(1.0, abs=0.05)
    slight = streams(0.2, 20)[1]
    faint = scan.onset(n, [slight, calm], [slight, calm], 25)
    assert np.square(faint.error).mean() > 1.5 * np.square(found.error).mean()
    assert (np.abs(faint.delta[:, 0] - 0.2) < 1.96 * faint.error).mean() > 0.9


def test_a_length_is_as_unsure_as_the_axis_that_it_points_along() -> None:
    along = np.array([[3.0, 0.0], [0.0, -2.0], [3.0, 4.0], [0.0, 0.0], [np.nan, 1.0]])
    error = scan.along(along, np.full((5, 2), (0.04, 0.25)))
    # of (3, 4): (9 x .04 + 16 x .25) / 25 = .1744
    assert error[:4] == pytest.approx([0.2, 0.5, 0.1744**0.5, 0.145**0.5])
    assert np.isnan(error[4])


def test_no_past_has_no_beginning() -> None:
    n, of = streams(1.0, 20)
    short = scan.some_of(of, np.array([0]), np.array([0]))
    found = scan.onset(np.zeros((1, 30, 1)), [short, short], [short, short], 25)
    assert found.weeks.tolist() == [0]
    assert np.isnan(found.delta).all()
    assert np.isnan(found.error).all()
    nobody = scan.some_of(of, np.empty(0, np.int64), np.empty(0, np.int64))
    assert len(scan.onset(n[:0], [nobody] * 2, [nobody] * 2, 25).weeks) == 0
