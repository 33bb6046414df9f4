"""p values of scores that need not be perfect, and one p of several tests."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from posegate.transforms.model.poses import Floats

QUANTILES = (0.1, 0.9)
BETWEEN_QUANTILES = 2.5631031  # of a standard normal variable
CHI_SQUARE_MEDIAN = 1.3862944  # with two degrees of freedom
ENOUGH = 100


def honest(z: Floats) -> Floats:
    """Scores whose middle is no wider than a standard normal's: the same shape.

    Where models of the variance miss something, all scores of a fleet are too wide, and
    their middle tells by how much (Efron 2004, the empirical null). Never makes a score
    larger; leaves fewer than `ENOUGH` alone. NaN stays NaN.
    """
    known = z[np.isfinite(z)]
    if known.size < ENOUGH:
        return z
    low, high = np.quantile(known, QUANTILES)
    return z / max(1.0, float(high - low) / BETWEEN_QUANTILES)


def honest_square(t2: Floats) -> Floats:
    """`honest` of squared lengths of two scores, by their median: the same shape."""
    known = t2[np.isfinite(t2)]
    if known.size < ENOUGH:
        return t2
    return t2 / max(1.0, float(np.median(known)) / CHI_SQUARE_MEDIAN)


def p_larger(z: Floats) -> Floats:
    """p of a score that large or larger; NaN stays NaN."""
    return special.ndtr(-honest(z))


def p_different(z: Floats, freedom: float = np.inf) -> Floats:
    """p of a score that far from 0 on either side; NaN stays NaN.

    Student's, where the score's variance is known by so many degrees of `freedom`.
    """
    return 2 * special.stdtr(freedom, -np.abs(honest(z)))


def p_apart(t2: Floats) -> Floats:
    """p of two scores whose squares add up to that (chi-square of 2); NaN stays."""
    return np.exp(-honest_square(t2) / 2)


def together(p: Sequence[Floats]) -> Floats:
    """One p value of several, however they depend on one another (Bonferroni).

    NaN are no tests; all NaN give NaN. In the simulated fleet the Cauchy combination
    (Liu and Xie 2020) finds as many changes with a sixth more false alarms.
    """
    tests = np.sum([~np.isnan(each) for each in p], axis=0)
    return np.minimum(1.0, tests * np.fmin.reduce(list(p)))
