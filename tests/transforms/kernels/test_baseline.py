import numpy as np
import pytest

from posegate.transforms.kernels.baseline import (
    DEFAULT_BETWEEN,
    DEFAULT_WEEK,
    components,
    empirical_bayes,
)


def test_a_baseline_is_drawn_to_the_fleet() -> None:
    post = empirical_bayes(
        *(np.array(x) for x in (14.0, 0.42, 0.55, 0.03, 0.02)),
    )
    assert post.shrink == pytest.approx(0.4329896907216495, abs=1e-12)
    assert post.mean == pytest.approx(0.19319587628865978, abs=1e-12)
    assert post.var == pytest.approx(0.017010309278350514, abs=1e-12)


def test_without_values_the_fleet_is_what_is_expected() -> None:
    post = empirical_bayes(
        np.zeros(1), np.full(1, np.nan), *(np.array([x]) for x in (0.55, 0.03, 0.02))
    )
    assert (post.shrink[0], post.mean[0], post.var[0]) == (0, 0.02, 0.03)


def test_a_variance_between_weeks_makes_a_baseline_worth_less() -> None:
    numbers = [np.array(x) for x in (40.0, 0.4, 0.5, 0.03, 0.0)]
    steady = empirical_bayes(*numbers)
    shaky = empirical_bayes(*numbers, week=0.02, n2=np.array(800.0))
    assert shaky.shrink == pytest.approx(0.03 / (0.03 + 0.5 / 40 + 0.02 * 800 / 1600))
    assert shaky.shrink < steady.shrink


def test_the_components_of_a_made_fleet_are_found() -> None:
    rng = np.random.default_rng(7)
    annotators, weeks, pairs = 200, 8, 12
    centre = rng.normal(0.3, 0.2, (annotators, 1, 1))
    level = centre + rng.normal(0, 0.15, (annotators, weeks, 1))
    y = level[..., None] + rng.normal(0, 0.7, (annotators, weeks, 1, pairs))
    n = np.full((annotators, weeks, 1), float(pairs))
    found = components(n, y.sum(axis=-1), (y**2).sum(axis=-1), 9.9)
    assert found.within[0] == pytest.approx(0.49, rel=0.05)
    assert found.week[0] == pytest.approx(0.0225, rel=0.3)
    assert found.between[0] == pytest.approx(centre.var(ddof=1), rel=0.2)
    assert found.grand[0] == pytest.approx(0.3, abs=0.05)


def test_an_annotator_biased_from_the_start_hardly_widens_the_fleet() -> None:
    rng = np.random.default_rng(8)
    n = np.full((12, 8, 1), 100.0)
    mean = np.broadcast_to(rng.normal(0, 0.1, (12, 1, 1)), n.shape).copy()
    honest = components(n, n * mean, n * (mean**2 + 0.25), 9.9)
    mean[0] = 3
    spoilt = components(n, n * mean, n * (mean**2 + 0.25), 9.9)
    assert spoilt.between[0] < 5 * honest.between[0]
    assert abs(spoilt.grand[0] - honest.grand[0]) < 0.1


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 5, 3), (4, 0, 3), (4, 5, 3)])
def test_without_pairs_the_defaults_hold(shape: tuple[int, ...]) -> None:
    found = components(*(np.zeros(shape) for _ in range(3)), default_within=0.41)
    assert found.within.tolist() == [0.41] * 3
    assert found.week.tolist() == [DEFAULT_WEEK] * 3
    assert found.between.tolist() == [DEFAULT_BETWEEN] * 3
    assert found.grand.tolist() == [0] * 3


def test_errors_that_never_vary_leave_a_variance_to_divide_by() -> None:
    n = np.full((5, 8, 1), 20.0)
    found = components(n, -n, n, 0.41)
    assert 0 < found.within[0] < 1e-5
    assert found.week[0] == 0
    assert found.grand[0] == -1
