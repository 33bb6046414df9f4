"""Who has company: people who overlap in an image, poses of one shape anywhere."""

import numpy as np
import pyarrow as pa

from canonical import batch, row
from posegate.transforms.kernels.buckets import runs, stable_hash
from posegate.transforms.kernels.company import (
    CROWD,
    Company,
    couples,
    meeting,
    sketches,
)
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.schema import instances


def pose(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 100, (1, 12, 2))


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
    """Where a shape's sums lie low in their cells, all grids give the same cell."""
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
    assert len(set(places)) == found.num_rows == 1800


def test_nobody_and_nothing_labelled() -> None:
    assert meeting(sketched(row(0, visibility=[0, 0, 0]))).num_rows == 0
    assert meeting(sketched().slice(0, 0)).num_rows == 0


def test_a_rows_value_is_the_extreme_of_its_pairs() -> None:
    table = batch(row(0), row(1), row(2))
    image = table["image"].to_numpy(zero_copy_only=False)
    first, second = couples(np.zeros(3, np.int64))
    beside = Company(
        Poses.of(table), image, first, second, *runs(np.zeros(3)), np.full(3, -1)
    )
    values = np.array([0.1, 0.2, 0.3])  # of (0, 1), (0, 2), (1, 2)
    np.testing.assert_array_equal(beside.spread(values, True), [np.nan, 0.1, 0.3])
    np.testing.assert_array_equal(beside.spread(values, False), [np.nan, 0.1, 0.2])
