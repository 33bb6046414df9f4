"""The skeletons that ship can be read, and their left is the mirror of their right."""

import re
from importlib import resources

import numpy as np
import pytest

from posegate.transforms.model.skeleton import Skeleton, load

FOLDER = resources.files("posegate.expectations") / "skeletons"
TEXTS = {
    file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
    for file in sorted(FOLDER.iterdir(), key=lambda file: file.name)
    if file.name.endswith(".toml")
}
MIRROR = {"left": "right", "l": "r", "near": "off"}
BOTH_WAYS = MIRROR | {right: left for left, right in MIRROR.items()}
SIDE = re.compile(
    r"(?i:left|right)|(?<![a-zA-Z])[LR](?=[_A-Z])|^(?i:near|off)|(?<=[a-z])[LR](?=\d*$)"
)
"""The part of a keypoint's name that says its side: left_eye, LEye, L_Eye, eyeL, …"""


def mirrored(name: str) -> str | None:
    """A keypoint's name with the side exchanged, in lower case; None without a side."""
    other, sides = SIDE.subn(lambda side: BOTH_WAYS[side[0].lower()], name, count=1)
    return other.lower() if sides else None


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("left_eye", "right_eye"),
        ("RBigToe", "lbigtoe"),
        ("L_F_Paw", "r_f_paw"),
        ("forelegR1", "forelegl1"),
        ("Eye_Left", "eye_right"),
        ("Nearhindhock", "offhindhock"),
        ("neck", None),
        ("ring1", None),
    ],
)
def test_a_name_tells_its_side(name: str, other: str | None) -> None:
    assert mirrored(name) == other


@pytest.fixture(params=TEXTS)
def skeleton(request: pytest.FixtureRequest) -> Skeleton:
    return load(request.param)


def test_all_that_the_reference_lists_are_there() -> None:
    assert len(TEXTS) == 63


def test_no_keypoint_is_in_two_flip_pairs(skeleton: Skeleton) -> None:
    ends = [end for pair in skeleton.flip_pairs for end in pair]
    assert len(ends) == len(set(ends))


def test_a_flip_pair_exchanges_the_sides_in_its_names(skeleton: Skeleton) -> None:
    unlike = [
        (a, b)
        for a, b in (
            (skeleton.keypoints[i], skeleton.keypoints[j])
            for i, j in skeleton.flip_pairs
        )
        if mirrored(a) not in (None, b.lower()) and not within_an_eye(a, b)
    ]
    assert unlike == []


def within_an_eye(a: str, b: str) -> bool:
    """OpenPose numbers the corners of both eyes from left to right in the image."""
    letters = re.sub(r"\d", "", mirrored(a) or "")
    return "eye" in letters and letters == re.sub(r"\d", "", b.lower())


def test_what_has_a_mirror_image_is_in_a_flip_pair(skeleton: Skeleton) -> None:
    paired = {skeleton.keypoints[end] for pair in skeleton.flip_pairs for end in pair}
    names = {name.lower() for name in skeleton.keypoints}
    alone = [
        name
        for name in skeleton.keypoints
        if mirrored(name) in names and name not in paired
    ]
    assert alone == []


def test_sigmas_are_fractions_of_a_body(skeleton: Skeleton) -> None:
    if skeleton.sigmas is not None:
        assert np.all((skeleton.sigma > 0) & (skeleton.sigma < 0.3))


@pytest.mark.parametrize(
    "name", ["animalpose_20", "coco_wholebody_openpose_134", "openpose_coco_18_mmpose"]
)
def test_sigmas_known_to_be_in_the_wrong_order_do_not_ship(name: str) -> None:
    assert load(name).sigmas is None
    assert "# reason for no sigmas: " in TEXTS[name]


def test_the_sigmas_of_coco_are_those_of_its_evaluation() -> None:
    halves = [0.079, 0.072, 0.062, 0.107, 0.087, 0.089]
    face = [0.026, 0.025, 0.025, 0.035, 0.035]
    assert load("coco_17").sigmas == (*face, *(x for x in halves for _ in range(2)))


def test_limbs_and_sources_are_said(skeleton: Skeleton) -> None:
    assert skeleton.source
    assert "limbs = [" in TEXTS[skeleton.name]
