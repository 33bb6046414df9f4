"""Shares with their exact 95 % intervals, as the tables write them."""

import numpy as np

from posegate.transforms.kernels.acceptance import clopper_pearson
from posegate.transforms.model.poses import Bools


def rate(hits: Bools) -> str:
    """A share in per cent with its exact 95 % interval."""
    n, k = len(hits), int(hits.sum())
    low, high = interval(k, n)
    return f"{100 * k / n:.1f} | {100 * low:.1f}-{100 * high:.1f}"


def per_thousand(hits: Bools) -> str:
    """A rate among clean instances with its exact 95 % interval."""
    n, k = len(hits), int(hits.sum())
    low, high = interval(k, n)
    return f"{1000 * k / n:.2f} | {1000 * low:.2f}-{1000 * high:.2f}"


def interval(k: int, n: int) -> tuple[float, float]:
    """The exact 95 % interval of k of n."""
    low, high = clopper_pearson(np.array([k]), np.array([n]))
    return float(low[0]), float(high[0])
