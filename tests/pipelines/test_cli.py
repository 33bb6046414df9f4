"""The command line: what it teaches, what it prints where, what it does not do."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from delivered import PROJECT, call, coco, deliver, files, person, process, project
from posegate.pipelines.speech import explain, printable


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """A small delivery with a project.toml above it."""
    project(tmp_path)
    return deliver(tmp_path / "w1", {"a.json": coco([person(i) for i in range(1, 9)])})


def test_help_teaches_the_commands_and_the_exit_codes() -> None:
    outcome = call("--help")
    assert outcome.code == 0
    for word in ("run", "demo", "exit codes: 0 accepted", "2 a mistake", "3 the run"):
        assert word in outcome.out


def test_help_of_run_holds_a_project_that_works(delivery: Path) -> None:
    outcome = call("run", "--help")
    assert outcome.code == 0
    _, _, after = outcome.out.partition("The least project.toml:\n")
    least = after.partition("Options after --")[0]
    assert tomllib.loads(least).keys() == tomllib.loads(PROJECT).keys()
    place = project(delivery.parent / "least", least)
    assert call("run", delivery, "--project", place, "--dry-run").code == 0


def test_help_of_demo_names_what_the_generator_takes() -> None:
    outcome = call("demo", "--help")
    for word in ("--make", "--instances", "--seed", "--weeks", "--gzip", "--clean"):
        assert word in outcome.out


def test_version_is_one_line() -> None:
    outcome = call("--version")
    assert outcome.code == 0
    assert outcome.out.startswith("posegate ")
    assert len(outcome.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "required: COMMAND"),
        (("rnu",), "choose from"),
        (("run",), "required: DELIVERY, --project"),
        (("run", "x"), "required: --project"),
        (("run", "x", "--projct", "y"), "--project"),
        (("run", "x", "--project", "y", "--dry"), "--dry"),
        (("demo", "--weeks", "x"), "invalid int value"),
        (("demo", "--", "--runner=x"), "only `run` takes options for Beam"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(
    arguments: tuple[str, ...], said: str
) -> None:
    outcome = call(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


def test_a_demo_too_small_or_twice_is_refused(tmp_path: Path) -> None:
    assert "at least 200" in call("demo", tmp_path, "--instances", "3").err
    small = ("--instances", "40", "--weeks", "1", "--clean")
    first = call("demo", "--make", tmp_path / "made", *small)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("made 40 records with 0 faults in ")
    again = call("demo", "--make", tmp_path / "made", *small)
    assert again.code == 2
    assert "already has deliveries; name a new folder" in again.err


def test_a_dry_run_says_what_would_be_and_writes_nothing(delivery: Path) -> None:
    before = files(delivery.parent)
    outcome = call(
        "run", delivery, "--project", delivery.parent / "project.toml", "--dry-run"
    )
    assert (outcome.code, outcome.err) == (0, "")
    for said in ("w1: 1 file(s)", "coco_17", "general, ", "would write "):
        assert said in outcome.out
    assert files(delivery.parent) == before
    assert not (delivery.parent / "quality").exists()


def test_results_go_to_one_stream_and_progress_to_the_other(delivery: Path) -> None:
    outcome = process("run", "w1/", "--project", "project.toml", cwd=delivery.parent)
    assert outcome.code == 1
    assert outcome.out.startswith("w1: HOLD\n")
    assert "8 records: 8 instances, 0 quarantined" in outcome.out
    assert "? None of the instances has been reviewed; " in outcome.out
    last = outcome.out.splitlines()[-1].split()
    assert last[0] == "dashboard"
    assert (delivery.parent / last[1]).is_file()
    progress = outcome.err.splitlines()
    assert progress[0] == "read a.json: 8 rows"
    assert progress[1].startswith("took ")
    assert len(progress) == 2


def test_a_delivery_called_by_a_dot_is_named_after_its_folder(
    delivery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(delivery)
    outcome = call("run", ".", "--project", "../project.toml", "--dry-run")
    assert outcome.out.startswith("w1: ")


def test_a_single_file_is_a_delivery(delivery: Path) -> None:
    place = delivery.parent / "project.toml"
    outcome = call("run", delivery / "a.json", "--project", place, "--dry-run")
    assert outcome.out.startswith("a: 1 file(s)")


def test_output_on_the_command_line_wins(delivery: Path, tmp_path: Path) -> None:
    place = delivery.parent / "project.toml"
    there = tmp_path / "else where"
    outcome = call("run", delivery, "--project", place, "--output", there)
    assert outcome.code == 1
    assert str(there) in outcome.out
    assert (there / "index.html").is_file()
    assert not (delivery.parent / "quality").exists()


def test_debug_shows_where_it_broke(delivery: Path) -> None:
    place = delivery.parent / "project.toml"
    outcome = call("run", "nowhere", "--project", place, "--debug")
    assert outcome.code == 2
    assert outcome.err.startswith("Traceback")
    assert outcome.err.splitlines()[-1].startswith("posegate: nowhere: no such file")


def test_the_summary_names_every_gate(weeks: Any) -> None:
    said = weeks.outcomes[0].out
    for sentence in (
        "instances break a rule that rejects",
        "reviewed instances has OKS below",
        "No annotator has more than",
        "Mean OKS against gold",
        "expectations were met",
        "splits     ",
        "dashboard  ",
    ):
        assert sentence in said


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (ValueError("a\n\nb"), ["a", "b"]),
        (KeyError(), ["KeyError"]),
        (FileNotFoundError(2, "No such file", "x.json"), ["x.json: No such file"]),
        (
            RuntimeError("it broke [while running 'gate/ingest/read']"),
            ["it broke (in gate/ingest/read)"],
        ),
    ],
)
def test_an_error_is_told_in_lines(error: Exception, lines: list[str]) -> None:
    assert explain(error) == lines


def test_no_name_can_act_on_a_terminal() -> None:
    assert printable("a\x1b[31mb\nc\u202ed é漢") == "a\\x1b[31mb\\nc\\u202ed é漢"
