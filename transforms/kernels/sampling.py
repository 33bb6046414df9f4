"""Which instances are looked at, and what the looked-at say about all.

A unit's place in the order of review is a hash of its name: no state, no random seed
that a shard could draw from in another order, and a larger sample contains the smaller.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from posegate.transforms.kernels.buckets import Hashes
from posegate.transforms.model.poses import Floats

Ints = npt.NDArray[np.int64]
Names = npt.NDArray[np.str_]


def uniform(seed: str, purpose: str, units: Sequence[str]) -> Floats:
    """A number in [0, 1) for each name, independent between purposes: -> (N,).

    The upper 53 bits of the first 8 bytes, big-endian, of SHA-256 over seed, purpose
    and unit joined by the byte 0x1f, in UTF-8.
    """
    begun = hashlib.sha256(f"{seed}\x1f{purpose}\x1f".encode())

    def digest(unit: str) -> bytes:
        hashed = begun.copy()
        hashed.update(unit.encode("utf-8", "surrogatepass"))
        return hashed.digest()[:8]

    bits = np.frombuffer(b"".join(map(digest, units)), dtype=">u8")  # (N,)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def bottom_k(u: Floats, ids: Sequence[str] | Names, k: int) -> Ints:
    """Rows of the k smallest (u, id), in that order: (N,), (N,) -> (min(k, N),).

    An exact simple random sample without replacement; the bottom k of a union is the
    bottom k of the parts' bottom k.
    """
    k = max(0, min(k, len(u)))
    if k == 0:
        return np.empty(0, np.int64)
    near = np.flatnonzero(u <= np.partition(u, k - 1)[k - 1])
    return near[np.lexsort((np.asarray(ids)[near], u[near]))][:k]


def rank(group: Ints | Hashes, u: Floats, ids: Sequence[str] | Names | Ints) -> Ints:
    """Place of each row within its group by (u, id), from 0: (N,), (N,), (N,) -> (N,).

    `rank < k[group]` is the bottom-k sample of every stratum at once.
    """
    order = np.lexsort((np.asarray(ids), u, group))
    first = np.flatnonzero(np.diff(group[order], prepend=group[order][:1] - 1))
    start = np.repeat(first, np.diff(first, append=len(order)))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - start
    return place


def round_robin(
    group: Ints | Hashes, u: Floats, ids: Sequence[str] | Names | Ints
) -> Ints:
    """Rows in review order, one of every group (video) per pass: (N,) -> (N,).

    Frames of one video resemble each other; a sequential test that takes one instance
    of each video per pass keeps its error rates for the lot (plain order: beta .24).
    """
    place = rank(group, u, ids)
    return np.lexsort((np.asarray(ids), u, place))


def quota(population: Ints, rate: float) -> Ints:
    """How many to review of each stratum: (H,) -> (H,): ceil(rate N), at least 1.

    Never more than there are, so 0 for an empty stratum.
    """
    # .07 x 100 is 7.000000000000001 in binary, and must not become 8.
    wanted = np.ceil(rate * population - 1e-9).astype(np.int64)
    return np.minimum(np.maximum(wanted, 1), population)


class Design(NamedTuple):
    """How many units of each stratum are drawn, and for what; each (H,).

    `accept` in proportion to the strata: only these feed the test of the lot. `reserve`
    come after them in the same order, should the test want more. `monitor` go where the
    quality varies most. `partial` are the lowest by the same draw as `accept`, of which
    only some keypoints are looked at.
    """

    population: Ints
    accept: Ints
    reserve: Ints
    monitor: Ints
    partial: Ints

    def probability(self) -> Floats:
        """(H,) with which a unit is drawn for `accept` or `monitor`: these are drawn
        independently of one another."""
        units = np.maximum(self.population, 1)
        accept = self.accept / units
        return accept + self.monitor / units * (1 - accept)


def design(
    population: Ints,
    spread: Floats,
    rate: float,
    least: int,
    cap: int,
    floor: int = 0,
    partial: float = 0.0,
) -> Design:
    """Divides a quota between what decides on the lot and what follows its people.

    Args:
      population: (H,) units of each stratum.
      spread: (H,) standard deviation of the quality, NaN where it is not known.
      rate: the share of all units that is to be looked at.
      least: what the test of the lot needs at best, so a small lot gives more.
      cap: what it needs at most, so a large lot's quota leaves some to `monitor`.
      floor: units of each stratum for `monitor`, as far as the quota goes.
      partial: the share of units of which only some keypoints are looked at.
    """
    total = max(int(population.sum()), 1)
    share = min(1.0, max(min(rate, cap / total), least / total))
    accept = quota(population, share)
    more = quota(population, min(1.0, cap / total)) - accept
    left = int(np.ceil(rate * total - 1e-9)) - int(accept.sum())
    return Design(
        population=population,
        accept=accept,
        reserve=np.maximum(more, 0),
        monitor=allocate(population, spread, max(left, 0), floor),
        partial=quota(population, partial) if partial else np.zeros_like(accept),
    )


def allocate(population: Ints, spread: Floats, budget: int, floor: int) -> Ints:
    """Divides a budget over strata by Neyman, with a floor each: (H,), (H,) -> (H,).

    In proportion to units times standard deviation, which makes the error of the whole
    least (Neyman 1934); the floor keeps every stratum in sight and costs a tenth of the
    gain. A stratum whose deviation is not known has the mean of the others. Nobody gets
    more than there is; what is left over goes to the others, last to those without any.
    """
    known = spread[np.isfinite(spread)]
    usual = float(known.mean()) if len(known) and known.mean() > 0 else 1.0
    weight = population * np.where(np.isfinite(spread), spread, usual)
    given = np.minimum(_share_out(np.ones(len(weight)), budget, population), floor)
    for each in (weight, population):
        rest = budget - int(given.sum())
        given += _share_out(each.astype(np.float64), rest, population - given)
    return given


def _share_out(weight: Floats, budget: int, room: Ints) -> Ints:
    """Whole numbers in proportion to the weights, none above its room: (H,) -> (H,)."""
    given = np.zeros(len(weight), np.int64)
    while budget > 0:
        open_ = np.flatnonzero((given < room) & (weight > 0))
        if not len(open_):
            break
        wanted = budget * weight[open_] / weight[open_].sum()
        whole = np.floor(wanted).astype(np.int64)
        first = np.argsort(whole - wanted, kind="stable")[: budget - whole.sum()]
        whole[first] += 1
        added = np.minimum(whole, (room - given)[open_])
        given[open_] += added
        budget -= int(added.sum())
    return given


class Estimate(NamedTuple):
    """A mean with its standard error, the error's degrees of freedom, and `covered`:
    the share of the population that lies in strata with a sample. `skew` is the
    skewness of the mean itself, as far as it is known."""

    mean: float
    se: float
    df: float
    covered: float
    skew: float = 0.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Two-sided t interval; NaN where the error is unknown."""
        return self.lower_bound((1 + level) / 2), self.lower_bound((1 - level) / 2)

    def lower_bound(self, level: float = 0.9) -> float:
        """One-sided t bound, as the skewness asks; NaN where the error is unknown.

        Where few values far below pull a mean down, a sample without them has a mean
        that is too high and an error that is too small.
        """
        if not self.se > 0:
            return self.mean if self.se == 0 else np.nan
        t = float(stats.t.ppf(level, self.df))
        if abs(self.skew) > LEAST_SKEW:
            t = _skewed(t, self.skew)
        return self.mean - t * self.se


