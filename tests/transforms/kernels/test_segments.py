"""Which segments a skeleton has, how long they are, and what stature they imply."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posegate.pipelines.demo.people import bodies
from posegate.pipelines.demo.postures import ANGLES
from posegate.transforms.kernels import segments
from posegate.transforms.model.skeleton import load

COCO = load("coco_17")


def test_every_segment_of_a_body_implies_its_stature() -> None:
    body = 1.8 * bodies(np.zeros((1, len(ANGLES))), np.ones((1, 5)))[:, :17]
    tall = segments.statures(body, COCO)
    assert tall.shape == (1, 10)
    limbs = [i for i, _ in enumerate(tall[0]) if i not in (4, 5)]  # not the trunk
    assert np.allclose(tall[0, limbs], 1.8)


def test_the_names_of_human36m_are_known_too() -> None:
    assert len(segments.shares(load("h36m_17"))) == 10
    assert len(segments.bones(load("h36m_17"))) == 9


def test_bones_of_a_person_are_rigid_and_those_of_others_all_limbs() -> None:
    names = {frozenset(COCO.keypoints[k] for k in b) for b in segments.bones(COCO)}
    assert frozenset({"left_hip", "right_hip"}) in names
    assert frozenset({"left_shoulder", "left_hip"}) not in names
    hand = load("coco_wholebody_hand_21")
    assert segments.bones(hand) == hand.limbs


def test_bones_meet_those_of_the_other_side() -> None:
    bones = segments.bones(COCO)
    pairs = segments.mirrored(COCO)
    named = {tuple(COCO.keypoints[k] for k in bones[i] + bones[j]) for i, j in pairs}
    assert len(pairs) == 4
    assert (
        *("left_shoulder", "left_elbow"),
        *("right_shoulder", "right_elbow"),
    ) in named


def test_a_length_is_that_of_a_vector_in_any_dimension() -> None:
    points = np.array([[[0.0, 0, 0], [3, 4, 12]], [[0, 0, 0], [np.nan, 4, 12]]])
    three = segments.lengths(points, [(0, 1)])
    two = segments.lengths(points[..., :2], [(0, 1)])
    assert np.array_equal(three, [[13], [np.nan]], equal_nan=True)
    assert np.array_equal(two, [[5], [np.nan]], equal_nan=True)
    assert segments.lengths(points, []).shape == (2, 0)


@given(
    st.lists(
        st.lists(st.none() | st.floats(-1e6, 1e6), min_size=5, max_size=5), max_size=8
    )
)
def test_the_middle_is_the_median_of_what_is_known(rows: list[list[float]]) -> None:
    values = np.array(rows, float).reshape(-1, 5)
    expected = [np.median(v[np.isfinite(v)]) if np.isfinite(v).any() else np.nan
                for v in values]  # fmt: skip
    assert np.array_equal(segments.middle(values), expected, equal_nan=True)


def test_the_middle_of_too_few_is_none() -> None:
    values = np.array([[1.0, 3.0, np.nan]])
    assert segments.middle(values, 2).tolist() == [2.0]
    assert np.isnan(segments.middle(values, 3)).all()
    assert np.isnan(segments.middle(np.empty((2, 0)))).all()
