"""`posegate rules`: what is checked, and how often it is right."""

import pytest

from delivered import call
from posegate.expectations import measured
from posegate.expectations.rules import RULES


def test_every_rule_is_listed_with_its_text() -> None:
    outcome = call("rules")
    assert outcome.code == 0
    for rule in RULES.values():
        assert f"\n{rule.id}  " in outcome.out
        assert rule.manual.partition("\n")[0] in outcome.out


def test_a_policy_changes_limits_and_severities() -> None:
    outcome = call("rules", "face.eyes-differ", "--policy", "face-safety")
    assert "face.eyes-differ  review" in outcome.out
    assert "limit 0.3" in outcome.out


def test_a_skeleton_leaves_out_what_needs_another_with_the_reason() -> None:
    outcome = call("rules", "--skeleton", "ap10k_17")
    before, after = outcome.out.split("not for skeleton ap10k_17:")
    assert "anatomy.limb-length" not in before
    assert "anatomy.limb-length: skeleton 'ap10k_17' is of category 'animal'" in after
    assert "structure.outside-frame  " in before


def test_one_rule_says_what_it_found_of_what_was_planted() -> None:
    outcome = call("rules", "structure.outside-box")
    assert "clean, coco: " in outcome.out
    assert "finds, coco: visible, outside the box 0.1 of it: 100 %" in outcome.out


def test_a_rule_of_tracks_says_what_it_found_of_tracks() -> None:
    outcome = call("rules", "motion.linear")
    assert "clean, walk at 30 fps: 0.00 per 1,000 of 608 (0.00-6.05)" in outcome.out
    assert "finds, walk at 60 fps: interpolated, a point every 6: 100 %" in outcome.out


def test_the_table_can_be_had_as_it_is() -> None:
    assert call("rules", "--measured").out.strip() == measured.text().strip()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rules", "anatomy.limb-lenght"), "did you mean 'anatomy.limb-length'"),
        (("rules", "--policy", "genral"), "no policy 'genral'"),
        (("rules", "--", "--runner=x"), "only `run` takes options for Beam"),
    ],
)
def test_a_wrong_call_is_answered_with_what_would_do(
    words: tuple[str, ...], said: str
) -> None:
    outcome = call(*words)
    assert outcome.code == 2
    assert said in outcome.err


def test_what_was_measured_covers_every_rule() -> None:
    switched_off = {
        *("structure.incomplete", "face.eye-too-small-for-ratio"),
        "visibility.tier-not-agreed",
        *("mask.overlap", "mask.uncovered"),
    }
    for rule in RULES.values():
        if rule.id not in switched_off:
            assert measured.clean(rule.id), rule.id


def test_measured_rejections_and_reviews_of_clean_people_are_few() -> None:
    rates = {
        cells[0]: float(cells[2])
        for ground, kind, cells in measured._rows()
        if ground == "coco" and kind == "clean"
    }
    assert rates["*all that reject*"] <= 5
    assert rates["*all that review*"] <= 30
