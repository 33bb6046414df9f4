"""Polygons and masks as COCO's segmentation."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posegate.transforms.formats import outlines
from posegate.transforms.kernels.masks import decode


def test_a_triangle_has_half_its_box() -> None:
    found = outlines.polygon([[(0, 0), (4, 0), (4, 3)]])
    assert found is not None
    assert (found.area, found.box) == (6, (0, 0, 4, 3))
    assert json.loads(found.segmentation) == [[0, 0, 4, 0, 4, 3]]


def test_what_has_no_area_is_none() -> None:
    assert outlines.polygon([[(0, 0), (1, 1)]]) is None
    assert outlines.polygon([[(0, 0), (1, 1), (np.nan, 2)]]) is None
    assert outlines.mask(np.zeros((3, 4), np.bool_)) is None


@given(arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_a_mask_comes_back(mask: np.ndarray) -> None:
    found = outlines.mask(mask)
    if found is None:
        assert not mask.any()
        return
    height, width = mask.shape
    back = decode(found.segmentation, width, height)
    assert back is not None
    assert (back == mask).all()
    assert found.area == mask.sum()


def test_a_polygon_in_another_is_its_hole() -> None:
    outer = [(0.0, 0.0), (6.0, 0.0), (6.0, 6.0), (0.0, 6.0)]
    inner = [(1.0, 1.0), (4.0, 1.0), (4.0, 4.0), (1.0, 4.0)]
    found = outlines.evenodd([outer, inner], 8, 8)
    assert found is not None
    assert found.area == 36 - 9


def test_an_ellipse_is_a_polygon_of_its_size() -> None:
    corners = outlines.ellipse((5, 5), (3, 2), np.pi / 2)
    found = outlines.polygon([corners])
    assert found is not None
    assert np.allclose(found.box, (3, 2, 4, 6))
