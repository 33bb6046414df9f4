"""Dense numpy views of a batch: what kernels and rules compute on."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]


def dense(column: pa.Array, width: int) -> npt.NDArray[Any]:
    """A fixed-size-list column as (N, width), without a copy; null rows give NaN or 0.

    A slice's offset is honoured: `flatten` starts at the slice's own first value.
    """
    if column.null_count:
        values = column.type.value_type
        empty = np.nan if pa.types.is_floating(values) else 0
        out = np.full((len(column), width), empty, values.to_pandas_dtype())
        kept = column.is_valid().to_numpy(zero_copy_only=False)
        out[kept] = column.drop_null().flatten().to_numpy().reshape(-1, width)
        return out
    flat = column.flatten().to_numpy(zero_copy_only=False)  # null inside gives NaN
    return flat.reshape(-1, width)


def scalars(column: pa.Array) -> Floats:
    """A number column as (N,) float64; null gives NaN."""
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


@dataclass(frozen=True)
class Poses:
    """N instances of one skeleton of K keypoints.

    `xy` (N, K, 2) [px], `visibility` (N, K), `origin` (N, K), `bbox` (N, 4) [px: x, y,
    w, h], `area` (N,) [px^2], `size` (N, 2) [px: image width, height]. What is absent
    in the batch is NaN.
    """

    xy: Floats
    visibility: Bytes
    origin: Bytes
    bbox: Floats
    area: Floats
    size: Floats

    @classmethod
    def of(cls, batch: pa.RecordBatch) -> "Poses":
        """The views of a canonical batch (`schema.instances`)."""
        k = batch.schema.field("visibility").type.list_size
        return cls(
            xy=dense(batch["xy"], 2 * k).reshape(-1, k, 2),
            visibility=dense(batch["visibility"], k),
            origin=dense(batch["origin"], k),
            bbox=dense(batch["bbox"], 4),
            area=scalars(batch["area"]),
            size=np.stack([scalars(batch["width"]), scalars(batch["height"])], axis=1),
        )

    @cached_property
    def labelled(self) -> Bools:
        """(N, K): the annotator gave a position, visible or occluded."""
        return self.visibility > 0

    @cached_property
    def visible(self) -> Bools:
        """(N, K): marked as seen, wholly or in part (flags 2 and 3)."""
        return self.visibility > 1

    @cached_property
    def scale(self) -> Floats:
        """(N,) [px]: the square root of the area; NaN where there is none."""
        return np.sqrt(np.where(self.area > 0, self.area, np.nan))
