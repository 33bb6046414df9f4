"""The smoothed state of a stream, against the published recursion."""

import numpy as np
import pytest

from posegate.transforms.kernels.mewma import fold

WEEKS = {
    "n": [12.0, 0, 20, 8],
    "log": [-1.2, 0, 4.1, 3.0],
    "wx": [1.5, 0, 9.0, 5.2],
    "wy": [-0.6, 0, 1.0, 0.4],
}


def test_the_state_of_four_weeks_one_of_them_empty() -> None:
    state = fold(*(np.array(WEEKS[key]) for key in ("n", "log", "wx", "wy")), 0.2)
    assert state.n == pytest.approx([12, 9.6, 27.68, 30.144])
    assert state.n2 == pytest.approx([12, 7.68, 24.9152, 23.945728])
    assert state.m2 == pytest.approx([144, 92.16, 458.9824, 357.748736])
    mean = state.log / state.n
    seen, weeks = state.n2 / state.n**2, state.m2 / state.n**2
    z = (mean + 0.05) / np.sqrt(0.55 * seen + 0.015 * weeks + 0.02)
    known = [-0.1758631145, -0.1758631145, 0.7869652364, 1.1838561050]
    assert z == pytest.approx(known, abs=1e-9)
    square = (state.x / state.n - 0.05) ** 2 + (state.y / state.n) ** 2
    t2 = square / (0.2 * seen + 0.014 * weeks + 0.006)
    known = [0.2215909091, 0.2215909091, 4.6187522992, 8.9688527805]
    assert t2 == pytest.approx(known, abs=1e-9)


def test_streams_fold_each_for_itself() -> None:
    column = np.array(WEEKS["n"])
    table = np.stack([column, column * 2], axis=1)
    state = fold(table, table, table, table, 0.2)
    assert state.n[:, 1] == pytest.approx(2 * state.n[:, 0])
    assert fold(*(table[:0],) * 4, 0.2).n.shape == (0, 2)
