"""What canonical rows cost apart from reading: made of arrays that are there."""

import gc
from typing import Any

import numpy as np
import pandas  # noqa: F401  # which Arrow imports at its first conversion
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.pandas_compat  # and this

from posegate.transforms import storage
from posegate.transforms.formats import Context, Tally
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.rows import Rows
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.skeleton import load

gc.collect()
gc.freeze()


def run(count: str) -> dict[str, Any]:
    """So many people of 17 points in a film, with a box; batches are dropped."""
    shard = Shard(0, "film", "film", 0, "")
    delivery = Delivery("bench", "bench", (shard,))
    context = Context(load("coco_17"), delivery, shard, storage.open_input)
    tally, n = Tally(), context.batch
    build = Build(context, tally, "bench")
    xy = np.random.default_rng(7).uniform(0, 1000, (n, 17, 2))
    seen = np.full((n, 17), 2, np.uint8)
    box = np.tile([0.0, 0.0, 500.0, 1000.0], (n, 1))
    for first in range(0, int(count), n):
        number = first + np.arange(n)
        names = pa.array(number).cast(pa.string())
        image = pc.binary_join_element_wise("film", names, "#")
        build.add(
            Rows(number, image, xy, seen, id=names, bbox=box, frame=pa.array(number))
        )
        for _ in build.ready():
            pass
    for _ in build.rest():
        pass
    return {"rows": tally.rows}
