"""The pose model's arithmetic: what it reads, and what it makes of little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.expectations.pose_models import load_model
from posegate.transforms.kernels.pose_model import (
    EXCHANGES,
    FEATURES,
    JOINTS,
    MOVED,
    PERMUTATIONS,
    PoseModel,
    any_exchange,
    features,
    judge,
    outputs,
)

SEEN = np.ones((1, 17), bool)


def pose(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 100, (1, 17, 2))


def test_an_exchange_moves_what_it_names_and_twice_is_none() -> None:
    assert PERMUTATIONS.shape == (1 + len(EXCHANGES), 17)
    assert (PERMUTATIONS[0] == np.arange(17)).all()
    for order in PERMUTATIONS:
        assert (order[order] == np.arange(17)).all()
    knees = MOVED[list(EXCHANGES).index("knees")]
    assert [JOINTS[i] for i in np.flatnonzero(knees)] == ["left_knee", "right_knee"]


def test_what_is_read_begins_with_the_pose_in_units_of_its_size() -> None:
    xy = np.zeros((1, 17, 2))
    xy[0, :2] = (1, 5), (3, 5)
    labelled = np.zeros((1, 17), bool)
    labelled[0, :2] = True
    got = features(xy, labelled, labelled)
    assert got.shape == (1, FEATURES)
    np.testing.assert_allclose(got[0, :4], [-1, 0, 1, 0])
    assert (got[0, 4:34] == 0).all()
    np.testing.assert_array_equal(got[0, 34:51], labelled[0])


@settings(max_examples=30)
@given(st.integers(0, 99), st.floats(0.01, 50), st.floats(-999, 999))
def test_neither_place_nor_size_matters(seed: int, size: float, far: float) -> None:
    here = features(pose(seed), SEEN, SEEN)
    there = features(pose(seed) * size + far, SEEN, SEEN)
    np.testing.assert_allclose(here, there, atol=1e-3)


def test_two_layers_by_hand() -> None:
    model = PoseModel(
        (np.array([[1.0, -1.0]], np.float32), np.array([[2.0], [3.0]], np.float32)),
        (np.array([0.0, 1.0], np.float32), np.array([0.5], np.float32)),
    )
    given = np.array([[2.0], [-4.0]], np.float32)
    # max(2, 0) and max(-2 + 1, 0); then max(-4, 0) and max(4 + 1, 0)
    np.testing.assert_allclose(outputs(model, given), [[4.5], [15.5]])


def test_odds_of_any_exchange_add_up_those_of_each() -> None:
    odds = np.log([[0.5, 0.25, 0.25]])
    assert any_exchange(odds) == pytest.approx(0)


@pytest.mark.parametrize("labelled", [0, 1])
def test_nobody_and_one_keypoint_give_odds_and_no_warning(labelled: int) -> None:
    seen = np.arange(17)[None] < labelled
    found = judge(load_model(), np.full((1, 17, 2), 7.0), seen, seen)
    assert np.isfinite(found.exchanged).all()
    assert np.isfinite(found.misplaced).sum() == labelled


def test_no_rows() -> None:
    found = judge(load_model(), np.zeros((0, 17, 2)), SEEN[:0], SEEN[:0])
    assert found.exchanged.shape == (0, len(EXCHANGES))
    assert found.misplaced.shape == (0, 17)


def test_odds_do_not_depend_on_the_neighbours() -> None:
    model = load_model("person")
    xy = np.random.default_rng(0).normal(0, 100, (700, 17, 2))
    flags = np.ones((700, 17), np.bool_)
    whole = judge(model, xy, flags, flags)
    for size in (1, 7, 300):
        for first in range(0, 700 - size, 233):
            rows = slice(first, first + size)
            part = judge(model, xy[rows], flags[rows], flags[rows])
            np.testing.assert_array_equal(part.exchanged, whole.exchanged[rows])
            np.testing.assert_array_equal(part.misplaced, whole.misplaced[rows])
