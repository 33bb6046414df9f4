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


PATHS = st.lists(
    st.lists(st.integers(-9, 9) | st.sampled_from((2.0, 2.5, 1e9)), max_size=9),
    max_size=3,
)


@given(st.lists(PATHS, max_size=4))
def test_polygons_of_many_are_those_of_each(objects: list[list[list[float]]]) -> None:
    texts, areas, halved = outlines.polygons(objects)
    for i, paths in enumerate(objects):
        assert halved[i] == any(len(path) % 2 for path in paths)
        corners = [list(zip(p[::2], p[1::2], strict=False)) for p in paths]
        one = None if halved[i] else outlines.polygon(corners)
        assert texts[i] == (None if one is None else one.segmentation)
        assert np.isnan(areas[i]) if one is None else np.isclose(areas[i], one.area)


def test_polygons_of_an_object_add_up() -> None:
    half, square = [0, 0, 4, 0, 4, 3], [0, 0, 2.5, 0, 2.5, 2.0, 0, 2]
    texts, areas, _ = outlines.polygons([[half, square], [], [half]])
    assert texts[0] == b"[[0,0,4,0,4,3],[0,0,2.5,0,2.5,2,0,2]]"
    assert (texts[1], areas[0], areas[2]) == (None, 6 + 5, 6)


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
