"""The gates: when each accepts, holds and rejects, and what it says."""

from typing import Any

import numpy as np
import pytest

from posegate.expectations.policy import load_policy
from posegate.transforms.kernels import verdict
from posegate.transforms.kernels.gate import Gate
from posegate.transforms.kernels.score import IOU, OKS, Score
from posegate.transforms.kernels.sums import ONE, Key
from posegate.transforms.kernels.verdict import Records
from posegate.transforms.model.policy import Policy

POLICY = Policy.model_validate(
    {k: v for k, v in load_policy("general").items() if k in Policy.model_fields}
)
"""OKS .75; p0 .05, p1 .10; agreement .85, kappa .70; defects .01 and .02."""

RECORDS = Records(records=1000, rows=1000, quarantined=0)
Sums = dict[Key, Any]


def counted(*cells: tuple[str, ...] | list[int]) -> Sums:
    """Key words, then the value, in turn."""
    keys = [(*words, "", "", "", "")[:4] for words in cells[::2]]
    return dict(zip(keys, map(np.array, cells[1::2]), strict=True))


def judged(annotator: str, n: int, bad: int, kind: str = "gold") -> Sums:
    return counted(("judged", annotator, kind), [n, bad, 0])


def clusters(oks: float, n: int = 30, kind: str = "gold") -> Sums:
    return {
        ("pairs", kind, "", ""): np.zeros((4, 3), np.int64),
        **{
            ("cluster", kind, f"v{i}", ""): np.array([2, 2 * (oks + i % 2 / 100) * ONE])
            for i in range(n)
        },
    }


