"""Intervals of coefficients of agreement: by hand, by simulation, and where none is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical import batch, row
from posegate.transforms.kernels.agreement import cohen_kappa
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.jackknife import GROUPS, groups, interval


def share(counts: Ints) -> float:
    """The first of two counts over both: its jackknife is known."""
    return float(counts[0] / counts.sum())


def kappa(table: Ints) -> float:
    return float(cohen_kappa(table))


def test_of_two_groups_by_hand() -> None:
    """.5 and .7 by either alone, .6 by both; ln of the rest: -.6931, -1.2040.

    The error is their half distance, .2554; t of one degree is 12.706, and ln .4 is
    -.9163: 1 - exp(-.9163 +- 3.2450).
    """
    low, high = interval(np.array([[5, 5], [7, 3]]), share)
    assert low == pytest.approx(1 - np.exp(-0.91629 + 12.7062 * 0.255413), abs=1e-4)
    assert high == pytest.approx(1 - np.exp(-0.91629 - 12.7062 * 0.255413), abs=1e-4)


@pytest.mark.parametrize(
    "counts",
    [
        np.zeros((GROUPS, 2, 2), np.int64),
        np.array([[[9, 1], [1, 9]]]),  # one group
        np.array([[[9, 1], [1, 9]], [[0, 0], [0, 0]]]),  # and an empty one
        np.array([[[9, 0], [0, 9]]] * 3),  # all alike: kappa 1, no scale
        np.array([[[0, 0], [0, 9]]] * 3),  # kappa undefined
        np.array([[[5, 1], [1, 5]], [[0, 0], [0, 9]]]),  # undefined without the first
    ],
    ids=str,
)
def test_where_nothing_tells_there_is_no_interval(counts: Ints) -> None:
    assert np.isnan(interval(counts, kappa)).all()


def test_rows_of_a_video_or_an_image_are_of_one_group() -> None:
    rows = [row(i, video=f"v{i % 3}", image=f"{i}.jpg") for i in range(30)]
    stills = [row(30 + i, video=None, image=f"{i // 2}.jpg") for i in range(10)]
    found = groups(batch(*rows, *stills))
    assert len(set(found[:30].tolist())) <= 3
    assert (found[:27] == found[3:30]).all()
    assert (found[30::2] == found[31::2]).all()
    assert 0 <= found.min() <= found.max() < GROUPS


@settings(max_examples=50)
@given(
    st.lists(
        st.lists(st.integers(1, 30), min_size=4, max_size=4), min_size=2, max_size=8
    )
)
def test_an_interval_holds_its_coefficient_and_any_order_agrees(
    tables: list[list[int]],
) -> None:
    counts = np.array(tables).reshape(-1, 2, 2)
    low, high = interval(counts, kappa)
    assert low <= kappa(counts.sum(axis=0)) + 1e-9
    assert kappa(counts.sum(axis=0)) <= high + 1e-9 <= 1 + 2e-9
    assert interval(counts[::-1], kappa) == pytest.approx((low, high))


def test_videos_that_differ_make_it_wider_than_their_flags_say() -> None:
    same = np.array([[[30, 8], [8, 30]]] * 8)
    apart = np.array([[[36, 2], [2, 36]], [[24, 14], [14, 24]]] * 4)
    assert (same.sum(axis=0) == apart.sum(axis=0)).all()
    narrow, wide = (np.ptp(interval(each, kappa)) for each in (same, apart))
    assert narrow < 1e-9 < 0.1 < wide
