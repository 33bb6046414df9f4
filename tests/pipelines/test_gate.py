"""The whole gate on generated deliveries: its books, its pointer, its history."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from delivered import (
    Outcome,
    call,
    coco,
    command,
    deliver,
    digests,
    document,
    files,
    person,
    process,
    project,
    run_of,
    table,
)

WEEKS = ("2026-W10", "2026-W11", "2026-W12")
SPLITS = ("train", "val", "test")


def judge(folder: Path, week: str, *more: str | Path) -> Outcome:
    """One week of a generated project."""
    place = folder / "project.toml"
    return call("run", folder / "deliveries" / week, "--project", place, *more)


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
    folder = Path(said["folder"])
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
        folder / "deliveries/2026-W10/delivery.toml", '"x*" = "gold"\n'
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


def dealt(week: Path, target: Path, hands: int) -> None:
    """The production records of a week, dealt out to that many shards."""
    whole = json.loads((week / "shard-00000.json").read_text(), parse_constant=str)
    # A record without an id is named by its place, so that one is not dealt.
    known = [a for a in whole["annotations"] if isinstance(a["id"], int)]
    for hand in range(hands):
        some = known[hand::hands]
        text = json.dumps({**whole, "annotations": some})
        (target / f"shard-{hand:05d}.json").write_text(text)


@pytest.fixture(scope="module")
def layouts(
    made: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[tuple[Path, Path], tuple[Path, Path]]:
    """The same records in one shard and in seven: (run, output) of each."""
    found = []
    for hands in (1, 7):
        folder = tmp_path_factory.mktemp(f"dealt-{hands}")
        shutil.copy(made / "project.toml", folder)
        target = folder / "deliveries" / WEEKS[0]
        target.mkdir(parents=True)
        week = made / "deliveries" / WEEKS[0]
        for name in ("gold.json", "delivery.toml"):
            shutil.copy(week / name, target)
        readable(week, folder / "whole")
        dealt(folder / "whole", target, hands)
        assert judge(folder, WEEKS[0]).code == 0
        output = folder / "quality"
        found.append((run_of(output, WEEKS[0]), output))
    return found[0], found[1]


def readable(week: Path, target: Path) -> None:
    """The week's shard without the record that is no JSON."""
    target.mkdir()
    lines = (week / "shard-00000.json").read_text().splitlines()
    good = [line for line in lines if '"keypoints":[,' not in line]
    (target / "shard-00000.json").write_text("\n".join(good))


def by_instance(rows: pa.Table, *columns: str) -> list[str]:
    """Rows as texts, ordered; what says where they stood is left out."""
    picked = zip(*(rows[name].to_pylist() for name in columns), strict=True)
    return sorted(map(repr, picked))


def test_instances_do_not_depend_on_shards(
    layouts: tuple[tuple[Path, Path], tuple[Path, Path]],
) -> None:
    (one, _), (seven, _) = layouts
    for kind, columns in (
        ("annotations", ("instance", "id", "image", "annotator", "xy", "bbox")),
        ("findings", ("instance", "rule", "keypoint", "value", "limit")),
        ("decisions", ("instance", "verdict", "reasons")),
        ("agreement", ("instance", "reference", "kind", "oks", "pck", "mpjpe")),
        ("review", ("instance", "draw", "probability")),
        ("quarantine", ("reason", "raw")),
    ):
        left, right = table(one, kind), table(seven, kind)
        assert by_instance(left, *columns) == by_instance(right, *columns), kind


def test_sums_and_verdict_do_not_depend_on_shards(
    layouts: tuple[tuple[Path, Path], tuple[Path, Path]],
) -> None:
    (one, _), (seven, _) = layouts
    for path in (one / "statistics").iterdir():
        assert path.read_bytes() == (seven / "statistics" / path.name).read_bytes()
    left, right = (document(run, "report.json") for run in (one, seven))
    for key in ("verdict", "reasons", "counts", "agreement", "drift", "sampling"):
        assert left[key] == right[key], key


def test_splits_do_not_depend_on_shards(
    layouts: tuple[tuple[Path, Path], tuple[Path, Path]],
) -> None:
    (_, one), (_, seven) = layouts
    for name in SPLITS:
        left, right = (
            pq.read_table(next((output / "splits").iterdir()) / f"{name}.parquet")
            for output in (one, seven)
        )
        assert by_instance(left, "instance") == by_instance(right, "instance")


def test_drift_refolds_all_weeks_so_far(weeks: Any) -> None:
    for count, week in enumerate(WEEKS, 1):
        run = run_of(weeks.output, week)
        said = document(run, "report.json")["drift"]["weeks"]
        received = [each for each in said if each in WEEKS]
        assert received == list(WEEKS[:count])
        history = document(run, "manifest.json")["history"]
        assert [past["delivery"] for past in history] == list(WEEKS[: count - 1])


