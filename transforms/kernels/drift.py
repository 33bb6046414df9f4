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

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from posegate.transforms.kernels.baseline import (
    Components,
    Posterior,
    components,
    empirical_bayes,
)
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

QUANTITIES = (("log", "log2", 0.41), ("wx", "wx2", 0.5), ("wy", "wy2", 0.5))
"""What is watched: sum, sum of squares, and its variance where no baseline tells: that
of ln of a Rayleigh variable, and of one axis of errors with E[q^2] = 1."""


def _contributions(
    error: Floats, both: Bools, scale: Floats, sigma: Floats
) -> Iterator[Ints]:
    """What each pair adds, one statistic at a time: S times (N, K) fixed point."""
    usable = (scale > 0) & np.isfinite(scale)  # (N,)
    counted = both & np.isfinite(error).all(axis=-1) & usable[:, None]  # (N, K)
    error = np.where(counted[..., None], error, 0.0)
    scale = np.where(usable, scale, 1.0)[:, None]  # (N, 1)
    px = length(error)
    with np.errstate(over="ignore"):  # then it is gross, and has no direction
        q = px / (sigma * scale)
    shorten = RADIUS / np.maximum(q, RADIUS) / (sigma * scale)
    wx, wy = error[..., 0] * shorten, error[..., 1] * shorten
    qw, log = np.minimum(q, RADIUS), np.log(np.clip(q, LEAST_Q, RADIUS))
    one, size = np.ones_like(q), np.log(scale) * np.ones_like(q)
    pixels, gross = np.minimum(px, MOST_PX), one * (q > RADIUS)
    places = (wx, wy, wx * wx, wx * wy, wy * wy)
    for each in (one, log, log * log, *places, qw, qw * qw, gross, pixels, size):
        yield np.rint(each * (UNIT * counted)).astype(np.int64)


def sums(error: Floats, both: Bools, scale: Floats, sigma: Floats) -> Ints:
    """Sums over pairs: (N, K, 2) [px], (N, K), (N,) [px], (K,) -> (K, S) fixed point.

    `error` is annotator minus reference, `scale` the root of the object's area. A pair
    without a scale and a keypoint without a finite error count nowhere.
    """
    each = _contributions(error, both, scale, sigma)
    return np.stack([added.sum(axis=0) for added in each], axis=-1)


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
        for place, added in enumerate(each):
            out[ranked[first], :, place] = np.add.reduceat(added, first, axis=0)
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
    before = np.zeros((6, *n.shape[1:]))
    for week in range(len(n)):
        before = kept * before + added[:, week]
        state[:, week] = before
    return State(state[0], state[1], state[2], state[3], state[4], state[5])


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
    adjusted: Floats = np.full(p.size, np.nan)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    adjusted = adjusted.reshape(p.shape)
    return Discoveries(adjusted, adjusted <= q)


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
    least: float = 8.0

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


class Alarms(NamedTuple):
    """What was found, each (A, W, K).

    `action` and `watch` mark the week of a discovery, `alarm` also the quarantine after
    an action; `since` is the week in which the present alarm began, else -1.
    """

    action: Bools
    watch: Bools
    alarm: Bools
    since: Ints


