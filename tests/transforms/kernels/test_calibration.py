"""Sigmas from doubles: consistent, robust, and honest about how little they rest on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.calibration import pixel_floor, sigma_of, winsor

SIGMA = 0.062


def doubles(
    seed: int, n: int = 400, gross: float = 0.0, click: float = 0.0, people: int = 20
) -> tuple[np.ndarray, ...]:
    """Errors (n, 2) [px], scales (n,) [px] and who, in rotating pairs."""
    rng = np.random.default_rng(seed)
    scale = rng.lognormal(np.log(150), 0.6, n)
    error = rng.normal(0, SIGMA / np.sqrt(2), (n, 2)) * scale[:, None]
    error += rng.normal(0, click * np.sqrt(2), (n, 2))
    wild = rng.random(n) < gross
    turn, far = rng.uniform(0, 2 * np.pi, n), rng.uniform(0.1, 0.6, n) * scale
    error[wild] = (far * np.array([np.cos(turn), np.sin(turn)])).T[wild]
    one = rng.integers(0, people, n)
    other = (one + rng.integers(1, people, n)) % people
    return error, scale, one, other


def test_exact_exponential_quantiles_give_the_sigma_back() -> None:
    grid = -np.log1p(-(np.arange(20000) + 0.5) / 20000)  # quantiles of Exp(1)
    assert winsor(grid * 0.05**2) == pytest.approx(0.05, rel=2e-4)
    assert np.isnan(winsor(np.empty(0)))


def test_gross_errors_hardly_move_it_and_are_told() -> None:
    clean, wild = sigma_of(*doubles(1)), sigma_of(*doubles(1, gross=0.04))
    assert clean.sigma == pytest.approx(SIGMA, rel=0.08)
    assert wild.sigma == pytest.approx(SIGMA, rel=0.15)
    assert wild.moment > 1.3 * clean.moment
    assert wild.gross
    assert not clean.gross


def test_click_noise_is_taken_out() -> None:
    error, scale, *_ = doubles(2, n=4000, click=1.5)
    squared = (error**2).sum(axis=1)
    sigma, click = pixel_floor(squared, scale)
    assert sigma == pytest.approx(SIGMA, rel=0.08)
    assert click == pytest.approx(1.5, rel=0.35)
    assert winsor(squared / scale**2) > sigma


def test_objects_of_one_size_do_not_tell_click_noise_apart() -> None:
    squared = np.array([1.0, 4.0, 9.0, 2.0])
    found = pixel_floor(squared, np.full(4, 100.0))
    assert found == (winsor(squared / 1e4), 0.0)


def test_the_interval_holds_the_sigma_and_counts_pairs_and_people() -> None:
    found = sigma_of(*doubles(3))
    assert found.low < SIGMA < found.high
    assert found.low < found.sigma < found.high
    assert (found.pairs, found.people) == (400, 20)


def test_two_people_have_no_interval() -> None:
    found = sigma_of(*doubles(4, people=2))
    assert found.people == 2
    assert np.isnan([found.low, found.high]).all()


@given(st.floats(0.1, 10), st.integers(0, 5))
def test_a_sigma_does_not_ask_how_large_pixels_are(zoom: float, seed: int) -> None:
    error, scale, *_ = doubles(seed, n=60)
    squared = (error**2).sum(axis=1)
    here, there = (
        pixel_floor(squared * z**2, scale * z)[0] for z in (1.0, zoom)
    )  # fmt: skip
    assert there == pytest.approx(here, rel=1e-4)
