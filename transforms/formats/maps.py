"""Attributes as a column of maps of texts, made of columns or of pairs."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_MAP = pa.map_(pa.string(), pa.string())


Texts: TypeAlias = pa.Array | Sequence[str | None] | str
"""(N,) texts, or one for all."""


def column(given: Texts, n: int) -> pa.Array:
    """(N,) texts."""
    if isinstance(given, str):
        return pa.repeat(given, n)
    if isinstance(given, pa.Array):
        return given.cast(pa.string())
    return pa.array(given, pa.string())


def mapped(columns: Mapping[str, pa.Array | str], n: int) -> pa.Array:
    """Columns (N,), or one text for all, as maps of what each row has.

    A map is null where a row has nothing.
    """
    if not columns:
        return pa.nulls(n, _MAP)
    names = list(columns)
    texts = [c if isinstance(c, str) else column(c, n) for c in columns.values()]
    if all(isinstance(text, str) or not text.null_count for text in texts):
        return _whole(names, texts, n)
    full = [column(text, n) for text in texts]
    there = np.stack([t.is_valid().to_numpy(zero_copy_only=False) for t in full], 1)
    row, at = np.nonzero(there)  # of (N, C)
    counts = there.sum(axis=1)
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.MapArray.from_arrays(
        pa.array(ends, mask=np.append(counts == 0, False)),
        pa.array(names, pa.string()).take(pa.array(at)),
        pa.concat_arrays(full).take(pa.array(at * n + row)),
    )


def _whole(names: Sequence[str], texts: Sequence[pa.Array | str], n: int) -> pa.Array:
    """`mapped` of C columns, where every row has everything."""
    ends = np.arange(n + 1, dtype=np.int32) * len(names)
    return pa.MapArray.from_arrays(
        pa.array(ends), _repeated(names, n), _interleaved(texts, n)
    )


def _interleaved(texts: Sequence[pa.Array | str], n: int) -> pa.Array:
    """(N * C,) the texts of each row, one after another."""
    alike = [text for text in texts if isinstance(text, str)]
    if len(alike) == len(texts):
        return _repeated(alike, n)
    size = np.empty((n, len(texts)), np.int32)
    for i, text in enumerate(texts):
        one = isinstance(text, str)
        size[:, i] = len(text.encode()) if one else pc.binary_length(text)
    ends = np.zeros(size.size + 1, np.int32)
    np.cumsum(size, out=ends[1:], dtype=np.int32)
    return _texts(ends, pc.binary_join_element_wise(*texts, "").buffers()[2])


def _repeated(texts: Sequence[str], n: int) -> pa.Array:
    """(N * C,) the same texts again and again."""
    one = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, one)], dtype=np.int32)
    starts = np.arange(n, dtype=np.int32)[:, None] * ends[-1] + ends[:-1]  # (N, C)
    return _texts(np.append(starts, n * ends[-1]), pa.py_buffer(b"".join(one) * n))


def _texts(ends: npt.NDArray[np.int32], data: pa.Buffer) -> pa.StringArray:
    """Texts, of which each begins where the last one ends."""
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), data)


def pairs(names: list[str], texts: list[str], ends: npt.ArrayLike) -> pa.Array:
    """Maps from all their pairs, one after another, and where each ends (N + 1,)."""
    at = np.asarray(ends, np.int32)
    return pa.MapArray.from_arrays(
        pa.array(at, mask=np.append(np.diff(at) == 0, False)),
        pa.array(names, pa.string()),
        pa.array(texts, pa.string()),
    )
