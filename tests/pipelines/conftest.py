"""One generated project for all tests of the whole gate: three weeks, in order."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from delivered import WEEKS, Outcome, judge
from posegate.pipelines.demo import Spec, make


class Weeks(NamedTuple):
    """A project of three weekly deliveries and what each run came to."""

    folder: Path
    outcomes: tuple[Outcome, ...]

    @property
    def output(self) -> Path:
        """Where its results are."""
        return self.folder / "quality"


def lenient(folder: Path) -> Path:
    """The project of a generated folder, with a policy that so few reviews can pass."""
    place = folder / "project.toml"
    text = place.read_text()
    place.write_text(
        f"{text}\n[acceptance]\noks = 0.5\np0 = 0.3\np1 = 0.6\n"
        "[agreement]\noks = 0.5\nkappa = 0\n[defects]\nquarantined = 0.05\n"
        "[splits]\nfractions = { train = 0.6, val = 0.2, test = 0.2 }\n"
    )
    return place


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three generated deliveries; read them, and write next to a copy."""
    folder = tmp_path_factory.mktemp("made") / "project"
    make(Spec(folder, instances=900, weeks=3, seed=3, fault_rate=0.02, burst=0.0))
    lenient(folder)
    return folder


@pytest.fixture(scope="session")
def weeks(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Weeks:
    """The three weeks through the gate; look, do not touch."""
    folder = tmp_path_factory.mktemp("weeks") / "project"
    shutil.copytree(made, folder)
    outcomes = tuple(judge(folder, week) for week in WEEKS)
    return Weeks(folder, outcomes)


@pytest.fixture
def copied(weeks: Weeks, tmp_path: Path) -> Callable[[], Path]:
    """Gives a copy of the three weeks and their results, to go on from."""

    def copy() -> Path:
        target = tmp_path / "copied"
        shutil.copytree(weeks.folder, target)
        return target

    return copy
