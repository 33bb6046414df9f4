"""The size of errors, which begins anew with every version of a model."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.kernels import error_sizes
from posegate.transforms.kernels.difficulty import Adjusted

WINDOWS, BASELINE, LEAST = (2, 4), 3, 4.0
SHAPE = 6, 14, 3
PAIRS = 12


def made(seed: int, larger: float = 0.0) -> tuple[np.ndarray, Adjusted]:
    """12 pairs a week of six people; from week 7 on the errors of all look larger [ln],
    of everybody by as much as their own habits have it."""
    rng = np.random.default_rng(seed)
    habit = 1 + 0.5 * rng.standard_normal((SHAPE[0], 1, SHAPE[2]))
    grown = np.where(np.arange(SHAPE[1]) >= 7, larger, 0.0)[:, None] * habit
    each = rng.normal(0, 0.6, (*SHAPE, PAIRS)) + grown[..., None]
    n = np.full(SHAPE, float(PAIRS))
    log, log2 = each.sum(axis=-1), (each**2).sum(axis=-1)
    return n, Adjusted(log, log2, n, np.zeros(SHAPE), np.zeros(3))


def begun(week: int) -> np.ndarray:
    """One other version, from a week on, of all keypoints."""
    return np.where(np.arange(SHAPE[1]) >= week, 1, 0)[:, None].repeat(SHAPE[2], 1)


def test_a_version_begins_where_the_model_is_said_to_have_moved() -> None:
    plain = np.array([[0, 0], [1, 0], [1, 0], [0, 0], [1, 1]], bool)
    assert error_sizes.versions(plain).T.tolist() == [[0, 1, 1, 1, 2], [0, 0, 0, 0, 1]]
    assert error_sizes.versions(plain[:0]).shape == (0, 2)


def test_what_looks_larger_beside_another_model_has_not_grown() -> None:
    n, given_ = made(3, larger=0.8)
    plain, anew = (
        error_sizes.grown(
            error_sizes.regimes(n, given_, BASELINE, version), WINDOWS, BASELINE, LEAST
        )
        for version in (None, begun(7))
    )
    assert np.nanmax(np.abs(plain[0][:, 7:])) > 4
    assert np.nanmax(np.abs(anew[0][:, 7:])) < 4
    assert np.isfinite(anew[0][:, 12:]).all()
    assert np.isfinite(anew[1][:, 8:10]).all()


@settings(max_examples=10)
@given(st.integers(0, 99), st.integers(1, 13))
def test_before_a_version_nothing_of_it_is_known(seed: int, week: int) -> None:
    n, given_ = made(seed)
    some = error_sizes.regimes(n, given_, BASELINE, begun(week))
    other = [each.copy() for each in given_[:2]]
    for each in other:
        each[:, week:] *= 3
    again = error_sizes.regimes(
        n, given_._replace(log=other[0], log2=other[1]), BASELINE, begun(week)
    )
    assert [r.where.all(axis=1).sum() for r in some] == [week, SHAPE[1] - week]
    assert np.array_equal(some[0].n, again[0].n)
    assert not some[0].n[:, week:].any()
    assert not some[1].n[:, :week].any()


def test_without_another_version_all_is_one() -> None:
    n, given_ = made(5)
    [one] = error_sizes.regimes(n, given_, BASELINE, None)
    [same] = error_sizes.regimes(n, given_, BASELINE, np.zeros(SHAPE[1:], np.int64))
    assert np.array_equal(one.size.so_far, same.size.so_far)
    weeks = np.full(SHAPE, 2)
    assert np.isfinite(error_sizes.factor([one], weeks)[:, 3:]).all()
    assert np.isnan(error_sizes.factor([one], weeks * 0)).all()
