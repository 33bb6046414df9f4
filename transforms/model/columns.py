"""Columns by the names that a project uses for them."""

import difflib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.model.poses import dense, scalars
from posegate.transforms.model.schema import Visibility, instances

PREFIX = "attributes."

NAMES = tuple(f.name for f in instances(1) if pa.types.is_string(f.type))
"""The string columns that may define strata and groups."""


COMPLEXITY = "complexity"
"""How much of an object can be seen, in three bands: what a stratum may be made of."""

BANDS = ((0.25, "clear"), (0.5, "partly hidden"), (1.1, "hidden"))
"""The share of keypoints that are occluded or not labelled lies below the number."""

SIZE = "size"
"""How large an object is, in COCO's three bands."""

SIZES = ((32.0**2, "small"), (96.0**2, "medium"), (np.inf, "large"))
"""An area [px^2] is below the number (cocoeval's areaRng)."""


def check(name: str, place: str) -> None:
    """Raises ValueError unless `column` knows the name."""
    if name in (*NAMES, COMPLEXITY, SIZE) or (
        name.startswith(PREFIX) and len(name) > len(PREFIX)
    ):
        return
    known = (*NAMES, COMPLEXITY, SIZE)
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}? There are " if near else "there are "
    raise ValueError(
        f"{place}: no column {name!r}; {hint}{', '.join(known)}, and {PREFIX}<name>"
    )


def column(batch: pa.RecordBatch, name: str) -> pa.Array:
    """A string column, or one attribute as `attributes.lighting`; null where absent."""
    if name.startswith(PREFIX):
        return pc.map_lookup(batch["attributes"], name.removeprefix(PREFIX), "first")
    if name == COMPLEXITY:
        return complexity(batch)
    if name == SIZE:
        return size(batch)
    return batch[name]


def size(batch: pa.RecordBatch) -> pa.Array:
    """The band of each row by its area; null where that is not known."""
    area = scalars(batch["area"])
    names = pa.array([name for _, name in SIZES])
    band = np.searchsorted([limit for limit, _ in SIZES], area, side="right")
    return names.take(pa.array(np.minimum(band, 2), mask=~(area > 0)))


def complexity(batch: pa.RecordBatch) -> pa.Array:
    """The band of each row by the share of its keypoints that nobody sees."""
    flags = dense(batch["visibility"], batch.schema.field("visibility").type.list_size)
    hidden = (flags < Visibility.VISIBLE).mean(axis=1)
    limits = np.array([limit for limit, _ in BANDS])
    names = pa.array([name for _, name in BANDS])
    return names.take(pa.array(np.searchsorted(limits, hidden, side="right")))


def joined(batch: pa.RecordBatch, names: Sequence[str]) -> pa.Array:
    """Several columns as one, null as empty: the name of a row's stratum."""
    if not names:
        return pa.array([""] * batch.num_rows, pa.string())
    columns = [pc.fill_null(column(batch, name), "") for name in names]
    return pc.binary_join_element_wise(*columns, "\x1f")
