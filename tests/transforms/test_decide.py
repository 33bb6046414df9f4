"""Deciding by part: every row gets its decision, in whatever pieces evidence comes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beamed import added, run, together
from canonical import TRIANGLE, batch, row
from posegate.expectations.policy import load_policy
from posegate.transforms import parts, review
from posegate.transforms.decide import EVIDENCE, Concern, Decide
from posegate.transforms.judge import Bench, Judgement
from posegate.transforms.kernels.decisions import Alarm
from posegate.transforms.kernels.slices import ANY
from posegate.transforms.kernels.verdict import Records
from posegate.transforms.kernels.weeks import Clock
from posegate.transforms.model.policy import Policy
from posegate.transforms.model.schema import DECISIONS, FINDINGS
from posegate.transforms.sample import SAMPLE

POLICY = Policy.model_validate(
    {k: v for k, v in load_policy("general").items() if k in Policy.model_fields}
)
BENCH = Bench(POLICY, TRIANGLE, (), lambda *_: [], ("left",))
ALARMS = (Alarm("bo", 0, "2026-W01"),)
JUDGEMENT = Judgement("accept", (), ALARMS, Records(10, 10, 0), (), (), 3)

ROWS = batch(
    row(0),
    row(1, annotator="bo"),
    row(2),
    row(3),
    row(4, role="gold"),
    row(5, video="v1"),
    row(6, video="v1"),
    row(7, visibility=[0, 0, 0]),
)
VERDICTS = ["rework", "held", "rework", "excluded", "excluded", "approved", "held"]


def finding(number: int, severity: str, rule: str = "out") -> dict[str, Any]:
    said = ROWS.slice(number, 1).to_pylist()[0]
    known = {name: said[name] for name in FINDINGS.names if name in said}
    return known | {"part": 0, "row": number, "rule": rule, "severity": severity}


CONCERNS: list[tuple[pa.Schema, list[dict[str, Any]]]] = [
    (FINDINGS, [finding(0, "reject"), finding(0, "note", "a"), finding(6, "review")]),
    (
        EVIDENCE,
        [
            {"row": 2, "kind": "gold", "bad": True},
            {"row": 5, "kind": "gold", "bad": False},
            {"row": 5, "kind": "second", "bad": True},
            {"row": 3, "kind": "spare", "bad": None},
        ],
    ),
    (
        SAMPLE,
        [
            {"row": n, "draw": d, "probability": 0.5, "purpose": p, "order": o}
            for n, d, p, o in (
                (1, 0.2, "accept", 2),
                (2, 0.1, "accept", 1),
                (5, 0.4, "reserve", 4),
                (0, 0.5, "reserve", 3),
                (7, 0.3, "partial", None),
            )
        ],
    ),
]


def pieces(size: int) -> list[tuple[int, pa.RecordBatch]]:
    """All that concerns part 0, in batches of a size; and that there is a part 1."""
    rows = [
        pa.RecordBatch.from_pylist(some[i : i + size], schema=schema)
        for schema, some in CONCERNS
        for i in range(0, len(some), size)
    ]
    empty = pa.RecordBatch.from_pylist([], schema=EVIDENCE)
    return [*((0, each) for each in reversed(rows)), (0, empty), (1, empty), (2, empty)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part, table in enumerate((ROWS, batch(row(50)))):
        name = parts.annotations("triangle", part)
        with parts.part_file(str(tmp_path), name, table.schema) as file:
            for first in range(0, table.num_rows, 3):
                file.write(table.slice(first, 3))
    return tmp_path


def decided(
    folder: Path, size: int, more: Sequence[tuple[int, pa.RecordBatch]] = ()
) -> dict[str, list[Any]]:
    def graph(concerns: beam.PCollection) -> dict[str, Any]:
        judgement = concerns.pipeline | "judged" >> beam.Create([JUDGEMENT])
        typed = concerns | beam.Map(lambda x: x).with_output_types(
            tuple[int, pa.RecordBatch]
        )
        return vars(typed | Decide(BENCH, str(folder), Clock("2026-W07"), judgement))

    return run([*pieces(size), *more], graph)


def written(folder: Path, name: str) -> list[dict[str, Any]]:
    return pq.ParquetFile(folder / name).read().to_pylist()


@pytest.mark.parametrize("size", [1, 9])
def test_what_every_branch_found_counts_in_slices(folder: Path, size: int) -> None:
    tracks = [finding(5, "review", "motion.jitter"), finding(6, "note", "motion.gap")]
    pairs = [finding(6, "review", "structure.copied-pose")]
    more = [
        (0, pa.RecordBatch.from_pylist(some, schema=FINDINGS))
        for some in (tracks, pairs)
    ]
    made = added(decided(folder, size, more)["sums"])
    small = {key[3]: sum(n) for key, n in made.items() if key[2] == "small"}
    assert small == {
        "": 8,  # production rows of both parts
        ANY: 3,  # rows 0, 5 and 6, each once
        "out": 2,
        "a": 1,
        "motion.jitter": 1,
        "motion.gap": 1,
        "structure.copied-pose": 1,
    }


@pytest.mark.parametrize("size", [1, 9])
def test_each_part_is_decided_row_by_row(folder: Path, size: int) -> None:
    made = decided(folder, size)
    found = written(folder, "decisions/part-00000.parquet")
    assert [d["instance"] for d in found] == ROWS["instance"].to_pylist()
    assert [d["verdict"] for d in found] == [*VERDICTS, "excluded"]
    schema = pq.read_schema(folder / "decisions/part-00000.parquet")
    assert schema.names == DECISIONS.names
    [other] = written(folder, "decisions/part-00001.parquet")
    assert other["verdict"] == "approved"

    counted = added(made["sums"])
    assert {key: n for key, n in counted.items() if key[0] != "slice"} == {
        ("lacking", "", "", ""): [3],
        ("reason", "drift-alarm", "held", ""): [1],
        ("reason", "finding-to-review", "held", ""): [1],
        ("reason", "low-agreement", "rework", ""): [1],
        ("reason", "not-production", "excluded", ""): [1],
        ("reason", "rejecting-rule", "rework", ""): [1],
        ("reason", "second-annotation", "excluded", ""): [1],
        ("reason", "unlabelled", "excluded", ""): [1],
        ("sampled", "", "", ""): [4],
        ("verdict", "approved", "", ""): [2],
        ("verdict", "excluded", "", ""): [3],
        ("verdict", "held", "", ""): [2],
        ("verdict", "rework", "", ""): [2],
    }
    groups = together(made["groups"], "group")
    assert [(g["group"], g["instances"]) for g in groups] == [("a.jpg", 1), ("v1", 1)]


def test_findings_and_the_queue_are_written_in_order(folder: Path) -> None:
    made = decided(folder, 1)
    found = written(folder, "findings/part-00000.parquet")
    assert [(f["row"], f["rule"]) for f in found] == [(0, "a"), (0, "out"), (6, "out")]
    queue = written(folder, "review/part-00000.parquet")
    assert [(q["row"], q["why"], q["order"], q["keypoints"]) for q in queue] == [
        (1, "sample", 2, None),
        (0, "sample", 3, None),  # of the reserve, up to the place that is wanted
        (7, "sample", None, ["left"]),
        (6, "finding", None, None),
    ]
    assert queue[0]["instance"] == ROWS["instance"][1].as_py()
    assert [rank for rank, *_ in sorted(made["next"])] == [2, 3]
    names = {file.name for file in made["files"]}
    kinds = ("decisions", "findings", "review", "sample")
    assert names == {
        *(f"{kind}/part-00000.parquet" for kind in kinds),
        "decisions/part-00001.parquet",
        "to_review/coco/part-00000/annotations.json",
    }
    sample = written(folder, "sample/part-00000.parquet")
    assert [(s["row"], s["purpose"], s["probability"]) for s in sample] == [
        (0, "reserve", 0.5),
        (1, "accept", 0.5),
        (2, "accept", 0.5),
        (7, "partial", 0.5),
    ]
    assert sample[0]["instance"] == ROWS["instance"][0].as_py()
    [drawn] = made["worst"]
    assert drawn[1] == ROWS["instance"][0].as_py()


def test_the_queue_is_written_for_the_tool_that_the_delivery_came_from(
    folder: Path,
) -> None:
    made = decided(folder, 9)
    name = "to_review/coco/part-00000/annotations.json"
    said = json.loads((folder / name).read_text())
    queue = written(folder, "review/part-00000.parquet")
    found = {a["instance"]: a for a in said["annotations"]}
    assert sorted(found) == sorted(q["instance"] for q in queue)
    for each in queue:
        record = found[each["instance"]]
        assert record["attributes"]["review_why"] == each["why"]
        assert not {"annotator", "annotated_at", "role"} & record.keys()
    assert any(file.name == name for file in made["files"])
    last = found[ROWS["instance"][7].as_py()]
    assert last["attributes"]["review_keypoints"] == "left"


@pytest.mark.parametrize(
    ("format", "there"),
    [("yolo-pose", "yolo-pose/part-00000/labels/a.txt"), ("trc", "coco")],
)
def test_a_queue_has_the_deliverys_format_where_that_is_written(
    tmp_path: Path, format: str, there: str
) -> None:
    table = batch(row(0, format=format), row(1, format=format))
    with parts.part_file(str(tmp_path), "part.parquet", table.schema) as file:
        file.write(table)
    queue = pa.table(
        {"row": [1], "why": ["finding"], "order": [None], "keypoints": [None]}
    )
    path = str(tmp_path / "part.parquet")
    files = list(review.write(path, queue, TRIANGLE, str(tmp_path), 0))
    assert {f.name.split("/")[0] for f in files} == {"to_review"}
    assert (tmp_path / "to_review" / there).exists()


def test_a_row_that_was_drawn_and_found_says_both() -> None:
    found = [{"row": row, "severity": "review", "role": "production"} for row in (4, 5)]
    drawn = [
        {"row": row, "draw": 0.1, "probability": 0.5, "purpose": "accept", "order": row}
        for row in (3, 4)
    ]
    concern = Concern(
        pa.RecordBatch.from_pylist(found),
        pa.RecordBatch.from_pylist([], schema=EVIDENCE),
        pa.RecordBatch.from_pylist(drawn, schema=SAMPLE),
    )
    queue = concern.queue(concern.asked(9), ["left"]).to_pylist()
    assert [(q["row"], q["why"], q["order"]) for q in queue] == [
        (3, "sample", 3),
        (4, "sample and finding", 4),
        (5, "finding", None),
    ]
