"""What a reader has to say of the records of a batch."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from posegate.transforms.model.poses import Bools


@dataclass
class Remarks:
    """What is wrong with each of N records: refused outright, or repaired.

    `reasons` has (code, sentence) by row; `repairs` has (N,) by code.
    """

    n: int
    reasons: dict[int, tuple[str, str]] = field(default_factory=dict)
    repairs: dict[str, Bools] = field(default_factory=dict)

    def refuse(self, bad: Bools, code: str, detail: Callable[[int], str]) -> None:
        """Refuses the rows where `bad` (N,), unless they are refused already."""
        for i in np.flatnonzero(bad).tolist():
            if i not in self.reasons:
                self.reasons[i] = (code, detail(i))

    def repair(self, mended: Bools, code: str) -> None:
        """Records that the rows where `mended` (N,) were repaired."""
        if mended.any():
            known = self.repairs.get(code, np.zeros(self.n, np.bool_))
            self.repairs[code] = known | mended

    @property
    def good(self) -> Bools:
        """(N,): not refused."""
        good = np.ones(self.n, np.bool_)
        good[list(self.reasons)] = False
        return good

    def codes(self) -> pa.Array:
        """(N,) the codes of each row's repairs, sorted; none gives an empty list."""
        if not self.repairs:
            ends = np.zeros(self.n + 1, np.int32)
            return pa.ListArray.from_arrays(pa.array(ends), pa.array([], pa.string()))
        codes = sorted(self.repairs)
        table = np.zeros((self.n, len(codes)), np.bool_)
        for j, code in enumerate(codes):
            table[:, j] = self.repairs[code]
        ends = np.concatenate([[0], np.cumsum(table.sum(axis=1))]).astype(np.int32)
        which = pa.array(np.nonzero(table)[1])
        return pa.ListArray.from_arrays(
            pa.array(ends), pa.array(codes, pa.string()).take(which)
        )
