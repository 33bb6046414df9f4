"""The report's sections from real sums: every number from pairs that were compared."""

from typing import Any

import numpy as np
import pytest

from canonical import TRIANGLE, batch, moved, placed, row
from posegate.expectations.policy import load_policy
from posegate.transforms.dashboard.build import own_reasons
from posegate.transforms.dashboard.build_acceptance import lot_test, sampling
from posegate.transforms.dashboard.build_agreement import agreement
from posegate.transforms.dashboard.page import whys
from posegate.transforms.kernels.compare import How, compare
from posegate.transforms.kernels.pair_sums import of_pairs
from posegate.transforms.kernels.sums import Key
from posegate.transforms.kernels.weeks import UNTOLD
from posegate.transforms.model.policy import Policy

POLICY = Policy.model_validate(
    {k: v for k, v in load_policy("general").items() if k in Policy.model_fields}
)
HOW = How(variants=True)


def sums(*rows: dict[str, Any]) -> dict[Key, Any]:
    found = compare(placed(batch(*rows)), TRIANGLE, UNTOLD, HOW)
    total: dict[Key, Any] = {}
    for key, value in (*of_pairs(found.pairs, TRIANGLE, 0.75), *found.panel):
        total[key] = total.get(key, 0) + value
    return total


def reviewed(n: int) -> list[dict[str, Any]]:
    """Frames, each in a video of its own, the i-th drawn i tenths of a pixel off."""
    square = b"[[0, 0, 20, 0, 20, 20, 0, 20]]"
    return [
        row(
            10 * i + j,
            image=f"{i}.jpg",
            video=f"v{i}",
            role=role,
            annotator=who,
            xy=moved(i * j / 10, 0),
            segmentation=square,
            visibility=[1 + i % 2, 2, 2],
        )
        for i in range(n)
        for j, (role, who) in enumerate((("production", "ann"), ("review", "rea")))
    ]


def test_intervals_are_of_the_lot_and_of_the_vendor() -> None:
    found = sums(*reviewed(8)) | {
        ("stratum", "ann", "", ""): np.array([40, 8, 32, 0, 0])
    }
    made = agreement(found, POLICY, TRIANGLE)
    lot, vendor = made["lot"], made["vendor"]
    assert made["oks"]["mean"] == pytest.approx(lot["mean"], abs=1e-6)
    assert lot["low"] < lot["mean"] < lot["high"]
    # a fifth of the lot was looked at, which leaves the lot's interval narrower
    assert vendor["low"] < lot["low"]
    assert vendor["clusters"] == 8
    assert (made["oks"]["low"], made["oks"]["high"]) == (lot["low"], lot["high"])
    assert made["pck_normaliser"] == "box"


def test_every_kind_of_measure_is_in_the_report() -> None:
    made = agreement(sums(*reviewed(8)), POLICY, TRIANGLE)
    assert made["outlines"] == {
        **{"pairs": 8, "iou": 1.0, "boundary_iou": 1.0, "dice": 1.0}
    }
    assert [v["pairs"] for v in made["variants"]] == [8, 8, 8]
    assert sum(made["keypoints"][0]["mistakes"].values()) == 8
    assert made["keypoints"][0]["between"] == {"n": 0, "mpjpe": None, "q": None}
    flags = made["visibility"]
    assert flags["alike"] == 1.0
    assert flags["contract"] == {"kappa": 1.0, "limit": 0.75, "kept": True}
    assert made["panels"] == {}


def test_a_panel_shows_everybody() -> None:
    people = [
        row(i, annotator=who, visibility=[1, 2, 2]) for i, who in enumerate("abc")
    ]
    made = agreement(sums(*people), POLICY, TRIANGLE)
    assert made["panels"]["flags"]["alpha"] == 1.0
    assert [p["annotator"] for p in made["panels"]["people"]] == ["a", "b", "c"]
    assert {p["points"] for p in made["panels"]["people"]} == {3}


def test_without_pairs_everything_is_none_and_nothing_breaks() -> None:
    made = agreement({}, POLICY, TRIANGLE)
    assert made["pairs"] == 0
    assert made["oks"]["mean"] is made["lot"]["mean"] is made["vendor"]["low"] is None
    assert made["keypoints"] == made["variants"] == []
    assert made["visibility"] == made["panels"] == {}
    assert lot_test({}, POLICY) == {}
    drawn = {("stratum", "", "", ""): np.array([900, 60, 840, 0, 0])}
    test = lot_test(drawn, POLICY)
    assert (test["reviewed"], test["share"], test["more"]) == (0, None, 55)
    assert sampling({}, POLICY, [])["drawn"]["population"] == 0


def test_the_curve_keeps_its_risks() -> None:
    test = lot_test(sums(*reviewed(3)), POLICY)
    curve = test["curve"]
    accepted = np.interp([0.05, 0.10], curve["share"], curve["accepted"])
    assert accepted[0] > 1 - test["alpha"]
    assert accepted[1] == pytest.approx(test["beta"], abs=0.01)
    assert np.all(np.diff(curve["accepted"]) <= 1e-12)


def test_two_annotators_stand_beside_what_gold_says() -> None:
    rows = [
        row(1),
        row(2, annotator="bo", xy=moved(4, 0)),
        row(3, annotator="gil", role="gold"),
    ]
    found = agreement(sums(*rows), POLICY, TRIANGLE)
    made = found["keypoints"]
    assert found["oks_sym"]["mean"] == pytest.approx(
        found["oks_sym"]["median"], abs=1e-3
    )
    assert 0 < found["oks_sym"]["mean"] < found["oks"]["mean"] < 1
    assert made[0]["n"] == 2
    assert made[0]["between"] == {"n": 2, "mpjpe": 4.0, "q": 4.0}  # 1 px is a sigma s
    assert made[1]["between"]["q"] == 2.0


def test_gold_speaks_of_the_lot_only_once_all_of_it_has_some() -> None:
    rows = [each | {"annotator": "gil", "role": "gold"} for each in reviewed(8)[1::2]]
    found = sums(*reviewed(8)[::2], *rows)
    for units, known in ((40, False), (8, True)):
        lot = {("stratum", "ann", "", ""): np.array([units, 8, units - 8, 0, 0])}
        made = agreement(found | lot, POLICY, TRIANGLE)
        assert (made["lot"]["mean"] is not None) is known
        assert made["vendor"]["mean"] is not None


def test_reasons_are_told_of_those_whom_they_gave_their_verdict() -> None:
    counted = {
        ("reason", "delivery-on-hold", "held", ""): np.array([5]),
        ("reason", "delivery-on-hold", "excluded", ""): np.array([3]),
        ("reason", "drift-alarm", "held", ""): np.array([2]),
        ("reason", "not-production", "excluded", ""): np.array([3]),
    }
    kept = {key[1:3]: int(n[0]) for key, n in own_reasons(counted).items()}
    assert kept == {
        ("delivery-on-hold", "held"): 5,
        ("drift-alarm", "held"): 2,
        ("not-production", "excluded"): 3,
    }
    said = whys({key[0]: n for key, n in kept.items()})
    assert said == {
        "held": "5 as the delivery is on hold, 2 of a stream in alarm",
        "excluded": "3 not production",
    }
