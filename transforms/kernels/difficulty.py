"""Who is given small, hidden, crowded people errs more, and has not changed for it.

How errors grow with what makes an instance hard (`stream_sums.HARD`) is estimated
inside the weeks of one annotator, where nobody can be blamed for it, from all of them;
what an annotator's week was given beyond the fleet's usual is then taken off.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.stream_sums import (
    BODY,
    CROSS,
    HARD,
    IMAGE,
    by_statistic,
)
from posegate.transforms.model.poses import Floats

RIDGE = 25.0
"""Pairs' worth of evidence, at `SPREAD`, that nothing depends on difficulty: so few
pairs, or instances that are all alike, adjust nothing."""

SPREAD = (0.25, 0.04, 0.25)
"""Variance of each of `HARD` in mixed footage: sizes differ by a factor of 1.6."""

MOST = 4.0
"""Factor of exposure to slips beyond which no difficulty excuses them."""


class Adjusted(NamedTuple):
    """`log` and its squares, the pairs that slips may befall, and how much harder than
    usual a week was (ln of its errors): (A, W, K) each; `slope` (3,) of `HARD`."""

    log: Floats
    log2: Floats
    exposed: Floats
    harder: Floats
    slope: Floats


class Shown(NamedTuple):
    """Weekly sums as numbers (A, W, K) by statistic, and less what difficulty explains:
    made once for all who judge them.
    """

    s: dict[str, Floats]
    given: Adjusted

    @classmethod
    def of(cls, weekly: "Ints | Shown") -> "Shown":
        """From (A, W, K, S) fixed point; what is made already stays."""
        if isinstance(weekly, Shown):
            return weekly
        s = by_statistic(weekly)
        return cls(s, adjusted(s))


def adjusted(s: Mapping[str, Floats]) -> Adjusted:
    """The sums (A, W, K) of every statistic, less what difficulty explains.

    Weeks without products (all 0) say nothing of how errors grow.
    """
    n = s["n"]
    slope = _slope(s, "log")
    slips = s["gross"].sum() / max(float(n.sum()), 1.0)
    growth = _slope(s, "gross") / max(slips, 1e-3)
    number = np.maximum(n.sum(axis=(0, 1)), 1.0)
    usual = np.stack([s[name].sum(axis=(0, 1)) / number for name in HARD])  # (3, K)
    middle = slope @ usual  # (K,)
    whole = _along(s, slope)
    excess = whole - n * middle
    cross = _along(s, slope, "_log") - middle * s["log"]
    square = _square(s, slope) - 2 * middle * whole + n * middle**2
    known = np.maximum(n, 1.0)
    more = (_along(s, growth) - n * (growth @ usual)) / known
    return Adjusted(
        log=s["log"] - excess,
        log2=s["log2"] - 2 * cross + square,
        exposed=n * np.exp(np.clip(more, -np.log(MOST), np.log(MOST))),
        harder=excess / known,
        slope=slope,
    )


def eased(shown: Shown) -> dict[str, Floats]:
    """The sums, with signed offsets as they would be of instances as hard as usual.

    Who leans to the left by a tenth of their error does so of hard people by more: that
    is no change, and their weeks differ by more too.
    """
    s = dict(shown.s)
    once = np.exp(-shown.given.harder)
    for name in (*IMAGE, *BODY[1:]):
        product = name.endswith("2") or name == "wxwy"
        s[name] = s[name] * (once**2 if product else once)
    return s


def _along(s: Mapping[str, Floats], slope: Floats, of: str = "") -> Floats:
    """Sum over `HARD` of a slope times its sums: (A, W, K)."""
    total = np.zeros(s["n"].shape)
    for by, name in zip(slope.tolist(), HARD, strict=True):
        total += by * s[f"{name}{of}"]
    return total


def _square(s: Mapping[str, Floats], slope: Floats) -> Floats:
    """Sums of squares of what the slopes make of `HARD`: (A, W, K)."""
    total = np.zeros(s["n"].shape)
    for a, b in CROSS:
        by = float(slope[HARD.index(a)] * slope[HARD.index(b)])
        total += (by if a == b else 2 * by) * s[f"{a}_{b}"]
    return total


def _slope(s: Mapping[str, Floats], of: str) -> Floats:
    """How much of something a unit of each of `HARD` brings, inside weeks: (3,)."""
    told = s["scale_scale"] > 0  # (A, W, K)
    part = np.where(told, 1 / np.maximum(s["n"], 1.0), 0.0)
    inner = np.array(
        [np.sum(s[f"{a}_{of}"] * told - s[a] * s[of] * part) for a in HARD]
    )
    known = RIDGE * np.diag(SPREAD)
    for a, b in CROSS:
        i, j = HARD.index(a), HARD.index(b)
        spread = float(np.sum(s[f"{a}_{b}"] * told - s[a] * s[b] * part))
        known[i, j] += spread
        known[j, i] = known[i, j]
    return np.linalg.solve(known, inner)
