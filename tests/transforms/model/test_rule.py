"""Declaring rules, and binding them to a policy and a skeleton."""

import pickle

import numpy as np
import pytest

from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.rule import Rule, Setting, bind, idle, rule, skipped
from posegate.transforms.model.skeleton import Skeleton

PAIR = Skeleton("pair", ("head", "tail"), ((0, 1),), (), (0.1, 0.2))
BARE = Skeleton("bare", ("head", "tail"), (), (), None)


@rule("test.far", severity="review", needs=("head",))
def far(xy: Floats, scale: Floats, reach: float) -> Floats:
    """A keypoint is far away.

    By `reach`.
    """
    return np.abs(xy).max(axis=2) - reach * scale[:, None]


@rule("test.blind", severity="note")
def blind(visible: Bools, annotator: object) -> Bools:
    """Nothing is seen."""
    return ~visible.any(axis=1)


@rule("test.loose", severity="note")
def loose(xy: Floats, sigma: Floats) -> Floats:
    """Never mind."""
    return xy[..., 0] / sigma


RULES: dict[str, Rule] = {each.id: each for each in (far, blind)}
SAID = {"test.far": Setting(None, {"limit": 3, "reach": 2.0})}


def test_a_rule_knows_what_it_reads_and_what_a_policy_must_say() -> None:
    assert far.inputs == ("xy", "scale", "reach")
    assert far.parameters == ("reach", "limit")
    assert blind.parameters == ()
    assert (far.measured, blind.measured) == (True, False)


def test_the_docstring_is_the_manual() -> None:
    assert far.manual == "A keypoint is far away.\n\nBy `reach`."


def test_a_severity_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rule a\.b: severity 'fatal'; one of rej"):
        rule("a.b", severity="fatal")


def test_a_rule_must_say_what_it_returns() -> None:
    def vague(xy: Floats):  # type: ignore[no-untyped-def]
        """Something is wrong."""

    with pytest.raises(ValueError, match=r"rule a\.b: annotate what vague returns"):
        rule("a.b", severity="note")(vague)


def test_binding_takes_severity_and_values_from_the_policy() -> None:
    strict = {"test.far": Setting("reject", {"limit": 3, "reach": 2.0})}
    first, second = bind(RULES, strict, PAIR)
    assert (first.rule, first.severity, first.limit) == (far, "reject", 3)
    assert first.parameters == {"limit": 3, "reach": 2.0}
    assert (second.rule, second.severity, second.limit) == (blind, "note", None)


def test_a_rule_that_is_off_is_left_out_and_needs_no_values() -> None:
    off = {"test.far": Setting("off")}
    assert [bound.rule.id for bound in bind(RULES, off, PAIR)] == ["test.blind"]
    assert skipped(RULES, off, PAIR) == {"test.far": "off in the policy"}


def test_a_rule_whose_keypoints_a_skeleton_lacks_is_skipped() -> None:
    face = Skeleton("face", ("nose",), (), (), None)
    assert [bound.rule.id for bound in bind(RULES, SAID, face)] == ["test.blind"]
    assert skipped(RULES, SAID, face) == {"test.far": "skeleton 'face' has no head"}


def test_a_rule_that_reads_sigmas_is_skipped_where_there_are_none() -> None:
    rules = {loose.id: loose}
    said = {loose.id: Setting(None, {"limit": 1})}
    assert len(bind(rules, said, PAIR)) == 1
    assert bind(rules, said, BARE) == ()
    assert skipped(rules, said, BARE) == {loose.id: "skeleton 'bare' has no sigmas"}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            {"test.fra": Setting()},
            "own.toml: [rules] no rule 'test.fra'; did you mean 'test.far'?",
        ),
        (
            {"zzz": Setting()},
            "own.toml: [rules] no rule 'zzz'; there is test.blind, test.far",
        ),
        (
            {"test.far": Setting(None, {"limits": 3})},
            "own.toml: [rules] 'test.far': no parameter 'limits'; "
            "did you mean 'limit'?",
        ),
        (
            {"test.blind": Setting(None, {"limit": 3})},
            "own.toml: [rules] 'test.blind': no parameter 'limit'; it has none",
        ),
        (
            {"test.far": Setting(None, {"limit": 3})},
            "own.toml: [rules] 'test.far': reach has no value; add `reach = …`, "
            'or `severity = "off"` to do without the rule',
        ),
        (
            {"test.far": Setting("fatal", {"limit": 3, "reach": 1})},
            "own.toml: [rules] 'test.far': severity 'fatal'; one of "
            "reject, review, note, off",
        ),
        (
            {"test.far": Setting(None, {"limit": True, "reach": 1})},
            "own.toml: [rules] 'test.far': limit = True is not a number",
        ),
        (
            {"test.far": Setting(None, {"limit": float("nan"), "reach": 1})},
            "own.toml: [rules] 'test.far': limit = nan: give a finite number, or 'off' "
            "for the rule",
        ),
    ],
)
def test_a_wrong_setting_is_answered_with_what_would_do(
    said: dict[str, Setting], message: str
) -> None:
    with pytest.raises(ValueError, match=r"own\.toml") as caught:
        bind(RULES, SAID | said, PAIR, "own.toml")
    assert str(caught.value) == message


