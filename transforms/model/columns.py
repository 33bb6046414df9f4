"""Columns by the names that a project uses for them."""

import difflib
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.model.schema import instances

PREFIX = "attributes."

NAMES = tuple(f.name for f in instances(1) if pa.types.is_string(f.type))
"""The string columns that may define strata and groups."""


def check(name: str, place: str) -> None:
    """Raises ValueError unless `column` knows the name."""
    if name in NAMES or (name.startswith(PREFIX) and len(name) > len(PREFIX)):
        return
    near = difflib.get_close_matches(name, NAMES, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(NAMES)}"
    raise ValueError(f"{place}: no column {name!r}; {hint}, or {PREFIX}<name>")


def column(batch: pa.RecordBatch, name: str) -> pa.Array:
    """A string column, or one attribute as `attributes.lighting`; null where absent."""
    if name.startswith(PREFIX):
        return pc.map_lookup(batch["attributes"], name.removeprefix(PREFIX), "first")
    return batch[name]


def joined(batch: pa.RecordBatch, names: Sequence[str]) -> pa.Array:
    """Several columns as one, null as empty: the name of a row's stratum."""
    if not names:
        return pa.array([""] * batch.num_rows, pa.string())
    columns = [pc.fill_null(column(batch, name), "") for name in names]
    return pc.binary_join_element_wise(*columns, "\x1f")