def versions(output: Path) -> list[Path]:
    """The versions of the splits, in the order of their weeks."""
    return sorted((output / "splits").iterdir())


def rows_of(version: Path, name: str) -> pa.Table:
    """One split of a version."""
    return pq.read_table(version / f"{name}.parquet")


def groups_of(rows: pa.Table) -> set[str]:
    """The videos of a split, and the images of stills."""
    return set(pc.coalesce(rows["video"], rows["image"]).to_pylist())


def test_no_group_is_in_two_splits(weeks: Any) -> None:
    for version in versions(weeks.output):
        train, val, test = (groups_of(rows_of(version, name)) for name in SPLITS)
        assert not train & val
        assert not train & test
        assert not val & test
        assert test


def test_a_test_set_only_grows(weeks: Any) -> None:
    found = versions(weeks.output)
    assert len(found) == 3
    for before, after in pairwise(found):
        old = set(rows_of(before, "test")["instance"].to_pylist())
        assert old <= set(rows_of(after, "test")["instance"].to_pylist())
        assert not old & set(rows_of(after, "train")["instance"].to_pylist())


def test_only_approved_production_work_is_in_a_split(weeks: Any) -> None:
    last = versions(weeks.output)[-1]
    split = pa.concat_tables([rows_of(last, name) for name in SPLITS])
    assert set(split["role"].to_pylist()) == {"production"}
    approved: set[str] = set()
    for week in WEEKS:
        decided = table(run_of(weeks.output, week), "decisions")
        kept = decided.filter(pc.equal(decided["verdict"], "approved"))
        approved |= set(kept["instance"].to_pylist())
    assert sorted(split["instance"].to_pylist()) == sorted(approved)


def test_coco_and_parquet_of_a_split_hold_the_same(weeks: Any) -> None:
    for version in versions(weeks.output):
        for name in SPLITS:
            found = json.loads((version / f"{name}.json").read_text())
            rows = rows_of(version, name)
            assert len(found["annotations"]) == rows.num_rows
            assert len(found["images"]) == len(rows["image"].unique())
            ids = {image["id"] for image in found["images"]}
            assert {a["image_id"] for a in found["annotations"]} <= ids


def test_a_refused_week_makes_no_version(copied: Callable[[], Path]) -> None:
    folder = copied()
    week = folder / "deliveries" / "2026-W13"
    shutil.copytree(folder / "deliveries" / WEEKS[2], week)
    side = (week / "delivery.toml").read_text()
    side = side.replace(WEEKS[2], "2026-W13").replace("2026-03-22", "2026-03-29")
    (week / "delivery.toml").write_text(side)
    (week / "more.json").write_text("no JSON")
    outcome = judge(folder, "2026-W13")
    assert outcome.code == 1
    assert "splits" not in outcome.out
    assert len(versions(folder / "quality")) == 3
    assert (
        document(run_of(folder / "quality", "2026-W13"), "manifest.json")["splits"]
        is None
    )


def test_a_delivery_that_replaces_another_takes_its_place(
    copied: Callable[[], Path],
) -> None:
    folder = copied()
    again = folder / "deliveries" / "again"
    shutil.copytree(folder / "deliveries" / WEEKS[2], again)
    side = (again / "delivery.toml").read_text()
    head = f'replaces = "{WEEKS[2]}"\n'
    (again / "delivery.toml").write_text(
        head + side.replace(f'"{WEEKS[2]}"', '"again"').replace("03-22", "03-23")
    )
    assert judge(folder, "again").code == 0
    run = run_of(folder / "quality", "again")
    history = document(run, "manifest.json")["history"]
    assert [past["delivery"] for past in history] == list(WEEKS[:2])
    [version] = [v for v in versions(folder / "quality") if v.name[:5] == "again"]
    split = pa.concat_tables([rows_of(version, name) for name in SPLITS])
    assert set(split["delivery"].to_pylist()) == {*WEEKS[:2], "again"}
    ids = split["instance"].to_pylist()
    assert len(ids) == len(set(ids))


def test_what_was_replaced_stays_out_of_later_history(
    copied: Callable[[], Path],
) -> None:
    folder = copied()
    for name, day, head in (
        ("again", "03-23", f'replaces = "{WEEKS[2]}"\n'),
        ("later", "03-29", ""),
    ):
        week = folder / "deliveries" / name
        shutil.copytree(folder / "deliveries" / WEEKS[2], week)
        side = (week / "delivery.toml").read_text()
        side = side.replace(f'"{WEEKS[2]}"', f'"{name}"').replace("03-22", day)
        (week / "delivery.toml").write_text(head + side)
        judge(folder, name)
    history = document(run_of(folder / "quality", "later"), "manifest.json")["history"]
    assert [past["delivery"] for past in history] == [*WEEKS[:2], "again"]


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
