"""What a piece of work costs, measured from outside, in a process of its own.

A child is `python tests/benchmarks --child MODULE WORDS…`: importing `children.MODULE`
is its start-up, calling that module's `run(*WORDS)` its work. Of a command that is no
such child, what this parent holds when it starts it counts towards its peak.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
MIB = 1 << 20

Run = Callable[[], "Cost"]


@dataclass(frozen=True)
class Cost:
    """Wall and CPU time (user + system, with all descendants) [s], peak RSS [bytes].

    `start` is the CPU time [s] before the work begins, `end` that when it is done, both
    0 where a command is all work; `said` is what `run` returned.
    """

    wall: float
    cpu: float
    start: float
    end: float
    peak: int
    said: Mapping[str, Any]

    @property
    def work(self) -> float:
        """CPU time [s] without the start-up and what Python does when it exits."""
        return (self.end or self.cpu) - self.start


def child(module: str, *words: object) -> Cost:
    """Runs a child to its end; raises RuntimeError if it fails."""
    command = [sys.executable, str(HERE), "--child", module, *map(str, words)]
    cost, out = process(command)
    told = json.loads(out.splitlines()[-1])
    return Cost(
        cost.wall, cost.cpu, told["start"], told["end"], told["peak"], told["said"]
    )


def process(
    command: Sequence[str], allowed: Collection[int] = (0,)
) -> tuple[Cost, str]:
    """Runs a command to its end -> its cost and standard output.

    Raises:
      RuntimeError: its exit code is none of `allowed`; its errors have been shown.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        begun = time.perf_counter()
        started = subprocess.Popen(command, stdout=out, stderr=err)
        _, status, used = os.wait4(started.pid, 0)
        wall = time.perf_counter() - begun
        started.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if started.returncode not in allowed:
            print(err.read(), file=sys.stderr)
            raise RuntimeError(f"exit {started.returncode}: {' '.join(command)}")
        cpu = used.ru_utime + used.ru_stime
        return Cost(wall, cpu, 0.0, 0.0, used.ru_maxrss * 1024, {}), out.read()


def interleaved(cases: Mapping[str, Run], repeat: int) -> dict[str, Cost]:
    """The median cost of each case, run A B C A B C …: a slow minute hits them all."""
    costs: dict[str, list[Cost]] = {name: [] for name in cases}
    for turn in range(repeat):
        for name, run in cases.items():
            print(f"  {turn + 1}/{repeat} {name}", file=sys.stderr, flush=True)
            costs[name].append(run())
    return {name: middle(some) for name, some in costs.items()}


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each number; what was said is the last run's."""
    return Cost(
        wall=median(c.wall for c in costs),
        cpu=median(c.cpu for c in costs),
        start=median(c.start for c in costs),
        end=median(c.end for c in costs),
        peak=round(median(c.peak for c in costs)),
        said={
            key: median(c.said[key] for c in costs)
            if isinstance(value, float)
            else value
            for key, value in costs[-1].said.items()
        },
    )
