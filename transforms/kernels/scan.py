"""Did a stream change lately? Its last weeks against all before, at several lengths.

         baseline, drawn to the fleet's          last 8 weeks
    ├─────────────────────────────────────┼───────────────────────┤  now
                                                  last 2  ├───────┤

A large change shows in one week, a small one only in many: each length gives a score.
A annotators, W weeks, K keypoints; everything is a difference of running sums, so a
fleet costs a few array operations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from posegate.transforms.kernels.baseline import (
    Components,
    about_mean,
    components,
    empirical_bayes,
    shrunk,
)
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.model.poses import Bools, Floats


@dataclass(frozen=True)
class Span:
    """The last `weeks` weeks of every stream in every week, and all before; (A, W, K).

    `weeks` is one number, or one for each cell. `n` and `before` count pairs, `n2` and
    `before2` are sums of squares of the weeks' numbers. `judged` says where the two may
    be compared.
    """

    weeks: int | Ints
    n: Floats
    n2: Floats
    before: Floats
    before2: Floats
    judged: Bools


def spans(
    n: Floats, windows: Sequence[int], baseline: int, least: float
) -> tuple[Span, ...]:
    """Every length of `windows`, rising: (A, W, K) pairs -> one `Span` each.

    What came before must hold `baseline` weeks of the annotator's work. Until there are
    so many, the longest span is held against the fleet alone, so that a newcomer is
    watched from the first week. Spans end in weeks with a pair, and hold `least`.
    """
    active = (n > 0).any(axis=2, keepdims=True).astype(float)  # (A, W, 1)
    worked = running(active)
    so_far, squares = running(n), running(n**2)
    fresh = worked[:, 1:] <= baseline
    found = []
    for weeks in windows:
        recent, before = halves(so_far, weeks)
        recent2, before2 = halves(squares, weeks)
        settled = halves(worked, weeks)[1] >= baseline
        first = fresh & (weeks == max(windows))
        judged = (n > 0) & (recent >= least) & (settled | first)
        found.append(Span(weeks, recent, recent2, before, before2, judged))
    return tuple(found)


def running(x: Floats) -> Floats:
    """Sums of all weeks before each, and of all: (A, W, …) -> (A, W + 1, …)."""
    out = np.zeros((x.shape[0], x.shape[1] + 1, *x.shape[2:]))
    np.cumsum(x, axis=1, out=out[:, 1:])
    return out


def halves(so_far: Floats, weeks: int | Ints) -> tuple[Floats, Floats]:
    """Sums of the last `weeks` weeks up to each, and of all before: of `running` sums
    (A, W + 1, K) -> (A, W, K) twice."""
    if isinstance(weeks, int):
        before = np.zeros_like(so_far[:, 1:])
        before[:, weeks:] = so_far[:, 1 : max(so_far.shape[1] - weeks, 1)]
    else:
        now = np.arange(1, so_far.shape[1])[:, None]
        before = np.take_along_axis(so_far, np.maximum(now - weeks, 0), axis=1)
    return so_far[:, 1:] - before, before


@dataclass(frozen=True)
class Quantity:
    """A number per pair: its running sums (A, W + 1, K), how it varies over the fleet,
    and inside the weeks of each stream (A, W, K); `scatter` are running sums of the
    squared distances from each week's mean, `freedom` their degrees of freedom."""

    so_far: Floats
    fleet: Components
    within: Floats
    scatter: Floats
    freedom: Floats


def quantity(
    n: Floats, total: Floats, squares: Floats, baseline: int, default: float
) -> Quantity:
    """A quantity from its weekly sums, (A, W, K) each.

    The fleet's variances are those of all annotators' first `baseline` weeks of work;
    `default` is the variance of one pair where they do not tell.
    """
    base = first_weeks(n, baseline)
    kept = [np.where(base, each, 0.0) for each in (n, total, squares)]
    fleet = components(kept[0], kept[1], kept[2], default)
    scatter = running(about_mean(n, total, squares))
    freedom = running(np.maximum(n - 1, 0))
    within = shrunk(scatter[:, 1:], freedom[:, 1:], fleet.within)
    return Quantity(running(total), fleet, within, scatter, freedom)


def first_weeks(n: Floats, baseline: int) -> Bools:
    """Each annotator's first weeks with any pair: (A, W, K) -> (A, W, 1)."""
    active = (n > 0).any(axis=2, keepdims=True)
    return active & (np.cumsum(active, axis=1) <= baseline)


class Shift(NamedTuple):
    """Recent mean less what was expected, and its variance: (A, W, K) each; the first
    NaN where not judged."""

    delta: Floats
    variance: Floats

    @property
    def score(self) -> Floats:
        """How many standard errors."""
        return self.delta / np.sqrt(self.variance)


