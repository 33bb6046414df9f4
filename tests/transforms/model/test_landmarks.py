"""Joints, faces and hands are found under whatever names skeletons give them."""

import pytest

from posegate.transforms.model.landmarks import plain
from posegate.transforms.model.skeleton import Skeleton, load


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("left_eye", "left_eye"),
        ("LEye", "left_eye"),
        ("L_Eye", "left_eye"),
        ("eyeL", "left_eye"),
        ("Eye_Left", "left_eye"),
        ("RBigToe", "right_big_toe"),
        ("neck", "neck"),
        ("ring_finger1", "ring_finger_1"),
    ],
)
def test_a_name_is_said_plainly(name: str, said: str) -> None:
    assert plain(name) == said


def test_a_joint_is_found_by_its_plain_name() -> None:
    assert load("openpose_body_25b").joint("right_wrist") == 10
    assert "right_wrist" not in load("ap10k_17").joints


@pytest.mark.parametrize(
    ("name", "first"),
    [("300w_68", 36), ("openpose_face_70", 36), ("coco_wholebody_133", 59),
     ("wflw_98", 60)],
)  # fmt: skip
def test_a_face_is_known_by_what_mirrors(name: str, first: int) -> None:
    face = load(name).face
    assert face is not None
    assert face.eyes[0][0] == first
    assert not set(face.right) & set(face.middle)


@pytest.mark.parametrize("name", ["coco_17", "lapa_106", "locust_35"])
def test_no_face_is_found_where_there_is_none(name: str) -> None:
    assert load(name).face is None


def test_hands_are_wrists_with_five_fingers() -> None:
    [hand] = load("openpose_hand_21").hands
    assert hand[0] == (0, 1, 2, 3, 4)
    assert len(load("coco_wholebody_133").hands) == 2
    assert load("rhd_21").hands[0][0] == (0, 4, 3, 2, 1)
    assert Skeleton("a", ("wrist", "thumb1"), (), (), None).hands == ()


def test_the_parts_of_a_body_are_known_by_what_skeletons_call_them() -> None:
    named = {
        name: {part: load(name).keypoints[k] for part, k in load(name).body.items()}
        for name in ("h36m_17", "smpl_24", "halpe_26", "coco_wholebody_133", "coco_17")
    }
    assert named["h36m_17"]["left ankle"] == "left_foot"
    assert "left toe" not in named["h36m_17"]
    assert named["smpl_24"]["left ankle"] == "left_ankle"
    assert named["smpl_24"]["left toe"] == "left_foot"
    assert named["smpl_24"]["left palm"] == "left_hand"
    assert named["halpe_26"]["right toe"] == "right_big_toe"
    assert named["halpe_26"]["head"] == "head"
    assert named["coco_wholebody_133"]["left heel"] == "left_heel"
    assert named["coco_wholebody_133"]["left palm"] == "left_middle_finger1"
    assert set(named["coco_17"]) == {
        f"{side} {part}"
        for side in ("left", "right")
        for part in ("ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    }
