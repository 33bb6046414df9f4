"""Errors in axes of the body: the same habit is the same number, however one turns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.body import body_error, parents, sides, words
from posegate.transforms.model import skeleton as skeletons

COCO = skeletons.load("coco_17")
NAMES = COCO.keypoints

FACING = np.array(
    [
        *(
            [200, 60],
            [206, 54],
            [194, 54],
            [214, 57],
            [186, 57],
            [240, 110],
            [160, 110],
        ),
        *([255, 170], [145, 170], [260, 228], [140, 228], [225, 230], [175, 230]),
        *([228, 310], [172, 310], [230, 390], [170, 390]),
    ],
    float,
)[None]
"""Somebody who faces the camera: the left is on the right of the image."""

SEEN = np.ones((1, 17), bool)
SCALE = np.array([150.0])


def errors(**moved: list[float]) -> np.ndarray:
    """(1, 17, 2): the keypoints that moved, and how far."""
    error = np.zeros((1, 17, 2))
    for name, offset in moved.items():
        error[0, NAMES.index(name)] = offset
    return error


def test_limbs_hang_on_the_trunk() -> None:
    before = {NAMES[k]: NAMES[b] for k, b in enumerate(parents(COCO)) if b >= 0}
    assert before == {
        "left_elbow": "left_shoulder",
        "right_elbow": "right_shoulder",
        "left_wrist": "left_elbow",
        "right_wrist": "right_elbow",
        "left_knee": "left_hip",
        "right_knee": "right_hip",
        "left_ankle": "left_knee",
        "right_ankle": "right_knee",
    }
    assert sides(COCO)[:5].tolist() == [0, 1, -1, 1, -1]


def test_outward_is_positive_on_both_sides() -> None:
    error = errors(left_hip=[6, 0], right_hip=[-6, 0], nose=[3, 0])
    turned = body_error(error, FACING, SEEN, SCALE, COCO)[0]
    for name in ("left_hip", "right_hip"):
        assert turned[NAMES.index(name)] == pytest.approx([6, 0])
    assert turned[0] == pytest.approx([3, 0])  # to the body's left


def test_along_a_limb_is_away_from_the_trunk_and_across_it_is_outward() -> None:
    error = errors(left_ankle=[0.2, 8], right_ankle=[-0.2, 8], left_knee=[5, 0])
    turned = body_error(error, FACING, SEEN, SCALE, COCO)[0]
    for name in ("left_ankle", "right_ankle"):
        assert turned[NAMES.index(name)][0] == pytest.approx(8, abs=0.01)
    assert turned[NAMES.index("left_knee")][1] == pytest.approx(5, abs=0.01)


@given(st.floats(0, 6.28), st.booleans(), st.integers(0, 100))
def test_turning_and_mirroring_changes_nothing(
    angle: float, back: bool, seed: int
) -> None:
    """Mirrored is somebody seen from behind: left and right change places."""
    error = np.random.default_rng(seed).normal(0, 5, (1, 17, 2))
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, s], [-s, c]]) * ([-1, 1] if back else [1, 1])
    before = body_error(error, FACING, SEEN, SCALE, COCO)
    after = body_error(error @ turn, FACING @ turn, SEEN, SCALE, COCO)
    np.testing.assert_allclose(before, after, atol=1e-9)


def test_somebody_seen_from_the_side_has_no_left() -> None:
    flat = FACING.copy()
    flat[..., 0] = 200
    turned = body_error(errors(left_hip=[6, 0]), flat, SEEN, SCALE, COCO)[0]
    assert np.isnan(turned[NAMES.index("left_hip")]).all()
    assert np.isfinite(turned[NAMES.index("left_ankle"), 0])


def test_a_limb_whose_beginning_is_not_seen_has_no_axis() -> None:
    seen = SEEN.copy()
    seen[0, NAMES.index("left_knee")] = False
    turned = body_error(errors(left_ankle=[1, 1]), FACING, seen, SCALE, COCO)[0]
    assert np.isnan(turned[NAMES.index("left_ankle")]).all()
    assert np.isfinite(turned[NAMES.index("right_ankle")]).all()


def test_no_pairs_and_a_skeleton_without_limbs() -> None:
    empty = body_error(np.empty((0, 17, 2)), FACING[:0], SEEN[:0], SCALE[:0], COCO)
    assert empty.shape == (0, 17, 2)
    lone = skeletons.Skeleton("two", ("a", "b"), (), (), (0.1, 0.1))
    one = np.ones((1, 2, 2))
    assert np.isnan(body_error(one, one, np.ones((1, 2), bool), SCALE, lone)).all()


@pytest.mark.parametrize(
    ("keypoint", "offset", "said"),
    [
        ("left_hip", (6.0, 1.0), "outward"),
        ("right_hip", (-6.0, 5.0), "inward and down the body"),
        ("nose", (-6.0, 0.0), "to its right"),
        ("left_wrist", (6.0, 0.0), "away from the left elbow"),
        ("left_wrist", (0.0, -4.0), "inward"),
    ],
)
def test_offsets_are_said_in_words_of_the_body(
    keypoint: str, offset: tuple[float, float], said: str
) -> None:
    assert words(offset, NAMES.index(keypoint), COCO) == said
