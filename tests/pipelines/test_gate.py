"""One delivery through the whole gate: its books, its files, its pointer."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from delivered import (
    WEEKS,
    call,
    coco,
    command,
    deliver,
    digests,
    document,
    files,
    judge,
    person,
    process,
    project,
    run_of,
    table,
)


@pytest.fixture(scope="session")
def run(weeks: Any) -> Path:
    """The run of the last of three weeks."""
    return run_of(weeks.output, WEEKS[-1])


def test_every_week_has_a_verdict(weeks: Any) -> None:
    for week, outcome in zip(WEEKS, weeks.outcomes, strict=True):
        assert outcome.code == 0, outcome
        assert outcome.out.startswith(f"{week}: ACCEPT")


def test_every_record_becomes_a_row_or_stands_in_quarantine(run: Path) -> None:
    manifest = document(run, "manifest.json")
    rows = pc.value_counts(table(run, "annotations")["source"]).to_pylist()
    bad = table(run, "quarantine")
    kept = {cell["values"]: cell["counts"] for cell in rows}
    assert [shard["source"] for shard in manifest["shards"]] == sorted(kept)
    for shard in manifest["shards"]:
        here = pc.sum(pc.equal(bad["source"], shard["source"])).as_py() or 0
        assert shard["records"] == shard["rows"] + shard["quarantined"]
        assert shard["rows"] == kept[shard["source"]]
        assert here == shard["quarantined"] + shard["others"]
    assert sum(s["records"] for s in manifest["shards"]) == 300


TREE = (
    *("annotations/skeleton=coco_17/part-00000.parquet", "findings/", "agreement/"),
    *("quarantine/", "statistics/weekly.parquet", "review/", "dashboard.html"),
    *("report.json", "validation_results.json", "manifest.json", "decisions/"),
)


def test_a_run_leaves_the_whole_tree(weeks: Any, run: Path) -> None:
    names = files(run)
    for wanted in TREE:
        assert any(name.startswith(wanted) for name in names), wanted
    assert (weeks.output / "index.html").is_file()


def test_every_folder_of_tables_reads_as_one_table(run: Path) -> None:
    for kind in ("review", "sample", "decisions", "findings", "agreement"):
        assert pq.read_table(run / kind).num_rows == table(run, kind).num_rows, kind
    assert list((run / "to_review" / "coco").rglob("annotations.json"))


def test_the_manifest_names_every_file_and_no_other(run: Path) -> None:
    manifest = document(run, "manifest.json")
    listed = {file["name"]: file for file in manifest["files"]}
    there = files(run)
    assert there.keys() == {*listed, "manifest.json"}
    for name, file in listed.items():
        content = there[name].read_bytes()
        assert len(content) == file["size"]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        if name.endswith(".parquet"):
            assert pq.read_metadata(there[name]).num_rows == file["rows"]


def test_the_manifest_names_what_went_in(weeks: Any, run: Path) -> None:
    inputs = document(run, "manifest.json")["inputs"]
    folder = weeks.folder / "deliveries" / WEEKS[-1]
    for shard in inputs:
        content = (folder / shard["name"]).read_bytes()
        assert shard["checksum"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert [shard["name"] for shard in inputs] == ["gold.json", "shard-00000.json"]


def test_a_split_version_names_its_files_too(weeks: Any, run: Path) -> None:
    said = document(run, "manifest.json")["splits"]
    folder = weeks.output / "splits" / said["version"]
    content = (folder / "manifest.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == said["sha256"]
    listed = {file["name"]: file for file in json.loads(content)["files"]}
    assert files(folder).keys() == {*listed, "manifest.json"}
    for name, file in listed.items():
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert digest == file["sha256"]


def tally(column: pa.ChunkedArray) -> dict[str, int]:
    """How often each value occurs."""
    return {c["values"]: c["counts"] for c in pc.value_counts(column).to_pylist()}


def test_the_report_counts_what_the_files_hold(run: Path) -> None:
    report = document(run, "report.json")
    counts = report["counts"]
    rows, bad = table(run, "annotations"), table(run, "quarantine")
    assert counts["records"] == rows.num_rows + bad.num_rows
    assert counts["instances"] == rows.num_rows
    assert counts["quarantined"] == bad.num_rows
    assert counts["roles"] == tally(rows["role"])
    assert counts["quarantine"] == tally(bad["reason"])
    assert counts["frames"] == len(rows["image"].unique())
    produced = rows.filter(pc.equal(rows["role"], "production"))
    assert counts["annotators"] == len(produced["annotator"].unique())
    verdicts = tally(table(run, "decisions")["verdict"])
    for verdict in ("approved", "rework", "held", "excluded"):
        assert counts[verdict] == verdicts.get(verdict, 0)


def test_the_report_counts_findings_and_pairs(run: Path) -> None:
    report = document(run, "report.json")
    findings = table(run, "findings")
    by_rule = tally(findings["rule"])
    assert {r["rule"]: r["findings"] for r in report["counts"]["findings"]} == by_rule
    for each in report["counts"]["findings"]:
        here = findings.filter(pc.equal(findings["rule"], each["rule"]))
        assert each["instances"] == len(here["instance"].unique())
    pairs = table(run, "agreement")
    assert report["agreement"]["kinds"] == tally(pairs["kind"])
    drawn = table(run, "review")["draw"]
    assert report["sampling"]["lacking"] == len(drawn) - drawn.null_count


def test_decisions_stand_beside_their_rows(run: Path) -> None:
    rows, decisions = table(run, "annotations"), table(run, "decisions")
    assert decisions["instance"] == rows["instance"]


def written(folder: Path) -> dict[str, int]:
    """When each file was last written [ns]."""
    return {name: path.stat().st_mtime_ns for name, path in files(folder).items()}


def test_a_repeated_run_recognises_itself(copied: Callable[[], Path]) -> None:
    folder = copied()
    before = written(folder)
    outcome = judge(folder, WEEKS[1])
    assert outcome.code == 0
    assert "(this run was done before)" in outcome.out
    assert written(folder) == before


def test_an_old_week_keeps_its_run_when_later_ones_are_there(
    weeks: Any, tmp_path: Path
) -> None:
    first = judge(weeks.folder, WEEKS[0], "--output", weeks.output, "--dry-run")
    run = run_of(weeks.output, WEEKS[0]).name
    assert f"{run} (done before)" in first.out


CHANGES: dict[str, Callable[[Path], None]] = {
    "an input": lambda folder: append(folder / "deliveries/2026-W10/gold.json", " "),
    "the policy": lambda folder: edit(folder, "oks = 0.5", "oks = 0.55"),
    "a rule": lambda folder: append(
        folder / "project.toml", '[rules]\n"structure.outside-box" = "off"\n'
    ),
    "the skeleton": lambda folder: edit(folder, '"coco_17"', '"own.toml"'),
    "the side file": lambda folder: append(
        folder / "deliveries/2026-W10/delivery.toml", '"shard*" = "production"\n'
    ),
}


def append(path: Path, text: str) -> None:
    """More at the end of a file."""
    path.write_text(path.read_text() + text)


def edit(folder: Path, old: str, new: str) -> None:
    """Another word in project.toml; and a skeleton beside it with sigmas of its own."""
    place = folder / "project.toml"
    place.write_text(place.read_text().replace(old, new, 1))
    names = '", "'.join(coco([])["categories"][0]["keypoints"])
    sigmas = ", ".join(["0.05"] * 17)
    text = f'keypoints = ["{names}"]\nsigmas = [{sigmas}]\n'
    (folder / "own.toml").write_text(text)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_a_result_changes_the_run(
    change: Callable[[Path], None], made: Path, weeks: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(made, folder)
    change(folder)
    outcome = judge(folder, WEEKS[0], "--dry-run", "--output", weeks.output)
    assert outcome.code == 0
    assert run_of(weeks.output, WEEKS[0]).name not in outcome.out


def killed(folder: Path, part: str) -> None:
    """Starts a run in a process and kills it once a file of that kind is there."""
    words = command(
        "run", folder / "deliveries" / WEEKS[0], "--project", folder / "project.toml"
    )
    running = subprocess.Popen(words, stdout=-3, stderr=-3, start_new_session=True)
    until = time.monotonic() + 120
    while running.poll() is None and time.monotonic() < until:
        if any((folder / "quality").glob(f"deliveries/*/runs/*/{part}/**/*.parquet")):
            os.killpg(running.pid, signal.SIGKILL)
            break
        time.sleep(0.001)
    assert running.wait() == -signal.SIGKILL


@pytest.mark.parametrize("part", ["annotations", "quarantine"])
def test_a_killed_run_counts_for_nothing_and_the_next_one_succeeds(
    part: str, made: Path, weeks: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(made, folder)
    killed(folder, part)
    assert not list((folder / "quality").rglob("current.json"))
    assert not (folder / "quality" / "index.html").exists()
    assert judge(folder, WEEKS[0]).code == 0
    again = run_of(folder / "quality", WEEKS[0])
    assert visible(again) == visible(run_of(weeks.output, WEEKS[0]))


def visible(run: Path) -> dict[str, str]:
    """What a run says, but for what names the place and the time."""
    apart = ("manifest.json", "report.json", "dashboard.html")
    return {
        name: digest
        for name, digest in digests(run).items()
        if name not in apart and not name.rpartition("/")[2].startswith(".")
    }


def test_two_runs_of_one_delivery_at_once_agree(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(made, folder)
    words = command(
        "run", folder / "deliveries" / WEEKS[0], "--project", folder / "project.toml"
    )
    both = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    ends = [running.communicate(timeout=300) for running in both]
    assert [running.returncode for running in both] == [0, 0], ends
    assert len(list((folder / "quality/deliveries" / WEEKS[0] / "runs").iterdir())) == 1
    run = run_of(folder / "quality", WEEKS[0])
    for file in document(run, "manifest.json")["files"]:
        content = (run / file["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"], file["name"]


def test_predictions_are_judged_as_such_and_stay_out_of_splits(tmp_path: Path) -> None:
    guesses = [
        {k: person(i)[k] for k in ("image_id", "category_id", "keypoints")}
        | {"score": 0.9}
        for i in range(5)
    ]
    delivery = deliver(
        tmp_path / "w1",
        {
            "a.json": coco([person(i) for i in range(20)]),
            "guesses.json": guesses,
            "reviewed.json": coco([person(99, annotator="lead")]),
            "delivery.toml": '[roles]\n"reviewed*" = "review"\n',
        },
    )
    assert call("run", delivery, "--project", project(tmp_path)).code == 1
    run = run_of(tmp_path / "quality", "w1")
    roles = document(run, "report.json")["counts"]["roles"]
    assert roles == {"prelabel": 5, "production": 20, "review": 1}


def test_the_process_and_the_call_agree(made: Path, weeks: Any, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(made, folder)
    outcome = process(
        "run", f"deliveries/{WEEKS[0]}/", "--project", "project.toml", cwd=folder
    )
    assert outcome.code == 0, outcome
    run = run_of(folder / "quality", WEEKS[0])
    assert visible(run) == visible(run_of(weeks.output, WEEKS[0]))
