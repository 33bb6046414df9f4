"""The agreement table of frames that two annotated, as the gate makes it."""

import time
from typing import Any

import numpy as np
import pyarrow as pa

from posegate.transforms import parts
from posegate.transforms.kernels import pair_sums, strata
from posegate.transforms.kernels.compare import compare
from posegate.transforms.kernels.sums import Key
from posegate.transforms.kernels.weeks import Clock
from posegate.transforms.model import schema
from posegate.transforms.model import skeleton as skeletons

BUCKET = 16_384
"""Rows of a bucket of frames."""


def run(pairs: str) -> dict[str, Any]:
    """CPU time [s] of comparing, of summing and of estimating."""
    skeleton = skeletons.load("coco_17")
    spent = {"compare": 0.0, "sum": 0.0, "estimate": 0.0}
    total: dict[Key, Any] = {}
    made = 0
    for bucket in range(-(-2 * int(pairs) // BUCKET)):
        rows = frames(min(BUCKET, 2 * int(pairs) - bucket * BUCKET), bucket)
        begun = time.process_time()
        found = compare(rows, skeleton, Clock("2026-W01")).pairs
        compared = time.process_time()
        for key, value in pair_sums.of_pairs(found, skeleton, 0.75):
            total[key] = total.get(key, 0) + value
        spent["compare"] += compared - begun
        spent["sum"] += time.process_time() - compared
        made += found.num_rows
    begun = time.process_time()
    strata.estimate(total, ["gold"])
    spent["estimate"] = time.process_time() - begun
    return {"pairs": made, **spent}


def frames(n: int, seed: int) -> pa.RecordBatch:
    """n rows: a person a frame, drawn by one of forty people and by gold."""
    rng = np.random.default_rng(seed)
    sigma = np.array(skeletons.load("coco_17").sigmas)
    half = n // 2
    size = rng.uniform(60, 300, half)
    true = rng.uniform(0, 1, (half, 17, 2)) * size[:, None, None] + 300
    off = rng.standard_normal((half, 17, 2)) * (sigma * size[:, None])[..., None]
    xy = np.concatenate([true + off, true]).reshape(2 * half, 34)
    number = np.tile(np.arange(half), 2)
    text = {
        "instance": [f"{seed:08x}{i:08x}" + "0" * 16 for i in range(2 * half)],
        "id": number.astype(str).tolist(),
        "image": [f"{seed}-{i}.jpg" for i in number],
        "video": [f"v{seed}-{i // 30}" for i in number],
        "annotator": [f"a{i % 40}" for i in range(half)] + ["gold"] * half,
        "role": ["production"] * half + ["gold"] * half,
        "source": ["bench"] * (2 * half),
    }
    listed = {
        "xy": (xy, pa.float64()),
        "visibility": (rng.integers(1, 3, (2 * half, 17)), pa.uint8()),
        "origin": (np.zeros((2 * half, 17), int), pa.uint8()),
        "bbox": (
            np.stack([np.full(2 * half, 300.0)] * 2 + [np.tile(size, 2)] * 2, 1),
            pa.float64(),
        ),
    }
    table = schema.instances(17)
    nothing = {
        "area": pa.array(np.tile(0.53 * size**2, 2)),
        "area_source": pa.array(["segment"] * (2 * half)),
        "position": pa.array(np.arange(2 * half)),
        "format": pa.array(["bench"] * (2 * half)),
    }
    columns = []
    for field in table:
        if field.name in text:
            columns.append(pa.array(text[field.name], pa.string()))
        elif field.name in listed:
            values, kind = listed[field.name]
            flat = pa.array(values.ravel()).cast(kind)
            columns.append(pa.FixedSizeListArray.from_arrays(flat, values.shape[1]))
        else:
            empty = pa.nulls(2 * half, field.type)
            columns.append(nothing.get(field.name, empty))
    batch = pa.RecordBatch.from_arrays(columns, schema=table)
    return parts.placed(batch, 0, np.arange(2 * half))
