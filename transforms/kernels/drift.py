"""Annotators who change: weekly sums, the state they fold into, and the alarms.

A stream is one annotator x keypoint. Its weekly sums are integers, so that any sharding
and any order of deliveries give the same bits. Two questions are asked of every stream
and week: did the signed offset move (T2), and did the errors grow (z)? The answers go
through one false discovery rate over the fleet, because 5,000 streams at p < .001 are
five false alarms a week.

    sums ──> fold (what a stream shows now) ──┐
      └────> baseline ──> empirical_bayes ────┴──> z, T2 ──> p ──> BH ──> alarm

A annotators, W consecutive ISO weeks (empty ones included), K keypoints, S statistics.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from posegate.transforms.kernels.geometry import length
from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]

UNIT = 1 << 20
"""Sums hold round(x * UNIT) of every x, counts too."""

STATISTICS = (
    "n",
    "log",
    "log2",
    "wx",
    "wy",
    "wx2",
    "wxwy",
    "wy2",
    "q",
    "q2",
    "gross",
    "px",
    "scale",
)
"""What is summed over the pairs of one annotator, keypoint and week.

With q = error / (sigma s): `n` pairs; `log`, `log2` of q between LEAST_Q and RADIUS;
`wx` … `wy2` the offset over sigma s, shortened to RADIUS (image axes); `q`, `q2` of q
up to RADIUS; `gross` how many exceed RADIUS; `px` error up to MOST_PX; `scale` ln s.
"""

RADIUS = 3.0
LEAST_Q = 0.05
MOST_PX = 1e6  # a broken coordinate must not overflow the sum

LEAST_PAIRS = 10  # of an annotator's baseline, to count in the variance between them
LEAST_ANNOTATORS = 3
LEAST_FREEDOM = 5
DEFAULT_WITHIN = (0.41, 0.5)  # ln of a Rayleigh variable; an axis of unit-sigma errors
DEFAULT_WEEK = 0.12**2  # what the fleet simulations assume between weeks
DEFAULT_BETWEEN = 0.2**2  # wide on purpose: trusts the annotator's own baseline
LEAST_BETWEEN = 1e-4
LEAST_WITHIN = 1e-6
WINSOR = 2.5  # robust standard deviations; an annotator biased from the start


def _contributions(error: Floats, both: Bools, scale: Floats, sigma: Floats) -> Ints:
    """What each pair adds: (N, K, 2), (N, K), (N,), (K,) -> (N, K, S) fixed point."""
    usable = (scale > 0) & np.isfinite(scale)  # (N,)
    counted = both & np.isfinite(error).all(axis=-1) & usable[:, None]  # (N, K)
    error = np.where(counted[..., None], error, 0.0)
    scale = np.where(usable, scale, 1.0)[:, None]  # (N, 1)
    px = length(error)
    q = px / (sigma * scale)
    shorten = np.minimum(1.0, RADIUS / np.maximum(q, RADIUS)) / (sigma * scale)
    wx, wy = error[..., 0] * shorten, error[..., 1] * shorten
    qw, log = np.minimum(q, RADIUS), np.log(np.clip(q, LEAST_Q, RADIUS))
    each = np.empty((*counted.shape, len(STATISTICS)))
    each[..., 0] = 1.0
    each[..., 1], each[..., 2] = log, log**2
    each[..., 3], each[..., 4] = wx, wy
    each[..., 5], each[..., 6], each[..., 7] = wx * wx, wx * wy, wy * wy
    each[..., 8], each[..., 9], each[..., 10] = qw, qw**2, q > RADIUS
    each[..., 11], each[..., 12] = np.minimum(px, MOST_PX), np.log(scale)
    fixed = np.rint(each * UNIT).astype(np.int64)
    return np.where(counted[..., None], fixed, 0)


def sums(error: Floats, both: Bools, scale: Floats, sigma: Floats) -> Ints:
    """Sums over pairs: (N, K, 2) [px], (N, K), (N,) [px], (K,) -> (K, S) fixed point.

    `error` is annotator minus reference, `scale` the root of the object's area. A pair
    without a scale and a keypoint without a finite error count nowhere.
    """
    return _contributions(error, both, scale, sigma).sum(axis=0)


def grouped_sums(
    group: Ints,
    groups: int,
    error: Floats,
    both: Bools,
    scale: Floats,
    sigma: Floats,
) -> Ints:
    """`sums` of each group: (N,) numbers from 0 -> (groups, K, S).

    Rows with a negative group (no annotator, no week) count nowhere.
    """
    order = np.argsort(group, kind="stable")
    order = order[group[order] >= 0]
    out = np.zeros((groups, both.shape[1], len(STATISTICS)), np.int64)
    if len(order):
        ranked = group[order]
        first = np.flatnonzero(np.diff(ranked, prepend=-1))
        each = _contributions(error[order], both[order], scale[order], sigma)
        out[ranked[first]] = np.add.reduceat(each, first, axis=0)
    return out


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
    before = np.zeros_like(added[:, 0]) if len(n) else added[:, :0]
    for week in range(len(n)):
        before = kept * before + added[:, week]
        state[:, week] = before
    return State(*state)


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


class Discoveries(NamedTuple):
    """Adjusted p values and which are rejected; in the order and shape of p."""

    adjusted: Floats
    rejected: Bools


def benjamini_hochberg(p: Floats, q: float) -> Discoveries:
    """False discovery rate q (Benjamini and Hochberg 1995): (…) -> twice (…).

    NaN is not in the family: its adjusted value is NaN, and it is not rejected.
    """
    p = np.asarray(p, np.float64)
    family = np.flatnonzero(~np.isnan(p.ravel()))
    order = family[np.argsort(p.ravel()[family], kind="stable")]
    scaled = p.ravel()[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted = np.full(p.size, np.nan)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    adjusted = adjusted.reshape(p.shape)
    return Discoveries(adjusted, adjusted <= q)


class Components(NamedTuple):
    """How one quantity varies, each (K,): within a week, between weeks of an annotator,
    between annotators, and the fleet's middle."""

    within: Floats
    week: Floats
    between: Floats
    grand: Floats


