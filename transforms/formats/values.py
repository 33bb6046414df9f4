"""Identifiers and texts as vendors write them, a column at a time.

Most columns hold one type, or nothing: these cases take no step per value.
"""

import math
from collections.abc import Sequence
from itertools import chain
from struct import Struct, error
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Id = int | float | str | None
"""An identifier as vendors write it; 7, 7.0 and "7" are the same."""

Json = dict[str, Any]
"""An object of JSON."""

_NONE = type(None)
_SCALARS = (str, int, float)  # a union would be made anew at every call


def mapping(given: object) -> Json:
    """An object, or an empty one in the place of what is none."""
    return given if isinstance(given, dict) else {}


def each(given: object) -> list[Json]:
    """The objects of a list."""
    if not isinstance(given, list):
        return []
    if set(map(type, given)) <= {dict}:
        return given
    return [one for one in given if isinstance(one, dict)]


def key(value: Id) -> int | str | None:
    """An identifier in the one form that compares: 7, 7.0 and "7" give 7."""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else repr(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if value == str(int(value[:20])) else value
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return str(value)
    return value


def whole(values: Sequence[object]) -> npt.NDArray[np.int64] | None:
    """(N,) the identifiers as numbers, if every one is written as such and fits."""
    if set(map(type, values)) != {int}:
        return None
    try:
        return np.array(values, np.int64)
    except OverflowError:
        return None


def text(value: object) -> str | None:
    """A value as a text, a whole float without its point; None for none or empty."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if value is not None and value != "" else None


def texts(values: Sequence[object]) -> list[str | None]:
    """(N,) `text` of every value."""
    types = set(map(type, values))
    if types <= {str, _NONE} and "" not in values:
        return list(values)  # type: ignore[arg-type]
    if types == {int}:
        return list(map(str, values))
    return list(map(text, values))


def column(values: Sequence[object]) -> pa.Array:
    """(N,) `text` of every value as a column."""
    if empty(values):
        return pa.nulls(len(values), pa.string())
    if (numbered := whole(values)) is not None:
        return pa.array(numbered).cast(pa.string())
    return pa.array(texts(values), pa.string())


def person(value: object) -> object:
    """An annotator given as a name, a number or Label Studio's object."""
    if isinstance(value, dict):
        return value.get("email") or value.get("id") or value.get("username")
    return value


def real(value: object) -> float:
    """A number of a document; raises ValueError for anything else, true and false too.

    Most are floats, which cost one comparison. An integer may have hundreds of digits.
    """
    if type(value) is float:
        return value
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no number")
    try:
        return float(value)
    except OverflowError as wrong:
        raise ValueError("it has a number too large for a double") from wrong


def scalar(value: object) -> str | None:
    """An attribute's value as a text; None for lists and objects."""
    if value is None or type(value) is str:
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, _SCALARS) else None


def empty(values: Sequence[object]) -> bool:
    """Whether all are None."""
    return list(values).count(None) == len(values)


def firsts(*columns: Sequence[Any]) -> list[Any]:
    """(N,) of each row the first value that is not None."""
    some = [values for values in columns if not empty(values)]
    if len(some) < 2 or None not in some[0]:
        return list(some[0] if some else columns[0])
    rows = zip(*some, strict=True)
    return [next((v for v in row if v is not None), None) for row in rows]


def column_of(given: Any, n: int) -> pa.Array:
    """(N,) texts from a sequence, a column, or one value for all."""
    if isinstance(given, pa.ChunkedArray):
        given = given.combine_chunks()
    if isinstance(given, pa.Array):
        return given.cast(pa.string())
    if given is None:
        return pa.nulls(n, pa.string())
    if isinstance(given, _SCALARS):
        return pa.repeat(pa.scalar(text(given), pa.string()), n)
    return column(given)


def filled(given: pa.Array, otherwise: str) -> pa.Array:
    """(N,) texts, one in the place of those that are not there."""
    return given.fill_null(otherwise) if given.null_count else given


def typed(given: Any, n: int, kind: pa.DataType) -> pa.Array:
    """(N,) numbers from a sequence, a column, or one value for all; NaN is null.

    What cannot be of the kind is null too: a text, 2^31 where 32 bits are kept.
    """
    if isinstance(given, pa.ChunkedArray):
        given = given.combine_chunks()
    if isinstance(given, pa.Array):
        return given.cast(kind)
    if given is None:
        return pa.nulls(n, kind)
    if isinstance(given, _SCALARS):
        return pa.repeat(_of_kind([given], kind)[0], n)
    return _of_kind(given, kind)


_UNFIT = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError)


def _of_kind(given: Any, kind: pa.DataType) -> pa.Array:
    """(N,) numbers of a kind, null where a value is none or too large."""
    try:
        return pa.array(given, kind, from_pandas=True)
    except _UNFIT:
        return pa.array([v if _is_of(v, kind) else None for v in given], kind)


def _is_of(value: object, kind: pa.DataType) -> bool:
    try:
        return pa.scalar(value, kind, from_pandas=True).is_valid
    except _UNFIT:
        return False


def numbers(
    lists: Sequence[Sequence[int | float]], width: int
) -> npt.NDArray[np.float64]:
    """N lists of `width` numbers as (N, width); too large for a double gives inf."""
    packed = Struct(f"{width}d").pack
    try:
        flat = np.frombuffer(bytearray().join([packed(*each) for each in lists]))
    except error:
        doubles = map(_double, chain.from_iterable(lists))
        flat = np.fromiter(doubles, np.float64, len(lists) * width)
    return flat.reshape(len(lists), width)


def one(values: Sequence[int | float | None]) -> npt.NDArray[np.float64]:
    """(N,) numbers, NaN for None."""
    return numbers([[math.nan if v is None else v for v in values]], len(values))[0]


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
