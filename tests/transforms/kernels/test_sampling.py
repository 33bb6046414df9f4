import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.sampling import (
    Estimate,
    allocate,
    bottom_k,
    clustered_mean,
    design,
    quota,
    rank,
    round_robin,
    stratified_mean,
    uniform,
)

UNITS = [f"inst-{i:06d}" for i in range(2000)]


def test_uniform_numbers_are_those_of_the_definition() -> None:
    assert uniform("s1", "qa", ["inst-000001", "inst-000002"]).tolist() == [
        0.35692687308846405,
        0.5102378256760516,
    ]
    assert uniform("s1", "double", ["inst-000001"])[0] == 0.2337015948081953
    assert uniform("s2", "qa", ["inst-000001"])[0] == 0.2356766132803032
    assert uniform("s1", "qa", ["Zürich/vid_7#12"])[0] == 0.09575359523561355


def test_the_smallest_of_two_thousand_are_known() -> None:
    below = np.flatnonzero(uniform("s1", "qa", UNITS) < 0.005)
    known = [141, 196, 312, 330, 1040, 1118, 1232, 1479, 1488, 1677, 1790]
    assert below.tolist() == known


def test_no_units_give_no_numbers_and_a_broken_name_still_gives_one() -> None:
    assert uniform("s", "p", []).shape == (0,)
    assert 0 <= uniform("s", "p", ["\udcff"])[0] < 1


def test_bottom_k_is_in_the_order_of_the_hash() -> None:
    u = uniform("s1", "qa", UNITS[:1000])
    known = [330, 141, 196, 312, 341, 815, 215, 799, 999, 672]
    assert bottom_k(u, UNITS[:1000], 10).tolist() == known


def test_bottom_k_breaks_ties_by_id_and_stops_at_what_there_is() -> None:
    u = np.array([0.5, 0.5, 0.1])
    assert bottom_k(u, ["b", "a", "c"], 2).tolist() == [2, 1]
    assert bottom_k(u, ["b", "a", "c"], 9).tolist() == [2, 1, 0]
    assert bottom_k(u, ["b", "a", "c"], 0).tolist() == []
    assert bottom_k(np.empty(0), [], 3).tolist() == []


@given(st.lists(st.floats(0, 1), max_size=40), st.integers(0, 12), st.integers(0, 40))
def test_bottom_k_of_a_union_needs_only_the_bottoms_of_its_parts(
    numbers: list[float], k: int, cut: int
) -> None:
    u = np.array(numbers)
    ids = np.array([f"{i:02d}" for i in range(len(u))])
    first, second = np.arange(len(u))[:cut], np.arange(len(u))[cut:]
    kept = np.concatenate(
        [part[bottom_k(u[part], ids[part], k)] for part in (first, second)]
    )
    merged = kept[bottom_k(u[kept], ids[kept], k)]
    assert merged.tolist() == bottom_k(u, ids, k).tolist()


def test_rank_counts_within_each_group() -> None:
    group = np.array([4, 0, 4, 0, 4])
    u = np.array([0.9, 0.2, 0.1, 0.1, 0.5])
    assert rank(group, u, list("abcde")).tolist() == [2, 1, 0, 0, 1]
    assert rank(group[:0], u[:0], []).tolist() == []


def test_round_robin_takes_one_of_every_video_before_a_second() -> None:
    video = np.array([0, 0, 0, 1, 2, 2])
    u = np.array([0.1, 0.2, 0.3, 0.9, 0.5, 0.4])
    assert round_robin(video, u, list("abcdef")).tolist() == [0, 5, 3, 1, 4, 2]


def test_quota_rounds_up_and_asks_for_at_least_one() -> None:
    counts = np.array([0, 1, 3, 20, 100])
    assert quota(counts, 0.15).tolist() == [0, 1, 1, 3, 15]
    assert quota(counts, 0.07).tolist() == [0, 1, 1, 2, 7]
    assert quota(counts, 1.0).tolist() == counts.tolist()


def of(strata: list[tuple[int, list[float]]]) -> Estimate:
    return stratified_mean(
        np.array([units for units, _ in strata]),
        np.array([len(y) for _, y in strata]),
        np.array([sum(y) for _, y in strata]),
        np.array([sum(v * v for v in y) for _, y in strata]),
    )


def test_the_stratified_mean_of_the_worked_example() -> None:
    estimate = of(
        [
            (120, [0.91, 0.88, 0.95, 0.79, 0.93, 0.90]),
            (300, [0.85, 0.97, 0.92, 0.60, 0.94, 0.91, 0.89, 0.96]),
            (40, [0.99, 0.98, 0.97, 0.95]),
        ]
    )
    assert estimate.mean == pytest.approx(0.8915217391304349, abs=1e-12)
    assert estimate.se == pytest.approx(0.027814873031540777, abs=1e-12)
    assert estimate.df == pytest.approx(7.644129158395009, rel=1e-9)
    assert estimate.covered == 1
    plain = estimate._replace(skew=0.0)
    assert plain.interval() == pytest.approx((0.826857, 0.956186), abs=1e-6)