def _median(values: Floats, kept: Bools) -> Floats:
    """Median over the first axis of what is kept: (A, K) -> (K,); 0 if nothing is."""
    number = kept.sum(axis=0)
    rows = np.vstack([np.where(kept, values, np.inf), np.full_like(number, 1e9, float)])
    rows = np.sort(rows, axis=0)
    low, high = np.maximum(number - 1, 0) // 2, number // 2
    middle = np.take_along_axis(rows, np.stack([low, high]), axis=0).mean(axis=0)
    return np.where(number > 0, middle, 0.0)


def components(
    n: Floats, total: Floats, squares: Floats, default_within: float
) -> Components:
    """Variance components by moments from baseline sums: three (W, A, K) -> (K,).

    The nested analysis of variance (Searle, Variance Components, 3.6), weeks within
    annotators. Where too few weeks or annotators tell, the module's defaults hold.
    """
    safe = np.maximum(n, 1.0)
    freedom = np.maximum(n - 1, 0).sum(axis=(0, 1))  # (K,)
    inner = np.maximum(squares - total**2 / safe, 0.0).sum(axis=(0, 1))
    within = np.where(
        freedom >= LEAST_FREEDOM, inner / np.maximum(freedom, 1), default_within
    )
    within = np.maximum(within, LEAST_WITHIN)

    own_n, own_n2, own_total = n.sum(axis=0), (n**2).sum(axis=0), total.sum(axis=0)
    own_safe = np.maximum(own_n, 1.0)  # (A, K)
    weeks = np.maximum((n > 0).sum(axis=0) - 1, 0)
    outer = (total**2 / safe).sum(axis=0) - own_total**2 / own_safe
    room = (own_n - own_n2 / own_safe).sum(axis=0)  # (K,)
    excess = (outer - weeks * within).sum(axis=0)
    told = (weeks.sum(axis=0) >= LEAST_FREEDOM) & (room > 0)
    week = np.where(told, np.maximum(excess / np.maximum(room, 1), 0.0), DEFAULT_WEEK)

    mean = own_total / own_safe
    noise = within / own_safe + week * own_n2 / own_safe**2
    grand, between = _between(mean, noise, own_n >= LEAST_PAIRS)
    pooled = own_total.sum(axis=0) / np.maximum(own_n.sum(axis=0), 1.0)
    grand = np.where((own_n >= LEAST_PAIRS).any(axis=0), grand, pooled)
    return Components(within, week, between, grand)


