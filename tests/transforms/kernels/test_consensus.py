"""Consensus: the point nearest to all, and the likeliest flag."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posegate.transforms.kernels.consensus import dawid_skene, geometric_median

ALL = np.ones((1, 4), bool)


def test_the_geometric_median_of_the_worked_examples() -> None:
    three = np.array([[[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [7.0, 7.0]]])
    found = geometric_median(three, np.array([[True, True, True, False]]))
    assert found[0] == pytest.approx([2.113248654, 2.113248654], abs=1e-6)
    four = np.array([[[0.0, 0.0], [4.0, 0.0], [2.0, 5.0], [30.0, 30.0]]])
    found = geometric_median(four, ALL)
    assert found[0] == pytest.approx([2.857142857, 2.857142857], abs=1e-6)


def test_a_median_that_is_one_of_the_points_is_found_there() -> None:
    corner = np.array([[[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]])
    assert geometric_median(corner, ALL)[0] == pytest.approx([0, 0], abs=1e-6)
    same = np.full((1, 4, 2), 3.0)
    assert geometric_median(same, ALL)[0].tolist() == [3, 3]


def test_two_people_give_their_midpoint_and_nobody_gives_none() -> None:
    xy = np.array([[[0.0, 0.0], [4.0, 2.0]]] * 2)
    present = np.array([[True, True], [False, False]])
    found = geometric_median(xy, present)
    assert found[0] == pytest.approx([2, 1])
    assert np.isnan(found[1]).all()
    assert geometric_median(np.empty((0, 3, 2)), np.empty((0, 3), bool)).shape == (0, 2)


@given(arrays(np.float64, (1, 4, 2), elements=st.floats(-50, 50, width=32)))
def test_no_step_aside_is_nearer_to_all(xy: np.ndarray) -> None:
    at = geometric_median(xy, ALL)

    def total(there: np.ndarray) -> float:
        return float(np.hypot(*(xy - there[:, None])[0].T).sum())

    for step in ([0.1, 0], [-0.1, 0], [0, 0.1], [0, -0.1]):
        assert total(at) <= total(at + np.array(step)) + 1e-3


def answers(seed: int) -> tuple[np.ndarray, ...]:
    """300 points, 20 % occluded; 3 of 7 people call most occluded ones visible."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(300) >= 0.2).astype(int)  # 0 occluded, 1 visible
    sees = np.where(np.arange(7) < 3, 0.75, 0.05)  # P(visible | occluded)
    said = np.where(
        truth[:, None] == 1, rng.random((300, 7)) < 0.96, rng.random((300, 7)) < sees
    ).astype(int)
    unit, person = np.indices(said.shape).reshape(2, -1)
    return truth, unit, person, said.ravel(), sees


def test_those_who_call_hidden_points_visible_do_not_carry_the_vote() -> None:
    truth, unit, person, said, sees = answers(7)
    found = dawid_skene(unit, person, said, 2)
    right = found.posterior.argmax(axis=1) == truth
    votes = np.bincount(unit, said) > 3.5
    assert right.mean() >= 0.98
    assert right[truth == 0].mean() > (votes == truth)[truth == 0].mean() + 0.05
    assert found.confusion[:, 0, 1] == pytest.approx(sees, abs=0.15)
    assert found.prior[0] == pytest.approx((truth == 0).mean(), abs=0.03)


def test_equal_patterns_may_stand_once() -> None:
    unit, person = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2])
    label, times = np.array([0, 0, 1, 1, 1, 1]), np.array([2, 3])
    once = dawid_skene(unit, person, label, 2, times)
    rows = np.repeat([0, 1], times)
    spelt = dawid_skene(
        np.repeat(np.arange(5), 3), np.tile([0, 1, 2], 5),
        np.concatenate([label[3 * r : 3 * r + 3] for r in rows]), 2,
    )  # fmt: skip
    assert spelt.confusion == pytest.approx(once.confusion, abs=1e-9)
    assert spelt.posterior[[0, 2]] == pytest.approx(once.posterior, abs=1e-9)


def test_no_answers_have_no_truth() -> None:
    none = np.empty(0, np.int64)
    found = dawid_skene(none, none, none, 2)
    assert found.posterior.shape == (0, 2)
    assert found.prior.tolist() == [0.5, 0.5]
