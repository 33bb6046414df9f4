"""What moved with all people: told if it is plain and large enough to act on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.everybody import (
    LEAST_PEOPLE,
    PRACTICAL,
    Everybody,
    everybody,
    t2_common,
    until_calm,
)
from posegate.transforms.kernels.scan import Shift

PEOPLE, WEEKS, KEYPOINTS = 12, 10, 17
START = 4
MARGIN = 0.5
ERROR = 0.1  # of one person's shift


def judged(move: float, seed: int = 2) -> Everybody:
    """All keypoints of all people move to the right from `START` on."""
    rng = np.random.default_rng(seed)
    shape = (PEOPLE, WEEKS, KEYPOINTS)
    variance = np.full(shape, ERROR**2)
    along, across = rng.normal(0, ERROR, (2, *shape))
    along[:, START:] += move
    shifts = [(Shift(along, variance), Shift(across, variance))]
    return everybody(shifts, 0.1, 0.2, 6, MARGIN)


def test_the_statistic_by_hand() -> None:
    x, y = np.full((5, 1, 1), 1.0), np.zeros((5, 1, 1))
    assert t2_common(x, y)[0, 0] == pytest.approx(25 / (5 * 0.7737))
    x[:, 0, 0] = [2, 2, 2, -1, 9]  # sum 7 where 9 counts as 2, scatter 17 - 49 / 5
    y[:, 0, 0] = [-2, 2, -2, 2, 0]  # sum 0, scatter 16
    scatter = (17 + 16 - 49 / 5) / 8
    assert t2_common(x, y)[0, 0] == pytest.approx(49 / (5 * scatter))


def test_too_few_people_tell_nothing() -> None:
    x = np.full((LEAST_PEOPLE, 2, 1), 3.0)
    x[0, 1] = np.nan
    assert np.isnan(t2_common(x, x)[:, 0]).tolist() == [False, True]
    assert t2_common(x[:0], x[:0]).shape == (2, 1)


@given(st.floats(0, 9), st.integers(0, 99))
def test_what_other_keypoints_show_does_not_hide_it(move: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, PEOPLE, WEEKS, KEYPOINTS))
    alone = t2_common(x, y)[:, 0]
    x[..., 1:] += move
    assert np.array_equal(t2_common(x, y)[:, 0], alone)


def test_a_move_of_all_keypoints_at_once_is_told_from_its_first_week() -> None:
    found = judged(0.8)
    assert not found.plain[:START].any()
    assert found.plain[START:].all()
    assert found.told[START:, :, 0].mean() == pytest.approx(0.8, abs=0.03)
    assert not found.told[:START].any()


def test_a_move_too_small_to_act_on_excuses_people_and_is_not_told() -> None:
    found = judged(0.6 * PRACTICAL * MARGIN)
    assert found.alarm[START:].mean() > 0.5
    assert found.moved[0, START:, :, 0][found.alarm[START:]].mean() > 0.1
    assert not found.plain.any()


def test_people_are_unlike_in_what_moved_them_by_its_size() -> None:
    one, twice = judged(0.8), judged(1.6)
    assert not one.unlike(0)[:START].any()
    ratio = twice.unlike(0)[START:].mean() / one.unlike(0)[START:].mean()
    assert ratio == pytest.approx(4, rel=0.1)


def test_what_was_plain_stays_so_until_the_alarm_ends() -> None:
    alarm = np.array([0, 1, 1, 1, 0, 1], np.bool_)[:, None]
    plain = np.array([0, 0, 1, 0, 0, 0], np.bool_)[:, None]
    assert until_calm(alarm, plain)[:, 0].tolist() == [0, 0, 1, 1, 0, 0]
