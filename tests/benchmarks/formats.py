"""Every format's reader, beside the fastest plain parser of its syntax.

A format takes part by a module `tests/samples/<name>.py` with `sample(n)`, which gives
the files of n instances, and `PLAIN`, the syntax (see `children.read_format.PLAIN`).
Formats of arrays, which people deliver by the hundred thousand, say `TIMES`: of them
there are so many times as many instances.
The plain parser of JSON is msgspec's decoder, a whole file at once to Python objects;
it neither looks at them nor makes rows, so formats of few bytes an instance are the
hardest. Imports and Python's exit are counted on neither side.
"""

import argparse
import importlib
import sys
from functools import partial
from pathlib import Path
from types import ModuleType

from measure import MIB, Cost, Run, child, interleaved
from table import table

from posegate.transforms.formats import formats

TESTS = Path(__file__).parents[1]

INSTANCES = 20_000

BARE = "rows of arrays"
"""The case of rows that need not be read."""

TARGET = 3.0
"""How many times the plain parser's CPU time a reader may take."""


def run(options: argparse.Namespace) -> str:
    """MB/s and instances/s of each reader, and its ratio to the plain parser.

    With `--only` of the readers that are named.
    """
    n = options.instances or INSTANCES
    some = options.only or formats()
    if unknown := set(some) - set(formats()):
        return f"  no format {', '.join(unknown)}; one of {', '.join(formats())}\n"
    found = {name: module for name in some if (module := sampled(name))}
    cases: dict[str, Run] = {}
    sizes: dict[str, int] = {}
    for name, module in found.items():
        count = n * getattr(module, "TIMES", 1)
        folder = options.data / f"format-{name}-{count}"
        sizes[name] = written(folder, module, count)
        cases[name] = partial(child, "read_format", "ours", name, folder)
        cases[f"{name} plain"] = partial(
            child, "read_format", module.PLAIN, name, folder
        )
    cases[BARE] = partial(child, "canonical_rows", 10 * n)
    costs = interleaved(cases, options.repeat)
    head = ["", "MB", "MB/CPU s", "instances/CPU s", "peak MiB", "plain", "ratio"]
    head += ["us", "plain us"]
    body = [
        [name, *figures(costs[name], costs[f"{name} plain"], sizes[name])]
        for name in found
    ]
    missing = sorted(set(some) - set(found))
    lines = [table(head, body), notes(costs[BARE])]
    if missing:
        lines.append(f"  without a sample: {', '.join(missing)}")
    return "\n".join([*lines, ""])


def notes(bare: Cost) -> str:
    """What the last columns mean."""
    us = 1e6 * bare.work / bare.said["rows"]
    return (
        f"  ratio: CPU over the plain parser's, aim {TARGET:g}; us: CPU an instance\n"
        f"  A canonical row takes {us:.2f} us of arrays that are there already:\n"
        "  where a plain parser copies bytes in less than a third of that, no reader\n"
        "  reaches the aim, and us is what to look at."
    )


def sampled(name: str) -> ModuleType | None:
    """The module that makes a format's files, if it can make many."""
    sys.path[:0] = [] if str(TESTS) in sys.path else [str(TESTS)]
    try:
        module = importlib.import_module(f"samples.{name.replace('-', '_')}")
    except ModuleNotFoundError:
        return None
    return module if hasattr(module, "sample") and hasattr(module, "PLAIN") else None


def written(folder: Path, module: ModuleType, n: int) -> int:
    """Makes a delivery, once; its size in bytes."""
    if not folder.exists():
        for name, data in module.sample(n).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def figures(ours: Cost, plain: Cost, size: int) -> list[str]:
    """A format's row of the table."""
    return [
        f"{size / 1e6:.1f}",
        f"{size / 1e6 / ours.work:.1f}",
        f"{ours.said['rows'] / ours.work:,.0f}",
        f"{ours.peak / MIB:.0f}",
        f"{size / 1e6 / plain.work:.1f}",
        f"{ours.work / plain.work:.2f}x",
        f"{1e6 * ours.work / ours.said['rows']:.2f}",
        f"{1e6 * plain.work / ours.said['rows']:.2f}",
    ]
