"""`./run bench`: what things cost, side by side."""

import argparse
import importlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

BENCHMARKS = {
    "gate": ("gate", "the whole gate, its parts, a loop without Beam, Beam with dicts"),
    "memory": ("memory", "peak memory against the size of a delivery, and of a file"),
    "agreement": ("agreement", "OKS against three others, pairs, cover of intervals"),
    "fleet": ("fleet", "drift: who is found in a fleet that is made, and false alarms"),
    "json": ("reader", "reading one large JSON file, against whole-file decoders"),
    "motion": ("motion", "the rules of motion on a track of a day"),
    "formats": ("formats", "every format's reader, against a plain parser"),
    "detection": ("detection", "what rules find of planted faults, and of clean poses"),
    "rules": ("rules", "microseconds per instance of each rule, for K = 17, 68, 133"),
    "start": ("start", "imports, and the smallest run"),
}
"""Each one's module here, and what it measures."""


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    lines = [f"  {name:11}{what}" for name, (_, what) in BENCHMARKS.items()]
    top = argparse.ArgumentParser(
        prog="./run bench",
        description="Measures side by side, every case in a process of its own, cases "
        "by turns; prints medians. Nothing is asserted: the machine may be busy.",
        epilog="\n".join(["benchmarks:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument(
        "names", nargs="*", metavar="NAME", help="which benchmarks (default: all)"
    )
    top.add_argument(
        "--instances",
        type=int,
        metavar="N",
        help="people in the delivery, instead of each benchmark's own number",
    )
    top.add_argument(
        "--repeat", type=int, default=3, metavar="N", help="turns (default: 3)"
    )
    top.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="of formats this one; of detection this ground: the other tables stay",
    )
    top.add_argument(
        "--data",
        type=Path,
        default=Path(tempfile.gettempdir()) / "posegate-bench",
        metavar="DIR",
        help="where generated deliveries are kept (default: %(default)s)",
    )
    return top


def main(words: Sequence[str]) -> int:
    """Runs the benchmarks that are named, or a child of one."""
    if words[:1] == ["--child"]:
        return child(words[1], words[2:])
    top = parser()
    options = top.parse_args(words)
    for name in options.names:
        if name not in BENCHMARKS:
            top.error(f"no benchmark {name!r}; one of {', '.join(BENCHMARKS)}")
    if options.repeat < 1 or (options.instances or 1) < 1:
        top.error("--repeat and --instances are at least 1")
    options.data.mkdir(parents=True, exist_ok=True)
    for name in options.names or BENCHMARKS:
        module, what = BENCHMARKS[name]
        print(f"{name}: {what}", flush=True)
        benchmark = importlib.import_module(module)
        print(benchmark.run(options), flush=True)
    return 0


def child(name: str, words: Sequence[str]) -> int:
    """Does the work of `children.NAME`; says when it began and ended, in CPU time."""
    module = importlib.import_module(f"children.{name}")
    start = spent()
    said = module.run(*words)
    print()
    start += said.pop("started", 0.0)  # of what it started itself
    print(json.dumps({"start": start, "end": spent(), "peak": peak(), "said": said}))
    return 0


def peak() -> int:
    """The largest RSS of this process, or of one that it ended [bytes].

    As Linux counts it for the program: `getrusage` of a process begins with what its
    parent held when it was started.
    """
    below = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    status = Path("/proc/self/status").read_text()
    own = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return max(int(own.split()[1]), below) * 1024


def spent() -> float:
    """CPU time of this process and of those that it ended [s]."""
    below = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + below.ru_utime + below.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
