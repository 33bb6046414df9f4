"""Parts, holes and distances of masks: as painted pixels have them."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as rle
from scipy import ndimage

from posegate.transforms.kernels.mask_shapes import Shapes
from posegate.transforms.model.poses import Bools

patient = settings(suppress_health_check=[HealthCheck.too_slow])
"""The first array that is drawn takes a second on a busy machine."""

PIXELS = arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9)))
MASKS = st.lists(PIXELS, min_size=1, max_size=4)


def of(*painted: Bools) -> Shapes:
    texts = []
    for mask in painted:
        packed = rle.encode(np.asfortranarray(mask, np.uint8))
        shape = {"size": packed["size"], "counts": packed["counts"].decode()}
        texts.append(json.dumps(shape).encode())
    size = np.array([mask.shape[::-1] for mask in painted], float)
    return Shapes.of(pa.array(texts, pa.binary()), size)


def drawn(*rows: str) -> Bools:
    return np.array([[each == "#" for each in row] for row in rows])


RING = drawn(".....", ".###.", ".#.#.", ".###.", "....#")


def test_a_ring_has_a_hole_and_a_corner_belongs_to_it() -> None:
    found = of(RING)
    assert found.area.tolist() == [9]
    assert found.holes.tolist() == [1]
    assert found.box.tolist() == [[1, 1, 4, 4]]
    assert found.parts.area.tolist() == [9]


def test_the_hole_of_an_open_ring_is_none() -> None:
    assert of(drawn("###", "#.#", "##.")).holes.tolist() == [1]  # corners do not leak
    assert of(drawn("###", "#.#", "#.#")).holes.tolist() == [0]


def test_parts_are_told_apart_and_the_largest_is_known() -> None:
    found = of(drawn("#..##", "#..##"), np.ones((2, 2), bool))
    parts = found.parts
    assert sorted(zip(parts.of.tolist(), parts.area.tolist(), strict=True)) == [
        (0, 2), (0, 4), (1, 4)]  # fmt: skip
    assert parts.area[found.largest].tolist() == [4, 4]
    assert parts.box[found.largest[0]].tolist() == [3, 0, 5, 2]


def test_what_is_no_mask_has_no_shape() -> None:
    texts = [None, b"{", b"[[1, 2]]", b"[[1, 1, 3, 1, 3, 3, 1, 3]]"]
    found = Shapes.of(
        pa.array(texts, pa.binary()), np.array([[8.0, 8]] * 3 + [[np.nan] * 2])
    )
    assert found.given.tolist() == [False, True, True, True]
    assert not found.there.any()
    for values in (found.area, found.holes, found.box, found.scale):
        assert np.isnan(values).all()
    assert len(found.parts.of) == 0
    assert found.largest.tolist() == [-1] * 4
    assert len(found.polygons) == 1  # of an image whose size is not known
    assert np.isnan(found.away(np.zeros((4, 1, 2)), np.ones((4, 1), bool))).all()


def test_the_distance_from_a_mask_is_that_from_its_nearest_pixel() -> None:
    found = of(drawn("....", ".##.", ".##."))
    xy = np.array([[[1, 1], [2.4, 2.4], [3.5, 1], [-2, 1], [4.5, 5.5], [np.nan, 1]]])
    away = found.away(xy, np.array([[True] * 6]))
    assert away[0, :2].tolist() == [0, 0]
    assert away[0, 2:5] == pytest.approx([1, 2.5, np.hypot(2, 3)])
    assert np.isnan(away[0, 5])
    assert np.isnan(found.away(xy, np.zeros((1, 6), bool))).all()


@patient
@given(MASKS)
def test_parts_and_holes_are_what_labelling_pixels_finds(painted: list[Bools]) -> None:
    found = of(*painted)
    for row, mask in enumerate(painted):
        labels, _ = ndimage.label(mask, np.ones((3, 3)))
        areas = np.bincount(labels.ravel())[1:]
        mine = found.parts.of == row
        assert sorted(found.parts.area[mine].tolist()) == sorted(areas.tolist())
        assert found.there[row] == mask.any()
        if mask.any():
            around, _ = ndimage.label(np.pad(~mask, 1, constant_values=True))
            gaps = np.bincount(around.ravel())
            gaps[[0, around[0, 0]]] = 0
            assert found.holes[row] == gaps.max()
            assert found.area[row] == mask.sum()


@patient
@given(
    MASKS,
    st.lists(st.tuples(st.floats(-3, 12), st.floats(-3, 12)), min_size=3, max_size=3),
)
def test_points_are_as_far_as_from_all_pixels(painted, points) -> None:
    xy = np.tile(np.array(points), (len(painted), 1, 1))
    away = of(*painted).away(xy, np.ones(xy.shape[:2], bool))
    for row, mask in enumerate(painted):
        y, x = np.nonzero(mask)
        for k, (px, py) in enumerate(points):
            apart = np.hypot(
                np.maximum(np.abs(x - px) - 0.5, 0), np.maximum(np.abs(y - py) - 0.5, 0)
            )
            if mask.any():
                assert away[row, k] == pytest.approx(apart.min(), abs=1e-9)
            else:
                assert np.isnan(away[row, k])
