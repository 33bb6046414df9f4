"""The names of points in a tool's JSON, in the order in which they first appear."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import msgspec

from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.streams import DamagedStream

_LOOKED_AT = 64 << 20
"""Bytes of a file; the names of a larger one stand in its beginning too."""

_DEEPEST = 64

Pick = Callable[[dict[str, Any]], Iterator[str]]
"""The names that one object of a document gives, whatever lies inside it."""

PickOf = Callable[[dict[str, Any]], tuple[str, list[str]] | None]
"""The class that one object is of, and the names of its points, "" for one without."""


def collected(file: File, pick: Pick, category: str) -> list[Names]:
    """All names of a file as one set; none where it is too large, or no JSON."""
    names: dict[str, None] = {}
    for each in _everything(file):
        names.update(dict.fromkeys(pick(each)))
    return [Names(category, tuple(names), partial=True)] if names else []


def by_class(file: File, pick: PickOf) -> list[Names]:
    """The names of each class of a file; the most points, where none has a name."""
    found: dict[str, dict[str, None]] = {}
    count: dict[str, int] = {}
    for category, names in filter(None, map(pick, _everything(file))):
        found.setdefault(category, {}).update(dict.fromkeys(filter(None, names)))
        count[category] = max(count.get(category, 0), len(names))
    return [
        Names(category, tuple(names), partial=True)
        if names
        else Names(category, count=count[category], partial=True)
        for category, names in found.items()
    ]


def _everything(file: File) -> Iterator[dict[str, Any]]:
    """Every object of a file, up to where it breaks off."""
    with suppress(DamagedStream, msgspec.DecodeError, UnicodeDecodeError):
        for document in _documents(file.read(_LOOKED_AT)):
            yield from _objects(document, _DEEPEST)


def _documents(data: bytes) -> Iterator[Any]:
    """One document, or one a line."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    with suppress(msgspec.DecodeError):
        yield msgspec.json.decode(data)
        return
    for line in data.splitlines():
        if line.strip():
            yield msgspec.json.decode(line)


def _objects(value: Any, deep: int) -> Iterator[dict[str, Any]]:
    """Every object of a document, an outer one before those in it."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list) and deep:
        for each in value:
            if isinstance(each, dict | list):
                yield from _objects(each, deep - 1)


def texts(values: Any) -> Iterator[str]:
    """Those of a list that are texts; nothing for anything else."""
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, str))
