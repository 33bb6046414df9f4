"""The options of the test run, on a small run of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = """
import pytest

def test_kept():
    pass

@pytest.mark.slow
def test_that_takes_minutes():
    pass

@pytest.mark.needs("sh", "unheard-of")
def test_with_a_program():
    pass

def test_with_a_browser():
    pytest.skip("needs chromium")

def test_on_real_data():
    pytest.skip("no ../shared/data here")

@pytest.mark.xfail(reason="needs a better idea")
def test_known_to_fail():
    assert False
"""
MODULE = 'import pytest\npytest.skip("needs Java", allow_module_level=True)\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.joinpath("test_cases.py").write_text(CASES)
    tmp_path.joinpath("test_module.py").write_text(MODULE)
    tmp_path.joinpath("pytest.ini").write_text(
        "[pytest]\nmarkers =\n    slow\n    needs\n"
    )
    return tmp_path


def outcome(folder: Path, *options: str) -> str:
    """Everything that such a run prints."""
    plugins = ["-p", "conftest", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", *plugins, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
    )
    return run.stdout + run.stderr


def test_slow_tests_and_missing_tools_are_skipped_with_their_reasons(
    folder: Path,
) -> None:
    printed = outcome(folder)
    assert "1 passed, 5 skipped, 1 xfailed" in printed
    for reason in ("slow: --all runs it", "needs unheard-of on PATH", "needs Java"):
        assert reason in printed


def test_all_runs_the_slow_ones(folder: Path) -> None:
    assert "2 passed, 4 skipped, 1 xfailed" in outcome(folder, "--all")


def test_require_all_fails_for_a_missing_tool_and_for_nothing_else(
    folder: Path,
) -> None:
    printed = outcome(folder, "--require-all", "--continue-on-collection-errors")
    assert "1 failed, 1 passed, 2 skipped, 1 xfailed, 2 errors" in printed
    assert "skipped under --require-all: needs unheard-of on PATH" in printed
    assert "skipped under --require-all: needs chromium" in printed
    assert "skipped under --require-all: needs Java" in printed
