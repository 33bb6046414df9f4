"""What was measured of rules, as `bench detection` wrote it: `rules/MEASURED.md`."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple


class Clean(NamedTuple):
    """Findings per 1,000 clean instances of a ground, with the 95 % interval."""

    ground: str
    instances: int
    rate: str
    interval: str


class Fault(NamedTuple):
    """A planted fault that a rule found: per cent by this rule, and by all together."""

    ground: str
    fault: str
    strength: str
    alone: str
    together: str


@cache
def text() -> str:
    """The whole file; it ships with the package."""
    file = resources.files("posegate.expectations") / "rules" / "MEASURED.md"
    return file.read_text(encoding="utf-8")


def _rows() -> Iterator[tuple[str, str, list[str]]]:
    """(ground, `clean` or `faults`, cells) of every row of a table."""
    ground = kind = ""
    for line in text().splitlines():
        if line.startswith("## "):
            ground, _, kind = line.removeprefix("## ").rpartition(", ")
            kind = kind.partition(":")[0]
        elif ground and line.startswith("| ") and not line.startswith("| ---"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            if cells[0] not in ("rule", "fault"):
                yield ground, kind, cells


def clean(rule: str) -> list[Clean]:
    """How often the rule finds something where nothing was planted, by ground."""
    found = []
    for ground, kind, cells in _rows():
        if kind != "clean":
            continue
        named = cells[0].removeprefix("each of ").split(", ")
        if rule in [name.partition(" (")[0] for name in named]:
            found.append(Clean(ground, int(cells[1]), cells[2], cells[3]))
    return found


def faults(rule: str) -> list[Fault]:
    """The faults that the rule is among the three best to find, the best first."""
    found = []
    for ground, kind, cells in _rows():
        if kind != "faults" or len(cells) < 6:
            continue
        for share in cells[5].split(", "):
            name, _, alone = share.rpartition(" ")
            if name == rule:
                found.append(Fault(ground, cells[0], cells[1], alone, cells[3]))
    return sorted(found, key=lambda fault: -float(fault.alone))
