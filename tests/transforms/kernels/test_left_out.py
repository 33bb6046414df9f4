"""What was not compared is told in a sentence each."""

from datetime import date

import numpy as np
import pytest

from posegate.transforms.kernels.left_out import (
    EFFECTS,
    SENTENCES,
    absent,
    ahead,
    left_out,
    misdated,
)
from posegate.transforms.kernels.sums import Key


def test_nothing_left_out_is_nothing_said() -> None:
    assert left_out({("pairs", "gold", "", ""): np.array([3])}) == ""


def test_every_reason_has_its_number() -> None:
    sums = {
        ("refused", name, "", ""): np.array([n]) for n, name in enumerate(SENTENCES, 7)
    }
    said = left_out(sums)
    assert said.startswith(" 7 instances of gold contradict other gold")
    assert " 8 instances have reviews that contradict each other (see " in said
    assert " 9 reviews do not count: a later hand-in, or another review, " in said
    assert all(f" {n} " in said for n in range(7, 7 + len(SENTENCES)))


def test_one_is_told_as_one() -> None:
    said = left_out({("refused", name, "", ""): np.array([1]) for name in SENTENCES})
    assert " 1 review of somebody's own work does not count." in said
    assert " 1 review is of an instance that was not drawn and does not" in said
    assert " 1 review does not count: a later hand-in, or another review, " in said
    assert " 1 instance has reviews that contradict each other" in said
    assert " 1 instance of gold contradicts other gold" in said
    assert " 1 frame holds too many people" in said


def test_clocks_that_jumped_are_told_with_their_number_and_an_example() -> None:
    assert misdated({("role", "gold", "", ""): np.array([3])}, True, 10) is None
    sums = {
        ("clock", "late", "ann", "2099-W01"): np.array([3]),
        ("clock", "late", "bo", "2099-W02"): np.array([40]),
        ("clock", "early", "", "1970-W01"): np.array([1]),
    }
    assert (misdated(sums, True, 10) or "").startswith(
        "Clocks that jumped: of the instances 43 are dated after the delivery was "
        "received, such as 40 of bo in 2099-W02; 1 is dated more than 10 years "
        "before, such as 1 of nobody by name in 1970-W01. They are in no week, "
    )
    assert "after this run, such as" in (misdated(sums, False, 10) or "")


TODAY = date(2026, 5, 4)


@pytest.mark.parametrize(
    "received", [None, date(2019, 1, 1), TODAY, date(2026, 5, 5)], ids=str
)
def test_a_day_of_receipt_up_to_tomorrow_is_nothing_to_tell(
    received: date | None,
) -> None:
    assert ahead(received, TODAY, 1) is None


def test_a_day_of_receipt_that_is_yet_to_come_is_told_with_what_it_does() -> None:
    said = ahead(date(2026, 5, 6), TODAY, 1) or ""
    assert said.startswith("`received` is 2026-05-06, which is yet to come: ")
    assert said.endswith("Correct it in delivery.toml and run again.")
    assert ahead(date(2026, 5, 6), TODAY, 2) is None


PRODUCTION: dict[Key, np.ndarray] = {("role", "production", "", ""): np.array([9])}


def test_an_attribute_that_no_instance_has_is_told_with_those_that_are_there() -> None:
    sums = PRODUCTION | {
        ("attribute", "bowler", "", ""): np.array([4]),
        ("attribute", "light", "", ""): np.array([9]),
    }
    named = (("slices.by", "lightning"), ("splits.group", "bowler"))
    assert absent(sums, named) == (
        "No instance has the attribute 'lightning' that slices.by names, so no rate is "
        "told by it. Is it 'light'? There are: light, bowler.",
    )


@pytest.mark.parametrize("setting", EFFECTS)
def test_no_attribute_at_all_is_told_of_every_setting(setting: str) -> None:
    [said] = absent(PRODUCTION, ((setting, "view"),))
    assert f"{setting} names, so {EFFECTS[setting]}. There is no attribute" in said


def test_of_many_attributes_the_commonest_are_listed() -> None:
    sums = PRODUCTION | {
        ("attribute", f"a{n:02d}", "", ""): np.array([n]) for n in range(20)
    }
    [said] = absent(sums, (("slices.by", "night"),))
    assert said.endswith("There are: a19, a18, a17, a16, a15, a14, a13, a12, ….")


def test_of_a_hand_in_no_attribute_is_missed() -> None:
    assert absent({}, (("slices.by", "view"),)) == ()
