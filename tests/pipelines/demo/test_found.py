"""The score: planted rows against findings, quarantine, agreement and alarms."""

from typing import Any

import pyarrow as pa
import pytest

from posegate.pipelines.demo import ALARMS, PLANTED, TALLY, found
from posegate.transforms.model import schema


def instance(fault: str, position: int, delivery: str = "2026-W10") -> dict[str, Any]:
    return {
        "delivery": delivery,
        "fault": fault,
        "image": f"{position}.jpg",
        "detail": "",
        "source": "shard-00000.json",
        "position": position,
    }


def finding(rule: str, position: int, severity: str = "review") -> dict[str, Any]:
    return {
        "part": 0,
        "row": position,
        "instance": f"i{position}",
        "image": f"{position}.jpg",
        "rule": rule,
        "severity": severity,
        "source": "shard-00000.json",
        "position": position,
    }


def lost(position: int) -> dict[str, Any]:
    return {
        "source": "shard-00000.json",
        "position": position,
        "reason": "not-json",
        "detail": "",
        "raw": b"",
    }


def planted(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), PLANTED)


def findings(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema.FINDINGS)


def quarantine(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema.QUARANTINE)


def rows(table: pa.Table) -> dict[str, tuple[int, int, list[str]]]:
    assert table.schema.equals(TALLY)
    return {
        row["fault"]: (row["planted"], row["found"], row["rules"])
        for row in table.to_pylist()
    }


def test_a_fault_is_found_once_however_many_rules_break() -> None:
    told = findings(finding("a", 1), finding("b", 1), finding("b", 2), finding("b", 9))
    faults = planted(
        instance("jitter", 1), instance("jitter", 2), instance("jitter", 3)
    )
    table = found(faults, told, quarantine())
    assert rows(table) == {"jitter": (3, 2, ["b", "a"])}
    assert table["share"].to_pylist() == pytest.approx([2 / 3])


def test_a_note_finds_nothing() -> None:
    told = findings(finding("a", 1, "note"))
    assert rows(found(planted(instance("jitter", 1)), told, quarantine())) == {
        "jitter": (1, 0, [])
    }


def test_a_record_in_quarantine_is_found() -> None:
    table = found(planted(instance("broken", 4)), findings(), quarantine(lost(4)))
    assert rows(table) == {"broken": (1, 1, ["quarantine.not-json"])}


def test_quarantine_of_several_deliveries_must_say_which() -> None:
    faults = planted(instance("broken", 4), instance("broken", 4, "2026-W11"))
    with pytest.raises(ValueError, match="planted has 2 deliveries; append it"):
        found(faults, findings(), quarantine(lost(4)))
    named = quarantine(lost(4)).append_column("delivery", pa.array(["2026-W11"]))
    assert rows(found(faults, findings(), named))["broken"][:2] == (2, 1)


def test_a_low_oks_finds_the_instance_it_belongs_to() -> None:
    pairs = pa.table({"instance": ["i1", "i2"], "oks": [0.2, 0.95]})
    places = pa.table(
        {
            "instance": ["i1", "i2"],
            "image": ["1.jpg", "2.jpg"],
            "source": ["shard-00000.json"] * 2,
            "position": [1, 2],
        }
    )
    faults = planted(instance("swap-body", 1), instance("swap-body", 2))
    table = found(faults, findings(), quarantine(), agreement=pairs, instances=places)
    assert rows(table) == {"swap-body": (2, 1, ["agreement.oks"])}
    with pytest.raises(ValueError, match="agreement: needs `instances`"):
        found(faults, findings(), quarantine(), agreement=pairs)


@pytest.mark.parametrize(
    ("fault", "keypoint", "alarm", "expected"),
    [
        ("bias", "left_hip", ("ann-01", "left_hip", "2026-W16", "drift.offset"), 1),
        ("bias", "left_hip", ("ann-01", "nose", "2026-W17", "drift.offset"), 0),
        ("bias", "left_hip", ("ann-01", "left_hip", "2026-W15", "drift.offset"), 0),
        ("bias", "left_hip", ("ann-02", "left_hip", "2026-W17", "drift.offset"), 0),
        ("noise", None, ("ann-01", "nose", "2026-W17", "drift.size"), 1),
        ("noise", None, ("ann-01", None, "2026-W17", "drift.noise"), 1),
        ("noise", None, ("ann-01", "nose", "2026-W17", "drift.bias"), 0),
        ("noise", None, ("ann-01", None, "2026-W17", "visibility.share"), 0),
        ("visibility-flag", None, ("ann-01", None, "2026-W17", "visibility.share"), 1),
        ("visibility-flag", None, ("ann-01", "nose", "2026-W17", "drift.size"), 0),
    ],
)
def test_an_alarm_answers_its_annotator_keypoint_and_time(
    fault: str, keypoint: str | None, alarm: tuple[str | None, ...], expected: int
) -> None:
    row = {
        "delivery": "2026-W16",
        "fault": fault,
        "annotator": "ann-01",
        "keypoint": keypoint,
        "detail": "",
    }
    said = pa.Table.from_pylist([dict(zip(ALARMS.names, alarm, strict=True))], ALARMS)
    table = found(planted(row), findings(), quarantine(), alarms=said)
    assert rows(table)[fault][:2] == (1, expected)


def test_nothing_planted_gives_an_empty_table() -> None:
    assert rows(found(planted(), findings(finding("a", 1)), quarantine())) == {}
