"""Sound files made unsound in the ways that files go wrong."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading

HUGE = "1" + "0" * 400
"""JSON sets no bound; a double ends at 1.8e308."""

ODD = (
    *("null", '""', '"7"', "[]", "{}", "[null]", "true", "-1", "-0", "1e16", HUGE),
    *("2147483648", "18446744073709551616", "NaN", "-Infinity", "1e999"),
    *('"\\ud800"', '"\\u0000"', '"NaN"', "1" * 5000),
)


@st.composite
def mutated(draw: st.DrawFn, sound: Sequence[bytes]) -> bytes:
    """One of the files with up to four changes: bytes, pieces, lines, its end."""
    data = bytearray(draw(st.sampled_from(sound)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(("cut", "drop", "put", "double", "swap", "end")))
        if kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at : at + size]
        elif kind == "put":
            data[at : at + size] = draw(st.binary(max_size=40))
        elif kind == "double":
            data[at:at] = data[at : at + size]
        elif kind == "swap":
            signs = b"\t,;\n\r\0 \"'-.x0123456789NaN"
            data[at : at + 1] = bytes([draw(st.sampled_from(signs))])
        else:
            data += draw(st.binary(max_size=20))
    return bytes(data)


def reads_or_says(
    files: Mapping[str, bytes], skeleton: Skeleton, name: str, **says: Any
) -> Reading:
    """Reads unsound files as a format: nothing raises, is lost or goes unexplained."""
    got = Reading(files, skeleton, format=name, **says)
    assert not got.undocumented()
    return got


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value of a document, of long lists to the first three."""
    yield at
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value[:3])
    for key, each in inside:
        yield from places(each, (*at, key))


def put(value: Any, at: tuple[Any, ...], odd: Any) -> Any:
    """The document with another value in a place."""
    if not at:
        return odd
    key, *rest = at
    if isinstance(value, dict):
        return {**value, key: put(value[key], tuple(rest), odd)}
    return [put(v, tuple(rest), odd) if i == key else v for i, v in enumerate(value)]


def written(document: Any, **odd: str) -> bytes:
    """JSON in which the texts @name stand for values as they are written."""
    text = json.dumps(document)
    for name, value in odd.items():
        text = text.replace(f'"@{name}"', value)
    return text.encode()
