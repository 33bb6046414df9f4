"""Rows that must meet, sent to one bucket by a hash that is the same everywhere."""

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

_NIBBLE = np.full(256, 255, np.uint8)
_NIBBLE[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)


def stable_hash(column: pa.Array) -> Hashes:
    """BLAKE2b-64 of each string: (N,); null hashes as a value of its own.

    Python's own `hash(str)` differs between processes and would part what belongs
    together.
    """
    if not len(column):
        return np.empty(0, np.uint64)
    coded = pc.fill_null(column, "\x00").dictionary_encode()
    digests = b"".join(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        for text in coded.dictionary.to_pylist()
    )
    return np.frombuffer(digests, "<u8")[coded.indices.to_numpy()]


def from_hex(column: pa.Array) -> Hashes:
    """The first 16 hex digits of each identifier as a number: (N,)."""
    digits = pc.utf8_slice_codeunits(column, 0, 16)
    text = np.frombuffer(b"".join(digits.cast(pa.binary()).to_pylist()), np.uint8)
    values = _NIBBLE[text].reshape(len(column), 16).astype(np.uint64)
    places = np.arange(60, -4, -4, dtype=np.uint64)
    return (values << places).sum(axis=1, dtype=np.uint64)


def scatter(
    batch: pa.RecordBatch, bucket: Ints
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The batch as one sub-batch a bucket, rows in their order: bucket (N,)."""
    if not batch.num_rows:
        return
    order = np.argsort(bucket, kind="stable")
    ordered = bucket[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    stops = np.r_[starts[1:], len(order)]
    rows = batch.take(pa.array(order))
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        yield int(ordered[start]), rows.slice(start, stop - start)


def runs(*keys: npt.NDArray[np.generic]) -> tuple[Ints, Ints]:
    """Equal stretches of sorted keys: starts (G,) and lengths (G,)."""
    n = len(keys[0])
    if not n:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    edge = np.zeros(n, bool)
    edge[0] = True
    for key in keys:
        edge[1:] |= key[1:] != key[:-1]
    starts = np.flatnonzero(edge)
    return starts, np.diff(np.r_[starts, n])