def test_a_mean_near_one_is_missed_by_more_from_below() -> None:
    """By hand: t = 2.325, and a skewness of -.4497."""
    near = Estimate(0.8915217391, 0.0278148730, 7.644129, 1.0, -0.449678)
    low, high = near.interval()
    t = (0.956186 - 0.826857) / 2 / near.se
    tail = np.log(1 + 2 / 3 * 0.449678 * ((near.mean - low) / near.se - 0.449678 / 6))
    assert tail == pytest.approx(2 / 3 * 0.449678 * t, abs=1e-4)
    short = (high - near.mean) / near.se  # its cube, as Hall has it
    assert short + 0.449678 / 3 * short**2 + 0.449678**2 / 27 * short**3 == (
        pytest.approx(t - 0.449678 / 6, abs=1e-4)
    )
    assert of([(100, [0.9, 0.8, 0.95, 1.0])]).skew < 0
    assert of([(100, [0.1, 0.2, 0.05, 0.0])]).skew > 0
    assert of([(100, [0.5, 0.4, 0.6])]).skew == pytest.approx(0)


@given(
    st.floats(0.01, 0.99),
    st.floats(1e-4, 0.2),
    st.floats(1, 100),
    st.floats(-3, 3),
)
def test_a_surer_bound_is_never_a_higher_one(
    mean: float, se: float, df: float, skew: float
) -> None:
    found = Estimate(mean, se, df, 1.0, skew)
    levels = (0.5, 0.8, 0.9, 0.95, 0.975)
    bounds = [found.lower_bound(level) for level in levels]
    assert bounds == sorted(bounds, reverse=True)


def test_a_census_has_no_sampling_error() -> None:
    estimate = of([(2, [0.5, 1.0]), (1, [0.2])])
    assert estimate.se == 0
    assert estimate.interval() == (estimate.mean, estimate.mean)
    assert estimate.mean == pytest.approx(1.7 / 3)


def test_a_stratum_without_a_sample_is_left_out_and_told() -> None:
    estimate = of([(30, [0.8, 0.9]), (10, [])])
    assert estimate.mean == pytest.approx(0.85)
    assert estimate.covered == 0.75


def test_a_single_unit_borrows_the_variance_of_the_others() -> None:
    estimate = of([(10, [0.8, 0.9]), (10, [0.5])])
    assert estimate.mean == pytest.approx(0.675)
    pooled = 0.005
    expected = 0.25 * pooled * (0.8 / 2 + 0.9 / 1)
    assert estimate.se == pytest.approx(expected**0.5)


def test_half_of_a_lot_leaves_its_mean_no_tail() -> None:
    drawn = [0.9, 0.8, 0.95, 1.0]
    for n, left in {10**9: 1, 16: 2 / 3, 8: 0, 5: -1, 4: 0}.items():
        found = of([(n, drawn)])
        room = found.mean * (1 - found.mean) + 2 * found.se**2
        usual = 3 * (1 - 2 * found.mean) * found.se / room
        assert found.skew == pytest.approx(usual * left)


def test_one_value_or_none_says_nothing_of_the_error() -> None:
    assert np.isnan(of([(10, [0.5])]).interval()).all()
    assert np.isnan(of([(10, [])]).mean)
    assert np.isnan(of([]).mean)


def test_clusters_that_differ_widen_the_bound() -> None:
    found = clustered_mean([25] * 4, [17.5, 20, 22.5, 25])
    se = np.std([0.7, 0.8, 0.9, 1.0], ddof=1) / 2
    assert (found.mean, found.se, found.df) == pytest.approx((0.85, se, 3))
    plain = found._replace(skew=0.0)
    assert plain.lower_bound(0.9) == pytest.approx(0.85 - 1.637744 * se, abs=1e-6)


def test_clusters_of_many_sizes_leave_fewer_degrees_of_freedom() -> None:
    n, mean = np.array([40.0, 5, 5, 5, 5]), np.array([0.9, 0.7, 0.8, 0.9, 1.0])
    found = clustered_mean(n, n * mean)
    weight = n / n.sum()
    gap = (mean - weight @ mean) * weight
    assert found.se == pytest.approx(np.sqrt((gap**2 / (1 - weight)).sum()))
    off = np.diag(weight / np.sqrt(1 - weight)) @ (np.eye(5) - weight)
    spread = off @ off.T
    freedom = np.trace(spread) ** 2 / np.sum(spread**2)
    assert found.df == pytest.approx(freedom)
    assert found.df < 2


def test_a_tail_below_lowers_the_bound_and_one_above_raises_it() -> None:
    below = clustered_mean([10] * 8, [9, 9, 9, 9, 9, 9, 9, 5])
    above = clustered_mean([10] * 8, [1, 1, 1, 1, 1, 1, 1, 5])
    assert below.skew == pytest.approx(-above.skew)
    assert below.skew < 0
    plain = below._replace(skew=0.0)
    assert below.lower_bound(0.9) < plain.lower_bound(0.9)
    low, high = below.interval()
    assert below.mean - low > high - below.mean
    mirrored = 1 - above.interval()[1]
    assert low == pytest.approx(mirrored)


