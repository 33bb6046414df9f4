"""How far two annotators agree: on the flags of keypoints, and in the mean."""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from posegate.transforms.model.poses import Floats

Ints = npt.NDArray[np.int64]

BALANCED = 0.3
"""Share of all but the commonest level from which on kappa means what it seems to."""


def confusion(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    levels: int,
    group: npt.ArrayLike = 0,
    groups: int = 1,
) -> Ints:
    """Counts of flag pairs, (…) twice -> (groups, levels, levels): row of a, column of
    b. Tables add.

    Args:
      group: of each pair, from 0; broadcasts against them.

    Raises ValueError for a flag outside 0 … levels - 1.
    """
    first, second = (np.asarray(x).astype(np.int64) for x in (a, b))
    for flags in (first, second):
        if flags.size and not 0 <= flags.min() <= flags.max() < levels:
            raise ValueError(
                f"flags run from {flags.min()} to {flags.max()}; "
                f"the table has the levels 0 to {levels - 1}"
            )
    cell = (np.asarray(group) * levels + first) * levels + second
    flat = np.bincount(cell.ravel(), minlength=groups * levels * levels)
    return flat.reshape(groups, levels, levels)


def _ratio(over: Floats, under: Floats) -> Floats:
    """over / under, NaN where under is 0."""
    return np.where(under == 0, np.nan, over / np.where(under == 0, 1.0, under))


def _shares(matrix: Ints) -> tuple[Floats, Floats, Floats]:
    """Observed agreement (…), and either side's shares of the levels (…, L)."""
    total = matrix.sum(axis=(-2, -1)).astype(np.float64)[..., None]  # (…, 1)
    agreed = np.trace(matrix, axis1=-2, axis2=-1).astype(np.float64)
    rows, columns = (matrix.sum(axis=axis) / np.maximum(total, 1) for axis in (-1, -2))
    return _ratio(agreed, total[..., 0]), rows, columns


def cohen_kappa(matrix: Ints) -> Floats:
    """Cohen's kappa: (…, L, L) counts -> (…); NaN where only one level occurs."""
    agreed, rows, columns = _shares(matrix)
    expected = (rows * columns).sum(axis=-1)
    certain = (rows * columns).max(axis=-1, initial=0.0) == 1
    return _ratio(agreed - expected, np.where(certain, 0.0, 1 - expected))


def ac1(matrix: Ints) -> Floats:
    """Gwet's AC1: (…, L, L) counts -> (…); NaN where fewer than two levels occur.

    Levels that neither side uses are left out, so padding a table changes nothing.
    (Gwet 2008, British Journal of Mathematical and Statistical Psychology 61.)
    """
    agreed, rows, columns = _shares(matrix)
    share = (rows + columns) / 2
    used = (share > 0).sum(axis=-1)
    chance = _ratio((share * (1 - share)).sum(axis=-1), (used - 1.0) * (used > 1))
    return (agreed - chance) / (1 - chance)


class Gated(NamedTuple):
    """The coefficient that fits the table, and what one must know to read it.

    `prevalence` (L,) is the mean share of each level, `reason` why the value is NaN.
    """

    statistic: Literal["kappa", "ac1"]
    value: float
    agreement: float
    prevalence: Floats
    n: int
    reason: str

    def __str__(self) -> str:
        levels = ", ".join(f"{i}: {p:.2f}" for i, p in enumerate(self.prevalence))
        value = self.reason or f"{self.value:.3f}"
        return f"{self.statistic} {value} (n = {self.n}; prevalence {levels})"


def gated_agreement(matrix: Ints) -> Gated:
    """Kappa where the levels are balanced, else AC1: (L, L) counts.

    The same annotators, 95 % accurate, have kappa .81 where two flags are equally
    common and .25 where one has 98 %; AC1 stays above .8. So kappa is used from a
    minority share of BALANCED on, and the prevalence always stands beside it.
    """
    agreed, rows, columns = _shares(matrix)
    share, n = (rows + columns) / 2, int(matrix.sum())
    minority = 1 - share.max(initial=0.0) if n else 0.0
    statistic: Literal["kappa", "ac1"] = "kappa" if minority >= BALANCED else "ac1"
    value = cohen_kappa(matrix) if statistic == "kappa" else ac1(matrix)
    reason = ""
    if n == 0:
        reason = "undefined: nothing was flagged by both"
    elif np.isnan(value):
        reason = "undefined: all flags are equal, so neither kappa nor AC1 exists"
    return Gated(statistic, float(value), float(agreed), share, n, reason)
