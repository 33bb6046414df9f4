"""Dense views of batches: slices, nulls, and no copy where none is needed."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical import STANDING, batch, moved, row
from posegate.transforms.model.poses import Poses, dense, scalars

pair = st.lists(st.floats(allow_nan=False), min_size=2, max_size=2)
column = st.lists(st.none() | pair, max_size=8)


@given(column, st.integers(0, 8))
def test_lists_become_rows_and_null_becomes_nan(values: list[Any], start: int) -> None:
    made = dense(pa.array(values, pa.list_(pa.float64(), 2)).slice(start), 2)
    expected = [v or [np.nan, np.nan] for v in values[start:]]
    assert made.shape == (len(expected), 2)
    assert np.array_equal(made, np.reshape(expected, (-1, 2)), equal_nan=True)


def test_a_null_row_of_whole_numbers_is_zeros() -> None:
    made = dense(pa.array([[1, 2], None], pa.list_(pa.uint8(), 2)), 2)
    assert made.tolist() == [[1, 2], [0, 0]]
    assert made.dtype == np.uint8


def test_a_full_column_is_not_copied() -> None:
    values = pa.array(np.arange(6.0))
    lists = pa.FixedSizeListArray.from_arrays(values, 2)
    assert np.shares_memory(dense(lists.slice(1), 2), values.to_numpy())


def test_scalars_are_floats_with_nan_for_null() -> None:
    made = scalars(pa.array([3, None], pa.int32()))
    assert made.dtype == np.float64
    assert np.array_equal(made, [3, np.nan], equal_nan=True)


def test_poses_have_the_shapes_that_kernels_count_on() -> None:
    bare = dict.fromkeys(["bbox", "area", "width", "height"])
    rows = batch(row(9), row(0, visibility=[0, 1, 3]), row(1, xy=moved(1, 2), **bare))
    poses = Poses.of(rows.slice(1))
    assert poses.xy.shape == (2, 3, 2)
    assert poses.xy[0].ravel().tolist() == STANDING
    assert poses.xy[1, 0].tolist() == [21, 12]
    assert poses.labelled.tolist() == [[False, True, True], [True] * 3]
    assert poses.visible.tolist() == [[False, False, True], [True] * 3]
    assert poses.size[0].tolist() == [640, 480]
    for absent in (poses.bbox[1], poses.size[1], poses.area[1], poses.scale[1]):
        assert np.isnan(absent).all()


@pytest.mark.parametrize(("area", "scale"), [(400.0, 20.0), (0.0, None), (-4.0, None)])
def test_the_scale_is_the_root_of_an_area(area: float, scale: float | None) -> None:
    [found] = Poses.of(batch(row(area=area))).scale
    assert found == scale if scale else np.isnan(found)


def test_no_rows_have_shapes_too() -> None:
    assert Poses.of(batch()).xy.shape == (0, 3, 2)


def test_a_third_coordinate_makes_a_pose_spatial_in_its_unit() -> None:
    rows = batch(
        row(0, z=[1.0, 2.0, 3.0], unit="mm"), row(1), row(2, z=[4.0] * 3, unit="px")
    )
    poses = Poses.of(rows)
    assert poses.spatial.tolist() == [True, False, True]
    assert poses.xyz[0, 2].tolist() == [30, 30, 3]
    assert np.isnan(poses.xyz[1, :, 2]).all()
    assert np.array_equal(poses.metre, [0.001, np.nan, np.nan], equal_nan=True)


def test_flat_poses_have_no_depth_and_cost_none() -> None:
    for rows in (batch(row(0), row(1)), batch(row(0)).drop_columns(["z", "unit"])):
        poses = Poses.of(rows)
        assert not poses.spatial.any()
        assert np.isnan(poses.xyz[..., 2]).all()
        assert np.isnan(poses.metre).all()
        assert poses.z.strides == (0, 0)
