"""The whole gate, its parts, and two other ways to write the first of them."""

import argparse
import shutil
import tempfile
from functools import partial
from pathlib import Path

import inputs
from measure import MIB, Cost, Run, child, interleaved
from table import ratio, table

INSTANCES = 200_000

CASES = {
    "full run": ("full",),
    "ingest": ("ingest",),
    "ingest + validate": ("ingest", "validate"),
    "loop without Beam": ("loop",),
    "ingest + 12 rules": ("ingest", "alike"),
    "Beam, a dict each": ("per_instance",),
}
"""The loop checks what `validate` does, every rule of one instance; dicts are checked
against 12 of them (`dict_rules.IDS`), and compared with a run that has only these."""


def run(options: argparse.Namespace) -> str:
    """The table of costs, and the ratios."""
    n = options.instances or INSTANCES
    given = inputs.delivery(options.data, n)
    cases: dict[str, Run] = {
        name: partial(judge, options.data, given, *words)
        for name, words in CASES.items()
    }
    costs = interleaved(cases, options.repeat)
    head = ["", "rows", "wall s", "rows/s", "CPU s", "start-up", "work", "peak MiB"]
    body = [[name, *figures(cost)] for name, cost in costs.items()]
    return "\n".join([table(head, body), *ratios(costs), ""])


def judge(data: Path, given: inputs.Input, module: str, *words: str) -> Cost:
    """One run, into a folder that is gone afterwards."""
    output = tempfile.mkdtemp(dir=data)
    try:
        return child(module, given.delivery, given.project, output, *words)
    finally:
        shutil.rmtree(output)


def figures(cost: Cost) -> list[str]:
    """A case's row of the table."""
    rows = cost.said["rows"]
    return [
        f"{rows:,}",
        f"{cost.wall:.1f}",
        f"{rows / cost.wall:,.0f}",
        f"{cost.cpu:.1f}",
        f"{cost.start:.1f}",
        f"{cost.work:.1f}",
        f"{cost.peak / MIB:.0f}",
    ]


def ratios(costs: dict[str, Cost]) -> list[str]:
    """What is compared: CPU time of the work, start-up apart."""
    full, ingest, both, loop, alike, dicts = (costs[name] for name in CASES)
    return [
        ratio("ingest + validate over loop, CPU", both.work / loop.work, "<= 1.3"),
        ratio("  the same with start-up", both.cpu / loop.cpu),
        ratio("dicts over ingest + 12 rules, CPU", dicts.work / alike.work, ">= 4"),
        ratio("  the same with start-up", dicts.cpu / alike.cpu),
        ratio("full run over ingest, CPU", full.work / ingest.work, "<= 4"),
        ratio("  the same with start-up", full.cpu / ingest.cpu),
    ]