@dataclass(frozen=True)
class Streams:
    """What every stream showed in every week; (A, W, K), offsets (A, W, K, 2).

    `n` pairs this week. `z`, `p_noise` of the errors' size and `t2`, `p_bias` of their
    direction, `p` of both; NaN where the stream was not judged (nothing seen this week,
    or too little so far). `noise` is the factor by which errors exceed what is expected
    of the stream, NaN before its first pair. `offset`, `expected` and `spread` (one
    standard deviation per axis) are in units of sigma s, for charts; `effect` is
    offset - expected [px] at the fleet's typical scale, x to the right and y down, 0
    before the first pair.
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
    alarms: Alarms


def fleet(weekly: Ints, parameters: Parameters) -> Streams:
    """Judges all streams in all weeks: (A, W, K, S) fixed point -> Streams.

    W consecutive weeks, the empty ones included. An annotator's baseline is its first
    `baseline` weeks with any pair; until it is complete, the fleet is what is expected
    of it. The fleet's variances come from all baselines, so earlier weeks may be judged
    slightly differently when new annotators come.
    """
    s = {name: weekly[..., i] / UNIT for i, name in enumerate(STATISTICS)}  # (A, W, K)
    state = _fold_annotators(s, parameters.decay)
    log, x, y = (_expect(s, *quantity, parameters.baseline) for quantity in QUANTITIES)
    number = np.where(state.n > 0, state.n, 1.0)
    larger = state.log / number - log.posterior.mean
    offset = np.stack([state.x, state.y], axis=-1) / number[..., None]
    expected = np.stack([x.posterior.mean, y.posterior.mean], axis=-1)
    shift = np.where(state.n[..., None] > 0, offset - expected, 0.0)
    spread = np.sqrt((x.variance(state) + y.variance(state)) / 2)

    judged = (s["n"] > 0) & (state.n >= parameters.least)
    z = np.where(judged, larger / np.sqrt(log.variance(state)), np.nan)
    t2 = np.where(judged, np.square(length(shift) / spread), np.nan)
    p_noise, p_bias = stats.norm.sf(z), stats.chi2.sf(t2, 2)
    p = np.minimum(1.0, 2 * np.minimum(p_noise, p_bias))
    size = np.asarray(parameters.sigma) * _typical_scale(s["n"], s["scale"])  # (K,)
    return Streams(
        s["n"],
        z=z,
        p_noise=p_noise,
        t2=t2,
        p_bias=p_bias,
        p=p,
        noise=np.where(state.n > 0, np.exp(larger), np.nan),
        offset=offset,
        expected=expected,
        spread=spread,
        effect=shift * size[:, None],
        alarms=_alarms(p, parameters),
    )


def _fold_annotators(s: dict[str, Floats], decay: float) -> State:
    """`fold` of all streams: (A, W, K) -> (A, W, K)."""
    n, log, wx, wy = (np.moveaxis(s[key], 1, 0) for key in ("n", "log", "wx", "wy"))
    return State(*(np.moveaxis(sums, 0, 1) for sums in fold(n, log, wx, wy, decay)))


@dataclass(frozen=True)
class _Expected:
    """What is expected of one quantity: fleet (K,), and each stream (A, W, K)."""

    components: Components
    posterior: Posterior

    def variance(self, state: State) -> Floats:
        """Of the state's mean about what is expected: (A, W, K)."""
        number = np.where(state.n > 0, state.n, 1.0)
        within = self.components.within * state.n2 / number**2
        week = self.components.week * state.m2 / number**2
        return within + week + self.posterior.var


def _expect(
    s: dict[str, Floats], first: str, second: str, default: float, weeks: int
) -> _Expected:
    """From the sums and sums of squares in each annotator's first weeks."""
    active = (s["n"] > 0).any(axis=2, keepdims=True)  # (A, W, 1)
    so_far = np.cumsum(active, axis=1)
    base = active & (so_far <= weeks)
    n, total, squares = (np.where(base, s[key], 0.0) for key in ("n", first, second))
    fleet_wide = components(n, total, squares, default)
    number = n.sum(axis=1, keepdims=True)  # (A, 1, K)
    posterior = empirical_bayes(
        np.where(so_far - active >= weeks, number, 0.0),  # (A, W, K)
        total.sum(axis=1, keepdims=True) / np.maximum(number, 1.0),
        fleet_wide.within,
        fleet_wide.between,
        fleet_wide.grand,
        fleet_wide.week,
        np.square(n).sum(axis=1, keepdims=True),
    )
    return _Expected(fleet_wide, posterior)


def _typical_scale(n: Floats, log_scale: Floats) -> Floats:
    """Geometric mean of the scales, the median of log-normal sizes: -> (K,) [px]."""
    number = n.sum(axis=(0, 1))
    return np.exp(log_scale.sum(axis=(0, 1)) / np.maximum(number, 1.0))


def _alarms(p: Floats, parameters: Parameters) -> Alarms:
    """Discoveries week by week: (A, W, K).

    A stream that was found leaves the family for a while: detected drifts would raise
    the threshold for everybody else.
    """
    action, watch, alarm = (np.zeros(p.shape, np.bool_) for _ in range(3))
    since = np.full(p.shape, -1, np.int64)
    until = np.zeros((p.shape[0], p.shape[2]), np.int64)  # (A, K)
    began = np.full_like(until, -1)
    for week in range(p.shape[1]):
        out = until > week
        family = np.where(out, np.nan, p[:, week])
        adjusted, found = benjamini_hochberg(family, parameters.action)
        until[found] = week + parameters.quarantine
        began = np.where(found | out, np.where(began < 0, week, began), -1)
        action[:, week], alarm[:, week] = found, found | out
        watch[:, week], since[:, week] = adjusted <= parameters.watch, began
    return Alarms(action, watch, alarm, since)


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
