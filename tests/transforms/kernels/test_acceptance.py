import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from posegate.transforms.kernels.acceptance import (
    LARGEST_SAMPLE,
    Single,
    Sprt,
    annotator_gate,
    clopper_pearson,
    operating_curve,
    risks,
    share_interval,
    single_plan,
)

TEST = Sprt(p0=0.05, p1=0.10, alpha=0.05, beta=0.05, cap=894)


def test_the_boundaries_are_walds() -> None:
    assert TEST.llr_bad == pytest.approx(0.6931471805599453, abs=1e-15)
    assert TEST.llr_good == pytest.approx(-0.0540672212702757, abs=1e-15)
    assert TEST.reject_at == pytest.approx(2.9444389791664403, abs=1e-15)
    assert TEST.accept_at == pytest.approx(-2.9444389791664403, abs=1e-15)


def test_without_a_bad_one_it_accepts_at_55() -> None:
    assert TEST.decide(0, 0) == ("hold", 0, 55)
    assert TEST.decide(0, 54)[::2] == ("hold", 1)
    assert TEST.decide(0, 55)[::2] == ("accept", 0)


def test_five_bad_ones_at_once_reject() -> None:
    assert TEST.decide(4, 0).verdict == "hold"
    assert TEST.decide(5, 0).verdict == "reject"


def test_at_the_cap_the_sign_decides() -> None:
    assert TEST.decide(64, 830).verdict == "accept"
    assert TEST.decide(65, 829).verdict == "reject"


def test_it_stops_before_the_cap_when_nothing_can_change_the_sign() -> None:
    short = Sprt(0.05, 0.10, 0.05, 0.05, cap=40)
    assert short.decide(3, 1).verdict == "reject"
    assert short.decide(0, 37).verdict == "hold"
    assert short.decide(0, 38).verdict == "accept"


@given(st.integers(0, 60), st.integers(0, 900), st.integers(1, 1000))
def test_so_many_more_good_ones_accept_and_one_fewer_does_not(
    bad: int, good: int, cap: int
) -> None:
    test = Sprt(0.05, 0.10, 0.05, 0.05, cap)
    outcome = test.decide(bad, good)
    if outcome.verdict == "hold":
        assert test.decide(bad, good + outcome.more).verdict == "accept"
        assert test.decide(bad, good + outcome.more - 1).verdict == "hold"
    else:
        assert outcome.more == 0


def test_the_error_rates_are_those_promised() -> None:
    def accepted(p: float) -> float:
        rng = np.random.default_rng(3)
        steps = np.where(rng.random((4000, 894)) < p, TEST.llr_bad, TEST.llr_good)
        path = steps.cumsum(axis=1)
        over, under = path >= TEST.reject_at, path <= TEST.accept_at
        first = [np.where(x.any(1), x.argmax(1), 9999) for x in (over, under)]
        open_end = (first[0] == 9999) & (first[1] == 9999)
        return float(np.where(open_end, path[:, -1] < 0, first[1] < first[0]).mean())

    assert accepted(0.05) == pytest.approx(0.961, abs=0.015)
    assert accepted(0.10) == pytest.approx(0.050, abs=0.015)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"p0": 0.2}, "p0 = 0.2, p1 = 0.1"),
        ({"p1": 1.0}, "p1 = 1.0"),
        ({"alpha": 0.0}, "alpha = 0.0"),
        ({"alpha": 0.6, "beta": 0.4}, "beta = 0.4"),
        ({"cap": 0}, "cap = 0"),
        ({"p0": float("nan")}, "p0 = nan"),
    ],
)
def test_impossible_parameters_are_named(change: dict[str, float], named: str) -> None:
    given_ = {"p0": 0.05, "p1": 0.1, "alpha": 0.05, "beta": 0.05, "cap": 894}
    with pytest.raises(ValueError, match=named):
        Sprt(**(given_ | change))  # type: ignore[arg-type]


def test_the_single_plan_is_the_textbooks() -> None:
    assert single_plan(0.05, 0.10, 0.05, 0.05) == (298, 21)


def test_the_annotator_gate_finds_the_one_and_spares_the_unreviewed() -> None:
    bad, n = np.array([0, 9, 1, 0, 2]), np.array([20, 20, 20, 0, 40])
    flagged = annotator_gate(bad, n, p0=0.05, alpha=0.05)
    assert flagged.tolist() == [False, True, False, False, False]
    assert annotator_gate(bad[:0], n[:0], 0.05, 0.05).shape == (0,)


def test_more_annotators_ask_for_more_evidence() -> None:
    alone = annotator_gate(np.array([4]), np.array([15]), 0.05, 0.01)
    among = annotator_gate(np.array([4] + [0] * 199), np.array([15] * 200), 0.05, 0.01)
    assert alone[0]
    assert not among.any()


def test_the_exact_interval_of_a_share() -> None:
    low, high = clopper_pearson(np.array([0, 3, 20]), np.array([0, 20, 20]))
    assert low == pytest.approx([0, 0.032071, 0.831566], abs=1e-6)
    assert high == pytest.approx([1, 0.378927, 1], abs=1e-6)


