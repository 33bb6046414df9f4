"""Great Expectations runs our suites: what breaks what, and what it must not do."""

import json
import os
import pickle
import re
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from posegate.expectations import contract
from posegate.expectations.contract import METRICS, examine
from posegate.expectations.contract_rows import COLUMNS
from posegate.expectations.suite import load_suite
from posegate.transforms import parts
from posegate.transforms.model.schema import instances
from posegate.transforms.model.shelves import SUITES

Results = list[dict[str, Any]]

GOOD: dict[str, float | None] = {
    "records": 12,
    "instances": 12,
    "production": 10,
    "quarantined_share": 0.0,
    "unreadable_files": 0,
    "rejected_share": 0.1,
    "pairs": 2,
    "mean_oks": 0.9,
    "mean_iou": 0.9,
}
UNKNOWN: dict[str, float | None] = dict.fromkeys(METRICS)


LIMITS = re.compile(r" \(.*| (at least|at most|more than|[0-9]).*")
"""The numbers at the end of an expectation's words."""


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A good canonical row of three keypoints, the last one not labelled."""
    return {
        "instance": f"{number:024x}",
        "id": str(number),
        "image": f"{number // 2}.jpg",
        "width": 640,
        "height": 480,
        "annotator": "ann",
        "annotated_at": datetime(2026, 2, 14, tzinfo=UTC),
        "lead_time_s": 31.5,
        "role": "production",
        "xy": [1.0, 2.0, 3.0, 4.0, np.nan, np.nan],
        "visibility": [2, 1, 0],
        "origin": [0, 1, 0],
        "bbox": [0.0, 0.0, 5.0, 5.0],
        "area": 13.25,
        "area_source": "box",
        "source": "a.json",
        "position": number,
        "format": "coco",
        **changes,
    }


BARE = dict.fromkeys(
    ("width", "height", "annotator", "annotated_at", "lead_time_s", "bbox", "area")
)
"""What an export that says little leaves null."""


def write(folder: Path, *files: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each list of rows as one part file; their names."""
    names = [parts.annotations("three", part) for part in range(len(files))]
    for name, rows in zip(names, files, strict=True):
        table = pa.Table.from_pylist(list(rows), schema=instances(3))
        parts.write_table(str(folder), name, table)
    return names


def judged(folder: Path, *rows: Mapping[str, Any]) -> Results:
    """What the contract says of one part file."""
    return examine(str(folder), write(folder, rows), UNKNOWN)


def failed(results: Results) -> list[tuple[str, str, bool]]:
    """(subject, first words of the expectation, critical) of what was not met."""
    return [
        (r["subject"], LIMITS.sub("", r["expectation"]), r["critical"])
        for r in results
        if not r["success"]
    ]


def suite_file(folder: Path, *expectations: Mapping[str, Any]) -> str:
    path = folder / "mine.json"
    path.write_text(json.dumps({"name": "mine", "expectations": expectations}))
    return str(path)


def expectation(kind: str, critical: bool = False, **kwargs: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "meta": {"critical": critical}}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("run")
    rows = [row(0), row(1, role="gold"), row(2, **BARE), row(3, visibility=[3, 0, 0])]
    return examine(str(folder), write(folder, rows[:3], rows[3:]), GOOD)


def test_good_rows_and_numbers_meet_every_expectation(good: Results) -> None:
    assert failed(good) == []


def test_every_expectation_has_a_result_in_the_suite_s_order(good: Results) -> None:
    suites = [load_suite("canonical_contract", COLUMNS)]
    suites.append(load_suite("delivery_acceptance", METRICS))
    expected = [
        (s.name, e.text, e.meta.critical) for s in suites for e in s.expectations
    ]
    found = [(r["suite"], r["expectation"], r["critical"]) for r in good]
    assert found == expected


def test_results_are_plain_json(good: Results) -> None:
    assert json.loads(json.dumps(good, allow_nan=False)) == good


def test_a_result_says_what_was_seen(good: Results) -> None:
    observed = {r["subject"]: r["observed"] for r in good}
    assert observed["labelled_without_position"] == "0 of 4 rows"
    assert observed["source, position"] == "0 of 4 rows"
    assert observed["rejected_share"] == 0.1


