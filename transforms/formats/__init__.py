"""One module per format: `NAME`, `sniff`, `read`, and perhaps `write`."""

from collections.abc import Iterator
from types import ModuleType

import pyarrow as pa

from posegate.transforms.formats import coco
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.streams import DamagedStream, chunks

__all__ = ["FORMATS", "Context", "Tally", "named", "read", "sniff"]

FORMATS: dict[str, ModuleType] = {module.NAME: module for module in (coco,)}
"""The formats that are shipped, by name, in the order in which they are tried."""

_HEAD = 64 << 10


def named(name: str, place: str) -> ModuleType:
    """A format by name; raises ValueError with `place` and the names there are."""
    if name not in FORMATS:
        raise ValueError(f"{place}: no format {name!r}; one of {', '.join(FORMATS)}")
    return FORMATS[name]


def sniff(head: bytes) -> ModuleType | None:
    """The format whose files start like this (inflated); None if none does."""
    return next((module for module in FORMATS.values() if module.sniff(head)), None)


def read(context: Context, tally: Tally | None = None) -> Iterator[pa.RecordBatch]:
    """A shard's batches by the format that its delivery names, or that it looks like.

    A file that looks like nothing known goes to the COCO reader, which says what it
    finds instead of JSON. `tally` is right when the iterator is exhausted.
    """
    name = context.delivery.format
    module = named(name, context.delivery.path) if name else sniff(_head(context))
    return (module or coco).read(context, tally)


def _head(context: Context) -> bytes:
    with context.open(context.shard.path) as stream:
        try:
            return next(chunks(stream, _HEAD), b"")
        except DamagedStream:
            return b""
