import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.geometry import (
    both,
    bounding_box,
    box_area,
    distance,
    iou,
    larger,
    length,
    mutual_area,
    squared_length,
    where,
)

NAN = np.nan


def test_length_is_that_of_a_3_4_5_triangle() -> None:
    assert length(np.array([[3.0, 4.0]])) == 5
    assert squared_length(np.array([[3.0, 4.0]])) == 25


def test_a_length_beyond_float_range_is_infinite_without_a_warning() -> None:
    assert np.isinf(squared_length(np.array([1e200, 0.0])))
    assert np.isinf(length(np.array([1.7e308, 1.7e308])))


def test_distance_between_keypoints_and_between_midpoints() -> None:
    xy = np.array([[[0.0, 0], [4, 0], [0, 3], [4, 3]]])
    assert distance(xy, 0, 3) == 5
    assert distance(xy, (0, 1), (2, 3)) == 3


def test_distance_to_a_keypoint_without_position_is_nan() -> None:
    xy = np.array([[[0.0, 0], [NAN, NAN]]])
    assert np.isnan(distance(xy, 0, 1))


def test_bounding_box_holds_the_labelled_points_only() -> None:
    xy = np.array([[[10.0, 20], [14, 50], [900, 900]]] * 2)
    labelled = np.array([[True, True, False], [False, False, False]])
    box = bounding_box(xy, labelled)
    assert box[0].tolist() == [10, 20, 4, 30]
    assert np.isnan(box[1]).all()


def test_x_and_y_are_taken_together() -> None:
    pairs = np.array([[[1.0, 2], [3, -4]], [[NAN, 5], [6, NAN]]])
    np.testing.assert_equal(larger(pairs), pairs.max(axis=2))
    np.testing.assert_equal(both(pairs > 0), (pairs > 0).all(axis=2))
    assert both(np.empty((0, 17, 2), bool)).shape == (0, 17)


def test_vectors_that_are_not_known_have_another_number_and_the_others_stay() -> None:
    given = np.array([[1.0, 2.0], [3.0, np.nan]])
    kept = where(np.array([True, False]), given, 0.0)
    assert kept.tolist() == [[1, 2], [0, 0]]
    assert given[1, 0] == 3
    assert where(np.zeros(0, bool), np.empty((0, 2)), np.nan).shape == (0, 2)


def test_bounding_box_of_no_instances_is_empty() -> None:
    assert bounding_box(np.empty((0, 17, 2)), np.empty((0, 17), bool)).shape == (0, 4)


def test_iou_of_known_boxes() -> None:
    box = np.array([0.0, 0, 10, 10])
    others = np.array(
        [[0.0, 0, 10, 10], [5, 0, 10, 10], [20, 0, 5, 5], [10, 0, 5, 5], [NAN] * 4]
    )
    assert iou(box, others)[:4] == pytest.approx([1, 1 / 3, 0, 0])
    assert np.isnan(iou(box, others)[4])


def test_iou_of_two_empty_boxes_is_zero() -> None:
    assert iou(np.zeros(4), np.zeros(4)) == 0


@given(st.lists(st.floats(0, 100), min_size=8, max_size=8))
def test_iou_is_symmetric_and_a_share(numbers: list[float]) -> None:
    a, b = np.array(numbers).reshape(2, 4)
    assert iou(a, b) == iou(b, a)
    assert 0 <= iou(a, b) <= 1 + 1e-9


def test_areas_of_boxes() -> None:
    box = np.array([[0.0, 0, 100, 200]])
    assert box_area(box) == pytest.approx(10_600)
    assert mutual_area(box, box * 4) == pytest.approx(4 * 10_600)
    assert mutual_area(box, box / 1000) == 1024
    assert np.isnan(mutual_area(box, np.full((1, 4), NAN)))
