"""The same decoding, checks and files by hand: what the work costs without Beam."""

from contextlib import ExitStack
from typing import Any

import pandas  # noqa: F401  # pyarrow imports it once it is given a list: start-up

from posegate.expectations.rules import RULES
from posegate.pipelines import project
from posegate.transforms import parts, storage
from posegate.transforms.formats import Context, Tally, read
from posegate.transforms.model.delivery import (
    SIDE_FILE,
    Delivery,
    Shard,
    deliver,
    parse_side_file,
)
from posegate.transforms.model.finding import check
from posegate.transforms.model.rule import Bound, bind
from posegate.transforms.model.schema import QUARANTINE
from posegate.transforms.model.skeleton import Skeleton


def run(folder: str, toml: str, output: str) -> dict[str, Any]:
    """Reads a delivery, writes its part files, checks its rows."""
    settings = project.load(toml, output)
    skeleton = settings.load_skeleton()
    rules = bind(RULES, settings.settings(), skeleton, settings.place)
    delivery = listed(folder)
    rows = findings = 0
    for shard in delivery.shards:
        tally, broken = convert(shard, delivery, skeleton, rules, output)
        rows += tally.rows
        findings += broken
    return {"rows": rows, "findings": findings}


def listed(folder: str) -> Delivery:
    """The delivery in a folder, its files with their checksums."""
    files = [f for f in storage.listing(folder) if ".json" in f.name]
    shards = [
        Shard(0, f.path, f.name, f.size, *storage.checksum(f.path)) for f in files
    ]
    place = storage.join(folder, SIDE_FILE)
    side = parse_side_file(storage.read_bytes(place).decode(), place)
    return deliver(shards, side, folder, folder)


def convert(
    shard: Shard,
    delivery: Delivery,
    skeleton: Skeleton,
    rules: tuple[Bound, ...],
    output: str,
) -> tuple[Tally, int]:
    """One shard: what became of its records, and the number of its findings."""
    tally, broken = Tally(), 0
    context = Context(skeleton, delivery, shard, storage.open_input)
    names = {
        False: parts.annotations(skeleton.name, shard.part),
        True: f"quarantine/part-{shard.part:05d}.parquet",
    }
    with ExitStack() as stack:
        files: dict[bool, parts.PartFile] = {}
        for batch in read(context, tally):
            bad = batch.schema.names == QUARANTINE.names
            if bad not in files:
                opened = parts.part_file(output, names[bad], batch.schema)
                files[bad] = stack.enter_context(opened)
            if not bad:
                first = files[bad].rows
                found = check(rules, batch, skeleton, shard.part, first)
                broken += found.num_rows
            files[bad].write(batch)
    return tally, broken