@pytest.mark.parametrize(
    ("records", "sums", "said", "text"),
    [
        (RECORDS, counted(("role", "production"), [1000]), "accept", "0 of 1000"),
        (
            RECORDS,
            counted(("role", "production"), [100], ("rejected", "ann"), [3]),
            "reject",
            "3 of 100 instances break a rule that rejects (3.00%); at most 2.00% may.",
        ),
        (
            Records(1000, 989, 11),
            {},
            "reject",
            "11 of 1000 records could not be read (1.10%); at most 1.00% may be.",
        ),
        (Records(1000, 990, 10), {}, "accept", "990 of 1,000 records could be read"),
        (
            Records(9, 9, 0, ("b",)),
            {},
            "reject",
            "1 file could not be read to",
        ),
        (Records(9, 9, 0, tuple("abcde")), {}, "reject", "a, b, c and 2 more."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_defects(records: Records, sums: Sums, said: str, text: str) -> None:
    gate = verdict.defects(sums, records, POLICY)
    assert (gate.gate, gate.verdict) == ("defects", said)
    assert text in gate.text


@pytest.mark.parametrize(
    ("sums", "said", "text"),
    [
        (judged("ann", 200, 2), "accept", "2 of 200 reviewed instances have OKS below"),
        (
            judged("ann", 200, 2),
            "accept",
            "(1.0%, 95 % interval 0.1% to 4.3%): at most 10% are bad (risk 5%).",
        ),
        (judged("ann", 60, 30), "reject", "more than 5% are bad (risk 5%)."),
        (
            judged("ann", 10, 0),
            "hold",
            "45 more, if all are good, accept it (see review/).",
        ),
        (
            judged("ann", 200, 2, "second"),
            "hold",
            "None of the instances has been reviewed; ",
        ),
        (judged("ann", 100, 1) | judged("bo", 100, 1, "review"), "accept", "2 of 200"),
        ({}, "hold", "None of the instances has been reviewed; 55 more"),
    ],
    ids=str,
)
def test_acceptance(sums: Sums, said: str, text: str) -> None:
    gate = verdict.acceptance_gate(sums, POLICY)
    assert (gate.gate, gate.verdict) == ("acceptance", said)
    assert text in gate.text


def test_the_risk_of_a_test_that_is_cut_short_is_the_one_it_has() -> None:
    short = POLICY.acceptance.model_copy(update={"cap": 100})
    policy = POLICY.model_copy(update={"acceptance": short})
    gate = verdict.acceptance_gate(judged("ann", 100, 2), policy)
    assert gate.text.endswith("at most 10% are bad (risk 20.6%).")


def lot(n: int, asked: int, lacking: int, counted_to: int) -> Sums:
    return counted(
        ("stratum", "ann"), [n, asked, n - asked, 0, 0],
        ("ledger",), [asked, lacking, counted_to],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sums", "said", "text", "wanted"),
    [
        (
            lot(400, 60, 50, 60) | judged("ann", 10, 0, "review"),
            "hold",
            "45 more, if all are good, accept it: the first 45 by `order` in review/",
            60,
        ),
        (
            lot(400, 60, 0, 60) | judged("ann", 60, 1, "review"),
            "hold",
            "9 more, if all are good, accept it: those in review/ with an `order` up",
            69,
        ),
        (
            lot(400, 60, 0, 65) | judged("ann", 65, 2, "review"),
            "hold",
            "with an `order` up to 83, the reserve",
            83,
        ),
        (lot(30, 30, 20, 30) | judged("ann", 10, 0, "review"), "hold", "more, if", 30),
        (lot(30, 30, 0, 30) | judged("ann", 30, 1), "accept", "that is all of", 30),
        (
            lot(30, 30, 0, 30) | judged("ann", 30, 4),
            "reject",
            "(13.3%); that is all",
            30,
        ),
        (
            lot(400, 60, 60, 60)
            | {("judged", "ann", "review", "monitor"): np.array([99, 99, 0])},
            "hold",
            "None of the instances has been reviewed; ",
            60,
        ),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_a_hold_says_how_many_more_and_which(
    sums: Sums, said: str, text: str, wanted: int
) -> None:
    gate = verdict.acceptance_gate(sums, POLICY)
    assert gate.verdict == said
    assert text in gate.text
    assert verdict.wanted(sums, POLICY) == wanted


def test_a_single_plan_is_the_policys_alternative() -> None:
    acceptance = POLICY.acceptance.model_copy(update={"plan": "single"})
    policy = POLICY.model_copy(update={"acceptance": acceptance})
    gate = verdict.acceptance_gate(judged("ann", 200, 2), policy)
    assert gate.verdict == "hold"
    assert "79 more, if all are good, accept it" in gate.text
    assert verdict.acceptance_gate(judged("ann", 298, 21), policy).passed
    assert not verdict.acceptance_gate(judged("ann", 30, 22), policy).passed


@pytest.mark.parametrize(
    ("sums", "said", "text"),
    [
        ({}, "hold", "none of the instances has been reviewed."),
        (judged("ann", 100, 8), "accept", "No annotator"),
        (
            judged("ann", 400, 4) | judged("bo", 40, 20),
            "reject",
            "More than 5% bad instances: bo (20 of 40).",
        ),
        (judged("", 40, 20), "reject", "unknown (20 of 40)."),
        (judged("bo", 40, 20, "second"), "hold", "No annotator can be judged"),
    ],
    ids=str,
)
def test_the_worst_annotator(sums: Sums, said: str, text: str) -> None:
    gate = verdict.annotators(sums, POLICY)
    assert (gate.gate, gate.verdict) == ("annotators", said)
    assert text in gate.text


def apart(*oks: float) -> Sums:
    """One pair a video: few, and far from one another."""
    pairs: Sums = {("pairs", "gold", "", ""): np.zeros((4, 3), np.int64)}
    return pairs | {
        ("cluster", "gold", f"v{i}", ""): np.array([1, int(each * ONE)])
        for i, each in enumerate(oks)
    }


NO_OKS = {("pairs", "gold", "", ""): 0, ("cluster", "gold", "v", ""): np.zeros(2)}


@pytest.mark.parametrize(
    ("sums", "said", "text"),
    [
        (clusters(0.9), "accept", "Mean OKS against gold is 0.905, at least 0.9"),
        (clusters(0.9), "accept", "(60 pairs, 30 clusters); 0.85 is required."),
        (clusters(0.8), "reject", "against gold is 0.805, at most 0.80"),
        (apart(0.7, 1.0), "hold", "is 0.850, at least 0."),
        (apart(0.7, 1.0), "hold", " at most 1.000, each with 90% confidence (2 pairs"),
        (clusters(0.9, kind="second"), "accept", "against a second annotator is"),
        (clusters(0.9) | clusters(0.1, kind="second"), "accept", "against gold is"),
        (
            clusters(0.9) | clusters(0.9, kind="review"),
            "accept",
            "gold and review is 0.905, at least",
        ),
        (clusters(0.9) | clusters(0.9, kind="review"), "accept", "120 pairs, 30 cl"),
        (clusters(0.9, n=1), "hold", "All pairs come from one video"),
        (NO_OKS, "hold", "No pair has an OKS: the skeleton has no sigmas"),
        ({}, "hold", "No instance has a reference (gold, a review, or a second"),
    ],
    ids=str,
)
def test_agreement(sums: Sums, said: str, text: str) -> None:
    gate = verdict.agreement_gate(sums, POLICY)
    assert (gate.gate, gate.verdict) == ("agreement", said)
    assert text in gate.text


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((), "accept"),
        (("accept", "accept"), "accept"),
        (("accept", "hold"), "hold"),
        (("reject", "hold"), "reject"),
    ],
)
def test_the_strictest_gate_decides(said: Any, expected: str) -> None:
    assert verdict.overall([Gate("a", v, "") for v in said]) == expected


def test_an_empty_delivery_has_nothing_to_judge() -> None:
    [gate] = verdict.gates({}, Records(0, 0, 0), POLICY)
    assert gate.verdict == "hold"
    assert gate.text == "Nothing to judge: the delivery has no records."


def test_an_export_that_dropped_all_work_is_named_as_such() -> None:
    [gate] = verdict.gates({}, Records(0, 0, 0, images=3570), POLICY)
    assert gate.verdict == "hold"
    assert "3,570 images, 0 annotations" in gate.text


def test_an_unreadable_file_without_records_is_not_an_empty_delivery() -> None:
    found = verdict.gates({}, Records(0, 0, 0, ("a.json",)), POLICY)
    assert [(g.gate, g.verdict) for g in found] == [("defects", "reject")]
    assert verdict.overall(found) == "reject"


@pytest.mark.parametrize(
    ("flags", "score", "text"),
    [
        ([[9, 0, 0, 0]], OKS, "none has a labelled keypoint. The export dropped them,"),
        ([[9, 0, 0, 0]], OKS, "again, with keypoints."),
        ([[9, 0, 0, 0]], IOU, "none has a mask. The export dropped them, or nobody"),
        ([[0, 4, 5, 0]], OKS, "of the 9 instances all are crowds (`iscrowd`)"),
    ],
    ids=str,
)
def test_a_delivery_with_nothing_to_look_at_is_named_as_such(
    flags: list[list[int]], score: Score, text: str
) -> None:
    sums: Sums = counted(("role", "production"), [9]) | {
        ("flags", "ann", "2026-W10", ""): np.array(flags)
    }
    [gate] = verdict.gates(sums, Records(9, 9, 0), POLICY, score)
    assert (gate.gate, gate.verdict) == ("defects", "hold")
    assert gate.text.startswith("Nothing to judge: of the 9 instances ")
    assert text in gate.text
    [broken] = verdict.gates(sums, Records(18, 9, 9), POLICY, score)
    assert broken.verdict == "reject"


def test_a_delivery_of_gold_alone_is_held() -> None:
    found = verdict.gates(counted(("role", "gold"), [1000]), RECORDS, POLICY)
    assert verdict.overall(found) == "hold"


def test_a_hand_in_of_reviews_is_not_judged_but_must_be_readable() -> None:
    sums = counted(("role", "review"), [30], ("frames",), [25])
    found = verdict.gates(sums, Records(30, 30, 0), POLICY, reviews="w30")
    assert verdict.overall(found) == "handed-in"
    assert found[0].text == ("30 reviews in 25 frames; they count where w30 is judged.")
    broken = verdict.gates(sums, Records(60, 30, 30), POLICY, reviews="w30")
    assert verdict.overall(broken) == "reject"
    mixed = sums | counted(("role", "production"), [5])
    found = verdict.gates(mixed, Records(35, 35, 0), POLICY, reviews="w30")
    assert verdict.overall(found) == "hold"


def test_a_measure_adds_up_over_kinds_of_reference() -> None:
    cell = np.arange(12).reshape(4, 3) * ONE
    sums = {("pairs", kind, "", ""): cell for kind in ("gold", "review")}
    assert verdict.measure(sums, "oks_sym", ("gold", "review")) == (6 * ONE, 8.0, 10.0)
    assert verdict.measure(sums, "oks", ("second",)) == (0, 0.0, 0.0)


def test_gold_of_all_of_one_video_leaves_nothing_to_guess() -> None:
    lot = counted(("stratum", "s"), [2, 0, 0, 0, 0])
    known = counted(("lot", "gold", "s"), [2, int(1.8 * ONE), int(1.7 * ONE)])
    gate = verdict.agreement_gate(clusters(0.9, n=1) | lot | known, POLICY)
    assert gate.verdict == "accept"
    assert "is 0.900, at least 0.900" in gate.text
    assert "all of this delivery" in gate.text
    some = counted(("stratum", "s"), [3, 0, 0, 0, 0])
    gate = verdict.agreement_gate(clusters(0.9, n=1) | some | known, POLICY)
    assert gate.verdict == "hold"


def test_reviews_of_the_sample_bound_this_lot_and_not_the_vendor() -> None:
    """One video has no interval for the vendor, and its sample has one for the lot."""
    total = int(0.95 * 40 * ONE)
    squares = int((0.95**2 + 0.0004) * 40 * ONE)
    sums = {
        ("pairs", "review", "", ""): np.zeros((4, 3), np.int64),
        ("cluster", "review", "v0", ""): np.array([40, total]),
        ("lot", "review", "ann", ""): np.array([40, total, squares]),
        ("stratum", "ann", "", ""): np.array([200, 40, 0, 0, 0]),
    }
    gate = verdict.agreement_gate(sums, POLICY)
    assert gate.passed
    assert "Mean OKS against review is 0.950, at least 0.94" in gate.text
    assert "(40 pairs, a sample of this delivery)" in gate.text


def lot(**strata: tuple[int, int]) -> Sums:
    """Strata of so many instances, of which so many are reviewed, half with .9 and half
    with 1, each in a video of its own."""
    sums: Sums = {("pairs", "review", "", ""): np.zeros((4, 3), np.int64)}
    for name, (units, n) in strata.items():
        scores = np.where(np.arange(n) % 2, 0.9, 1.0)
        cell = [n, int(scores.sum() * ONE), int((scores**2).sum() * ONE)]
        sums["stratum", name, "", ""] = np.array([units, n, 0, 0, 0])
        if n:
            sums["lot", "review", name, ""] = np.array(cell)
            sums["cluster", "review", f"v{name}", ""] = np.array(cell[:2])
    return sums


def test_strata_of_one_review_each_bound_nothing_and_are_told_as_the_reason() -> None:
    gate = verdict.agreement_gate(lot(ann=(30, 1), bo=(30, 1)), POLICY)
    assert gate.verdict == "hold"
    assert gate.text.startswith("No stratum of the sample has two reviewed instances")


def test_a_stratum_of_one_row_and_one_that_nobody_reviewed() -> None:
    whole = verdict.agreement_gate(lot(ann=(30, 20), solo=(1, 1)), POLICY)
    assert whole.passed
    assert "(21 pairs, a sample of this delivery)" in whole.text
    part = verdict.agreement_gate(lot(ann=(30, 20), bo=(10, 0)), POLICY)
    assert "a sample of 75% of this delivery: nobody reviewed its other" in part.text


def test_gold_that_contradicts_itself_is_told() -> None:
    refused = counted(("refused", "contested-gold"), [4])
    gate = verdict.agreement_gate(clusters(0.9) | refused, POLICY)
    assert "4 instances of gold contradict other gold" in gate.text
