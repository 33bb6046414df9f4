"""Annotators who change: what the weekly sums say of every stream, and the alarms.

A stream is one annotator x keypoint. Three questions are asked of every stream and
week: did the signed offset move, in the axes of the image or of the body; did errors
grow; do slips come more often? Each is asked of the last two weeks, four, eight …
(`scan`) and of the smoothed state (`mewma`). The answers go through one false discovery
rate over the fleet, because 5,000 streams at p < .001 are five false alarms a week.

    sums ─┬─> spans: lately, against before ──> p of each ─┬─> together ─> BH ─> alarm
          └─> smoothed, against the first weeks ──> z, T2 ─┘

A annotators, W consecutive ISO weeks (empty ones included), K keypoints, S statistics.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from posegate.transforms.kernels import dispersion, error_sizes, mewma, scan
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.difficulty import Shown, eased
from posegate.transforms.kernels.discoveries import Alarms, alarms
from posegate.transforms.kernels.everybody import Everybody, everybody
from posegate.transforms.kernels.evidence import honest, p_apart, p_larger, together
from posegate.transforms.kernels.partners import NOBODY, Partners
from posegate.transforms.kernels.scan import Onset, Quantity, Span, clearest, shift
from posegate.transforms.kernels.stream_sums import by_statistic
from posegate.transforms.model.poses import Bools, Floats

AXIS_VARIANCE = 0.5
"""Of one axis of errors with E[q^2] = 1: what a pair varies by where no baseline
tells."""

SLOW = 4
"""Weeks from which on slips are counted: they are too rare for fewer."""


@dataclass(frozen=True)
class Parameters:
    """How streams are watched; the defaults are those the fleet simulations favour.

    `sigma` per keypoint; `windows` are the lengths [weeks] of what is held against the
    past, `decay` that of the smoothed state; `baseline` weeks of an annotator's work
    come first; false discovery rates of `action` and `watch`; `quarantine` weeks that a
    stream stays out of the family, counted from its alarm; `least` pairs, below which
    nothing is judged; `margin` [sigma s], below which a lasting offset is nobody's
    business.
    """

    sigma: tuple[float, ...]
    windows: tuple[int, ...] = (2, 4, 8, 16, 24)
    decay: float = 0.2
    baseline: int = 8
    action: float = 0.10
    watch: float = 0.20
    quarantine: int = 6
    least: float = 8.0
    margin: float = 0.5

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
        rising = all(a < b for a, b in pairwise(self.windows))
        if not self.windows or self.windows[0] < 1 or not rising:
            raise ValueError(
                f"drift: windows = {list(self.windows)}; give rising numbers of weeks"
            )


@dataclass(frozen=True)
class Streams:
    """What every stream showed in every week; (A, W, K), offsets (A, W, K, 2).

    `n` pairs this week. `p_bias`, `p_noise` and `p_slips` of a moved offset, of grown
    errors and of more slips, `p` of all, 1 where it is a partner's echo; NaN where the
    stream was not judged (nothing seen this week, or too little so far). `z` and `t2`
    are the scores of the smoothed size and offset. `shared` (W, K) marks where
    everybody moved alike, far enough to act on, `common` (W, K, 2) by how much [px]:
    that is not held against one.

    The rest is of the span that speaks most clearly, or of all since the change where
    an alarm is on: `weeks` is its length (0 where not judged). `effect` is how far the
    offset moved [px] at the fleet's usual scale and difficulty, x right and y down,
    `turned` in axes of the body [px], and `error` the standard error [px] of the length
    of the longer one; `noise` the factor by which errors grew; NaN where not
    judged.
    """

    n: Floats
    z: Floats
    t2: Floats
    p_noise: Floats
    p_bias: Floats
    p_slips: Floats
    p: Floats
    shared: Bools
    common: Floats
    weeks: Ints
    effect: Floats
    error: Floats
    turned: Floats
    noise: Floats
    alarms: Alarms


def fleet(
    weekly: Ints | Shown,
    parameters: Parameters,
    careless: Bools | None = None,
    model: Everybody | None = None,
    partners: Partners = NOBODY,
) -> Streams:
    """Judges all streams in all weeks: (A, W, K, S) fixed point -> Streams.

    W consecutive weeks, the empty ones included. A stream is held against its own past,
    of at least `baseline` weeks; until there are so many, against the fleet. The
    fleet's variances come from all baselines, so earlier weeks may be judged slightly
    differently when new annotators come.

    `careless` (A, W) marks people all of whose errors grew: none of their keypoints is
    blamed for larger errors or slips then. Where the `model` that they are held against
    moved (`moved_together`), the size of errors begins anew (`error_sizes`). What shows
    more clearly in close `partners` is theirs, and so are larger errors beside somebody
    careless.
    """
    s, given = shown = Shown.of(weekly)
    alike = eased(shown)
    image, body = (offsets(alike, axes, parameters, model) for axes in ("", "body_"))
    version = None if model is None else error_sizes.versions(model.plain)
    sizes = error_sizes.regimes(s["n"], given, parameters.baseline, version)
    how = parameters.decay, parameters.baseline, parameters.least
    states = [
        mewma.scores(n, each.size, image.tested, *how)
        for n, each in zip((s["n"], *(r.n for r in sizes[1:])), sizes, strict=True)
    ]
    z = error_sizes.merged(sizes, [each.z for each in states])
    larger = [
        p_larger(score)
        for score in error_sizes.grown(
            sizes, parameters.windows, parameters.baseline, parameters.least
        )
    ]
    tests = {
        "bias": [
            *image.p,
            *body.p,
            p_apart(states[0].t2),
        ],
        "noise": [*larger, p_larger(z)],
        "slips": more_slips(given.exposed, s["gross"], parameters),
    }
    excused = image.shared.alarm | body.shared.alarm  # (W, K)
    tests["bias"][-1] = np.where(excused, np.nan, tests["bias"][-1])
    explained = image.shared.plain | body.shared.plain
    if careless is not None:
        explained = explained | (careless | partners.beside(careless))[..., None]
    for what in ("noise", "slips"):
        tests[what] = [np.where(explained, np.nan, p) for p in tests[what]]
    p = together([each for some in tests.values() for each in some])
    p = np.where(partners.echoes(p, states[0].t2), 1.0, p)
    by = {what: together(some) for what, some in tests.items()}
    found = alarms(p, parameters.action, parameters.watch, parameters.quarantine)
    best = clearest([image.p, body.p, larger])
    weeks = np.where(best < 0, 0, np.asarray(parameters.windows)[best])
    weeks = since_change(weeks, found.since)
    if weeks.size:
        a, k = np.nonzero(found.since[:, -1] >= 0)
        onsets = latest_onsets(image, body, (a, k), parameters)
        best = clearest_onset(onsets, image, body, (a, k))
        weeks[a, -1, k] = lasting(best, weeks[a, -1, k], by, found.since, (a, k))
    (moved, error), (turned, unsure) = image.told(weeks), body.told(weeks)
    if weeks.size:
        moved[a, -1, k], turned[a, -1, k] = onsets[0].delta, onsets[1].delta
        error[a, -1, k], unsure[a, -1, k] = (of.error for of in onsets)
    farther = np.linalg.norm(turned, axis=-1) > np.linalg.norm(moved, axis=-1)
    px = np.asarray(parameters.sigma) * typical_scale(s["n"], s["scale"])  # (K,)
    px /= kept_by_clipping(s["n"], s["gross"])
    return Streams(
        n=s["n"],
        z=z,
        t2=states[0].t2,
        p_noise=by["noise"],
        p_bias=by["bias"],
        p_slips=by["slips"],
        p=p,
        shared=(model or image.shared).plain,
        common=(model or image.shared).told * px[:, None],
        weeks=weeks,
        effect=moved * px[:, None],
        error=np.where(farther, unsure, error) * px,
        turned=turned * px[:, None],
        noise=error_sizes.factor(sizes, weeks),
        alarms=found,
    )


def latest_onsets(
    image: "Offsets", body: "Offsets", late: tuple[Ints, Ints], parameters: Parameters
) -> tuple[Onset, Onset]:
    """When the M streams (annotators, keypoints) in alarm changed, and how far, in axes
    of the image and of the body."""
    a, k = late
    one, other = (
        scan.onset(
            some.n[a, :, k][..., None],
            [scan.some_of(of, a, k) for of in some.tested],
            [scan.some_of(of, a, k) for of in some.wide],
            2 * max(parameters.windows),
        )
        for some in (image, body)
    )
    return one, other


def clearest_onset(
    onsets: tuple[Onset, Onset],
    image: "Offsets",
    body: "Offsets",
    late: tuple[Ints, Ints],
) -> Ints:
    """(M,) weeks ago, by the axes in which the M streams moved most clearly."""
    a, k = late
    p = [np.fmin.reduce([each[a, -1, k] for each in some.p]) for some in (image, body)]
    turned = np.nan_to_num(p[1], nan=2.0) < p[0]
    return np.where(turned, onsets[1].weeks, onsets[0].weeks)


def lasting(
    onset: Ints, span: Ints, by: dict[str, Floats], since: Ints, late: tuple[Ints, Ints]
) -> Ints:
    """How many weeks ago the M streams in alarm changed: (M,) by either way -> (M,).

    Only of a bias does the `onset` of the offset tell, and no change began after the
    week that first alarmed; of noise and slips the `span` does that was found.
    """
    a, k = late
    first = since[a, -1, k]
    bias, noise, slips = (by[name][a, first, k] for name in ("bias", "noise", "slips"))
    moved = bias <= np.fmin(np.fmin(noise, slips), 1.0)
    return np.where(moved, np.maximum(onset, since.shape[1] - first), span)


def kept_by_clipping(n: Floats, gross: Floats) -> Floats:
    """What clipping to `RADIUS` leaves of a shift of all errors: (A, W, K) -> (K,).

    Nothing of the part along a clipped error, and of the part across as much as it was
    shortened, by half on the average: so of a share g of gross errors 3/4 g are lost.
    """
    share = gross.sum(axis=(0, 1)) / np.maximum(n.sum(axis=(0, 1)), 1.0)
    return 1 - 0.75 * share


def since_change(weeks: Ints, since: Ints) -> Ints:
    """How long a change has lasted: (A, W, K) twice -> (A, W, K).

    Where an alarm is on, since what its first week took for the beginning: later weeks
    would count the changed ones to the past. Else the clearest span's own length.
    """
    now = np.arange(weeks.shape[1])[:, None]
    first = np.take_along_axis(weeks, np.maximum(since, 0), axis=1)
    return np.where(since >= 0, now - since + np.maximum(first, 1), weeks)


def spans(n: Floats, parameters: Parameters) -> tuple[Span, ...]:
    """`scan.spans` as the parameters have it."""
    return scan.spans(n, parameters.windows, parameters.baseline, parameters.least)


def moved_together(weekly: Ints, parameters: Parameters) -> Everybody:
    """Where all people moved alike, by sums against a model as `fleet` takes them."""
    return offsets(by_statistic(weekly), "", parameters).shared


@dataclass(frozen=True)
class Offsets:
    """A signed offset in some axes: its p at every length (A, W, K), and what tells how
    far it moved; `tested` is shortened to `NEAR`, `wide` to `RADIUS`."""

    n: Floats
    p: list[Floats]
    shared: Everybody
    tested: tuple[Quantity, Quantity]
    wide: tuple[Quantity, Quantity]

    def told(self, weeks: Ints) -> tuple[Floats, Floats]:
        """How far in so many weeks: (A, W, K) -> (A, W, K, 2) and the standard error
        of that length (A, W, K) [sigma s]; NaN for 0."""
        span = scan.span_of(self.n, weeks)
        x, y = (shift(span, of) for of in self.wide)
        moved = np.stack([x.delta, y.delta], axis=-1)
        return moved, scan.along(moved, np.stack([x.variance, y.variance], axis=-1))


def offsets(
    s: dict[str, Floats],
    axes: str,
    parameters: Parameters,
    model: Everybody | None = None,
) -> Offsets:
    """Did the offset move? `axes` is the prefix of the sums: of the image or body;
    `model` what moved with the model that people are held against."""
    n = s[f"{axes}n"]
    over = spans(n, parameters)

    def quantities(kind: str) -> tuple[Quantity, Quantity]:
        x, y = (
            scan.quantity(
                n,
                s[f"{axes}{kind}{axis}"],
                s[f"{axes}{kind}{axis}2"],
                parameters.baseline,
                AXIS_VARIANCE,
            )
            for axis in "xy"
        )
        return x, y

    tested = quantities("h")
    x, y = ([scan.shifts(span, of) for span in over] for of in tested)
    shared = everybody(
        [(along[1], across[1]) for along, across in zip(x, y, strict=True)],
        parameters.action,
        parameters.watch,
        parameters.quarantine,
        parameters.margin,
    )
    p = []
    for length, pair in enumerate(zip(x, y, strict=True)):
        unlike = sum(some.unlike(length) for some in (shared, model) if some)
        own = [
            honest(
                (each.delta - shared.moved[length, ..., axis])
                / np.sqrt(each.variance + unlike)
            )
            for axis, (each, _) in enumerate(pair)
        ]
        p.append(np.exp(-(own[0] ** 2 + own[1] ** 2) / 2))  # chi-square of 2
    return Offsets(n, p, shared, tested, quantities("w"))


def more_slips(n: Floats, gross: Floats, parameters: Parameters) -> list[Floats]:
    """p of more slips than before, at the longer lengths, of n that they may befall."""
    n, gross = dispersion.of_counts(n, gross, parameters.baseline)
    prior = scan.rates(n, gross, parameters.baseline)
    over = spans(n, parameters)
    slow = [span for span in over if span.weeks >= SLOW] or over[-1:]
    return [scan.p_more(span, gross, prior) for span in slow]


def typical_scale(n: Floats, log_scale: Floats) -> Floats:
    """Geometric mean of the scales, the median of log-normal sizes: -> (K,) [px]."""
    number = n.sum(axis=(0, 1))
    return np.exp(log_scale.sum(axis=(0, 1)) / np.maximum(number, 1.0))
