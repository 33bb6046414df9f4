"""What a stream shows now: exponentially forgetting sums, and their scores.

The multivariate EWMA of the offset (Lowry et al. 1992) and the EWMA of the size, on
sums of weeks with different numbers of pairs. A annotators, W weeks, K keypoints.
"""

from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels.baseline import Posterior, empirical_bayes
from posegate.transforms.kernels.scan import Quantity, first_weeks
from posegate.transforms.model.poses import Floats


class State(NamedTuple):
    """Exponentially forgetting sums, each (W, …); see `fold`."""

    n: Floats
    n2: Floats
    m2: Floats
    log: Floats
    x: Floats
    y: Floats


def fold(n: Floats, log: Floats, wx: Floats, wy: Floats, decay: float) -> State:
    """The state after each week: four (W, …) of weekly sums -> six (W, …).

    With k = 1 - decay: N = kN + n, N2 = k^2 N2 + n, M2 = k^2 M2 + n^2, and L, X, Y as
    N. So L / N has the variance v N2/N^2 + omega^2 M2/N^2 (within, between weeks).
    """
    added = np.stack([n, n, n**2, log, wx, wy])  # (6, W, …)
    keep = 1 - decay
    kept = np.array([keep, keep**2, keep**2, keep, keep, keep])
    kept = kept.reshape(6, *[1] * (n.ndim - 1))
    state = np.zeros_like(added)
    before = np.zeros((6, *n.shape[1:]))
    for week in range(len(n)):
        before = kept * before + added[:, week]
        state[:, week] = before
    return State(state[0], state[1], state[2], state[3], state[4], state[5])


class Scores(NamedTuple):
    """z of the size and T2 of the offset, (A, W, K); NaN where not judged."""

    z: Floats
    t2: Floats


def scores(
    n: Floats,
    size: Quantity,
    offset: tuple[Quantity, Quantity],
    decay: float,
    baseline: int,
    least: float,
) -> Scores:
    """The state of every stream against its first `baseline` weeks of work.

    Until they are complete, against the fleet. A week without pairs, and a state of
    fewer than `least` effective pairs, is not judged.
    """
    watched = (size, *offset)
    weekly = [np.diff(of.so_far, axis=1) for of in watched]  # (A, W, K) each
    count, log, x, y = (np.moveaxis(column, 1, 0) for column in (n, *weekly))
    folded = fold(count, log, x, y, decay)
    state = State(*(np.moveaxis(sums, 0, 1) for sums in folded))
    number = np.where(state.n > 0, state.n, 1.0)
    judged = (n > 0) & (state.n >= least)
    found = []
    for of, own, total in zip(
        watched, weekly, (state.log, state.x, state.y), strict=True
    ):
        expected = _expected(n, own, of, baseline)
        here = of.within * state.n2 + of.fleet.week * state.m2
        spread = np.sqrt(here / number**2 + expected.var)
        found.append(
            np.where(judged, (total / number - expected.mean) / spread, np.nan)
        )
    return Scores(found[0], found[1] ** 2 + found[2] ** 2)


def _expected(n: Floats, total: Floats, of: Quantity, baseline: int) -> Posterior:
    """What the first weeks make expected of each stream: (A, W, K)."""
    base = first_weeks(n, baseline)
    first, squares, sums = (
        np.where(base, each, 0.0).sum(axis=1, keepdims=True)
        for each in (n, n**2, total)
    )
    worked = np.cumsum((n > 0).any(axis=2, keepdims=True), axis=1)
    complete = (worked >= baseline) & ~base
    return empirical_bayes(
        np.where(complete, first, 0.0),
        sums / np.maximum(first, 1.0),
        of.within,
        of.fleet.between,
        of.fleet.grand,
        of.fleet.week,
        squares,
    )
