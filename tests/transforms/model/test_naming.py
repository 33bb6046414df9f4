"""Names as vendors write them, and the keypoints they mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.skeleton import Skeleton, load
from posegate.transforms.model.words import sided

COCO = load("coco_17")


@pytest.mark.parametrize(
    "name",
    [
        *("left_ankle", "Left Ankle", "left-ankle", "LEFT_ANKLE", "leftAnkle"),
        *("LAnkle", "L.Ankle", "l_ankle", "ankle_l", "AnkleLeft", "Ankle (left)"),
    ],
)
def test_a_side_may_stand_anywhere_and_be_short(name: str) -> None:
    assert Naming(COCO).find(name) == COCO.index("left_ankle")


@pytest.mark.parametrize("name", ["ankle", "left", "", "lft_ankle", "left_ankles"])
def test_what_means_no_keypoint_is_not_guessed_at(name: str) -> None:
    assert Naming(COCO).find(name) is None


def test_left_is_never_right() -> None:
    naming = Naming(COCO)
    for a, b in COCO.flip_pairs:
        for name in (COCO.keypoints[a], COCO.keypoints[b]):
            short = name.replace("left_", "L ").replace("right_", "R ")
            assert naming.find(short) == COCO.index(name)


def test_a_name_that_two_keypoints_share_means_neither() -> None:
    both = Skeleton("s", ("l_hand", "hand_left"), (), (), None)
    assert Naming(both).find("LeftHand") is None
    assert Naming(both).find("l_hand") == 0


@given(st.permutations(range(17)))
def test_any_order_is_put_into_the_skeletons(order: list[int]) -> None:
    names = [COCO.keypoints[i] for i in order]
    found = Naming(COCO).order(names)
    assert found is not None
    assert [names[i] for i in found] == list(COCO.keypoints)


def test_too_few_too_many_or_doubled_names_have_no_order() -> None:
    naming, names = Naming(COCO), list(COCO.keypoints)
    assert naming.order(names[:-1]) is None
    assert naming.order([*names, "tail"]) is None
    assert naming.order([*names[:-1], names[0]]) is None
    np.testing.assert_array_equal(
        naming.places(["nose", "tail", "Nose"]), [COCO.index("nose"), -1, -1]
    )


def test_a_difference_is_said_with_examples() -> None:
    said = difference(["nose", "tail"], COCO)
    assert said.startswith("has 2 keypoints that are not coco_17's 17")
    assert "it lacks ['left_eye', 'right_eye', 'left_ear'], has ['tail']" in said


def test_an_unknown_name_is_an_error_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"'tail' is no keypoint of coco_17.*nose"):
        Naming(COCO).index("tail")


@given(st.text())
def test_the_side_in_front_changes_nothing(text: str) -> None:
    assert sided(f"left {text}") == ["left", *sided(f" {text}")]
