"""Week after week: history, and splits that keep what they promise."""

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from delivered import (
    SPLITS,
    WEEKS,
    document,
    judge,
    run_of,
    table,
)


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


def test_what_another_replaced_stays_out_of_later_history(
    copied: Callable[[], Path],
) -> None:
    folder = copied()
    for name, day, head in (
        ("again", "03-23", f'replaces = "{WEEKS[2]}"\n'),
        ("itself", "03-24", 'replaces = "itself"\n'),
        ("later", "03-29", ""),
    ):
        week = folder / "deliveries" / name
        shutil.copytree(folder / "deliveries" / WEEKS[2], week)
        side = (week / "delivery.toml").read_text()
        side = side.replace(f'"{WEEKS[2]}"', f'"{name}"').replace("03-22", day)
        (week / "delivery.toml").write_text(head + side)
        judge(folder, name)
    history = document(run_of(folder / "quality", "later"), "manifest.json")["history"]
    assert [past["delivery"] for past in history] == [
        *WEEKS[:2],
        "again",
        "itself",
    ]


def test_a_damaged_pointer_is_named_with_what_would_do(copied: Any) -> None:
    folder = copied()
    pointer = folder / "quality" / "deliveries" / WEEKS[0] / "current.json"
    pointer.write_text("{}")
    outcome = judge(folder, WEEKS[0])
    assert outcome.code == 2
    assert f"{pointer}: names no run" in outcome.err
    assert "remove it" in outcome.err
