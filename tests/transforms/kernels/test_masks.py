"""Outlines: areas and edges, from polygons and RLE, and what is no outline."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as rle

from posegate.transforms.kernels import masks


def square(left: int, top: int, side: int) -> bytes:
    right, low = left + side, top + side
    return json.dumps([[left, top, right, top, right, low, left, low]]).encode()


def test_two_squares_that_share_a_third() -> None:
    a, b = (masks.decode(square(left, 0, 20), 100, 80) for left in (0, 10))
    assert a is not None
    assert b is not None
    assert a.shape == (80, 100)
    assert a.sum() == 400
    assert masks.iou(a, b) == pytest.approx(200 / 600)


def test_an_edge_is_as_wide_as_it_is_said() -> None:
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    assert masks.edge(mask, 1).sum() == 100 - 64
    assert masks.edge(mask, 5).sum() == 100
    full = np.ones((10, 10), bool)
    assert masks.edge(full, 1).sum() == 100 - 64  # the image's border is an edge


def test_the_edge_shows_what_the_area_hides() -> None:
    a, b = np.zeros((2, 400, 400), bool)
    a[50:350, 50:350] = True
    b[55:345, 55:345] = True  # 5 px all around, of an edge of 11 px
    assert masks.iou(a, b) == pytest.approx(290**2 / 300**2)
    one, other = 300**2 - 278**2, 290**2 - 268**2
    both = 290**2 - 278**2
    expected = both / (one + other - both)
    assert masks.boundary_iou(a, b) == pytest.approx(expected)
    assert masks.boundary_iou(a, b) < 0.5 < masks.iou(a, b)


def test_rle_is_read_in_both_its_forms() -> None:
    mask = np.zeros((6, 8), np.uint8, order="F")
    mask[1:4, 2:7] = 1
    packed = rle.encode(mask)
    counts = {"size": [6, 8], "counts": packed["counts"].decode()}
    runs = np.diff(np.flatnonzero(np.diff(np.r_[2, mask.ravel("F"), 2])))
    listed = {"size": [6, 8], "counts": runs.tolist()}
    for shape in (counts, listed):
        found = masks.decode(json.dumps(shape).encode(), 8, 6)
        assert found is not None
        assert (found == mask).all()


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "7", '"abc"', '{"size": [6, 9], "counts": "abc"}',
     '{"counts": [48]}', '{"size": [6, 8], "counts": [5]}', "[[1, 2]]", '["a"]'],
)  # fmt: skip
def test_what_is_no_outline_is_none(text: str) -> None:
    assert masks.decode(text.encode(), 8, 6) is None


def test_pairs_without_two_outlines_have_no_agreement() -> None:
    one = [square(0, 0, 4), None, square(0, 0, 4), b"{", square(0, 0, 4)]
    other = [square(0, 0, 4), square(0, 0, 4), None, square(0, 0, 4), square(0, 0, 4)]
    width = np.array([20.0, 20, 20, 20, np.nan])
    area, border = masks.agreement(one, other, width, np.full(5, 20.0))
    assert area[0] == border[0] == 1
    assert np.isnan(area[1:]).all()
    assert np.isnan(border[1:]).all()


def test_empty_masks_agree_on_nothing() -> None:
    nothing = np.zeros((4, 4), bool)
    assert np.isnan(masks.iou(nothing, nothing))
    assert np.isnan(masks.boundary_iou(nothing, nothing))


@given(st.integers(0, 30), st.integers(0, 30), st.integers(3, 20))
def test_agreement_does_not_ask_who_is_first_or_where_it_lies(x, y, side) -> None:
    a = masks.decode(square(x, y, side), 64, 64)
    b = masks.decode(square(10, 10, 15), 64, 64)
    assert a is not None
    assert b is not None
    for measure in (masks.iou, masks.boundary_iou):
        assert measure(a, b) == measure(b, a)
        assert 0 <= measure(a, b) <= 1
        assert measure(a, a) == 1
