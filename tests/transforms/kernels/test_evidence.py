"""p values of many scores, and of several tests of one thing."""

import numpy as np
import pytest

from posegate.transforms.kernels.evidence import (
    ENOUGH,
    honest,
    honest_square,
    p_apart,
    p_different,
    p_larger,
    together,
)


def test_scores_that_are_all_too_wide_are_narrowed() -> None:
    z = np.random.default_rng(1).normal(0, 1.5, 20_000)
    assert honest(z).std() == pytest.approx(1, abs=0.03)
    assert honest_square(2.25 * z[:10_000] ** 2 / 2.25 + z[10_000:] ** 2).mean() < 2.2


def test_scores_are_never_made_larger_nor_judged_by_a_few() -> None:
    z = np.random.default_rng(1).normal(0, 0.5, 2000)
    assert np.array_equal(honest(z), z)
    few = np.full(ENOUGH - 1, 9.0) * np.linspace(-1, 1, ENOUGH - 1)
    assert np.array_equal(honest(few), few)
    assert np.array_equal(honest_square(few**2), few**2)


def test_one_stream_that_drifts_does_not_narrow_the_others() -> None:
    z = np.random.default_rng(2).normal(0, 1, 2000)
    z[:40] = 30
    assert honest(z)[100:].std() > 0.9


def test_the_p_of_known_scores() -> None:
    assert p_larger(np.array([1.6448536])) == pytest.approx(0.05)
    assert p_different(np.array([1.959964, -1.959964])) == pytest.approx(0.05)
    assert p_different(np.array([2.228139]), 10) == pytest.approx(0.05)
    assert p_apart(np.array([5.991465])) == pytest.approx(0.05)
    assert np.isnan(p_larger(np.array([np.nan]))).all()


def test_several_tests_give_one_p() -> None:
    a, b = np.array([0.01, 0.9, np.nan, np.nan]), np.array([0.2, 0.8, 0.3, np.nan])
    found = together([a, b])
    assert found[:3] == pytest.approx([0.02, 1.0, 0.3])
    assert np.isnan(found[3])
