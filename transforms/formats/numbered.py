"""Texts that differ in a number, as names of a video's images do: read all at once.

S1/S1_Walking.54138969/S1_Walking.54138969_000001.jpg
S1/S1_Walking.54138969/S1_Walking.54138969_000006.jpg
└────────────────── begin ───────────────┘└ number
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[np.int64]

_RUN = 16
"""Texts with the same beginning, one after another, on average: fewer are dearer."""


@dataclass(frozen=True)
class Numbered:
    """What texts begin with, which of it each (N,) does, and its number (N,)."""

    begins: list[str]
    which: Numbers
    numbers: Numbers

    def column(self, said: list[str | None]) -> pa.Array:
        """(N,) what is said of each beginning, by each text's."""
        if len(said) == 1:
            return pa.repeat(pa.scalar(said[0], pa.string()), len(self.which))
        return pa.array(said, pa.string()).take(pa.array(self.which))


def numbered(texts: pa.Array, pattern: re.Pattern[bytes]) -> Numbered | None:
    """(N,) texts that are all like a pattern of the groups `begin` and `number`.

    The number is of at most 18 digits, as many as others of its length have, and what
    is not in a group the same in all. None for any others.
    """
    if not len(texts) or texts.null_count:
        return None
    ends = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    sizes = np.diff(ends)
    at = _starts(sizes[1:] != sizes[:-1])
    if len(at) * _RUN > len(texts) + _RUN or not sizes.all():
        return None
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    parts = []
    for low, high in zip(at, [*at[1:], len(texts)], strict=True):
        table = data[ends[low] : ends[high]].reshape(high - low, -1)
        part = _read(table, pattern)
        if part is None:
            return None
        parts.append(part)
    return _joined(parts)


def _starts(other: npt.NDArray[np.bool_]) -> list[int]:
    """Where runs begin, by whether each but the first is other than the last."""
    return [0, *(np.flatnonzero(other) + 1).tolist()]


def _read(table: npt.NDArray[np.uint8], pattern: re.Pattern[bytes]) -> Numbered | None:
    """Texts of one length: (N, bytes)."""
    first = pattern.fullmatch(table[0].tobytes())
    if first is None:
        return None
    low, high = first.span("number")
    digits, begins = table[:, low:high] - np.uint8(ord("0")), table[:, :low]
    if (digits > 9).any() or (table[:, high:] != table[0, high:]).any():
        return None
    at = [0]
    if (begins != begins[0]).any():  # along rows it takes longer
        at = _starts((begins[1:] != begins[:-1]).any(axis=1))
    if len(at) * _RUN > len(table) + _RUN:
        return None
    found = [pattern.fullmatch(table[i].tobytes()) for i in at]
    if any(each is None or each.span("number") != (low, high) for each in found):
        return None
    return Numbered(
        [table[i, :low].tobytes().decode() for i in at],
        np.repeat(np.arange(len(at)), np.diff([*at, len(table)])),
        digits @ 10 ** np.arange(high - low - 1, -1, -1, dtype=np.int64),
    )


def _joined(parts: list[Numbered]) -> Numbered:
    if len(parts) == 1:
        return parts[0]
    first = np.cumsum([0, *(len(part.begins) for part in parts)]).tolist()
    pairs = zip(first, parts, strict=False)
    return Numbered(
        [begin for part in parts for begin in part.begins],
        np.concatenate([at + part.which for at, part in pairs]),
        np.concatenate([part.numbers for part in parts]),
    )
