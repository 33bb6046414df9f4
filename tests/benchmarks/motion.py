"""The rules of motion on one long track: a day at six frames a second."""

import argparse
from functools import partial

from measure import MIB, Run, child, interleaved
from table import ratio, table

FRAMES = 500_000
"""A day at 6 frames a second."""


def run(options: argparse.Namespace) -> str:
    """CPU a frame and peak memory, of a fifth of the track and of all of it."""
    n = options.instances or FRAMES
    cases: dict[str, Run] = {
        f"{frames:,} frames": partial(child, "long_track", frames)
        for frames in (n // 5, n)
    }
    costs = interleaved(cases, options.repeat)
    head = ["", "CPU s", "µs a frame", "peak MiB", "findings"]
    body = [
        [
            name,
            f"{cost.work:.1f}",
            f"{cost.work / cost.said['frames'] * 1e6:.0f}",
            f"{cost.peak / MIB:.0f}",
            f"{cost.said['findings']:,}",
        ]
        for name, cost in costs.items()
    ]
    short, long = costs.values()
    lines = [
        ratio("five times the frames, CPU", long.work / short.work),
        ratio("  the same, peak", long.peak / short.peak),
    ]
    return "\n".join([table(head, body), *lines, ""])
