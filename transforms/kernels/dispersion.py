"""Rows that come in clusters say less than as many independent ones: how much less.

A bad video has twenty frames, and twenty slips in one video are one piece of news. How
alike the rows of a cluster are is not assumed: weekly sums of everybody's first weeks
lie farther from their annotator's own mean than independent rows would have them, the
more so the more rows stand together, and, for a week is good or bad as a whole, the
more rows there are. A annotators, W weeks, K keypoints, or 1.
"""

from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels.scan import first_weeks
from posegate.transforms.model.poses import Bools, Floats

PRIOR = 20.0
"""Weeks' worth of evidence for what is usual where few weeks tell."""

MOST = 50.0
"""Squared distance over its variance beyond which a week counts no more: a person who
changed in the first weeks is not how everybody's rows lie together."""

ROUNDS = 20


class Dispersion(NamedTuple):
    """`alike` weighs the variance of rows that stand together, `week` that of weeks."""

    alike: float
    week: float


def dispersion(
    square: Floats, sure: Floats, alike: Floats, week: Floats, usual: float, most: float
) -> Dispersion:
    """The weights a and b with which squares are about sure + a alike + b week: (M,).

    Least squares, each weighted by its variance as found so far; 0 <= a <= `most`,
    b >= 0. Drawn to a = `usual` and b = 0, which hold where nothing tells.
    """
    found = Dispersion(usual, 0.0)
    for _ in range(ROUNDS):
        spread = sure + found.alike * alike + found.week * week
        told = np.minimum(square / spread, MOST) - sure / spread
        parts = np.stack([alike, week]) / spread  # (2, M)
        own = parts @ parts.T
        prior = PRIOR * np.diag(own) / max(len(sure), 1)
        answer = parts @ told + prior * (usual, 0.0)
        found = _bounded(own + np.diag(prior), answer, usual, most)
    return found


def _bounded(own: Floats, answer: Floats, usual: float, most: float) -> Dispersion:
    """The solution of two normal equations within its bounds."""
    if not own[0, 0] > 0:
        alike = usual
    elif own[1, 1] > 0:
        rest = own[0, 0] - own[0, 1] ** 2 / own[1, 1]
        alike = (answer[0] - own[0, 1] * answer[1] / own[1, 1]) / max(rest, 1e-12)
        if answer[1] < own[0, 1] * alike:  # the weeks' part would be below 0
            alike = answer[0] / own[0, 0]
    else:
        alike = answer[0] / own[0, 0]
    alike = float(np.clip(alike, 0.0, most))
    left = answer[1] - own[0, 1] * alike
    return Dispersion(alike, float(max(left / own[1, 1], 0.0)) if own[1, 1] else 0.0)


class Away(NamedTuple):
    """Of M weeks, those `used` (A, W, K): rows `n`, their annotator's `mean`, and the
    `square` of the sum's distance from n times the mean, as if that were known."""

    n: Floats
    mean: Floats
    square: Floats
    used: Bools


def away(n: Floats, total: Floats, baseline: int) -> Away:
    """How far weekly sums lie from their annotator's own mean: (A, W, K) twice."""
    first = first_weeks(n, baseline)
    kept, sums = (np.where(first, each, 0.0) for each in (n, total))
    own = kept.sum(axis=1, keepdims=True)  # (A, 1, K)
    known = np.where(own > 0, own, 1.0)
    mean, room = sums.sum(axis=1, keepdims=True) / known, 1 - kept / known
    used = (kept > 0) & (room > 1e-9)
    square = np.square(sums - kept * mean)[used] / room[used]
    return Away(kept[used], np.broadcast_to(mean, n.shape)[used], square, used)


def of_counts(n: Floats, count: Floats, baseline: int) -> tuple[Floats, Floats]:
    """Rows and rare events as of independent ones: (A, W, K) twice -> the same.

    A week's count has variance (1 + a) m + b m^2 about its mean m, where Poisson's is
    m; both numbers shrink by the factor. With everybody's mean rate for m: the own one
    of somebody who had a bad video is as bad as that, and hides how rare it was.
    """
    seen = away(n, count, baseline)
    rows = float(seen.n.sum())
    usual = float(count[seen.used].sum()) / rows if rows else 0.0
    mean = usual * seen.n
    some = mean > 0
    mean = mean[some]
    found = dispersion(seen.square[some], mean, mean, mean**2, 0.0, np.inf)
    share = 1 / (1 + found.alike + found.week * usual * n)
    return n * share, count * share


def of_squares(freedom: Floats, total: Floats, variance: float, baseline: int) -> float:
    """Variance of a square whose mean is 1, `variance` if all are independent.

    Of weekly sums (A, W, K) of so many squares: those of one person in one frame are
    large together, and those of heavy tails vary more.
    """
    seen = away(freedom, total, baseline)
    sure = variance * seen.n
    found = dispersion(seen.square, sure, sure, seen.n**2, 0.0, np.inf)
    return variance * (1 + found.alike)


def of_instances(own: Floats, baseline: int) -> Floats:
    """n, sum and sum of squares of as many independent instances as say as much.

    Of (A, W, K, 4) with the crowd, the sum of squares of the clusters' sizes: a week's
    mean has variance s^2 (n + a (crowd - n)) / n^2, with a = 1 if all of a cluster are
    the same, and where too few weeks tell. All three shrink alike, so the scatter about
    a mean still tells the variance by one degree of freedom less than there are.
    """
    n, total, squares, crowd = np.moveaxis(own, -1, 0)
    more = np.maximum(crowd - n, 0.0)
    seen = away(n, total, baseline)
    around = squares[seen.used] - 2 * seen.mean * total[seen.used]
    around = around + seen.n * seen.mean**2
    variance = float(around.sum() / max(seen.n.sum(), 1.0))
    if not variance > 0:
        found = Dispersion(1.0, 0.0)
    else:
        sure, alike = variance * seen.n, variance * more[seen.used]
        found = dispersion(seen.square, sure, alike, seen.n**2, 1.0, 1.0)
    share = n / np.maximum(n + found.alike * more, 1.0)
    return own[..., :3] * share[..., None]