def _between(mean: Floats, noise: Floats, kept: Bools) -> tuple[Floats, Floats]:
    """Middle and variance of the annotators' means (A, K), less their noise: (K,)."""
    grand = _median(mean, kept)
    away = np.abs(mean - grand)
    most = WINSOR * _median(away, kept) / stats.norm.ppf(0.75)
    number = kept.sum(axis=0)
    excess = np.where(kept, np.minimum(away, most) ** 2 - noise, 0.0).sum(axis=0)
    between = np.maximum(excess / np.maximum(number - 1, 1), LEAST_BETWEEN)
    return grand, np.where(number >= LEAST_ANNOTATORS, between, DEFAULT_BETWEEN)


@dataclass(frozen=True)
class Parameters:
    """How streams are watched; the defaults are those the fleet simulations favour.

    `sigma` per keypoint; `decay` forgets (use .3 from 50 pairs a week on); `baseline`
    weeks of an annotator's work; false discovery rates of `action` and `watch`;
    `quarantine` weeks that a stream stays out of the family, counted from its alarm;
    `least` effective pairs, below which a stream is not judged.
    """

    sigma: tuple[float, ...]
    decay: float = 0.2
    baseline: int = 8
    action: float = 0.10
    watch: float = 0.20
    quarantine: int = 6
    least: float = 3.0

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise ValueError(f"drift: lambda = {self.decay}; give 0 < lambda <= 1")
        if not 0 < self.action <= self.watch < 1:
            raise ValueError(
                f"drift: action q = {self.action}, watch q = {self.watch}; "
                "give 0 < action <= watch < 1"
            )
        if self.baseline < 1 or self.quarantine < 1:
            raise ValueError(
                f"drift: baseline_weeks = {self.baseline}, quarantine = "
                f"{self.quarantine}; give at least 1 week each"
            )


@dataclass(frozen=True)
class Streams:
    """What every stream showed in every week; (A, W, K), offsets (A, W, K, 2).

    `n` pairs this week. `z`, `p_noise` of the errors' size and `t2`, `p_bias` of their
    direction, `p` of both; NaN where the stream was not judged (nothing seen this week,
    or too little so far). `noise` is the factor by which errors exceed what is expected
    of the stream. `offset`, `expected` and `spread` (one standard deviation per axis)
    are in units of sigma s, for charts; `effect` is offset - expected [px] at the
    fleet's typical scale, x to the right and y down. `action` and `watch` mark the week
    of a discovery, `alarm` also the quarantine after an action; `since` is the number
    of the week in which the present alarm began, else -1.
    """

    n: Floats
    z: Floats
    p_noise: Floats
    t2: Floats
    p_bias: Floats
    p: Floats
    noise: Floats
    offset: Floats
    expected: Floats
    spread: Floats
    effect: Floats
    action: Bools
    watch: Bools
    alarm: Bools
    since: Ints


def fleet(weekly: Ints, parameters: Parameters) -> Streams:
    """Judges all streams in all weeks: (A, W, K, S) fixed point -> Streams.

    W consecutive weeks, the empty ones included. An annotator's baseline is its first
    `baseline` weeks with any pair; until it is complete, the fleet is what is expected
    of it. The fleet's variances come from all baselines, so earlier weeks may be judged
    slightly differently when new annotators come.
    """
    table = np.moveaxis(weekly, 1, 0) / UNIT  # (W, A, K, S)
    s = {name: table[..., i] for i, name in enumerate(STATISTICS)}  # (W, A, K)
    state = fold(s["n"], s["log"], s["wx"], s["wy"], parameters.decay)
    base, complete = _baseline(s["n"], parameters.baseline)
    log = _expect(s, "log", "log2", base, complete, DEFAULT_WITHIN[0])
    x = _expect(s, "wx", "wx2", base, complete, DEFAULT_WITHIN[1])
    y = _expect(s, "wy", "wy2", base, complete, DEFAULT_WITHIN[1])

    judged = (s["n"] > 0) & (state.n >= parameters.least)
    number = np.where(state.n > 0, state.n, 1.0)
    seen, since_then = state.n2 / number**2, state.m2 / number**2
    var_log = log[0].within * seen + log[0].week * since_then + log[1].var
    var_x, var_y = (
        part.within * seen + part.week * since_then + post.var for part, post in (x, y)
    )
    var_axis = (var_x + var_y) / 2
    offset = np.stack([state.x, state.y], axis=-1) / number[..., None]
    expected = np.stack([x[1].mean, y[1].mean], axis=-1)
    z = np.where(judged, (state.log / number - log[1].mean) / np.sqrt(var_log), np.nan)
    square = np.square(offset - expected).sum(axis=-1)
    t2 = np.where(judged, square / var_axis, np.nan)
    p_noise, p_bias = stats.norm.sf(z), stats.chi2.sf(t2, 2)
    p = np.minimum(1.0, 2 * np.minimum(p_noise, p_bias))
    action, watch, alarm, since = _alarms(p, parameters)

    shown = (offset - expected) * (state.n > 0)[..., None]
    size = np.asarray(parameters.sigma) * _typical_scale(s["n"], s["scale"])
    ratio = np.where(state.n > 0, np.exp(state.log / number - log[1].mean), np.nan)
    return Streams(
        *(
            np.moveaxis(part, 0, 1)
            for part in (
                s["n"],
                z,
                p_noise,
                t2,
                p_bias,
                p,
                ratio,
                offset,
                expected,
                np.sqrt(var_axis),
                shown * size[:, None],
                action,
                watch,
                alarm,
                since,
            )
        )
    )