@pytest.mark.parametrize(("p0", "p1", "cap"), [(0.05, 0.10, 894), (0.1, 0.2, 450)])
def test_the_interval_holds_where_a_sequential_test_stops(
    p0: float, p1: float, cap: int
) -> None:
    """Exactly: every way to stop, with its probability at each share."""
    plan = Sprt(p0, p1, 0.05, 0.05, cap)
    accept, reject = plan.bounds()
    share = np.linspace(p0 / 2, 2 * p1, 12)
    at = np.zeros((len(share), int(reject.max()) + 2))
    at[:, 0] = 1.0
    held, plain = np.zeros((2, len(share)))
    for n in range(1, cap + 1):
        at[:, 1:] = at[:, 1:] * (1 - share[:, None]) + at[:, :-1] * share[:, None]
        at[:, 0] *= 1 - share
        for bad in (*range(accept[n] + 1), *range(reject[n], min(n + 1, at.shape[1]))):
            if at[:, bad].any():
                low, high = share_interval(plan, bad, n)
                held += at[:, bad] * ((low <= share) & (share <= high))
                low, high = share_interval(Single(298, 21), bad, n)
                plain += at[:, bad] * ((low <= share) & (share <= high))
                at[:, bad] = 0.0
    assert held.min() >= 0.95
    assert plain.min() < 0.94  # as of a sample whose size was settled before


def test_the_operating_curve_is_the_simulated_one() -> None:
    curve = operating_curve(TEST, np.array([0.02, 0.05, 0.07, 0.10, 0.20]))
    simulated = [1.000, 0.961, 0.595, 0.050, 0.000]  # of 40,000 lots each
    assert curve.accepted == pytest.approx(simulated, abs=0.01)
    assert curve.reviews == pytest.approx([76, 163, 250, 141, 34], rel=0.03)


def test_a_cap_that_is_too_small_costs_risk_and_is_told() -> None:
    """By hand: of one review the sign decides, so half of a lot of p1 = .5 pass, and a
    quarter of one of p0 = .25 are rejected."""
    one = Sprt(0.25, 0.5, 0.05, 0.05, 1)
    assert risks(one, 0, one) == pytest.approx((0.25, 0.5))
    assert risks(one, 1, one) == (0.05, 0.05)  # all of it is reviewed
    short = Sprt(0.05, 0.10, 0.05, 0.05, 100)
    assert risks(short, 5000, short) == pytest.approx((0.128, 0.206), abs=1e-3)


def test_a_plan_with_its_usual_cap_keeps_its_risks() -> None:
    assert risks(TEST, 20_000, TEST) == (0.05, 0.05)
    assert risks(Single(298, 21), 0, TEST) == (0.05, 0.05)


def test_the_curve_of_a_single_plan_is_the_binomial() -> None:
    plan = Single(298, 21)
    share = np.array([0.05, 0.07, 0.10])
    curve = operating_curve(plan, share)
    assert curve.accepted == pytest.approx(stats.binom.cdf(21, 298, share), abs=1e-12)
    assert curve.accepted.round(3).tolist() == [0.954, 0.570, 0.049]
    assert (curve.reviews <= 298).all()


@pytest.mark.parametrize(
    ("bad", "good", "said", "more"),
    [
        (0, 0, "hold", 277),
        (0, 276, "hold", 1),
        (0, 277, "accept", 0),
        (21, 276, "hold", 1),
        (21, 277, "accept", 0),
        (22, 0, "reject", 0),
    ],
)
def test_a_single_plan_decides_as_soon_as_nothing_can_change(
    bad: int, good: int, said: str, more: int
) -> None:
    outcome = Single(298, 21).decide(bad, good)
    assert (outcome.verdict, outcome.more) == (said, more)


def test_a_lot_smaller_than_the_test_is_decided_by_its_last_review() -> None:
    small = TEST.within(30)
    assert small.decide(0, 30).verdict == "accept"
    assert small.decide(3, 27).verdict == "reject"
    assert small.decide(1, 5).more <= 24
    plan = Single(298, 21).within(30)
    assert (plan.n, plan.most) == (30, 2)
    assert plan.decide(2, 28).verdict == "accept"


@given(st.integers(1, 60), st.sampled_from([TEST, Single(40, 3)]))
def test_bounds_are_what_it_decides(lot: int, plan: Sprt | Single) -> None:
    small = plan.within(lot)
    accept, reject = small.bounds()
    for n in range(small.cap + 1):
        said = [small.decide(bad, n - bad).verdict for bad in range(n + 1)]
        expected = ["accept"] * (accept[n] + 1)
        expected += ["hold"] * (min(reject[n], n + 1) - accept[n] - 1)
        expected += ["reject"] * (n + 1 - len(expected))
        assert said == expected
    assert "hold" not in said


def test_a_huge_cap_costs_neither_memory_nor_hours_and_a_larger_one_is_refused() -> (
    None
):
    plan = Sprt(0.05, 0.10, 0.05, 0.05, LARGEST_SAMPLE)
    accept, reject = plan.bounds()
    for n in (55, 1_000, 49_999, 50_000):
        for bad, said in ((accept[n], "accept"), (reject[n], "reject")):
            assert plan.decide(int(bad), n - int(bad)).verdict == said
        one_more = int(accept[n]) + 1
        assert plan.decide(one_more, n - one_more).verdict != "accept"
    curve = operating_curve(plan, np.array([0.05, 0.10]))
    assert curve.accepted == pytest.approx([0.961, 0.05], abs=0.01)
    with pytest.raises(ValueError, match="cap = 50,001; nobody makes more than 50,000"):
        Sprt(0.05, 0.10, 0.05, 0.05, LARGEST_SAMPLE + 1)


def test_a_single_plan_that_nobody_could_review_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"p0 = 0\.1 and p1 = 0\.1 .* further apart"):
        single_plan(0.0999999999, 0.1, 0.05, 0.05)
