"""Lengths of bones over a track, against its median and against the other side."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from posegate.transforms.kernels import bones

ONE = np.zeros(5, np.int64)


def test_a_stretched_bone_is_off_by_its_share() -> None:
    length = np.array([[10.0], [10.2], [9.8], [13.0], [np.nan]])
    off, usual = bones.deviation(length, ONE, 3)
    assert np.allclose(off[:4, 0], [0.1 / 10.1, 0.1 / 10.1, 0.3 / 10.1, 2.9 / 10.1])
    assert np.isnan(off[4, 0])
    assert np.allclose(usual, 1.4826 * 0.2 / 10.1)


def test_tracks_have_medians_of_their_own() -> None:
    length = np.array([[1.0], [1.0], [2.0], [2.0]])
    median = bones.usual(length, np.array([0, 0, 1, 1]), 2)
    assert median.ravel().tolist() == [1, 1, 2, 2]


def test_too_few_frames_and_no_length_say_nothing() -> None:
    length = np.ones((5, 1))
    assert np.isnan(bones.usual(length, ONE, 6)).all()
    assert np.isnan(bones.deviation(0 * length, ONE, 1)[0]).all()
    assert bones.usual(np.empty((0, 2)), np.empty(0, np.int64), 1).shape == (0, 2)


def test_uneven_sides_differ_by_the_share_of_the_shorter() -> None:
    length = np.tile([10.0, 11.5, 3.0], (5, 1))
    uneven = bones.asymmetry(length, ONE, 5, [(0, 1)])
    assert np.allclose(uneven[:, :2], 0.15)
    assert np.isnan(uneven[:, 2]).all()


def test_both_ends_of_a_bone_hear_the_largest() -> None:
    ends = bones.at_ends(np.array([[0.2, 0.5]]), [(0, 1), (1, 2)], 4)
    assert np.array_equal(ends, [[0.2, 0.5, 0.5, np.nan]], equal_nan=True)


@given(arrays.arrays(float, (9, 3), elements=st.floats(0.1, 10)), st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(length: np.ndarray, unit: float) -> None:
    track = np.zeros(9, np.int64)
    for one, other in zip(
        bones.deviation(length, track, 3),
        bones.deviation(unit * length, track, 3),
        strict=True,
    ):
        assert np.allclose(one, other)
