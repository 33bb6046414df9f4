"""What a person's keypoints have in common in a week is no news of each of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from posegate.transforms.kernels.visibility import (
    beside_person,
    in_common,
    in_odds,
    usual_rate,
)


def flags(n: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Sums of n flags of which so many are visible."""
    return np.stack([n, seen, seen, n], axis=-1).astype(float)


def test_a_week_that_hides_all_keypoints_alike_is_taken_off() -> None:
    seen = np.array([[[49.0, 49, 49], [19, 19, 19]]])  # of 98; odds 1, then 1/4
    n = np.full(seen.shape, 98.0)
    usual = usual_rate(n, seen, 1)
    assert usual.tolist() == [[[0.5, 0.5, 0.5]]]
    assert in_common(n, seen, usual)[0] == pytest.approx([0, -np.log(4)])
    left = beside_person(flags(n, seen), 1)
    less = 0.2 - 0.5
    assert left[0, 0].tolist() == flags(n, seen)[0, 0].tolist()
    assert left[0, 1, :, 1] == pytest.approx([19 - 98 * less] * 3)
    assert left[0, 1, :, 2] == pytest.approx([19 * (1 - less) ** 2 + 79 * less**2] * 3)
    assert (left[..., [0, 3]] == 98).all()


def test_one_keypoint_that_changes_moves_no_other() -> None:
    seen = np.full((1, 2, 5), 60.0)
    seen[0, 1, 2] = 99
    given_ = flags(np.full(seen.shape, 100.0), seen)
    assert np.array_equal(beside_person(given_, 1), given_)


def test_two_keypoints_have_nothing_in_common_nor_has_an_empty_week() -> None:
    seen = np.array([[[60.0, 60], [10, 10]]])
    two = flags(np.full(seen.shape, 100.0), seen)
    assert np.array_equal(beside_person(two, 1), two)
    for shape in ((0, 0, 17), (0, 3, 17), (2, 3, 17), (2, 3, 0)):
        nothing = np.zeros((*shape, 4))
        assert np.array_equal(beside_person(nothing, 8), nothing)


@given(st.integers(0, 2**32 - 1))
def test_what_is_left_scatters_about_its_mean_as_before(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 30, (2, 6, 5))
    before = flags(n, rng.binomial(n, 0.7))
    after = beside_person(before, 3)
    scatter = [s[..., 2] - s[..., 1] ** 2 / np.maximum(n, 1) for s in (before, after)]
    assert scatter[1] == pytest.approx(scatter[0], abs=1e-9)
    assert (np.abs(after[..., 1] - before[..., 1]) <= n).all()


def made(shared: float) -> np.ndarray:
    """60 people, 12 weeks of 9 keypoints, half with 15 instances a week, half with 240,
    whose odds differ by `shared` from instance to instance."""
    rng = np.random.default_rng(3)
    parts = []
    for many in (15, 240):
        odds = 1.1 + rng.normal(0, 0.4, (30, 1, 1, 9))
        odds = odds + rng.normal(0, 0.2, (30, 12, 1, 9))
        odds = odds + rng.normal(0, shared, (30, 12, many, 1))
        seen = (rng.random(odds.shape) < 1 / (1 + np.exp(-odds))).sum(axis=2)
        parts.append(flags(np.full(seen.shape, float(many)), seen))
    return np.concatenate(parts)


@pytest.mark.parametrize(("shared", "part"), [(0.0, (0.8, 1.1)), (1.5, (0.6, 0.85))])
def test_flags_in_odds_tell_as_much_as_weeks_show(shared, part) -> None:
    given_ = made(shared)
    odds, usual = in_odds(given_, 8)
    assert part[0] < given_[0, 0, 0, 0] / odds[0, 0, 0, 0] < part[1]
    mean, inside = odds[..., 1] / odds[..., 0], odds[..., 2] / odds[..., 0]
    inside = (inside - mean**2).mean(axis=1)
    assert inside == pytest.approx((1 / (usual * (1 - usual)))[:, 0], rel=0.5)
    assert np.abs(mean.mean(axis=1) - special.logit(usual)[:, 0]).max() < 0.6


def test_nobody_has_odds_without_flags() -> None:
    for shape in ((0, 0, 17), (0, 3, 17), (2, 3, 17), (2, 3, 0)):
        odds, usual = in_odds(np.zeros((*shape, 4)), 8)
        assert odds.shape == (*shape, 4)
        assert (odds == 0).all()
        assert (usual == 0.5).all()
