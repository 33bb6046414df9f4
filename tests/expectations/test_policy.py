"""The policies that ship say what the gate needs, and a policy may build on another."""

import re
from importlib import resources
from pathlib import Path

import pytest

from posegate.expectations.policy import load_policy, overlay
from posegate.expectations.rules import RULES
from posegate.transforms.model.policy import Policy
from posegate.transforms.model.rule import Setting, bind
from posegate.transforms.model.shelves import POLICIES
from posegate.transforms.model.skeleton import load


@pytest.mark.parametrize("name", POLICIES.names())
def test_a_shipped_policy_is_complete(name: str) -> None:
    table = load_policy(name)
    rules = table.pop("rules")
    Policy.model_validate(table)
    for said in rules.values():
        said.pop("severity", None)  # a rule that is off has limits, too
    settings = {id: Setting(None, said) for id, said in rules.items()}
    applied = {
        bound.rule.id
        for skeleton in ("coco_wholebody_133", "mask")
        for bound in bind(RULES, settings, load(skeleton), name)
    }
    assert applied == RULES.keys()


@pytest.mark.parametrize("name", POLICIES.names())
def test_each_number_of_a_shipped_policy_has_a_reason_above_it(name: str) -> None:
    file = resources.files("posegate.expectations") / "policies" / f"{name}.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if re.search(r"= .*\d", line)
        and not before.startswith("#")
        and not re.search(r"= .*\d", before)
    ]
    assert bare == []


def test_sports_says_only_what_it_does_differently() -> None:
    general, sports = load_policy("general"), load_policy("sports")
    assert "extends" not in sports
    assert sports["sampling"]["rate"] > general["sampling"]["rate"]
    assert sports["acceptance"] == general["acceptance"]
    assert sports["rules"].keys() == general["rules"].keys()
    few = "structure.too-few-keypoints"
    assert sports["rules"][few]["large"] == general["rules"][few]["large"]


def test_quotas_are_those_that_contracts_ask_for() -> None:
    rates = {name: load_policy(name)["sampling"] for name in POLICIES.names()}
    assert 0.10 <= rates["general"]["rate"] <= 0.15
    assert 0.25 <= rates["hand"]["rate"] <= 0.35
    assert rates["sports"]["rate"] == 0.20
    assert rates["sports"]["extra"]["rate"] == 0.40
    assert rates["sports"]["strata"] == [
        *("annotator", "attributes.action", "complexity")
    ]


def test_an_overlay_keeps_what_it_does_not_name() -> None:
    under = {"a": {"b": 1, "c": 2}, "d": [1, 2]}
    assert overlay(under, {"a": {"c": 3}, "d": [4]}) == {
        "a": {"b": 1, "c": 3},
        "d": [4],
    }
    assert under == {"a": {"b": 1, "c": 2}, "d": [1, 2]}


def test_a_policy_of_ones_own_may_extend_a_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "strict.toml"
    path.write_text('extends = "general"\n[acceptance]\noks = 0.9\n')
    acceptance = load_policy(str(path))["acceptance"]
    assert (acceptance["oks"], acceptance["p0"]) == (0.9, 0.05)


def test_an_unknown_name_is_answered_with_those_that_ship() -> None:
    with pytest.raises(ValueError, match=r"no policy 'generl'; did you mean 'general'"):
        load_policy("generl")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rate 3", r"policy .*own\.toml: not TOML: Expected '='"),
        (
            'extends = "mine"',
            r"own\.toml: extends = 'mine' is no shipped policy; those",
        ),
        ("extends = 3", r"own\.toml: extends = 3 is no shipped policy"),
    ],
)
def test_a_wrong_policy_names_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_policy(str(path))


def test_a_policy_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.toml: there is no such file"):
        load_policy(str(tmp_path / "none.toml"))