def shift(span: Span, of: Quantity) -> Shift:
    """How far a quantity moved in a span, against the past drawn to the fleet's.

    With the scatter of the span itself if that is larger: who gets careless is not
    biased for it.
    """
    return _drawn(span, of, recently(span, of))


def shifts(span: Span, of: Quantity) -> tuple[Shift, Shift]:
    """`shift`, and the same against the stream's own past alone, NaN without one.

    The fleet's middle is an estimate, and its error the same for all who are drawn to
    it: that they moved together is only asked of their own pasts.
    """
    recent = recently(span, of)
    past = np.maximum(span.before, 1.0)
    noise = of.within / past + of.fleet.week * span.before2 / past**2
    own = np.where(span.before > 0, recent.mean - recent.before / past, np.nan)
    return _drawn(span, of, recent), Shift(own, recent.variance + noise)


class Recent(NamedTuple):
    """Mean of a span, NaN where not judged, its variance, and the sum of all before."""

    mean: Floats
    variance: Floats
    before: Floats


def recently(span: Span, of: Quantity) -> Recent:
    """What a quantity is in a span: (A, W, K) each."""
    recent, before = halves(of.so_far, span.weeks)
    number = np.maximum(span.n, 1.0)
    lately = shrunk(
        halves(of.scatter, span.weeks)[0], halves(of.freedom, span.weeks)[0], of.within
    )
    here = np.maximum(lately, of.within) / number + of.fleet.week * span.n2 / number**2
    return Recent(np.where(span.judged, recent / number, np.nan), here, before)


def _drawn(span: Span, of: Quantity, recent: Recent) -> Shift:
    """Against the past drawn to the fleet's."""
    expected = empirical_bayes(
        span.before,
        recent.before / np.maximum(span.before, 1.0),
        of.within,
        of.fleet.between,
        of.fleet.grand,
        of.fleet.week,
        span.before2,
    )
    return Shift(recent.mean - expected.mean, recent.variance + expected.var)


def clearest(tests: Sequence[Sequence[Floats]]) -> Ints:
    """Which length has the smallest p: T tests of L lengths -> (A, W, K), -1 without
    any."""
    least = np.stack([np.fmin.reduce(list(some)) for some in zip(*tests, strict=True)])
    known = ~np.isnan(least)
    best = np.where(known, least, np.inf).argmin(axis=0)
    return np.where(known.any(axis=0), best, -1)


def span_of(n: Floats, weeks: Ints) -> Span:
    """One span of its own length in every cell: (A, W, K) pairs and lengths; 0 is not
    judged."""
    recent, before = halves(running(n), weeks)
    recent2, before2 = halves(running(n**2), weeks)
    return Span(weeks, recent, recent2, before, before2, (weeks > 0) & (recent > 0))


def some_of(of: Quantity, a: Ints, k: Ints) -> Quantity:
    """The quantity of M streams alone, as (M, W, 1)."""

    def cells(each: Floats) -> Floats:
        return each[a, :, k][..., None]

    fleet = Components(*(each[k][:, None, None] for each in of.fleet))
    return Quantity(
        cells(of.so_far), fleet, cells(of.within), cells(of.scatter), cells(of.freedom)
    )


class Onset(NamedTuple):
    """When M streams changed, and how far since: `weeks` (M,) the likeliest time ago,
    0 where none is; `delta` (M, 2) over all times, and the `error` (M,) of its length.
    """

    weeks: Ints
    delta: Floats
    error: Floats


def along(delta: Floats, variance: Floats) -> Floats:
    """Standard error of the length of offsets, of the variances along x and y: (…, 2)
    twice -> (…).

    The first term of the length's series: sum of (delta_i / length)^2 variance_i. On
    the body the axes differ, for what sways up and down does so in everybody, and what
    sways sideways is turned round with half of the people. The axes' mean where the
    offset is 0; NaN where it is.
    """
    square = np.square(delta)
    length = square.sum(axis=-1, keepdims=True)
    share = np.divide(square, length, out=np.full_like(square, 0.5), where=length != 0)
    return np.sqrt((share * variance).sum(axis=-1))


def last_span(so_far: Floats, squares: Floats, weeks: int) -> Span:
    """Its last `weeks` weeks as one, after all before as another: of running sums
    (M, W + 1, 1), W > `weeks` -> (M, 2, 1)."""
    recent, before = halves(two_parts(so_far, weeks), 1)
    recent2, before2 = halves(two_parts(squares, weeks), 1)
    return Span(1, recent, recent2, before, before2, recent > 0)


def ending(of: Quantity, weeks: int) -> Quantity:
    """A quantity of M streams as `last_span` has it."""
    return Quantity(
        two_parts(of.so_far, weeks),
        of.fleet,
        of.within[:, -2:],
        two_parts(of.scatter, weeks),
        two_parts(of.freedom, weeks),
    )


