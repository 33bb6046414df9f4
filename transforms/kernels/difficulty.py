"""Who is given small, hidden, crowded people errs more, and has not changed for it.

How errors grow with what makes an instance hard (`stream_sums.HARD`) is estimated
inside the weeks of one annotator, where nobody can be blamed for it, from all of them;
what an annotator's week was given beyond the fleet's usual is then taken off.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels.stream_sums import CROSS, HARD
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


def adjusted(s: Mapping[str, Floats]) -> Adjusted:
    """The sums (A, W, K) of every statistic, less what difficulty explains.

    Weeks without products (all 0) say nothing of how errors grow.
    """
    n = s["n"]
    xx, known = _products(s), np.maximum(n, 1.0)
    x = np.stack([s[name] for name in HARD])  # (3, A, W, K)
    slope = _slope(s, x, xx, "log")
    slips = s["gross"].sum() / max(float(n.sum()), 1.0)
    growth = _slope(s, x, xx, "gross") / max(slips, 1e-3)
    usual = x.sum(axis=(1, 2)) / np.maximum(n.sum(axis=(0, 1)), 1.0)  # (3, K)
    beyond = x - n * usual[:, None, None]  # (3, A, W, K)
    excess = np.tensordot(slope, beyond, 1)  # (A, W, K)
    along = np.stack([s[f"{name}_log"] for name in HARD])
    cross = np.tensordot(slope, along - usual[:, None, None] * s["log"], 1)
    square = np.einsum("i,ij...,j->...", slope, _about(xx, x, n, usual), slope)
    more = 1 + np.tensordot(growth, beyond, 1) / known
    return Adjusted(
        log=s["log"] - excess,
        log2=s["log2"] - 2 * cross + square,
        exposed=n * np.clip(more, 1 / MOST, MOST),
        harder=excess / known,
        slope=slope,
    )


def _products(s: Mapping[str, Floats]) -> Floats:
    """Sums of products of `HARD`: (3, 3, A, W, K)."""
    out = np.zeros((len(HARD), len(HARD), *s["n"].shape))
    for a, b in CROSS:
        i, j = HARD.index(a), HARD.index(b)
        out[i, j] = out[j, i] = s[f"{a}_{b}"]
    return out


def _about(xx: Floats, x: Floats, n: Floats, usual: Floats) -> Floats:
    """Products of the distances from the usual: (3, 3, A, W, K)."""
    centre = usual[:, None, None]
    mixed = centre[:, None] * x[None]
    return xx - mixed - mixed.swapaxes(0, 1) + n * centre[:, None] * centre[None]


def _slope(s: Mapping[str, Floats], x: Floats, xx: Floats, of: str) -> Floats:
    """How much of something a unit of each of `HARD` brings, inside weeks: (3,)."""
    n = np.maximum(s["n"], 1.0)
    told = xx[0, 0] > 0  # (A, W, K)
    along = np.stack([s[f"{name}_{of}"] for name in HARD])
    inner = ((along - x * s[of] / n) * told).reshape(len(HARD), -1).sum(axis=1)
    spread = (xx - x[:, None] * x[None] / n) * told
    known = spread.reshape(len(HARD), len(HARD), -1).sum(axis=2)
    return np.linalg.solve(known + RIDGE * np.diag(SPREAD), inner)
