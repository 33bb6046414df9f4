"""Shapes: near ones meet for certain, wherever, however large and in whatever crowd."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.kernels.copies import (
    GRIDS,
    REACH,
    aligned_distance,
    alike,
    cells,
    near,
    shape,
    sums,
)

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


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 999),
    st.floats(0, 1),
    st.floats(0.1, 10),
    st.floats(-5000, 5000),
    st.sampled_from([0, 3]),
)
def test_all_within_reach_share_a_cell_wherever_they_are(
    seed: int, share: float, size: float, moved: float, hidden: int
) -> None:
    """However near to the limit, and wherever the edges of cells lie."""
    random = np.random.default_rng(seed)
    poses = np.concatenate([pose(seed + i) for i in range(50)])
    labelled = np.ones(poses.shape[:2], bool)
    labelled[:, :hidden] = False
    shapes = shape(poses, labelled)
    aside = shapes + random.normal(0, 1, shapes.shape)
    there = shapes + share * 0.02 * shape(aside, labelled)
    apart = aligned_distance(shapes, labelled, there, labelled, 9)
    one, other = sums(poses, labelled), sums(there * size + moved, labelled)
    met = np.zeros(50, bool)
    for grid in range(GRIDS):
        met |= cells(one, labelled, grid) == cells(other, labelled, grid)
    assert (met & near(one, other))[apart <= REACH].all()
    assert (apart <= REACH).any()


def test_other_poses_hardly_ever_share_one() -> None:
    poses = np.concatenate([pose(i) for i in range(400)])
    every = np.ones((400, 12), bool)
    assert len(np.unique(cells(sums(poses, every), every, 0))) > 350


def test_what_is_labelled_is_part_of_a_cell() -> None:
    fewer, found = ALL.copy(), sums(pose(), ALL)
    fewer[0, 3] = False
    assert cells(found, ALL, 0) != cells(found, fewer, 0)


def test_all_pairs_of_a_crowd_are_found_and_no_others() -> None:
    poses = np.concatenate([pose(i % 7) + i for i in range(200)])
    labelled, track = np.ones((200, 12), bool), np.full(200, -1)
    labelled[::5, 0] = False
    found = [pair for piece in alike(poses, labelled, track, 0.0)
             for pair in zip(*piece, strict=True)]  # fmt: skip
    kind = [(i % 7, i % 5 == 0) for i in range(200)]
    assert sorted(found) == [
        (i, j) for i in range(200) for j in range(i + 1, 200) if kind[i] == kind[j]
    ]


def test_who_stands_still_in_a_track_is_no_pair_but_the_same_pose_is() -> None:
    poses = np.concatenate([pose(), pose() + pose(1) / 100, pose() + 5])
    track, every = np.zeros(3, np.int64), np.ones((3, 12), bool)
    assert aligned_distance(poses[:1], ALL, poses[1:2], ALL, 10) < REACH
    pieces = [(i.tolist(), j.tolist()) for i, j in alike(poses, every, track, 0.001)]
    assert pieces == [([0], [2])]
