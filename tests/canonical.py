"""Canonical rows for tests: what a test does not say of one is plausible."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from posegate.transforms import parts
from posegate.transforms.model import schema
from posegate.transforms.model.skeleton import Skeleton

TRIANGLE = Skeleton(
    name="triangle",
    keypoints=("top", "left", "right"),
    limbs=((0, 1), (0, 2)),
    flip_pairs=((1, 2),),
    sigmas=(0.05, 0.1, 0.1),
)
"""Three keypoints, so that a test can say where they are."""

STANDING = [20.0, 10.0, 10.0, 30.0, 30.0, 30.0]
"""`xy` of a triangle that is 20 px wide and high."""

MONDAY = datetime(2026, 2, 9, 12, tzinfo=UTC)
"""A Monday, of week 2026-W07."""


def row(number: int = 0, **said: Any) -> dict[str, Any]:
    """A row by ann, or gold by gil, in frame a.jpg, of an object of 400 px^2."""
    default = {
        "instance": f"{number:016x}" + "0" * 16,
        "id": str(number),
        "image": "a.jpg",
        "width": 640,
        "height": 480,
        "annotator": "gil" if said.get("role") == "gold" else "ann",
        "annotated_at": MONDAY,
        "role": "production",
        "xy": STANDING,
        "visibility": [2, 2, 2],
        "origin": [0, 0, 0],
        "bbox": [10.0, 10.0, 20.0, 20.0],
        "area": 400.0,
        "area_source": "segment",
        "source": "s.json",
        "position": number,
        "format": "coco",
    }
    return default | said


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    """Rows of triangles as a canonical batch."""
    return pa.RecordBatch.from_pylist(list(rows), schema=schema.instances(3))


def placed(rows: pa.RecordBatch, part: int = 0) -> pa.RecordBatch:
    """The rows with `part` and `row`, as they are compared."""
    return parts.placed(rows, part, np.arange(rows.num_rows))


def moved(dx: float, dy: float) -> list[float]:
    """`STANDING`, moved by so many pixels."""
    return [v + (dx, dy)[i % 2] for i, v in enumerate(STANDING)]
