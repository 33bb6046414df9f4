"""Limbs of two people: what the model says of exchanging them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.expectations.pose_models import load_model
from posegate.transforms.kernels.exchange import LIMBS, PART_OF, exchanged

MODEL = load_model()
FIGURE = np.array(
    [
        *((50, 12), (53, 10), (47, 10), (56, 12), (44, 12)),
        *((60, 28), (40, 28), (64, 44), (36, 44), (65, 58), (35, 58)),
        *((56, 58), (44, 58), (57, 77), (43, 77), (58, 96), (42, 96)),
    ],
    float,
)
ONE, OTHER = np.array([0]), np.array([1])


def couple(apart: float = 30.0) -> np.ndarray:
    """(2, 17, 2): two who stand side by side, the second a little smaller."""
    return np.stack([FIGURE, 0.9 * FIGURE + (apart, 8)])


def odds(xy: np.ndarray, labelled: np.ndarray | None = None) -> np.ndarray:
    """(L,) of the two."""
    seen = np.ones(xy.shape[:2], bool) if labelled is None else labelled
    return exchanged(MODEL, xy, seen, seen, ONE, OTHER)[0]


def swapped(xy: np.ndarray, limb: str) -> np.ndarray:
    out = xy.copy()
    joints = list(LIMBS[limb])
    out[:, joints] = xy[::-1][:, joints]
    return out


def test_nobody_is_better_with_somebody_elses_limb() -> None:
    assert (odds(couple()) < 0).all()


@pytest.mark.parametrize("limb", [*LIMBS])
def test_a_limb_that_was_exchanged_is_the_likeliest(limb: str) -> None:
    found = odds(swapped(couple(), limb))
    assert found[[*LIMBS].index(limb)] > 3
    assert PART_OF[found.argmax()][list(LIMBS[limb])].any()


@settings(max_examples=20)
@given(st.sampled_from([*LIMBS]), st.floats(5, 60))
def test_exchanging_back_is_as_bad_as_exchanging_was_good(
    limb: str, apart: float
) -> None:
    number = [*LIMBS].index(limb)
    before = odds(couple(apart))[number]
    after = odds(swapped(couple(apart), limb))[number]
    assert after == pytest.approx(-before, abs=1e-3)


def test_a_limb_that_one_of_them_lacks_is_not_judged() -> None:
    seen = np.ones((2, 17), bool)
    seen[1, 9] = False
    xy = np.where(seen[..., None], couple(), np.nan)
    found = dict(zip(LIMBS, odds(xy, seen), strict=True))
    assert np.isnan(found["left wrist"])
    assert np.isnan(found["left forearm"])
    assert np.isfinite(found["right wrist"])


def test_no_couples_have_no_odds() -> None:
    none = np.zeros(0, int)
    seen = np.ones((2, 17), bool)
    assert exchanged(MODEL, couple(), seen, seen, none, none).shape == (0, len(LIMBS))
