"""What was not compared is told in a sentence each."""

import numpy as np

from posegate.transforms.kernels.left_out import SENTENCES, left_out, misdated


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
