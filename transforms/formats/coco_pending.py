"""Annotations that are decoded and not yet rows."""

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from posegate.transforms.formats.coco_records import Annotation

Spans = npt.NDArray[np.int64]
"""(N, 4): number of the piece of the file, start and stop in it, ordinal."""


@dataclass
class Records:
    """Decoded annotations in file order, with where they were and what was mended."""

    decoded: list[Annotation] = field(default_factory=list)
    spans: Spans = field(default_factory=lambda: np.empty((0, 4), np.int64))
    pieces: dict[int, bytes] = field(default_factory=dict)
    mended: dict[int, list[str]] = field(default_factory=dict)
    """Codes of repairs by ordinal."""

    def __len__(self) -> int:
        return len(self.decoded)

    def add(
        self, decoded: list[Annotation], data: bytes, spans: npt.NDArray[np.int64]
    ) -> None:
        """Appends records; `spans` (N, 3): where in `data`, and their ordinals."""
        number = max(self.pieces, default=-1) + 1
        self.pieces[number] = data
        added = np.insert(spans, 0, number, axis=1)
        self.decoded += decoded
        self.spans = np.concatenate([self.spans, added])

    def cut(self, n: int) -> "Records":
        """Takes the first n off."""
        last = int(self.spans[n - 1, 3])
        mended = {o: self.mended.pop(o) for o in list(self.mended) if o <= last}
        head = Records(self.decoded[:n], self.spans[:n], self.pieces, mended)
        del self.decoded[:n]
        self.spans = self.spans[n:]
        used = set(self.spans[:, 0].tolist())
        self.pieces = {i: data for i, data in self.pieces.items() if i in used}
        return head

    @property
    def ordinals(self) -> npt.NDArray[np.int64]:
        """(N,) the place of each in its section."""
        return self.spans[:, 3]

    def raw(self, i: int) -> bytes:
        """The bytes of a record."""
        piece, start, stop, _ = self.spans[i].tolist()
        return self.pieces[piece][start:stop]

    def each(self, name: str) -> list[Any]:
        """(N,) a field of every record."""
        return list(map(attrgetter(name), self.decoded))