@pytest.mark.parametrize(
    ("changes", "subject", "words", "critical"),
    [
        ({"role": "boss"}, "role", "values to be in set", True),
        ({"image": ""}, "image", "value lengths to be", True),
        ({"format": ""}, "format", "value lengths to be", True),
        ({"width": 0}, "width", "values to be", True),
        ({"height": -480}, "height", "values to be", True),
        ({"position": -1}, "position", "values to be", True),
        ({"visibility": [2, 4, 0]}, "highest_visibility", "values to be", True),
        ({"origin": [0, 0, 9]}, "highest_origin", "values to be", True),
        ({"bbox": [0, 0, -5, 5]}, "box_width", "values to be", True),
        ({"bbox": [0, 0, 5, -5]}, "box_height", "values to be", True),
        ({"area": 0.0}, "area", "values to be", False),
        ({"lead_time_s": -1.0}, "lead_time_s", "values to be", False),
        ({"frame": -1}, "frame", "values to be", False),
        ({"instance": f"{0:024x}"}, "instance", "values to be unique", False),
        ({"position": 0}, "source, position", "compound columns to be unique", True),
        (
            {"annotated_at": datetime(1970, 1, 1, tzinfo=UTC)},
            "annotated_year",
            "values to be",
            False,
        ),
    ],
)
def test_a_broken_row_fails_one_expectation(
    tmp_path: Path, changes: dict[str, Any], subject: str, words: str, critical: bool
) -> None:
    results = judged(tmp_path, row(0), row(1, **changes))
    assert failed(results) == [(subject, words, critical)]


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 3])
def test_a_labelled_keypoint_needs_finite_coordinates(
    tmp_path: Path, number: float, place: int
) -> None:
    xy = [1.0, 2.0, 3.0, 4.0, 0.0, 0.0]
    xy[place] = number
    found = [r for r in judged(tmp_path, row(0, xy=xy)) if not r["success"]]
    assert [r["subject"] for r in found] == ["labelled_without_position"]
    assert found[0]["observed"] == "1 of 1 rows"


@pytest.mark.parametrize(
    ("metric", "value", "critical"),
    [
        ("unreadable_files", 1, True),
        ("quarantined_share", 0.051, True),
        ("rejected_share", 0.11, True),
        ("production", 0, False),
        ("pairs", 0, False),
        ("mean_oks", 0.5, False),
    ],
)
def test_a_number_out_of_bounds_fails_its_expectation(
    metric: str, value: float, critical: bool
) -> None:
    results = examine("nowhere", [], {**GOOD, metric: value})
    assert failed(results) == [(metric, "values to be", critical)]
    assert {r["subject"]: r["observed"] for r in results}[metric] == value


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_nothing_is_expected_of_what_is_unknown(unknown: float | None) -> None:
    subjects = [
        r["subject"] for r in examine("nowhere", [], {**GOOD, "mean_oks": unknown})
    ]
    assert "mean_oks" not in subjects
    assert len(subjects) == 6


def test_an_empty_delivery_is_not_rejected() -> None:
    counts = dict.fromkeys(("records", "instances", "production", "pairs"), 0)
    shares = {"quarantined_share": 0.0, "unreadable_files": 0, "rejected_share": 0.0}
    results = examine("nowhere", [], {**counts, **shares, "mean_oks": None})
    assert {name for name, _, critical in failed(results) if critical} == set()
    assert "records" in {name for name, _, _ in failed(results)}


def test_without_rows_or_numbers_there_are_no_results(tmp_path: Path) -> None:
    assert examine("nowhere", [], UNKNOWN) == []
    assert examine("nowhere", [], {}) == []
    assert judged(tmp_path) == []


def test_the_same_input_gives_the_same_results(tmp_path: Path) -> None:
    names = write(tmp_path, [row(i) for i in range(7)])
    once, again = (examine(str(tmp_path), names, GOOD) for _ in range(2))
    assert json.dumps(once) == json.dumps(again)


def test_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    folders = [tmp_path / str(i) for i in range(4)]
    with ThreadPoolExecutor(4) as threads:
        found = threads.map(lambda f: judged(f, row(0, width=-int(f.name))), folders)
        lost = [[subject for subject, _, _ in failed(results)] for results in found]
    assert lost == [["width"]] * 4