def test_a_mistake_is_told_even_if_the_rule_would_be_skipped() -> None:
    face = Skeleton("face", ("nose",), (), (), None)
    with pytest.raises(ValueError, match="no parameter 'limits'"):
        bind(RULES, {"test.far": Setting("off", {"limits": 3})}, face)


def test_a_bound_rule_is_pickled_by_the_name_of_its_function() -> None:
    bound = bind(RULES, SAID, PAIR)
    sent = pickle.dumps(bound)
    assert pickle.loads(sent) == bound
    assert pickle.loads(sent)[0].rule is far


@rule("test.fast", severity="note", timed=True)
def fast(tracks: object, limit: float) -> Bools:
    """A track is fast."""
    raise NotImplementedError


@rule("test.twice", severity="note")
def again(tracks: object) -> Bools:
    """A frame is there twice."""
    raise NotImplementedError


@rule("test.deep", severity="note", space=True)
def deep(xy: Floats) -> Bools:
    """A point is deep."""
    raise NotImplementedError


@rule("test.drawn", severity="note", space=False)
def drawn(xy: Floats) -> Bools:
    """A picture is upside down."""
    raise NotImplementedError


def test_a_rule_about_pictures_is_idle_where_every_row_is_in_metres() -> None:
    bound = bind({drawn.id: drawn}, {}, PAIR)
    assert "in metres" in idle(bound, {"rows": 3, "spatial": 3, "solid": 3})[drawn.id]
    for said in ({"rows": 3}, {"rows": 3, "spatial": 3}, {"rows": 3, "solid": 2}, {}):
        assert idle(bound, said) == {}


@rule("test.bent", severity="note", needs=("elbow", "left toe"))
def bent(xy: Floats) -> Bools:
    """An arm is bent."""
    raise NotImplementedError


def test_a_part_of_a_body_is_had_on_either_side_unless_one_is_named() -> None:
    def lacks(*names: str) -> str | None:
        return skipped({bent.id: bent}, {}, Skeleton("s", names, (), (), None)).get(
            bent.id
        )

    assert lacks("right_elbow", "LBigToe") is None
    assert lacks("left_elbow", "right_big_toe") == "skeleton 's' has no left toe"
    assert lacks("elbow_pad", "left_toe") == "skeleton 's' has no elbow"


def test_what_a_delivery_lacks_leaves_rules_without_anything_to_say() -> None:
    rules = {each.id: each for each in (fast, again, deep, blind)}
    bound = bind(rules, {"test.fast": Setting(None, {"limit": 1.0})}, PAIR)
    flat = "no row of the delivery has a third coordinate, and the rule is about 3-D"
    still = "no row of the delivery has a track and a frame, and the rule is about"
    none = idle(bound, {})
    assert [*none] == ["test.fast", "test.twice", "test.deep"]
    assert none["test.deep"].startswith(flat)
    assert none["test.twice"].startswith(still)
    some = idle(bound, {"spatial": 5, "tracked": 1200, "timed": 200})
    assert some == {
        "test.fast": "1,000 of 1,200 rows of tracks do not say their frames a second "
        "(fps): not applied there"
    }
    assert idle(bound, {"spatial": 1, "tracked": 5})["test.fast"].startswith("all of 5")
    assert idle(bound, {"spatial": 1, "tracked": 5, "timed": 5}) == {}
