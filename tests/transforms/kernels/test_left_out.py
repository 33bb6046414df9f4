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


def test_clocks_that_jumped_are_told_with_their_number_and_an_example() -> None:
    assert misdated({("role", "gold", "", ""): np.array([3])}, True, 10) is None
    sums = {
        ("clock", "late", "ann", "2099-W01"): np.array([3]),
        ("clock", "late", "bo", "2099-W02"): np.array([40]),
        ("clock", "early", "", "1970-W01"): np.array([1]),
    }
    assert (misdated(sums, True, 10) or "").startswith(
        "Clocks that jumped: of the instances 43 are dated after the delivery was "
        "received, such as 40 of bo in 2099-W02; 1 are dated more than 10 years "
        "before, such as 1 of nobody by name in 1970-W01. They are in no week, "
    )
    assert "after this run, such as" in (misdated(sums, False, 10) or "")
