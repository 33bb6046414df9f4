import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posegate.transforms.kernels.agreement import (
    ac1,
    cohen_kappa,
    confusion,
    gated_agreement,
)

PARADOX = np.array([[118, 5], [2, 0]])


def test_confusion_counts_pairs_of_flags() -> None:
    a = np.array([[0, 1, 2], [2, 2, 0]], np.uint8)
    b = np.array([[0, 2, 2], [2, 1, 0]], np.uint8)
    [whole] = confusion(a, b, 3)
    assert whole.tolist() == [[2, 0, 0], [0, 0, 1], [0, 1, 2]]
    [nothing] = confusion([], [], 2)
    assert nothing.tolist() == [[0, 0], [0, 0]]


def test_confusion_counts_groups_apart() -> None:
    a = np.array([[0, 1, 2], [2, 2, 0]], np.uint8)
    b = np.array([[0, 2, 2], [2, 1, 0]], np.uint8)
    own = confusion(a, b, 3, np.array([[2], [0]]), 3)
    assert own[2].tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
    assert own[0].tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]
    assert not own[1].any()


def test_a_flag_beyond_the_table_is_named() -> None:
    with pytest.raises(ValueError, match=r"flags run from 0 to 7; .* levels 0 to 3"):
        confusion([0, 7], [0, 0], 4)


def test_the_coefficients_of_the_paradox() -> None:
    assert cohen_kappa(PARADOX) == pytest.approx(-0.023391812865498157, abs=1e-12)
    assert ac1(PARADOX) == pytest.approx(0.9407763376087177, abs=1e-12)


def test_levels_nobody_uses_change_nothing() -> None:
    padded = np.zeros((4, 4), int)
    padded[:2, :2] = PARADOX
    assert cohen_kappa(padded) == pytest.approx(float(cohen_kappa(PARADOX)))
    assert ac1(padded) == pytest.approx(float(ac1(PARADOX)))


def test_many_tables_at_once_are_each_table() -> None:
    tables = np.stack([PARADOX, [[50, 5], [5, 40]], [[0, 0], [0, 0]], [[9, 0], [0, 0]]])
    for coefficient in (cohen_kappa, ac1):
        assert coefficient(tables)[:2] == pytest.approx(
            [float(coefficient(table)) for table in tables[:2]]
        )
        assert np.isnan(coefficient(tables)[2:]).all()


def test_the_gate_takes_kappa_where_the_levels_are_balanced() -> None:
    gated = gated_agreement(np.array([[50, 5], [5, 40]]))
    assert gated.statistic == "kappa"
    assert gated.value == pytest.approx(0.79798, abs=1e-5)
    assert gated.agreement == 0.9
    assert str(gated) == "kappa 0.798 (n = 100; prevalence 0: 0.55, 1: 0.45)"


def test_the_gate_takes_ac1_where_one_level_dominates() -> None:
    gated = gated_agreement(PARADOX)
    assert gated.statistic == "ac1"
    assert gated.value == pytest.approx(0.9407763376087177)
    assert gated.prevalence == pytest.approx([0.972, 0.028])


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ([[0, 0], [0, 0]], "undefined: nothing was flagged by both"),
        (
            [[9, 0], [0, 0]],
            "undefined: all flags are equal, so neither kappa nor AC1 exists",
        ),
    ],
)
def test_an_undefined_coefficient_says_why(table: list[list[int]], reason: str) -> None:
    gated = gated_agreement(np.array(table))
    assert np.isnan(gated.value)
    assert gated.reason == reason
    assert reason in str(gated)


@given(arrays(np.int64, (3, 3), elements=st.integers(0, 50)))
def test_agreement_does_not_ask_who_is_first(table: np.ndarray) -> None:
    for coefficient in (cohen_kappa, ac1):
        there, back = coefficient(table), coefficient(table.T)
        np.testing.assert_allclose(there, back, atol=1e-12)
        assert np.isnan(there) or there <= 1 + 1e-12
