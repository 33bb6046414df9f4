"""Counts: right by hand, and the same however rows are batched."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical import batch, row
from posegate.transforms.kernels import sums
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.kernels.weeks import Clock
from posegate.transforms.model.schema import FINDINGS, QUARANTINE

PEOPLE = [
    {"annotator": "ann", "visibility": [2, 1, 0], "repairs": ["coco.bbox-missing"]},
    {"annotator": "ann", "visibility": [2, 2, 3], "video": "v1"},
    {"annotator": None, "visibility": [0, 0, 0], "annotated_at": None},
    {"annotator": "bo", "role": "gold", "repairs": []},
    {"annotator": "bo", "role": "prelabel", "video": "v1"},
]


def added(found: Iterable[Sum]) -> dict[Any, Any]:
    total: dict[Any, Any] = {}
    for key, value in found:
        total[key] = total.get(key, 0) + value
    return {key: value.tolist() for key, value in total.items()}


def of_rows(rows: pa.RecordBatch) -> Iterable[Sum]:
    clock = Clock("2026-W01")
    return sums.of_instances(rows, sums.Made.of(rows, clock), clock)


def test_instances_are_counted_by_role_repair_and_annotator() -> None:
    rows = batch(*(row(i, **said) for i, said in enumerate(PEOPLE)))
    assert added(of_rows(rows)) == {
        ("role", "production", "", ""): [3],
        ("role", "gold", "", ""): [1],
        ("role", "prelabel", "", ""): [1],
        ("repair", "coco.bbox-missing", "", ""): [1],
        ("made", "ann", "", ""): [2],
        ("made", "", "", ""): [1],
        ("flags", "ann", "2026-W07", ""): [[0, 0, 2, 0], [0, 1, 1, 0], [1, 0, 0, 1]],
        ("flags", "", "2026-W01", ""): [[1, 0, 0, 0]] * 3,
        # Visible 1 of 2 and 3 of 3, labelled 2 and 3 of 3; nobody was timed.
        ("work", "ann", "2026-W07", ""): [
            [2 << 20, 1572864, 1310720],
            [2 << 20, 1747627, 1514610],
            *[[0, 0, 0]] * 4,
        ],
        ("work", "", "2026-W01", ""): [[0] * 3, [1 << 20, 0, 0], *[[0] * 3] * 4],
    }


def test_an_empty_batch_and_one_of_gold_alone_have_no_flags() -> None:
    assert added(of_rows(batch())) == {}
    assert added(of_rows(batch(row(role="gold")))) == {("role", "gold", "", ""): [1]}


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from(PEOPLE), max_size=12),
    st.lists(st.integers(0, 12), max_size=3),
)
def test_any_batching_adds_up_alike(
    people: list[dict[str, Any]], cuts: list[int]
) -> None:
    rows = batch(*(row(i, **said) for i, said in enumerate(people)))
    places = sorted({0, len(people), *(c for c in cuts if c < len(people))})
    pieces = [
        found
        for start, stop in pairwise(places)
        for found in of_rows(rows.slice(start, stop - start))
    ]
    assert added(pieces) == added(of_rows(rows))


def finding(row: int, rule: str, severity: str, **said: Any) -> dict[str, Any]:
    default = {"part": 0, "instance": f"{row:032x}", "annotator": "ann"}
    default |= {"role": "production", "image": "a.jpg", "source": "s", "position": row}
    return default | {"row": row, "rule": rule, "severity": severity} | said


def findings(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=FINDINGS)


def test_findings_are_counted_by_rule_and_the_instances_that_have_them() -> None:
    found = findings(
        finding(4, "out", "reject", keypoint="top"),
        finding(4, "out", "reject", keypoint="left"),
        finding(5, "out", "reject", keypoint="top", annotator=None),
        finding(4, "odd", "review"),
        finding(6, "out", "reject"),
    )
    assert added(sums.of_findings(found)) == {
        ("finding", "out", "reject", "ann"): [3, 2],
        ("finding", "out", "reject", ""): [1, 1],
        ("finding", "odd", "review", "ann"): [1, 1],
    }
    assert added(sums.of_findings(findings())) == {}


def test_an_instance_that_two_branches_reject_counts_once() -> None:
    first = findings(
        finding(4, "out", "reject"),
        finding(5, "out", "reject", annotator=None),
        finding(6, "odd", "review"),
    )
    second = findings(
        finding(4, "twice", "reject"), finding(7, "twice", "reject", role="gold")
    )
    rejected = [sums.rejecting(found) for found in (first, second)]
    assert added(sums.of_rejected(rejected)) == {
        ("rejected", "ann", "", ""): [1],
        ("rejected", "", "", ""): [1],
    }


def test_quarantine_is_counted_by_reason_and_files_that_broke_off() -> None:
    rows = [
        {"source": "s", "position": p, "reason": r, "detail": "", "raw": b""}
        for p, r in ((3, "coco.bbox"), (9, "coco.bbox"), (-1, "json.truncated"))
    ]
    found = pa.RecordBatch.from_pylist(rows, schema=QUARANTINE)
    assert added(sums.of_quarantine(found)) == {
        ("quarantine", "coco.bbox", "", ""): [2],
        ("quarantine", "json.truncated", "", ""): [1],
        ("unreadable", "s", "", ""): [1],
    }


def test_fixed_point_is_exact_for_what_it_holds_and_nan_counts_nothing() -> None:
    assert sums.fixed(np.array([0.5, -2.0, np.nan])).tolist() == [
        1 << 19,
        -(2 << 20),
        0,
    ]


def test_codes_name_the_distinct_rows_with_null_as_nothing() -> None:
    group, names = sums.code(pa.array(["b", None, "b"]), pa.array(["x", "y", "x"]))
    assert [names[g] for g in group] == [("b", "x"), ("", "y"), ("b", "x")]
