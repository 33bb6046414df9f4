"""The demo: every week through the gate, in order, then what was planted and found."""

from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from posegate.pipelines import launch, plan, project
from posegate.pipelines.demo.found import ALARMS, OF_PEOPLE, found
from posegate.pipelines.demo.make import Made
from posegate.pipelines.plan import Plan
from posegate.transforms.model.schema import FINDINGS, QUARANTINE, agreement

PLACES = ("instance", "image", "source", "position", "repairs")


def show(made: Made, say: TextIO) -> int:
    """Runs the weeks as a schedule would and prints the verdicts and the score.

    0 where the gate ran, whatever it said: the last weeks are meant to be refused.
    """
    settings = project.load(str(made.project))
    runs = []
    for path in made.deliveries:
        ready = plan.prepare(str(path), settings, launch.runtime([]))
        report = launch.run(ready, [], say=None)
        failed = [r["text"] for r in report["reasons"] if not r["passed"]]
        print(f"{path.name}  {report['verdict']:<7} {' '.join(failed)}", file=say)
        runs.append((ready, report))
    print(f"\n{launch.summary(runs[-1][1], runs[-1][0])}\n", file=say)
    print(score(made, runs), file=say)
    print(f"\nall deliveries  {Path(settings.output) / 'index.html'}", file=say)
    return launch.ACCEPTED


def score(made: Made, runs: list[tuple[Plan, dict[str, Any]]]) -> str:
    """What was planted, how much of it was found, and by which rules."""
    k = len(runs[0][0].skeleton.keypoints)
    tally = found(
        pq.read_table(made.planted),
        together(runs, "findings", FINDINGS),
        together(runs, "quarantine", QUARANTINE, delivery=True),
        agreement=together(runs, "agreement", agreement(k)),
        instances=together(runs, "annotations", None, delivery=True, columns=PLACES),
        alarms=alarms(runs),
        low_oks=runs[0][0].policy.acceptance.oks,
    )
    head = f"{'planted':<22}{'number':>7}{'found':>7}{'share':>7}  by"
    rows = [
        f"{row['fault']:<22}{row['planted']:>7}{row['found']:>7}{row['share']:>7.0%}"
        f"  {', '.join(row['rules'][:3]) or '-'}"
        for row in tally.to_pylist()
    ]
    missed = any(
        row["fault"] in OF_PEOPLE and row["found"] < row["planted"]
        for row in tally.to_pylist()
    )
    return "\n".join([head, *rows, *([scarce(runs)] if missed else [])])


def together(
    runs: list[tuple[Plan, dict[str, Any]]],
    kind: str,
    schema: pa.Schema | None,
    delivery: bool = False,
    columns: tuple[str, ...] | None = None,
) -> pa.Table:
    """One kind of table of all runs; with the delivery's name as a column if asked."""
    tables = []
    for ready, _ in runs:
        for path in sorted((Path(ready.folder) / kind).rglob("*.parquet")):
            table = pq.ParquetFile(path).read(columns=columns)
            if delivery:
                name = pa.array([ready.delivery.name] * len(table), pa.string())
                table = table.append_column("delivery", name)
            tables.append(table)
    if not tables:
        assert schema is not None
        return schema.empty_table()
    return pa.concat_tables(tables)


def alarms(runs: list[tuple[Plan, dict[str, Any]]]) -> pa.Table:
    """Whom every week's list for retraining names, and every habit noted."""
    rows = []
    for ready, report in runs:
        week = ready.clock.week
        rows += [
            {
                "annotator": row["annotator"],
                "keypoint": keypoint,
                "week": week,
                "rule": RULES.get(row["finding"], f"drift.{row['finding']}"),
            }
            for row in report["retraining"]
            for keypoint in (row["keypoint"] or "").split(" and ")
        ]
        rows += [
            {
                "annotator": a["annotator"],
                "keypoint": "",
                "week": week,
                "rule": "visibility.always-visible",
            }
            for a in report["annotators"]
            if any(note.startswith("marks every") for note in a["notes"])
        ]
    known = [row | {"keypoint": row["keypoint"] or None} for row in rows]
    return pa.Table.from_pylist(known, ALARMS)


RULES = {"visible": "visibility.share"}
"""Findings on annotators that are named as rules are, but for drift's own."""


def scarce(runs: list[tuple[Plan, dict[str, Any]]]) -> str:
    """How little a small demo tells people by, where faults of theirs are left."""
    gold = [report["counts"]["roles"].get("gold", 0) for _, report in runs]
    return (
        f"\n{min(gold)} to {max(gold)} references a week tell little of a person: with "
        "more instances more of what was planted in annotators is found."
    )
