"""Columns of the canonical table that are lists, and areas, from a reader's rows."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats import values
from posegate.transforms.formats.rows import Rows
from posegate.transforms.kernels.geometry import BOX_SHARE, bounding_box
from posegate.transforms.model.poses import Bytes, Floats
from posegate.transforms.model.schema import Origin, Role


def lists(array: npt.NDArray[Any], width: int) -> pa.Array:
    """(N, …) as a column of lists of `width`."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), width)


def outlines(rows: Rows) -> pa.Array:
    if rows.segmentation is None:
        return pa.nulls(len(rows), pa.binary())
    return pa.array(rows.segmentation, pa.binary())


def depths(rows: Rows) -> pa.Array:
    n, kind = len(rows), pa.list_(pa.float64())
    if rows.z is None:
        return pa.nulls(n, kind)
    k = rows.z.shape[1]
    ends = pa.array(np.arange(n + 1, dtype=np.int32) * k)
    return pa.ListArray.from_arrays(ends, pa.array(rows.z.reshape(-1)))


def origins(rows: Rows, role: pa.Array) -> Bytes:
    """(N, K): what is said to be placed in a model's rows is predicted."""
    n, k = rows.visibility.shape
    predicted = pc.equal(role, Role.PRELABEL.value).to_numpy(zero_copy_only=False)
    if rows.model is not None:
        predicted = predicted | rows.model
    origin = np.asarray(rows.origin, np.uint8)
    if not predicted.any():
        return origin if origin.ndim else np.full((n, k), origin)
    origin = origin if origin.ndim else np.full((n, 1), origin)
    placed = predicted[:, None] & (origin == Origin.PLACED)
    made = np.where(placed, np.uint8(Origin.PREDICTED), origin)
    return np.broadcast_to(made, (n, k))


def boxes(rows: Rows) -> Floats:
    return np.full((len(rows), 4), np.nan) if rows.bbox is None else rows.bbox


def areas(rows: Rows) -> tuple[Floats, pa.Array]:
    """(N,) [px^2] and where each is from: what the reader says, or else boxes give."""
    n = len(rows)
    area = np.full(n, np.nan) if rows.area is None else rows.area.copy()
    said = values.column_of(None if rows.area is None else rows.area_source, n)
    if rows.z is not None:
        return area, said
    taken = np.full(n, len(_SIZED))
    for i, sized in enumerate(_SIZED.values()):
        if (area > 0).all():
            break
        if (size := sized(rows)) is not None:
            take = ~(area > 0) & (size > 0)
            np.copyto(area, BOX_SHARE * size, where=take)
            np.copyto(taken, i, where=take)
    np.copyto(area, np.nan, where=~(area > 0))
    names = pa.array([*_SIZED, None], pa.string())
    alike = bool((taken == taken[0]).all())
    ours = pa.repeat(names[taken[0]], n) if alike else names.take(pa.array(taken))
    if rows.area is None:
        return area, ours
    kept = pa.array((taken == len(_SIZED)) & ~np.isnan(area))
    return area, pc.if_else(kept, said, ours)


def _boxed(rows: Rows) -> Floats | None:
    """(N,) [px^2] the box that is given; NaN where none is, None where none has one."""
    if rows.bbox is None:
        return None
    with np.errstate(invalid="ignore", over="ignore"):  # of sides without end
        return rows.bbox[:, 2] * rows.bbox[:, 3]


def _extent(rows: Rows) -> Floats:
    """(N,) [px^2] the box around the labelled keypoints; NaN where there are none."""
    with np.errstate(over="ignore"):  # of rows that are refused: their points are far
        box = bounding_box(rows.xy, rows.visibility > 0)
        return box[:, 2] * box[:, 3]


_SIZED = {"0.53-bbox": _boxed, "keypoints": _extent}
"""What areas are made of where none is given, the better one first."""
