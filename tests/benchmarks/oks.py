"""OKS against pycocotools' computeOks on the same pairs."""

import argparse
from functools import partial

from measure import Cost, child, interleaved
from table import ratio, table

INSTANCES = 20_000

CASES = ("pycocotools", "oks_matrix", "oks")


def run(options: argparse.Namespace) -> str:
    """Pairs a second, and the largest difference."""
    n = options.instances or INSTANCES
    cases = {name: partial(child, "oks_pairs", name, n) for name in CASES}
    costs = interleaved(cases, options.repeat)
    off = child("oks_pairs", "difference", n).said
    speed = {name: rate(cost) for name, cost in costs.items()}
    body = [
        [name, f"{costs[name].said['pairs']:,}", f"{speed[name]:,.0f}"]
        for name in CASES
    ]
    there, frames, pairs = speed.values()
    return "\n".join(
        [
            table(["", "pairs", "pairs/CPU s"], body),
            ratio("oks over computeOks", pairs / there, ">= 20"),
            ratio("oks_matrix, a frame at a time, over computeOks", frames / there),
            f"  largest difference: oks {off['oks']:.1e}, "
            f"oks_matrix {off['oks_matrix']:.1e}  (target 1e-9)",
            "",
        ]
    )


def rate(cost: Cost) -> float:
    """Pairs per second of CPU, of the computation alone."""
    return float(cost.said["pairs"] / cost.said["seconds"])
