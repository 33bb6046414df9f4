"""Agreement: OKS against three libraries, what pairs cost, and whether intervals cover.

The libraries are optional: pip install -e '.[bench]' (see pyproject.toml).
"""

import argparse
from functools import partial

from measure import Cost, child, interleaved
from table import ratio, table

INSTANCES = 20_000

PAIRS = 100_000

CASES = ("pycocotools", "xtcocotools", "faster-coco-eval", "oks_matrix", "oks")


def run(options: argparse.Namespace) -> str:
    """Pairs a second, the largest difference, and the share of intervals that cover."""
    n = options.instances or INSTANCES
    parts = [of_libraries(n, options.repeat), of_pairs(options), of_intervals()]
    return "\n".join(parts)


def of_libraries(n: int, repeat: int) -> str:
    """OKS beside others' computeOks on the same pairs."""
    cases = {name: partial(child, "oks_pairs", name, n) for name in CASES}
    costs = interleaved(cases, repeat)
    off = child("oks_pairs", "difference", n).said
    body, speed = [], {}
    for name, cost in costs.items():
        if "missing" in cost.said:
            body.append([name, "not here", "", cost.said["missing"][:40]])
            continue
        speed[name] = rate(cost)
        pairs = f"{cost.said['pairs']:,}"
        body.append([name, pairs, f"{speed[name]:,.0f}", f"{off[name]:.1e}"])
    best = max(v for k, v in speed.items() if k not in ("oks", "oks_matrix"))
    head = ["", "pairs", "pairs/CPU s", "largest difference from oks"]
    return "\n".join(
        [
            table(head, body),
            ratio("oks over the fastest library", speed["oks"] / best, ">= 20"),
            ratio("oks_matrix, a frame at a time", speed["oks_matrix"] / best),
            "  differences: target 1e-9",
            "",
        ]
    )


def of_pairs(options: argparse.Namespace) -> str:
    """What it takes to make the agreement table of frames, and its sums."""
    n = options.instances or PAIRS
    cost = interleaved({"pairs": partial(child, "pairs", n)}, options.repeat)["pairs"]
    said = cost.said
    return "\n".join(
        [
            table(
                ["agreement of pairs, one core", "CPU s"],
                [
                    [name, f"{said[name]:.2f}"]
                    for name in ("compare", "sum", "estimate")
                ],
            ),
            f"  {said['pairs']:,} pairs in "
            f"{said['compare'] + said['sum'] + said['estimate']:.2f} s  (target 2 s)",
            "",
        ]
    )


def of_intervals() -> str:
    """Every interval and risk that is printed, by simulation."""
    said = child("coverage").said["rows"]
    body = [[what, wanted, found, note] for what, wanted, found, note in said]
    return table(["interval or risk", "nominal", "simulated", "of"], body) + "\n"


def rate(cost: Cost) -> float:
    """Pairs per second of CPU, of the computation alone."""
    return float(cost.said["pairs"] / cost.said["seconds"])
