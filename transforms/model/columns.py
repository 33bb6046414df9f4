"""Columns by the names that a project uses for them."""

import difflib

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