def _baseline(n: Floats, weeks: int) -> tuple[Bools, Bools]:
    """Which weeks are an annotator's baseline, and before which it was complete:
    (W, A, K) -> twice (W, A, 1)."""
    active = (n > 0).any(axis=2, keepdims=True)  # (W, A, 1)
    so_far = np.cumsum(active, axis=0)
    return active & (so_far <= weeks), so_far - active >= weeks


def _expect(
    s: dict[str, Floats],
    first: str,
    second: str,
    base: Bools,
    complete: Bools,
    default_within: float,
) -> tuple[Components, Posterior]:
    """What is expected of one quantity: the fleet's components, each stream's mean."""
    n, total, squares = (np.where(base, s[key], 0.0) for key in ("n", first, second))
    parts = components(n, total, squares, default_within)
    number, n2 = n.sum(axis=0), (n**2).sum(axis=0)  # (A, K)
    mean = total.sum(axis=0) / np.maximum(number, 1.0)
    post = empirical_bayes(
        np.where(complete, number, 0.0),  # (W, A, K)
        mean,
        parts.within,
        parts.between,
        parts.grand,
        parts.week,
        n2,
    )
    return parts, post


def _typical_scale(n: Floats, log_scale: Floats) -> Floats:
    """Geometric mean of the scales, the median of log-normal sizes: -> (K,) [px]."""
    number = n.sum(axis=(0, 1))
    return np.exp(log_scale.sum(axis=(0, 1)) / np.maximum(number, 1.0))


def _alarms(p: Floats, parameters: Parameters) -> tuple[Bools, Bools, Bools, Ints]:
    """Discoveries week by week, (W, A, K) -> action, watch, alarm, since.

    A stream that was found leaves the family for a while: detected drifts would raise
    the threshold for everybody else.
    """
    action, watch, alarm = (np.zeros(p.shape, bool) for _ in range(3))
    since = np.full(p.shape, -1, np.int64)
    until = np.zeros(p.shape[1:], np.int64)
    began = np.full(p.shape[1:], -1, np.int64)
    for week in range(len(p)):
        out = until > week
        family = np.where(out, np.nan, p[week])
        adjusted, action[week] = benjamini_hochberg(family, parameters.action)
        watch[week] = adjusted <= parameters.watch
        until[action[week]] = week + parameters.quarantine
        alarm[week] = action[week] | out
        began = np.where(alarm[week], np.where(began < 0, week, began), -1)
        since[week] = began
    return action, watch, alarm, since


def contract(weekly: Ints, limit_px: float = 8.0) -> Bools:
    """Mean error above a limit in two consecutive weekly reports: (A, W, K, S) ->
    (A, W, K), true in the second week.

    W consecutive weeks; a week without pairs is a report that exceeds nothing. It
    mostly measures person size and the kind of joint: kept because contracts name it.
    """
    n = weekly[..., STATISTICS.index("n")] / UNIT
    px = weekly[..., STATISTICS.index("px")] / UNIT
    above = px > limit_px * n  # (A, W, K), false where n = 0
    again = np.zeros_like(above)
    again[:, 1:] = above[:, 1:] & above[:, :-1]
    return again
