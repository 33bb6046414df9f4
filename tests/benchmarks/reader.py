"""Reading one large COCO file, against decoders that take it whole."""

import argparse
from functools import partial

import inputs
from measure import MIB, Cost, Run, child, interleaved
from table import ratio, table

INSTANCES = 200_000

CASES = ("canonical batches", "typed records", "json", "msgspec", "msgspec typed")


def run(options: argparse.Namespace) -> str:
    """MB/s and peak memory, of the plain file and of the compressed one."""
    n = options.instances or INSTANCES
    plain = inputs.delivery(options.data, n, n, clean=True)
    packed = inputs.delivery(options.data, n, n, clean=True, gzip=True)
    cases: dict[str, Run] = {}
    for name in CASES:
        cases[name] = partial(child, "read_json", name, plain.shard)
        cases[f"{name}, gzip"] = partial(child, "read_json", name, packed.shard)
    costs = interleaved(cases, options.repeat)
    size, less = (given.shard.stat().st_size for given in (plain, packed))
    head = ["", "rows", "MB/CPU s", "wall s", "peak MiB", "of the file"]
    body = [[name, *figures(cost, size)] for name, cost in costs.items()]
    ours, whole = costs["typed records"], costs["msgspec typed"]
    return "\n".join(
        [
            f"  {size / 1e6:.0f} MB, {less / 1e6:.0f} MB gzipped",
            table(head, body),
            ratio("typed records over msgspec typed, CPU", ours.work / whole.work),
            ratio("  the same, peak", ours.peak / whole.peak),
            "",
        ]
    )


def figures(cost: Cost, size: int) -> list[str]:
    """A case's row of the table."""
    return [
        f"{cost.said['rows']:,}",
        f"{size / 1e6 / cost.work:.0f}",
        f"{cost.wall:.1f}",
        f"{cost.peak / MIB:.0f}",
        f"{cost.peak / size:.1f}x",
    ]