def _skewed(t: float, skew: float) -> float:
    """A quantile of (estimate - truth) / error where the estimate is skewed.

    Away from the tail by Hall's cubic transformation (1992, J. R. Stat. Soc. B 54).
    Towards it the root of the cubic runs away where |skew t| passes 1: there by the
    logarithm that has the same first terms.
    """
    if skew * t > 0:
        return 3 / skew * (float(np.cbrt(1 + skew * (t - skew / 6))) - 1)
    bend = -2 / 3 * skew
    return float(np.expm1(bend * t)) / bend - skew / 6


LEAST_SKEW = 1e-9
"""Nearer to 0 the transformation divides by nothing, and is none."""


def clustered_mean(n: npt.ArrayLike, total: npt.ArrayLike) -> Estimate:
    """A mean whose values come in G clusters (videos): (G,), (G,).

    `n` values from 0 to 1 with sum `total` in each; ratio estimator with the leverage
    of each cluster taken off its residual (CR2), Satterthwaite's degrees of freedom for
    clusters that differ as a whole (Bell and McCaffrey 2002), and the skewness of the
    clusters, drawn to what is usual between 0 and 1. Of OKS, whose tail is on the left,
    the 90 % lower bound holds in 87 % of cases with 5 videos, in 88 with 20 and 90 with
    60 (`./run bench agreement`); without any skewness in 82, 86 and 88. The error is
    NaN for fewer than two clusters, the mean for none.
    """
    count, total = (np.asarray(x, np.float64) for x in (n, total))
    count, total = count[count > 0], total[count > 0]
    g = len(count)
    mean = float(total.sum() / count.sum()) if g else np.nan
    if g < 2:
        return Estimate(mean, np.nan, np.nan, 1.0)
    weight = count / count.sum()
    apart = total / count - mean
    se = float(np.sqrt((np.square(apart * weight) / (1 - weight)).sum()))
    skew = _skewness(apart, weight, _bounded_skewness(mean, se))
    return Estimate(mean, se, _freedom(weight), 1.0, skew)


