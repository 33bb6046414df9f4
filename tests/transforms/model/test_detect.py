"""Which skeleton a set of names is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.model.detect import (
    by_viewer,
    counting,
    crossed,
    detect,
    fitting,
    mirrored,
    nearly,
    side,
)
from posegate.transforms.model.naming import difference
from posegate.transforms.model.shelves import SKELETONS
from posegate.transforms.model.skeleton import load

COCO = load("coco_17").keypoints


@pytest.mark.parametrize("name", SKELETONS.names())
def test_a_skeleton_is_known_by_its_names(name: str) -> None:
    """Another one with the same names in the same order may come first."""
    names = load(name).keypoints
    best = detect(names)
    assert name in [match.skeleton.name for match in best]
    assert (best[0].exact, best[0].reordered) == (True, False)
    assert crossed(best[0], names) == ()


def test_the_familiar_one_comes_first() -> None:
    found = [match.skeleton.name for match in detect(COCO)]
    assert found[0] == "coco_17"
    assert "ochuman_17" in found


@pytest.mark.parametrize(
    "names",
    [
        [name.replace("_", " ").title() for name in COCO],
        [n.title().replace("Left_", "L").replace("Right_", "R") for n in COCO],
        [f"{n.removeprefix('left_')}-l" if "left" in n else n for n in COCO],
    ],
)
def test_names_written_otherwise_are_the_same(names: list[str]) -> None:
    assert detect(names)[0].skeleton.name == "coco_17"


@given(st.permutations(COCO))
@settings(max_examples=20)
def test_another_order_is_mapped_by_name(names: list[str]) -> None:
    best = detect(names)[0]
    assert best.order is not None
    assert [names[i] for i in best.order] == list(best.skeleton.keypoints)


def test_a_few_names_more_or_less_make_a_suggestion() -> None:
    best = detect([*COCO[:-1], "tail"])[0]
    assert (best.skeleton.name, best.exact) == ("coco_17", False)
    assert best.shared == pytest.approx(16 / 18)


def test_a_name_or_two_otherwise_is_nearly_the_same() -> None:
    names = ["nape" if n == "neck" else n for n in load("crowdpose_14").keypoints]
    assert not detect(names)[0].exact
    assert "crowdpose_14" in nearly(names)


def test_crowdposes_own_names_are_known() -> None:
    """Its file says head where its conversions say top_head."""
    names = ["head" if n == "top_head" else n for n in load("crowdpose_14").keypoints]
    found = [match.skeleton.name for match in detect(names) if match.exact]
    assert {"crowdpose_14", "exlpose_14"} <= set(found)


def test_names_of_nobodys_have_no_match() -> None:
    assert detect(["stump", "bail", "seam"]) == ()
    assert "skeleton init" in fitting(["stump", "bail", "seam"])
    assert detect([]) == ()


@pytest.mark.parametrize("first", [0, 1])
def test_numbers_mean_a_skeleton_of_numbered_points(first: int) -> None:
    """As dlib writes them they sort as texts: 0, 1, 10, 11, …"""
    names = sorted(str(i + first) for i in range(98))
    best = detect(names)[0]
    assert best.skeleton.name == "wflw_98"
    assert best.order is not None
    assert [int(names[i]) for i in best.order] == [i + first for i in range(98)]


def test_numbers_with_a_gap_mean_none() -> None:
    assert detect([*map(str, range(97)), "98"]) == ()


def test_the_clause_names_what_fits() -> None:
    said = difference(load("mpii_16").keypoints, load("coco_17"))
    assert "the shipped mpii_16 fits" in said


def test_skeletons_are_found_by_their_number_of_keypoints() -> None:
    assert {"openpose_body_25", "openpose_body_25b"} <= set(counting(25))
    assert counting(1000) == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("LEye", "left"),
        ("eye_R", "right"),
        ("Off-hock", "right"),
        ("nose", None),
        ("left_right", None),
    ],
)
def test_a_name_says_its_side(name: str, said: str | None) -> None:
    assert side(name) == said


def test_pairs_are_guessed_by_sides() -> None:
    assert mirrored(["nose", "r_eye", "LEar", "l_eye", "r_ear", "L1"]) == (
        (2, 4),
        (3, 1),
    )


def test_the_sides_of_markers_are_the_first_letters_of_names_that_are_both_there() -> (
    None
):
    assert mirrored(["LASI", "RHip", "RASI", "LHIP", "LIP", "R10", "L10"]) == (
        (0, 2),
        (3, 1),
        (6, 5),
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        *(("shoulder_l", "shoulder_r"), ("elbowL", "elbowR"), ("hand.L", "hand.R")),
        *(
            ("handl", "handr"),
            ("KNEEL", "KNEER"),
            ("L1L", "L1R"),
            ("toe_l_1", "toe_r_1"),
        ),
    ],
)
def test_the_side_may_stand_behind_the_name(left: str, right: str) -> None:
    assert mirrored([right, "nose", left, "heel"]) == ((2, 0),)


def test_sides_that_contradict_the_flip_pairs_are_told() -> None:
    """dlib's points by number, with sides where another numbering has them."""
    names = list(COCO)
    assert crossed(detect(names)[0], names) == ()
    face = list(load("300w_68").keypoints)
    best = detect(face)[0]
    face[0], face[1] = "left_jaw", "right_jaw"
    assert crossed(best, face) == (("left_jaw", "right_jaw"),)


def test_the_viewers_sides_are_noticed() -> None:
    names = ["image_left_eye", "right eye (viewer)", "left_ear", "camera"]
    assert by_viewer(names) == ("image_left_eye", "right eye (viewer)")
    assert np.size(by_viewer(COCO)) == 0
