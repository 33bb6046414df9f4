"""What was not compared is told in a sentence each."""

import numpy as np

from posegate.transforms.kernels.left_out import SENTENCES, left_out


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
