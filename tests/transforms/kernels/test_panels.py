"""Frames of three people and more: who agrees with the consensus of the others."""

from typing import Any

import numpy as np
import pytest

from beamed import added
from canonical import TRIANGLE, batch, moved, placed, row
from posegate.transforms.kernels import panels
from posegate.transforms.kernels.compare import compare
from posegate.transforms.kernels.sums import ONE
from posegate.transforms.kernels.weeks import UNTOLD


def counted(*rows: dict[str, Any]) -> dict[Any, Any]:
    return added(compare(placed(batch(*rows)), TRIANGLE, UNTOLD).panel)


def frame(name: str, *people: dict[str, Any]) -> list[dict[str, Any]]:
    number = 100 * ord(name)
    return [
        row(number + i, image=f"{name}.jpg", annotator="abcd"[i], **said)
        for i, said in enumerate(people)
    ]


def test_everybody_is_measured_from_the_consensus_of_the_others() -> None:
    found = counted(*frame("x", {}, {}, {"xy": moved(6, 0)}, {}))
    assert found["consensus", "c", "", ""] == [
        [1, 6 * ONE, 6 * ONE],  # .05 x 20 px is 1 px
        [1, 6 * ONE, 3 * ONE],
        [1, 6 * ONE, 3 * ONE],
    ]
    assert found["consensus", "a", "", ""] == [[1, 0, 0]] * 3


def test_flags_are_counted_by_how_many_say_what() -> None:
    hidden = {"visibility": [1, 2, 0]}
    found = counted(*frame("x", {}, hidden, hidden), *frame("y", {}, {}, {}))
    told = {key[1:3]: [sum(n)] for key, n in found.items() if key[0] == "panel"}
    assert told == {("2", "1"): [1], ("0", "3"): [4], ("0", "1"): [1]}
    made = {key: np.array(n) for key, n in found.items()}
    flags = panels.flags(made)
    assert flags is not None
    assert (flags.units, flags.people) == (6, 3)
    assert flags.alike == pytest.approx((1 / 3 + 4) / 5)


def test_two_people_are_no_panel() -> None:
    assert counted(*frame("x", {}, {})) == {}
    assert panels.flags({}) is None
    assert panels.habits({}) == {}


def test_whom_the_first_person_missed_is_on_no_panel() -> None:
    far = {"xy": moved(300, 0), "bbox": [310.0, 10, 20, 20]}
    people = frame("x", {}, {}, {}) + [
        row(7 + i, image="x.jpg", annotator=who, **far) for i, who in enumerate("bc")
    ]
    found = counted(*people)
    assert found["consensus", "b", "", ""] == [[1, 0, 0]] * 3


def test_habits_are_found_in_all_answers() -> None:
    rng = np.random.default_rng(3)
    rows = []
    for name in map(chr, range(ord("A"), ord("A") + 40)):
        hidden = rng.random(3) < 0.4
        honest = {"visibility": np.where(hidden, 1, 2).tolist()}
        rows += frame(name, honest, honest, {}, honest)  # c calls everything visible
    made = {key: np.array(n) for key, n in counted(*rows).items()}
    found = panels.habits(made)
    assert found["c"].hidden_seen > 0.9 > 0.1 > found["a"].hidden_seen
    assert found["c"].answers == 120
    assert all(habit.seen_hidden < 0.1 for habit in found.values())
