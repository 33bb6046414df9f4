"""Benjamini and Hochberg's own example, and how long an alarm lasts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posegate.transforms.kernels.discoveries import (
    alarms,
    benjamini_hochberg,
    bonferroni,
)

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


def test_a_number_of_false_ones_is_a_share_of_the_tests_each() -> None:
    adjusted, rejected = bonferroni(np.array([0.01, np.nan, 0.03, 0.9]), 0.05)
    assert adjusted[[0, 2, 3]].tolist() == pytest.approx([0.03, 0.09, 1.0])
    assert np.isnan(adjusted[1])
    assert rejected.tolist() == [True, False, False, False]
    assert bonferroni(np.empty(0), 0.1).rejected.shape == (0,)


@given(arrays(float, 12, elements=st.floats(0, 1)), st.floats(0.01, 0.5))
def test_what_is_found_by_number_is_found_by_share(p: np.ndarray, q: float) -> None:
    assert (benjamini_hochberg(p, q).rejected >= bonferroni(p, q).rejected).all()


def test_by_number_others_that_drift_raise_nobodys_limit() -> None:
    p = np.full((10, 2, 1), 0.9)
    p[:5] = 1e-6
    p[5] = 0.05
    share, number = (alarms(p, 0.1, 0.2, 1, share) for share in (True, False))
    assert share.action[:, -1, 0].tolist() == [True] * 6 + [False] * 4
    assert number.action[:, -1, 0].tolist() == [True] * 5 + [False] * 5
    assert number.limit.tolist() == pytest.approx([0.01, 0.01])


def test_an_alarm_leaves_the_family_and_comes_back() -> None:
    p = np.full((4, 9, 1), 0.9)
    p[0, 1:] = 1e-6
    p[1, 3] = 0.04  # of three streams, when the first has left: found at q = .15
    found = alarms(p, action=0.15, watch=0.15, quarantine=3)
    assert np.flatnonzero(found.action[0, :, 0]).tolist() == [1, 4, 7]
    assert np.flatnonzero(found.action[1, :, 0]).tolist() == [3]
    assert found.alarm[0, 1:, 0].all()
    assert found.since[0, :, 0].tolist() == [-1, *[1] * 8]
    assert np.isnan(found.adjusted[0, 2:4]).all()
    assert found.limit[[0, 1, 2, 3]].tolist() == pytest.approx(
        [0.15 / 4, 0.15 / 4, 0.15 / 3, 0.15 / 3]
    )


def test_a_week_without_tests_has_no_limit() -> None:
    found = alarms(np.full((2, 3, 1), np.nan), 0.1, 0.2, 6)
    assert np.isnan(found.limit).all()
    assert not found.alarm.any()
    assert alarms(np.empty((0, 0, 2)), 0.1, 0.2, 6).limit.shape == (0,)
