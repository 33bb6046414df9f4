"""Who has company: people who overlap in an image, poses of one shape anywhere."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical import batch, row
from posegate.transforms.kernels.buckets import runs, stable_hash
from posegate.transforms.kernels.company import (
    CROWD,
    Company,
    aligned_distance,
    cells,
    couples,
    meeting,
    shape,
    sketches,
)
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.schema import instances

ALL = np.ones((1, 12), bool)


def pose(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 100, (1, 12, 2))


def test_a_shape_is_centred_and_of_unit_size() -> None:
    square = np.array([[[0, 0], [2, 0], [0, 2], [2, 2]]], float)
    got = shape(square, np.ones((1, 4), bool))
    np.testing.assert_allclose(got * np.sqrt(2), square - 1)


def test_what_is_in_one_place_or_not_there_has_no_shape() -> None:
    here = np.full((2, 3, 2), 5.0)
    assert np.isnan(shape(here, np.array([[True] * 3, [False] * 3]))).all()


def test_the_distance_of_shapes_by_hand() -> None:
    one = np.array([[[-1, 0], [1, 0]]], float)
    other = np.array([[[0, -3], [0, 3]]], float)
    seen = np.ones((1, 2), bool)
    assert aligned_distance(one, seen, other, seen, 2) == pytest.approx(np.sqrt(2))
    assert np.isnan(aligned_distance(one, seen, other, seen, 3)).all()


@settings(max_examples=40)
@given(
    st.integers(0, 99),
    st.floats(0.1, 10),
    st.floats(-500, 500),
    st.floats(-500, 500),
)
def test_moving_and_resizing_a_pose_does_not_change_its_shape(
    seed: int, size: float, x: float, y: float
) -> None:
    there = pose(seed) * size + (x, y)
    assert aligned_distance(pose(seed), ALL, there, ALL, 10) == pytest.approx(
        0, abs=1e-9
    )


def test_copies_fall_into_the_same_cell_of_one_of_the_grids() -> None:
    poses = np.concatenate([pose(i) for i in range(400)])
    labelled = np.ones(poses.shape[:2], bool)
    random = np.random.default_rng(1)
    copies = np.round(poses * random.uniform(0.7, 1.4, (400, 1, 1)) + 7)
    near = aligned_distance(poses, labelled, copies, labelled, 10) < 0.02
    same = [cells(poses, labelled, s) == cells(copies, labelled, s) for s in (0, 0.5)]
    assert near.mean() > 0.9
    assert (same[0] | same[1])[near].mean() > 0.95


def test_other_poses_hardly_ever_do() -> None:
    poses = np.concatenate([pose(i) for i in range(400)])
    assert len(np.unique(cells(poses, np.ones((400, 12), bool), 0.0))) > 380


def test_what_is_labelled_is_part_of_a_cell() -> None:
    fewer = ALL.copy()
    fewer[0, 3] = False
    assert cells(pose(), ALL, 0.0) != cells(pose(), fewer, 0.0)


def test_all_pairs_of_a_small_group_meet_and_neighbours_of_a_crowd() -> None:
    first, second = couples(np.array([0, 1, 1, 1, 2]))
    assert sorted(zip(first, second, strict=True)) == [(1, 2), (1, 3), (2, 3)]
    first, second = couples(np.zeros(CROWD + 1, np.int64))
    assert (second - first == 1).all()
    assert len(first) == CROWD


def sketched(*rows: dict) -> pa.RecordBatch:
    table = batch(*rows)
    every = np.ones(table.num_rows, bool)
    frame = stable_hash(table["image"])
    return sketches(table, Poses.of(table), frame, every, part=4, first=10)


def test_who_overlaps_in_an_image_meets_and_nobody_else() -> None:
    far = [120.0, 10.0, 110.0, 30.0, 130.0, 30.0]
    found = meeting(
        sketched(
            row(0), row(1), row(2, xy=far), row(3, image="b.jpg"), row(4, annotator="x")
        )
    )
    assert found["row"].to_pylist() == [10, 11]
    assert found["part"].to_pylist() == [4, 4]


def test_a_row_never_meets_itself() -> None:
    """Where a shape's sums lie low in their cells, both grids give the same cell."""
    poses = np.concatenate([pose(i) for i in range(300)])
    rows = [
        row(i, image=f"{i}.jpg", xy=xy.ravel().tolist(), visibility=[2] * 12,
            origin=[0] * 12)
        for i, xy in enumerate(poses)
    ]  # fmt: skip
    table = pa.RecordBatch.from_pylist(rows, schema=instances(12))
    every, frame = np.ones(300, bool), stable_hash(table["image"])
    found = sketches(table, Poses.of(table), frame, every, 0, 0)
    places = zip(found["place"].to_pylist(), found["row"].to_pylist(), strict=True)
    assert len(set(places)) == found.num_rows == 900


def test_nobody_and_nothing_labelled() -> None:
    assert meeting(sketched(row(0, visibility=[0, 0, 0]))).num_rows == 0
    assert meeting(sketched().slice(0, 0)).num_rows == 0


def test_a_rows_value_is_the_extreme_of_its_pairs() -> None:
    table = batch(row(0), row(1), row(2))
    image = table["image"].to_numpy(zero_copy_only=False)
    first, second = couples(np.zeros(3, np.int64))
    beside = Company(Poses.of(table), image, first, second, *runs(np.zeros(3)))
    values = np.array([0.1, 0.2, 0.3])  # of (0, 1), (0, 2), (1, 2)
    np.testing.assert_array_equal(beside.spread(values, True), [np.nan, 0.1, 0.3])
    np.testing.assert_array_equal(beside.spread(values, False), [np.nan, 0.1, 0.2])
