"""What becomes of each instance: every reason, and which of them wins."""

from typing import Any

import numpy as np
import pytest

from canonical import batch, row
from posegate.transforms.kernels import decisions
from posegate.transforms.kernels.decisions import REASONS, Alarm, Facts
from posegate.transforms.kernels.weeks import Clock
from posegate.transforms.model.columns import joined
from posegate.transforms.model.schema import DECISIONS

NONE = np.empty(0, np.int64)
NOTHING = Facts(rejected=NONE, low=NONE, spare=NONE, unreviewed=NONE)
CROWD = [("iscrowd", "1")]


def decide(*rows: dict[str, Any], first: int = 0, **said: Any) -> list[Any]:
    """(verdict, reasons) of each row."""
    facts = {name: np.array(said.pop(name, NONE)) for name in vars(NOTHING)}
    verdict, alarms = said.pop("verdict", "accept"), said.pop("alarms", ())
    clock = Clock(said.pop("week", ""))
    made = decisions.decide(batch(*rows), first, Facts(**facts), verdict, alarms, clock)
    assert made.schema == DECISIONS
    made.validate(full=True)
    return [(r["verdict"], r["reasons"]) for r in made.to_pylist()]


@pytest.mark.parametrize(
    ("made", "facts", "verdict", "reasons"),
    [
        (row(), {}, "approved", []),
        (row(role="gold"), {}, "excluded", ["not-production"]),
        (row(role="review"), {}, "excluded", ["not-production"]),
        (row(role="prelabel"), {}, "excluded", ["not-production"]),
        (row(attributes=CROWD), {}, "excluded", ["crowd"]),
        (row(attributes=[("iscrowd", "true")]), {}, "excluded", ["crowd"]),
        (row(attributes=[("iscrowd", "0")]), {}, "approved", []),
        (row(visibility=[0, 0, 0]), {}, "excluded", ["unlabelled"]),
        (row(), {"spare": [7]}, "excluded", ["second-annotation"]),
        (row(), {"rejected": [7]}, "rework", ["rejecting-rule"]),
        (row(), {"low": [7]}, "rework", ["low-agreement"]),
        (row(), {"unreviewed": [7]}, "held", ["finding-to-review"]),
        (row(), {"verdict": "reject"}, "held", ["delivery-rejected"]),
        (row(), {"verdict": "hold"}, "held", ["delivery-on-hold"]),
        (row(), {"rejected": [6, 8], "low": [0]}, "approved", []),
    ],
)
def test_a_reason_gives_its_verdict(made, facts, verdict, reasons) -> None:
    assert decide(made, first=7, **facts) == [(verdict, reasons)]


def test_the_first_reason_wins_and_all_are_told() -> None:
    facts = {name: [0] for name in vars(NOTHING)}
    alarm = Alarm("ann", 0, "2026-W01")
    said = row(role="gold", annotator="ann", attributes=CROWD)
    [(verdict, reasons)] = decide(said, verdict="hold", alarms=[alarm], **facts)
    assert verdict == "excluded"
    hidden = {"unlabelled", "delivery-rejected"}
    assert reasons == [reason for reason in REASONS if reason not in hidden]
    assert decide(row(), verdict="hold", rejected=[0]) == [
        ("rework", ["rejecting-rule", "delivery-on-hold"])
    ]


def test_no_rows_have_no_decisions() -> None:
    assert decide() == []


@pytest.mark.parametrize(
    ("said", "alarm", "held"),
    [
        ({}, Alarm("ann", 0, "2026-W07"), True),
        ({}, Alarm("ann", 0, "2026-W08"), False),
        ({}, Alarm("bo", 0, "2026-W01"), False),
        ({"visibility": [0, 2, 2]}, Alarm("ann", 0, "2026-W01"), False),
        ({"visibility": [0, 2, 2]}, Alarm("ann", 2, "2026-W01"), True),
        ({"annotator": None}, Alarm("", 1, "2026-W01"), True),
        ({"annotated_at": None}, Alarm("ann", 0, "2026-W08"), True),
    ],
)
def test_an_alarm_holds_its_annotators_keypoint_since_it_began(
    said: dict[str, Any], alarm: Alarm, held: bool
) -> None:
    expected = ("held", ["drift-alarm"]) if held else ("approved", [])
    assert decide(row(**said), alarms=[alarm]) == [expected]


def test_an_undated_row_is_of_the_deliverys_week() -> None:
    alarm = Alarm("ann", 0, "2026-W08")
    undated = row(annotated_at=None)
    assert decide(undated, alarms=[alarm], week="2026-W07") == [("approved", [])]


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ({"video": "v1"}, "v1"),
        ({}, "a.jpg"),
        ({"image": "a_jpg.rf.0aF9.jpg"}, "a_jpg.jpg"),
        ({"image": "a_jpg.rf.77bc.jpg"}, "a_jpg.jpg"),
        ({"image": "dir/my.rfid.jpg"}, "dir/my.rfid.jpg"),
        ({"attributes": [("original", "shoot-3")]}, "shoot-3"),
        ({"attributes": [("original", "shoot-3")], "video": "v1"}, "v1"),
    ],
)
def test_a_group_is_the_video_else_the_original_image(
    said: dict[str, Any], group: str
) -> None:
    rows = batch(row(**said))
    assert decisions.group_of(rows, ["video"]).to_pylist() == [group]


def test_the_first_column_that_is_there_makes_the_group() -> None:
    rows = batch(row(attributes=[("match", "m1")], video="v1"), row(video="v2"))
    names = ["attributes.match", "video"]
    assert decisions.group_of(rows, names).to_pylist() == ["m1", "v2"]


def test_groups_count_approved_instances_by_stratum() -> None:
    def lit(light: str, **said: Any) -> dict[str, Any]:
        return row(attributes=[("light", light)], **said)

    rows = batch(lit("day"), lit("day"), lit("night"), row(video="v"), lit("day"))
    approved = np.array([True, True, True, True, False])
    found = decisions.groups(rows, approved, ["video"], ["attributes.light"])
    assert sorted(tuple(r.values()) for r in found.to_pylist()) == [
        ("a.jpg", "day", 2),
        ("a.jpg", "night", 1),
        ("v", "", 1),
    ]


def test_without_stratifying_columns_there_is_one_stratum() -> None:
    for rows in (batch(row(), row(1)), batch()):
        strata = joined(rows, [])
        assert strata.to_pylist() == [""] * rows.num_rows
        assert str(strata.type) == "string"
