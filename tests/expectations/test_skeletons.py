"""The skeletons that ship can be read, and their left is the mirror of their right."""

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

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


REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "skeletons.json"
LISTED: dict[str, dict[str, Any]] = (
    json.loads(REFERENCE.read_text(encoding="utf-8")) if REFERENCE.exists() else {}
)
OURS = {"cricket_bowling_54", "densepose_24", "mask"}
"""Those that no data set has."""

FLIPS_ADDED = {"horse10_22", "300wlp_68"}
"""Whose publishers left out the pairs that their names, or a like skeleton, have."""


def test_those_published_and_ours_are_all_there() -> None:
    assert len(TEXTS) == 66
    assert not LISTED or set(TEXTS) - OURS == set(LISTED)


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_skeleton_is_as_it_was_published(name: str) -> None:
    ours, theirs = load(name), LISTED[name]
    assert list(ours.keypoints) == theirs["keypoints"]
    assert ours.source == theirs["source"]
    assert unordered(ours.limbs) == unordered(theirs["limbs"])
    if name in FLIPS_ADDED:
        assert theirs["flip_pairs"] == []
    else:
        assert unordered(ours.flip_pairs) == unordered(theirs["flip_pairs"])
    known_bad = theirs.get("sigmas_known_bad", False)
    published = None if known_bad else theirs["sigmas"]
    assert ours.sigmas == (tuple(published) if published else None)


def unordered(pairs: Any) -> list[list[int]]:
    return sorted(sorted(pair) for pair in pairs)


def test_the_bowler_has_54_points() -> None:
    bowler = load("cricket_bowling_54")
    assert len(bowler.keypoints) == 54
    assert bowler.keypoints[:17] == load("coco_17").keypoints
    spine = [f"t{i}_spinous_process" for i in range(4, 9)]
    sides = [
        f"{side}_{part}"
        for side in ("left", "right")
        for part in (
            *("proximal_carpal", "mid_carpal", "distal_carpal", "talus", "foot_arch"),
            *(f"{f}_mcp" for f in ("thumb", "index", "middle", "ring", "little")),
        )
    ]
    assert {*spine, *sides} <= set(bowler.keypoints)


def test_the_bowlers_limbs_hold_all_of_him_together() -> None:
    """One body, whose right is the mirror of its left."""
    bowler = load("cricket_bowling_54")
    reached, todo = {0}, [0]
    while todo:
        at = todo.pop()
        ends = {end for limb in bowler.limbs if at in limb for end in limb}
        todo += ends - reached
        reached |= ends
    assert len(reached) == 54
    other = dict(bowler.flip_pairs) | {b: a for a, b in bowler.flip_pairs}
    turned = [[other.get(a, a), other.get(b, b)] for a, b in bowler.limbs]
    assert unordered(turned) == unordered(bowler.limbs)


@pytest.mark.parametrize("name", sorted(OURS))
def test_ours_say_why_they_have_no_sigmas(name: str) -> None:
    assert load(name).sigmas is None
    assert "# reason for no sigmas: " in TEXTS[name]


def test_a_mask_has_one_point_that_is_never_labelled() -> None:
    assert load("mask").keypoints == ("never_labelled",)


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
