"""Judging a delivery: the books must balance, and critical expectations block."""

from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pytest

from beamed import run
from canonical import TRIANGLE
from posegate.expectations.policy import load_policy
from posegate.transforms import parts
from posegate.transforms.formats import Tally
from posegate.transforms.judge import (
    Bench,
    Judge,
    Refold,
    contract,
    judge,
    total,
    watch,
)
from posegate.transforms.kernels import streams
from posegate.transforms.kernels.stream_sums import STATISTICS
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.model.policy import Policy
from posegate.transforms.sums import Gather, Subtotal

POLICY = Policy.model_validate(
    {k: v for k, v in load_policy("general").items() if k in Policy.model_fields}
)


def examine(folder: str, names: Any, metrics: Any) -> list[dict[str, Any]]:
    """One expectation, that says what it was given."""
    said = f"{folder} {','.join(names)} {metrics['instances']} {metrics['mean_oks']}"
    return [{"expectation": said, "subject": "", "critical": False, "success": False}]


def bench(*history: str) -> Bench:
    return Bench(POLICY, TRIANGLE, history, examine)


ROLES = {("role", "production", "", ""): [5], ("role", "gold", "", ""): [1]}
BAD = {("quarantine", "coco.bbox", "", ""): [1], ("quarantine", "c", "", ""): [1]}
TALLIES = [(1, Tally(3, 3)), (0, Tally(4, 3, 1, others=1))]


def test_records_add_up_over_shards() -> None:
    files = {("unreadable", "b.json", "", ""): [1]}
    found = total(TALLIES, ROLES | BAD | files)
    assert (found.records, found.rows, found.quarantined) == (7, 6, 1)
    assert found.unreadable == ("b.json",)


@pytest.mark.parametrize(
    ("tallies", "sums", "said"),
    [
        (
            [(4, Tally(9, 7, 1))],
            ROLES,
            "shard 4: 9 records read, but 7 rows and 1 ",
        ),
        ([(0, Tally(6, 6))], {}, "6 rows written, but 0 seen by the branches"),
        ([(0, Tally(5, 5))], ROLES, "5 rows written, but 6 seen by the branches"),
        (TALLIES, ROLES, "2 records refused, but 0 rows of quarantine written"),
        ([(0, Tally(6, 6))], ROLES | BAD, "0 records refused, but 2 rows of quaran"),
    ],
)
def test_a_run_that_does_not_add_up_breaks(tallies, sums, said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        total(tallies, sums)


def result(name: str, critical: bool, success: bool) -> dict[str, Any]:
    said = {"expectation": name, "subject": "area", "observed": 3}
    return said | {"critical": critical, "success": success}


def test_only_critical_expectations_reject() -> None:
    good, minor = result("good", True, True), result("minor", False, False)
    assert contract([good, minor]).verdict == "accept"
    bad = [result(f"bad{i}", True, False) for i in range(5)]
    gate = contract([good, *bad])
    assert gate.verdict == "reject"
    assert gate.text.endswith("area: bad2, found 3 and 2 more.")


def weekly(n: int) -> dict[Any, Any]:
    cells = np.full((3, len(STATISTICS)), n)
    return {("weekly", "ann", "2026-W07", "gold"): cells}


def test_history_is_added_to_the_deliverys_own_weeks(tmp_path: Path) -> None:
    table = streams.to_table(weekly(2), TRIANGLE.keypoints)
    parts.write_table(str(tmp_path), "weekly.parquet", table)
    path = str(tmp_path / "weekly.parquet")
    found = watch(weekly(1), bench(path, path)).watched.history
    assert found.weeks == ("2026-W07",)
    assert (found.sums == 5).all()


def test_judging_in_a_pipeline_is_judging_the_total() -> None:
    counted = ROLES | BAD | weekly(1)
    partial = [(key, np.array(value)) for key, value in counted.items()]
    halves = [(("role", "production", "", ""), np.array([n])) for n in (2, 3)]
    partial = [*partial[1:], *halves]

    def graph(sums: beam.PCollection) -> dict[str, beam.PCollection]:
        tallies = sums.pipeline | "tallies" >> beam.Create(TALLIES)
        typed = sums | beam.Map(lambda sum: sum).with_output_types(Sum)
        early = typed | Subtotal() | Gather()
        watched = early | Refold(bench())
        return {"judgement": early | Judge(bench(), "folder", tallies, watched)}

    [found] = run(partial, graph)["judgement"]
    totals = {key: np.array(value) for key, value in counted.items()}
    expected = judge(
        totals,
        TALLIES,
        watch(totals, bench()),
        bench(),
        "folder",
    )
    assert found == expected
    assert found.verdict == "reject"
    names = ",".join(parts.annotations("triangle", part) for part in (0, 1))
    assert found.expectations[0]["expectation"] == f"folder {names} 6 None"


def test_a_delivery_without_files_is_held() -> None:
    found = judge({}, [], watch({}, bench()), bench(), "folder")
    assert found.verdict == "hold"
    assert found.alarms == ()
