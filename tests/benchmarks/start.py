"""How long one waits before anything happens."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import inputs
from measure import MIB, Cost, Run, interleaved, process
from table import table

SMALLEST = 100
PYTHON = [sys.executable, "-P"]
GATE = [*PYTHON, "-m", "posegate.pipelines"]


def run(options: argparse.Namespace) -> str:
    """Wall and CPU time of imports, and of the smallest run."""
    given = inputs.delivery(options.data, options.instances or SMALLEST)
    words = ["run", str(given.delivery), "--project", str(given.project)]
    cases: dict[str, Run] = {
        "python": command(*PYTHON, "-c", "pass"),
        "import pyarrow, scipy": command(*PYTHON, "-c", "import pyarrow, scipy.stats"),
        "import apache_beam": command(*PYTHON, "-c", "import apache_beam"),
        "import great_expectations": command(
            *PYTHON, "-c", "import great_expectations"
        ),
        "import posegate.pipelines.gate": command(
            *PYTHON, "-c", "import posegate.pipelines.gate"
        ),
        "posegate --help": command(*GATE, "--help"),
        "posegate run --dry-run": command(
            *GATE, *words, "--dry-run", "--output", str(options.data / "nowhere")
        ),
        f"posegate run, {options.instances or SMALLEST} instances": smallest(
            options.data, words
        ),
    }
    costs = interleaved(cases, options.repeat)
    body = [[name, *figures(cost)] for name, cost in costs.items()]
    return table(["", "wall s", "CPU s", "peak MiB"], body) + "\n"


def command(*words: str) -> Run:
    """A command to be measured."""
    return lambda: process(words)[0]


def smallest(data: Path, words: list[str]) -> Callable[[], Cost]:
    """A run into a folder that is gone afterwards; the verdict does not matter."""

    def judge() -> Cost:
        output = tempfile.mkdtemp(dir=data)
        try:
            call = [*GATE, *words, "--output", output]
            return process(call, allowed=(0, 1))[0]
        finally:
            shutil.rmtree(output)

    return judge


def figures(cost: Cost) -> list[str]:
    """A case's row of the table."""
    return [f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak / MIB:.0f}"]
