"""Offsets that were there from the beginning, beyond a margin."""

import numpy as np
import pytest
from scipy import stats

from posegate.transforms.kernels.drift import Parameters
from posegate.transforms.kernels.standing import standing
from posegate.transforms.kernels.stream_sums import STATISTICS, grouped_sums

SIGMA = np.full(4, 0.07)
PARAMETERS = Parameters(tuple(SIGMA.tolist()), margin=0.5)


def sums(*offsets: float) -> np.ndarray:
    """Ten people for twelve weeks; the first ones' first keypoint is that far off
    [sigma s] along x, from the beginning on."""
    rng = np.random.default_rng(2)
    a, w = np.repeat(np.arange(10), 12 * 15), np.tile(np.repeat(np.arange(12), 15), 10)
    error = rng.normal(0, 0.4, (len(a), 4, 2))
    error[:, 0, 0] += np.array([*offsets, *[0.0] * (10 - len(offsets))])[a]
    both, scale = np.ones((len(a), 4), bool), np.full(len(a), 100.0)
    table = grouped_sums(a * 12 + w, 120, error * 7, both, scale, SIGMA)
    return table.reshape(10, 12, 4, -1)


def test_only_what_exceeds_the_margin_is_found() -> None:
    found = standing(sums(1.0, 0.4), PARAMETERS)
    assert np.argwhere(found.found).tolist() == [[0, 0]]
    assert found.offset[0, 0] == pytest.approx([7, 0], abs=0.6)
    assert found.offset[1, 0] == pytest.approx([2.8, 0], abs=0.6)


def test_at_the_margin_the_error_is_that_of_the_level() -> None:
    assert stats.ncx2.sf(stats.ncx2.isf(0.1, 2, 9.0), 2, 9.0) == pytest.approx(0.1)
    many = standing(sums(*[0.5] * 10), PARAMETERS)
    assert many.found.sum() <= 2


def test_too_few_pairs_tell_nothing() -> None:
    found = standing(np.zeros((2, 1, 4, len(STATISTICS)), np.int64), PARAMETERS)
    assert not found.found.any()
    assert np.isnan(found.offset).all()
