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


FASTEST = 100_000.0
"""Frames a second that no camera goes beyond."""


def rates(column: pa.Array) -> Floats:
    """(N,) frames a second; NaN where none is said, or one that cannot be."""
    said = scalars(column)
    return np.where((said > 0) & (said <= FASTEST), said, np.nan)


METRES = {"mm": 0.001, "m": 1.0}
"""Metres of each unit that has a size; a pixel has none."""


def depth(batch: pa.RecordBatch, keypoints: int) -> Floats:
    """The third coordinates (N, K); one NaN, seen N x K times, where nobody has any."""
    z = batch["z"] if "z" in batch.schema.names else None
    if z is None or z.null_count == len(z):
        return np.broadcast_to(np.nan, (batch.num_rows, keypoints))
    return dense(z.cast(pa.list_(pa.float64(), keypoints)), keypoints)


def metres(batch: pa.RecordBatch) -> Floats:
    """(N,) metres of a row's unit; NaN of a pixel, or where none is said."""
    unit = batch["unit"] if "unit" in batch.schema.names else None
    if unit is None or unit.null_count == len(unit):
        return np.broadcast_to(np.nan, batch.num_rows)
    names = unit.dictionary_encode()
    size = [METRES.get(name, np.nan) for name in names.dictionary.to_pylist()]
    codes = names.indices.fill_null(len(size)).to_numpy(zero_copy_only=False)
    return np.array([*size, np.nan])[codes]


@dataclass(frozen=True)
class Poses:
    """N instances of one skeleton of K keypoints.

    `xy` (N, K, 2) [px], `visibility` (N, K), `origin` (N, K), `bbox` (N, 4) [px: x, y,
    w, h], `area` (N,) [px^2], `size` (N, 2) [px: image width, height]. In 3-D `z`
    (N, K) is in the same unit as x and y, of which one is `metre` (N,) metres. What is
    absent in the batch is NaN.
    """

    xy: Floats
    visibility: Bytes
    origin: Bytes
    bbox: Floats
    area: Floats
    size: Floats
    z: Floats
    metre: Floats

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
            z=depth(batch, k),
            metre=metres(batch),
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
    def spatial(self) -> Bools:
        """(N,): the pose is 3-D: a keypoint has a third coordinate."""
        if not any(self.z.strides):
            return np.zeros(len(self.z), np.bool_)  # one NaN for all
        return np.asarray(np.isfinite(self.z).any(axis=1))

    @cached_property
    def xyz(self) -> Floats:
        """(N, K, 3) [the pose's unit]: NaN in 2-D, and where a coordinate is absent."""
        return np.concatenate([self.xy, self.z[..., None]], axis=2)

    @cached_property
    def scale(self) -> Floats:
        """(N,) [px]: the square root of the area; NaN where there is none."""
        return np.sqrt(np.where(self.area > 0, self.area, np.nan))
