"""Skeletons are read strictly: a mistake names its place and what would do."""

from pathlib import Path

import pytest

from posegate.transforms.model.skeleton import load, parse

GOOD = """
keypoints = ["head", "tail"]
limbs = [["head", "tail"]]
sigmas = [0.1, 0.2]
"""


def test_limbs_are_read_by_name() -> None:
    skeleton = parse("worm", GOOD, "worm.toml")
    assert (skeleton.name, skeleton.limbs, skeleton.flip_pairs) == (
        "worm",
        ((0, 1),),
        (),
    )
    assert skeleton.sigma.tolist() == [0.1, 0.2]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"tail"]\nlimbs', '"tail", "head"]\nlimbs', "names a keypoint twice"),
        ('["head", "tail"]\nl', "[1, 2]\nl", "worm.toml: keypoint 1 is no name"),
        ('[["head", "tail"]]', '[["head"]]', r"limbs: \['head'\] is no pair"),
        (
            '[["head", "tail"]]',
            '[["head", "ear"]]',
            "limbs names 'ear', not a keypoint",
        ),
        ('[["head", "tail"]]', '[["head", "head"]]', "is no pair of keypoints"),
        ("0.1, 0.2", "0.1", "has 1 sigmas for 2 keypoints"),
        ("0.1, 0.2", "0.1, 0", "worm.toml: sigma 0 is not a number above 0"),
        ("0.1, 0.2", "0.1, nan", "sigma nan is not a number above 0"),
        ("sigmas", "sigma", "worm.toml: unknown key 'sigma'; known: "),
        ("sigmas = [", "sigmas = ", "worm.toml: not TOML"),
        ('"head", "tail"]\nlimbs', "]\nlimbs", "limbs names 'head'"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ValueError, match=message):
        parse("worm", GOOD.replace(old, new, 1), "worm.toml")


def test_what_changes_a_result_changes_the_version() -> None:
    whole = parse("worm", GOOD, "worm.toml")
    assert parse("snake", GOOD, "snake.toml").version == whole.version
    assert parse("worm", GOOD.replace("0.2", "0.3"), "").version != whole.version


def test_oks_is_not_defined_without_sigmas() -> None:
    bare = parse("worm", 'keypoints = ["head"]', "worm.toml")
    with pytest.raises(ValueError, match="skeleton 'worm' has no sigmas"):
        _ = bare.sigma


def test_a_skeleton_of_ones_own_is_read_from_its_path(tmp_path: Path) -> None:
    tmp_path.joinpath("worm.toml").write_text(GOOD)
    assert load("worm.toml", relative_to=tmp_path).name == "worm"


def test_an_unknown_name_is_answered_with_those_that_ship() -> None:
    with pytest.raises(ValueError, match=r"no skeleton 'coco'; did you mean 'coco_17'"):
        load("coco")
