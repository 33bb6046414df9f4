"""One person annotated in every frame of a day, checked window by window."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from posegate.expectations.policy import load_policy
from posegate.expectations.rules import RULES
from posegate.transforms import parts
from posegate.transforms.model import schema
from posegate.transforms.model.rule import Setting, bind
from posegate.transforms.model.skeleton import load
from posegate.transforms.motion import LEAD, WINDOW, findings, tracked

PEOPLE = load("coco_17")
BATCH, FPS = 5_000, 6.0
HOME = np.random.default_rng(0).uniform(0, 400, (17, 2))


def run(frames: str) -> dict[str, Any]:
    """Reads batch by batch; a window is checked as soon as no row of it can come."""
    said = {
        id: Setting(table.pop("severity", None), table)
        for id, table in load_policy("general")["rules"].items()
        if RULES[id].tracked
    }
    rules = bind({i: r for i, r in RULES.items() if r.tracked}, said, PEOPLE)
    waiting: dict[int, list[pa.RecordBatch]] = {}
    found = 0
    for first in range(0, int(frames), BATCH):
        for key, rows in tracked(batch(first), 1, WINDOW, LEAD):
            waiting.setdefault(key, []).append(rows)
        over = sorted(waiting)[:-2] if first + BATCH < int(frames) else sorted(waiting)
        for key in over:
            some = findings((key, waiting.pop(key)), rules, PEOPLE, WINDOW)
            found += sum(map(len, some))
    return {"frames": int(frames), "findings": found}


def batch(first: int) -> pa.RecordBatch:
    """The person's next frames, with three pixels of noise."""
    random = np.random.default_rng(first)
    t = np.arange(first, first + BATCH) / FPS
    way = 20 * np.sin(t[:, None, None] + np.arange(34).reshape(17, 2))
    xy = HOME + way + random.normal(0, 3, (BATCH, 17, 2))
    made = pa.RecordBatch.from_pydict(
        columns(first) | {"xy": lists(xy)}, schema=schema.instances(17)
    )
    return parts.located(made, 0, first)


def lists(values: Any) -> pa.Array:
    """(N, …) as a column of lists."""
    flat = pa.array(values.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values[0].size)


def columns(first: int) -> dict[str, Any]:
    """All but the positions."""
    names = [str(i) for i in range(first, first + BATCH)]
    whole = dict(each(names))
    return {
        field.name: whole.get(field.name, pa.nulls(BATCH, field.type))
        for field in schema.instances(17)
    }


def each(names: list[str]) -> Iterator[tuple[str, Any]]:
    """The columns that say something."""
    yield from {"instance": names, "image": names}.items()
    for name, value in {
        "video": "v",
        "track": "a",
        "role": "production",
        "annotator": "ann",
        "source": "s",
        "format": "x",
    }.items():
        yield name, pa.repeat(value, BATCH)
    yield "frame", pa.array([int(name) for name in names])
    yield "fps", pa.repeat(FPS, BATCH)
    yield "area", pa.repeat(27000.0, BATCH)
    yield "position", pa.array([int(name) for name in names])
    yield "visibility", lists(np.full((BATCH, 17), 2, np.uint8))
    yield "origin", lists(np.zeros((BATCH, 17), np.uint8))
    yield "bbox", lists(np.zeros((BATCH, 4)))