def two_parts(so_far: Floats, weeks: int) -> Floats:
    """Running sums at the beginning, before the last `weeks` weeks, and now."""
    return so_far[:, [0, -1 - weeks, -1]]


def onset(
    n: Floats, tested: Sequence[Quantity], wide: Sequence[Quantity], most: int
) -> Onset:
    """How long ago M streams changed, and how far: (M, W, 1) pairs, two axes each.

    The mean since each of `most` possible beginnings is held against all before, and
    weighted with how likely the beginning is (Bayes, flat priors of the time and the
    size): a beginning that is chosen because it fits best hides how unsure it is. 95 %
    intervals then hold in 94 % of 937 offsets in alarm in the image, in eight simulated
    fleets, and in 98 % of 1141 on the body (`./run bench fleet` has three of them).
    """
    logs, deltas, variances = [], [], []
    so_far, squares = running(n), running(n**2)
    for weeks in range(1, min(most, n.shape[1] - 1) + 1):
        span = last_span(so_far, squares, weeks)
        t2 = np.sum(
            [shift(span, ending(of, weeks)).score[:, -1, 0] ** 2 for of in tested],
            axis=0,
        )
        moved = [shift(span, ending(of, weeks)) for of in wide]
        variance = np.stack([each.variance[:, -1, 0] for each in moved], axis=-1)
        known = np.isfinite(t2) & (span.before[:, -1, 0] > 0)
        own = np.log(variance).mean(axis=-1)
        logs.append(np.where(known, t2 / 2 + own, -np.inf))
        deltas.append(np.stack([each.delta[:, -1, 0] for each in moved], axis=-1))
        variances.append(variance)
    if not logs:
        nothing = np.full(len(n), np.nan)
        return Onset(np.zeros(len(n), np.int64), np.stack([nothing] * 2, -1), nothing)
    return _averaged(np.array(logs), np.array(deltas), np.array(variances))


def _averaged(logs: Floats, deltas: Floats, variances: Floats) -> Onset:
    """Over L beginnings, by their logarithmic weights: (L, M), (L, M, 2) twice."""
    best = logs.max(axis=0)
    known = np.isfinite(best)
    weight = np.exp(logs - np.where(known, best, 0.0))
    weight /= np.where(known, weight.sum(axis=0), 1.0)
    some = np.where(weight[..., None] > 0, deltas, 0.0)
    delta = (weight[..., None] * some).sum(axis=0)  # (M, 2)
    apart = np.square(some - delta)
    variance = (weight[..., None] * (variances + apart)).sum(axis=0)  # (M, 2)
    weeks = np.where(known, logs.argmax(axis=0) + 1, 0)
    return Onset(
        weeks,
        np.where(known[:, None], delta, np.nan),
        np.where(known, along(delta, variance), np.nan),
    )


LEAST_SHAPE, MOST_SHAPE = 2.0, 30.0
RARE = 1e-3


class Rates(NamedTuple):
    """Prior of how often something rare happens: Gamma(shape, rate), (K,) each."""

    shape: Floats
    rate: Floats


def rates(n: Floats, count: Floats, baseline: int) -> Rates:
    """How the annotators' rates vary, by moments from their baselines: (A, W, K)."""
    base = first_weeks(n, baseline)
    own = np.where(base, n, 0.0).sum(axis=1)  # (A, K)
    hits = np.where(base, count, 0.0).sum(axis=1)
    mean = np.maximum(hits.sum(axis=0) / np.maximum(own.sum(axis=0), 1.0), RARE)
    expected = own * mean
    excess = float((np.square(hits - expected) - expected).sum())
    room = float(np.square(expected).sum())
    shape = room / excess if excess > 0 else MOST_SHAPE
    shapes = np.full_like(mean, np.clip(shape, LEAST_SHAPE, MOST_SHAPE))
    return Rates(shapes, shapes / mean)


def p_more(span: Span, count: Floats, prior: Rates) -> Floats:
    """p of that many rare events, given those before (negative binomial): (A, W, K).

    The mid-p value, for counts are coarse; they need not be whole. NaN where not
    judged.
    """
    recent, before = (np.maximum(x, 0) for x in halves(running(count), span.weeks))
    shape, rate = prior.shape + before, prior.rate + span.before
    often = span.n / (rate + np.maximum(span.n, 1.0))
    p = 1 - (1 - often) ** shape / 2  # of none at all
    some = span.judged & (recent > 1e-6)
    r, a, x = recent[some], shape[some], often[some]
    p[some] = (special.betainc(r + 1, a, x) + special.betainc(r, a, x)) / 2
    return np.where(span.judged, p, np.nan)
