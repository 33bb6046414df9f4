"""Whose left is left: of vendors and newcomers, not of one person."""

import numpy as np
import pytest

from posegate.transforms.kernels.conventions import (
    BACK,
    EXCHANGED,
    FRONT,
    IMAGE_LEFT,
    LEAST_BEHIND,
    UNSURE,
    readings,
)
from posegate.transforms.kernels.stream_sums import UNIT
from posegate.transforms.kernels.sums import WORK

PEOPLE, WEEKS = 10, 20
VENDORS = ("acme",) * 6 + ("best",) * 4


def work(front: np.ndarray, back: np.ndarray, seed: int = 2) -> np.ndarray:
    """(A, W, H, 3) of 6 instances from the front and 4 from behind a week, exchanged
    in these shares (A, W) of them."""
    rng = np.random.default_rng(seed)
    table = np.zeros((PEOPLE, WEEKS, len(WORK), 3), np.int64)
    for place, n, share in ((FRONT, 6, front), (BACK, 4, back)):
        wrong = rng.binomial(n, share)
        table[:, :, place] = np.stack([np.full_like(wrong, n), wrong, wrong], -1)
    table[:, :, 0, 0] = 10
    return table * UNIT


def shares(later: float, who: slice) -> np.ndarray:
    out = np.full((PEOPLE, WEEKS), 0.02)
    out[who, 12:] = later
    return out


def test_a_vendor_that_goes_by_the_image_is_told_from_one_that_exchanges_names() -> (
    None
):
    acme = slice(0, 6)
    for behind, reading in ((0.02, IMAGE_LEFT), (0.95, EXCHANGED)):
        table = work(shares(0.95, acme), shares(behind, acme))
        [found] = readings(table, VENDORS, 8)
        assert (found.group, found.reading) == ("(vendor acme)", reading)
        assert found.members.tolist() == [True] * 6 + [False] * 4
        assert found.since == 12
        assert found.front == pytest.approx(0.95, abs=0.03)


def test_one_person_is_no_vendor() -> None:
    table = work(shares(1.0, slice(0, 1)), shares(0.0, slice(0, 1)))
    assert readings(table, VENDORS, 8) == ()
    careless = work(shares(0.3, slice(0, 6)), shares(0.3, slice(0, 6)))
    assert readings(careless, VENDORS, 8) == ()


def test_all_who_are_new_are_a_group_of_their_own() -> None:
    table = work(shares(0.95, slice(0, 4)), shares(0.02, slice(0, 4)))
    table[:4, :14] = 0
    [found] = readings(table, ("acme",) * PEOPLE, 8)
    assert (found.group, found.reading) == ("(new annotators)", IMAGE_LEFT)
    assert np.flatnonzero(found.members).tolist() == [0, 1, 2, 3]
    assert found.since == 14


def test_without_vendors_everybody_is_one_group() -> None:
    table = work(shares(0.95, slice(None)), shares(0.02, slice(None)))
    [found] = readings(table, ("",) * PEOPLE, 8)
    assert found.group == "(everybody)"


def test_where_nobody_is_seen_from_behind_the_two_are_not_told_apart() -> None:
    table = work(shares(0.95, slice(0, 6)), shares(0.0, slice(0, 6)))
    table[:, :, BACK] = 0
    [found] = readings(table, VENDORS, 8)
    assert np.isnan(found.back)
    assert found.reading == UNSURE
    for behind, reading in ((LEAST_BEHIND - 1, UNSURE), (LEAST_BEHIND, IMAGE_LEFT)):
        table[0, -1, BACK, 0] = behind * UNIT
        [found] = readings(table, VENDORS, 8)
        assert found.reading == reading


def test_nothing_is_said_of_nothing() -> None:
    assert readings(np.zeros((0, 0, len(WORK), 3), np.int64), (), 8) == ()
    assert readings(np.zeros((3, 4, len(WORK), 3), np.int64), ("a",) * 3, 8) == ()
