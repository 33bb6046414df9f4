"""Deliveries of a face of three keypoints, which give one row."""

from typing import Any

import numpy as np

from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading

FACE = Skeleton("face", ("nose", "left_eye", "right_eye"), (), (), None)


def one(given: dict[str, bytes], **says: Any) -> dict[str, Any]:
    """The row of a delivery that must give one and nothing else."""
    got = Reading(given, FACE, **says)
    assert (len(got.rows), got.bad) == (1, [])
    return got.rows[0]


def places(row: dict[str, Any]) -> list[tuple[float, float, int]]:
    """x, y [px] and visibility of what is labelled."""
    xy = np.reshape(row["xy"], (-1, 2)).tolist()
    return [(*p, v) for p, v in zip(xy, row["visibility"], strict=True) if v]
