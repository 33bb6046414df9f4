"""Whether memory grows with a delivery, or with a file of it."""

import argparse

import inputs
from gate import judge
from measure import MIB, Cost
from table import ratio, table

INSTANCES = 1_000_000
LIMIT = 1.2  # GiB


def run(options: argparse.Namespace) -> str:
    """Peak RSS by size; each is run once, for peaks hardly vary."""
    n = options.instances or INSTANCES
    cases = {
        "a tenth": (n // 10, inputs.SHARD),
        "all": (n, inputs.SHARD),
        "all in one file": (n, n),
    }
    costs: dict[str, Cost] = {}
    for name, (instances, shard) in cases.items():
        given = inputs.delivery(options.data, instances, shard)
        costs[name] = judge(options.data, given, "full")
    head = ["", "rows", "peak MiB", "CPU s", "rows/CPU s"]
    body = [
        [
            name,
            f"{cost.said['rows']:,}",
            f"{cost.peak / MIB:.0f}",
            f"{cost.cpu:.1f}",
            f"{cost.said['rows'] / cost.cpu:,.0f}",
        ]
        for name, cost in costs.items()
    ]
    tenth, full, one = costs.values()
    return "\n".join(
        [
            table(head, body),
            ratio("all over a tenth", full.peak / tenth.peak, "< 1.5"),
            ratio("one file over shards", one.peak / full.peak),
            f"  all: {full.peak / 2**30:.2f} GiB  (target < {LIMIT} at 1,000,000)",
            "",
        ]
    )
