"""What is expected of a stream: its own past, drawn to the fleet's.

A annotators, W weeks, K keypoints; every quantity is one number per pair, summed.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from posegate.transforms.model.poses import Bools, Floats

LEAST_PAIRS = 10  # of an annotator's baseline, to count in the variance between them
LEAST_ANNOTATORS = 3
LEAST_FREEDOM = 5
DEFAULT_WEEK = 0.12**2  # what the fleet simulations assume between weeks
DEFAULT_BETWEEN = 0.2**2  # wide on purpose: trusts the annotator's own baseline
LEAST_BETWEEN = 1e-4
LEAST_WITHIN = 1e-6
WINSOR = 2.5  # robust standard deviations; an annotator biased from the start
OWN_FREEDOM = 40.0
"""Pairs that a stream's own scatter needs to count as much as the fleet's."""


class Posterior(NamedTuple):
    """What is expected of a stream: `shrink` is the weight of its own baseline."""

    shrink: Floats
    mean: Floats
    var: Floats


def empirical_bayes(
    n: Floats,
    mean: Floats,
    within: Floats,
    between: Floats,
    grand: Floats,
    week: Floats | float = 0.0,
    n2: Floats | float = 0.0,
) -> Posterior:
    """A baseline mean drawn to the fleet's by its uncertainty; all broadcast.

    `n` values with `mean`, variance `within`; the fleet has mean `grand` and variance
    `between`; `week` is the variance between weeks and `n2` the sum of n^2 over weeks.
    Without values (n = 0) it is the prior.
    """
    known = np.asarray(n) > 0
    number = np.where(known, n, 1.0)
    noise = within / number + week * np.asarray(n2) / number**2
    shrink = np.where(known, between / (between + noise), 0.0)
    centre = grand + shrink * (np.where(known, mean, grand) - grand)
    return Posterior(shrink, centre, between * (1 - shrink))


class Components(NamedTuple):
    """How one quantity varies, each (K,): within a week, between weeks of an annotator,
    between annotators, and the fleet's middle."""

    within: Floats
    week: Floats
    between: Floats
    grand: Floats


def components(
    n: Floats, total: Floats, squares: Floats, default_within: float
) -> Components:
    """Variance components by moments from baseline sums: three (A, W, K) -> (K,).

    Nested analysis of variance, weeks within annotators, for unequal numbers. A few
    weeks say little of one keypoint's variance between weeks or annotators, so each is
    drawn half-way to the mean of all keypoints. Where too few weeks or annotators tell,
    the defaults of this module hold, so nothing is NaN even without a single pair.
    """
    within = _within(n, total, squares, default_within)
    own_n, own_n2, own_total = n.sum(axis=1), (n**2).sum(axis=1), total.sum(axis=1)
    safe = np.maximum(own_n, 1.0)  # (A, K)
    week = _pooled(_week(n, total, within))
    noise = within / safe + week * own_n2 / safe**2
    kept = own_n >= LEAST_PAIRS
    grand, between = _between(own_total / safe, noise, kept)
    pooled = own_total.sum(axis=0) / np.maximum(own_n.sum(axis=0), 1.0)  # (K,)
    grand = np.where(kept.any(axis=0), grand, pooled)
    return Components(within, week, _pooled(between), grand)


def shrunk(scatter: Floats, freedom: Floats, expected: Floats) -> Floats:
    """A variance drawn to an expected one, as by `OWN_FREEDOM` pairs of it.

    A careless annotator's mean is less certain than a careful one's.
    """
    return (OWN_FREEDOM * expected + scatter) / (OWN_FREEDOM + freedom)


def _pooled(each: Floats) -> Floats:
    """Half-way between a keypoint's own and all keypoints' mean: (K,) -> (K,)."""
    return (each + each.mean()) / 2 if each.size else each


def _median(values: Floats, kept: Bools) -> Floats:
    """Median over the first axis of what is kept: (A, K) -> (K,); 0 if nothing is."""
    number = kept.sum(axis=0)
    rows = np.vstack([np.where(kept, values, np.inf), np.full_like(number, 1e9, float)])
    rows = np.sort(rows, axis=0)
    low, high = np.maximum(number - 1, 0) // 2, number // 2
    middle = np.take_along_axis(rows, np.stack([low, high]), axis=0).mean(axis=0)
    return np.where(number > 0, middle, 0.0)


def about_mean(n: Floats, total: Floats, squares: Floats) -> Floats:
    """Squared distances from each week's own mean: (A, W, K)."""
    return np.maximum(squares - total**2 / np.maximum(n, 1.0), 0.0)


def _within(n: Floats, total: Floats, squares: Floats, default: float) -> Floats:
    """Variance inside the weeks of one annotator: (A, W, K) -> (K,)."""
    freedom = np.maximum(n - 1, 0).sum(axis=(0, 1))
    mean = about_mean(n, total, squares).sum(axis=(0, 1)) / np.maximum(freedom, 1)
    return np.maximum(np.where(freedom >= LEAST_FREEDOM, mean, default), LEAST_WITHIN)


def _week(n: Floats, total: Floats, within: Floats) -> Floats:
    """Variance between the weeks of one annotator: (A, W, K) -> (K,)."""
    own = np.maximum(n.sum(axis=1), 1.0)  # (A, K)
    squares = (total**2 / np.maximum(n, 1.0)).sum(axis=1)
    outer = squares - total.sum(axis=1) ** 2 / own
    freedom = np.maximum((n > 0).sum(axis=1) - 1, 0)
    room = (n.sum(axis=1) - (n**2).sum(axis=1) / own).sum(axis=0)  # (K,)
    excess = np.maximum((outer - freedom * within).sum(axis=0), 0.0)
    told = (freedom.sum(axis=0) >= LEAST_FREEDOM) & (room > 0)
    return np.where(told, excess / np.where(told, room, 1.0), DEFAULT_WEEK)


def _between(mean: Floats, noise: Floats, kept: Bools) -> tuple[Floats, Floats]:
    """Middle and variance of the annotators' means (A, K), less their noise: (K,)."""
    grand = _median(mean, kept)
    away = np.abs(mean - grand)
    most = WINSOR * _median(away, kept) / stats.norm.ppf(0.75)
    number = kept.sum(axis=0)
    excess = np.where(kept, np.minimum(away, most) ** 2 - noise, 0.0).sum(axis=0)
    between = np.maximum(excess / np.maximum(number - 1, 1), LEAST_BETWEEN)
    return grand, np.where(number >= LEAST_ANNOTATORS, between, DEFAULT_BETWEEN)