def test_a_cluster_of_two_is_as_skewed_as_the_mean_is_near_to_one() -> None:
    found = clustered_mean([10, 10], [9.0, 9.8])
    room = 0.94 * 0.06 + 2 * 0.04**2
    assert found.skew == pytest.approx(3 * (1 - 2 * 0.94) * 0.04 / room)


@pytest.mark.parametrize(("centre", "spread"), [(1.0, 0.6), (2.5, 0.1), (2.0, 1.0)])
def test_odds_that_are_log_normal_are_skewed_as_is_taken_to_be_usual(
    centre, spread
) -> None:
    rng = np.random.default_rng(1)
    values = 1 / (1 + np.exp(-rng.normal(centre, spread, 400_000)))
    apart = values - values.mean()
    skew = (apart**3).mean() / values.std() ** 3
    usual = clustered_mean([1, 1], values.mean() + values.std() * np.array([-1, 1]))
    assert usual.se == pytest.approx(values.std())
    assert usual.skew == pytest.approx(skew, rel=0.1)


def test_one_cluster_has_no_bound_and_none_no_mean() -> None:
    assert np.isnan(clustered_mean([5, 0], [4.0, 0.0]).lower_bound(0.9))
    assert clustered_mean([5, 0], [4.0, 0.0]).mean == 0.8
    assert np.isnan(clustered_mean([], []).mean)


NOBODY_KNOWS = np.full(3, np.nan)


def test_a_small_lot_gives_what_its_test_needs() -> None:
    lot = np.array([100, 60, 40])
    made = design(lot, NOBODY_KNOWS, 0.15, least=55, cap=894)
    assert made.accept.tolist() == [28, 17, 11]  # 55 of 200, rounded up
    assert (made.accept + made.reserve).tolist() == lot.tolist()
    assert made.monitor.tolist() == [0, 0, 0]
    assert made.probability() == pytest.approx(made.accept / lot)


def test_a_lot_smaller_than_its_test_is_looked_at_whole() -> None:
    made = design(np.array([20, 4]), NOBODY_KNOWS[:2], 0.15, least=24, cap=24)
    assert made.accept.tolist() == [20, 4]
    assert made.reserve.tolist() == [0, 0]


def test_a_large_lot_leaves_quota_to_follow_its_people() -> None:
    lot = np.array([10_000, 6_000, 4_000])
    spread = np.array([0.05, 0.10, 0.05])
    made = design(lot, spread, 0.15, 55, 894, floor=25, partial=0.3)
    assert made.accept.tolist() == [447, 269, 179]  # 894 of 20,000
    assert made.reserve.tolist() == [0, 0, 0]
    assert made.accept.sum() + made.monitor.sum() == 3000
    assert made.partial.tolist() == [3000, 1800, 1200]
    # 25 each, the rest as 500 : 600 : 200
    rest = 3000 - 895 - 75
    expected = 25 + rest * np.array([5, 6, 2]) / 13
    assert made.monitor == pytest.approx(expected, abs=1)
    pi = 1 - (1 - made.accept / lot) * (1 - made.monitor / lot)
    assert made.probability() == pytest.approx(pi)


def test_neyman_makes_the_error_of_the_whole_smaller() -> None:
    lot, spread = np.array([500, 500, 500]), np.array([0.02, 0.05, 0.2])

    def error(n: np.ndarray) -> float:
        return float(np.sqrt((spread**2 * (1 - n / lot) / n).sum()))

    neyman = allocate(lot, spread, 300, 10)
    assert neyman.sum() == 300
    assert error(neyman) < 0.85 * error(np.array([100, 100, 100]))
    assert neyman.min() >= 10


@given(
    st.lists(st.tuples(st.integers(0, 80), st.floats(0, 1)), min_size=1, max_size=6),
    st.integers(0, 400),
    st.integers(0, 30),
)
def test_a_budget_is_spent_and_nobody_gives_more_than_there_is(
    strata: list[tuple[int, float]], budget: int, floor: int
) -> None:
    lot, spread = (np.array(column) for column in zip(*strata, strict=True))
    given_ = allocate(lot, spread, budget, floor)
    assert (given_ >= 0).all()
    assert (given_ <= lot).all()
    assert given_.sum() == min(budget, lot.sum())


@pytest.mark.parametrize(
    ("spread", "shares"), [([0.0, 0.0], [4, 4]), ([np.nan, 0.0], [6, 2])]
)
def test_strata_without_any_deviation_still_share(
    spread: list[float], shares: list[int]
) -> None:
    given_ = allocate(np.array([10, 10]), np.array(spread), 8, 2)
    assert given_.tolist() == shares