def _freedom(weight: Floats) -> float:
    """Degrees of freedom of the error of a mean of clusters: their weights (G,).

    tr(C)^2 / tr(C^2) of the residuals' covariance C if all clusters vary alike; G - 1
    of equal ones.
    """
    s = float(np.square(weight).sum())
    square = weight**2 / (1 - weight)
    p0, p1, p2 = (float((square * weight**power).sum()) for power in range(3))
    trace = float((square * (1 - 2 * weight + s)).sum())
    own = float((square**2 * (1 + 2 * (s - 2 * weight))).sum())
    cross = s**2 * p0**2 + 2 * p0 * p2 - 4 * s * p0 * p1 + 2 * p1**2
    return trace**2 / (own + cross)


USUAL_CLUSTERS = 30.0
"""Clusters that must be there for their own skewness to count as much as the usual: of
so many normal ones it has an error of .43, about as far as the usual may be off."""


def _skewness(apart: Floats, weight: Floats, usual: float) -> float:
    """Skewness of a weighted mean of clusters that lie `apart` from it: (G,) twice.

    A few clusters tell little of their skewness, for its cause is seldom among them:
    theirs is drawn to the usual one. Clusters are taken to be skewed alike, whatever
    their size, lest one large cluster alone tell.
    """
    square = np.square(weight)
    many = 1 / float(square.sum())  # as good as so many of equal size
    spread = float((square * apart**2).sum() * many)
    if len(apart) < 3 or many <= 2 or not spread:
        return usual
    each = float((square * apart**3).sum() * many) / spread**1.5
    each *= np.sqrt(many * (many - 1)) / (many - 2)  # unbiased of normal values
    own = each * float((weight**3).sum()) * many**1.5
    return (many * own + USUAL_CLUSTERS * usual) / (many + USUAL_CLUSTERS)


def _bounded_skewness(mean: float, se: float) -> float:
    """Skewness of an estimate between 0 and 1 whose odds are log-normal; 0 elsewhere.

    A mean near 1 can only be missed by much from below; what makes a video hard
    multiplies all its errors. The first term of its series is 3 f'' / f' sd of the
    logistic f; with the error below, too, it is right to a tenth up to a standard
    deviation of the odds of e. A beta variable has two thirds of it.
    """
    room = mean * (1 - mean)
    return 3 * (1 - 2 * mean) * se / (room + 2 * se**2) if room > 0 else 0.0


def stratified_mean(
    population: Ints, n: Ints, total: Floats, squares: Floats
) -> Estimate:
    """Horvitz-Thompson mean of values from 0 to 1 over strata; each argument (H,).

    `population` units, of which `n` were sampled, with sum `total` and sum of squares
    `squares`. Variance with finite population correction, Satterthwaite degrees of
    freedom (Cochran, Sampling Techniques, chapter 5). Strata without a sample are left
    out and show in `covered`; one with a single unit borrows the pooled variance of the
    others. NaN where nothing is sampled, or no stratum has two.
    """
    units, count = (np.asarray(x, np.float64) for x in (population, n))
    covered = float(units[count > 0].sum() / max(units.sum(), 1.0))
    units, total, squares, count = (
        x[count > 0] for x in (units, np.asarray(total), np.asarray(squares), count)
    )
    if not len(count):
        return Estimate(np.nan, np.nan, np.nan, covered)
    weight, freedom = units / units.sum(), count - 1
    deviation = np.maximum(squares - total**2 / count, 0.0)
    pooled = deviation.sum() / freedom.sum() if freedom.any() else np.nan
    spread = np.where(freedom > 0, deviation / np.maximum(freedom, 1), pooled)
    fraction = np.minimum(count / units, 1.0)
    part = np.where(fraction < 1, weight**2 * (1 - fraction) * spread / count, 0.0)
    freedom = np.where(freedom > 0, freedom, max(freedom.sum(), 1))
    variance, heavy = part.sum(), (part**2 / freedom).sum()
    df = float(variance**2 / heavy) if heavy > 0 else np.inf
    mean, se = float((weight * total / count).sum()), float(np.sqrt(variance))
    seen = float(count.sum() / units.sum())
    skew = _bounded_skewness(mean, se) * _of_few(seen)
    return Estimate(mean, se, df, covered, skew)


def _of_few(fraction: float) -> float:
    """What drawing this fraction of a lot leaves of the skewness of a mean with such an
    error: nothing of a half, for what is left out is skewed the other way.

    (1 - 2f) / (1 - f), from the third moment of sums without replacement.
    """
    return max((1 - 2 * fraction) / (1 - fraction), -1.0) if fraction < 1 else 0.0