def test_hostile_text_is_only_counted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nasty = "<script>alert(1)</script>\n{{7*7}} $PARAMETER {0} \x00 ‮ ../../x"
    names = ("image", "annotator", "id", "video", "track", "source", "format", "role")
    results = judged(tmp_path, row(0, **dict.fromkeys(names, nasty)))
    assert [subject for subject, _, _ in failed(results)] == ["role"]
    assert "script" not in json.dumps(results)
    assert capfd.readouterr() == ("", "")


def test_it_writes_nothing_and_calls_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was tried")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    before = dict(os.environ)
    judged(tmp_path / "run", row(0))
    assert list(home.iterdir()) == []
    assert dict(os.environ) == before


def test_a_worker_finds_it_by_name() -> None:
    bound = partial(examine, contract="gs://bucket/mine.json")
    assert pickle.loads(pickle.dumps(bound)).func is examine
    assert b"great_expectations" not in pickle.dumps(bound)


def test_importing_it_costs_nothing_of_great_expectations() -> None:
    code = (
        f"import sys, {contract.__name__}; print('great_expectations' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True
    )
    assert found.stdout.strip() == b"False"


def test_a_suite_of_the_user_s_own_is_run(tmp_path: Path) -> None:
    path = suite_file(
        tmp_path,
        expectation("expect_column_mean_to_be_between", column="labelled", max_value=1),
        expectation("expect_table_row_count_to_be_between", True, min_value=2),
        expectation(
            "expect_column_values_to_be_in_set",
            column="role",
            value_set=["gold"],
            mostly=0.5,
        ),
    )
    names = write(tmp_path, [row(0), row(1, role="gold")])
    keys = ("suite", "expectation", "subject", "success", "critical", "observed")
    expected = [
        ("mine", "mean to be at most 1", "labelled", False, False, 2.0),
        ("mine", "table row count to be at least 2", None, True, True, 2),
        (
            "mine",
            "values to be in set (value set gold, mostly 0.5)",
            "role",
            True,
            False,
            "1 of 2 rows",
        ),
    ]
    assert examine(str(tmp_path), names, UNKNOWN, contract=path) == [
        dict(zip(keys, values, strict=True)) for values in expected
    ]


def test_an_acceptance_suite_of_the_user_s_own_is_run(tmp_path: Path) -> None:
    mine = expectation(
        "expect_column_values_to_be_between", True, column="mean_oks", min_value=0.95
    )
    results = examine("nowhere", [], GOOD, acceptance=suite_file(tmp_path, mine))
    assert failed(results) == [("mean_oks", "values to be", True)]


@pytest.mark.parametrize(
    ("kind", "kwargs", "message"),
    [
        ("expect_the_moon", {}, "expectation 0, expect_the_moon: "),
        (
            "expect_column_values_to_be_in_set",
            {"column": "role", "set": []},
            "0, .*set",
        ),
        (
            "expect_column_values_to_be_between",
            {"column": "role", "max_value": 3},
            "0, ",
        ),
    ],
)
def test_an_expectation_that_cannot_be_evaluated_is_an_error(
    tmp_path: Path, kind: str, kwargs: dict[str, Any], message: str
) -> None:
    path = suite_file(tmp_path, expectation(kind, **kwargs))
    with pytest.raises(ValueError, match=message) as caught:
        examine(str(tmp_path), write(tmp_path, [row(0)]), UNKNOWN, contract=path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", SUITES.names())
def test_great_expectations_itself_takes_our_suites(name: str) -> None:
    gx = contract._great_expectations()
    columns = METRICS if name == contract.ACCEPTANCE else COLUMNS
    suite = load_suite(name, columns)
    text = Path(contract.__file__).parent / "suites" / f"{name}.json"
    theirs = gx.ExpectationSuite(**json.loads(text.read_text()))
    found = [each.configuration.meta for each in theirs.expectations]
    assert found == [
        {"critical": e.meta.critical, "note": e.meta.note} for e in suite.expectations
    ]
    assert all(e.meta.note.endswith(".") for e in suite.expectations)
