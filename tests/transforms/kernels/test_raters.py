"""Several raters: the textbooks' tables to their digits, and what is undefined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posegate.transforms.kernels import agreement, raters

FLEISS = np.array(
    [[0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6],
     [0, 3, 0, 3, 0], [2, 0, 4, 0, 0], [0, 0, 4, 0, 2], [2, 0, 3, 1, 0],
     [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
     [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1], [0, 0, 5, 0, 1],
     [3, 0, 0, 1, 2], [5, 1, 0, 0, 0], [0, 2, 0, 4, 0], [1, 0, 2, 0, 3],
     [0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0],
     [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0],
     [1, 0, 5, 0, 0], [0, 0, 0, 0, 6]]
)  # fmt: skip
"""30 patients, 6 psychiatrists, 5 diagnoses (Fleiss 1971)."""

WIKIPEDIA = np.array(
    [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0],
     [2, 2, 8, 1, 1], [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2],
     [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
)  # fmt: skip

KRIPPENDORFF = np.array(
    [[1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
     [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
     [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
     [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0]]
)  # fmt: skip
"""Four observers, twelve units, 0 missing (Krippendorff 2011)."""

MISSING = (KRIPPENDORFF.T[:, :, None] == np.arange(1, 6)).sum(axis=1)  # (12, 5)


def test_fleiss_kappa_of_the_psychiatrists() -> None:
    assert raters.fleiss_kappa(FLEISS) == pytest.approx(0.43024452006014074, abs=1e-12)
    assert raters.observed(FLEISS) == pytest.approx(0.5555555555555555, abs=1e-12)
    p = raters.prevalence(FLEISS)
    assert p.round(3).tolist() == [0.144, 0.144, 0.167, 0.306, 0.239]
    assert np.square(p).sum() == pytest.approx(0.21993827160493828, abs=1e-12)
    assert raters.fleiss_error(FLEISS) == pytest.approx(0.024373932099411154)
    assert raters.fleiss_by_label(FLEISS) == pytest.approx(
        [0.2447552447552448, 0.2447552447552448, 0.52, 0.47112727272727273,
         0.5661178068239687], abs=1e-12
    )  # fmt: skip


def test_fleiss_kappa_of_fourteen_raters() -> None:
    kappa = raters.fleiss_kappa(WIKIPEDIA)
    assert kappa == pytest.approx(0.20993070442195522, abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "alpha"),
    [
        ("nominal", 0.743421052631579),
        ("ordinal", 0.8153875037548814),
        ("interval", 0.8491071428571428),
        ("ratio", 0.7974027747116121),
    ],
)
def test_alpha_of_four_observers_who_missed_some(metric, alpha: float) -> None:
    found = raters.krippendorff_alpha(MISSING, metric=metric)
    assert found == pytest.approx(alpha, abs=1e-12)


def test_other_coefficients_of_the_same_observers() -> None:
    assert raters.observed(MISSING) == pytest.approx(0.81818, abs=5e-6)
    assert raters.ac1(MISSING) == pytest.approx(0.77544, abs=5e-6)
    assert raters.fleiss_kappa(MISSING) == pytest.approx(0.76117, abs=5e-6)


def test_two_raters_are_the_case_of_two() -> None:
    both = np.array([[2, 0]] * 118 + [[1, 1]] * 7)
    assert raters.ac1(both) == pytest.approx(0.9407763376087177, abs=1e-12)
    kappa = raters.fleiss_kappa(both)
    assert kappa == pytest.approx(-0.028806584362140154, abs=1e-12)  # Scott's pi
    paradox = agreement.ac1(np.array([[118, 5], [2, 0]]))
    assert raters.ac1(both) == pytest.approx(float(paradox))


@pytest.mark.parametrize(
    "counts", [[[3, 0], [2, 0]], [[1, 0], [0, 1]], [[0, 0]], np.empty((0, 2), int)],
    ids=["one label", "one rater", "nobody", "no unit"],
)  # fmt: skip
def test_nothing_to_agree_on_is_undefined(counts) -> None:
    table = np.asarray(counts, np.int64)
    for coefficient in (raters.fleiss_kappa, raters.krippendorff_alpha, raters.ac1):
        assert np.isnan(coefficient(table))


@given(
    arrays(np.int64, (6, 3), elements=st.integers(0, 3)),
    arrays(np.int64, 6, elements=st.integers(1, 4)),
)
def test_a_composition_that_stands_once_counts_as_often_as_it_is_said(
    counts: np.ndarray, times: np.ndarray
) -> None:
    written_out = np.repeat(counts, times, axis=0)
    for coefficient in (raters.fleiss_kappa, raters.krippendorff_alpha, raters.ac1):
        found = coefficient(counts, times)
        assert found == pytest.approx(coefficient(written_out), nan_ok=True)
        assert not found > 1 + 1e-12
