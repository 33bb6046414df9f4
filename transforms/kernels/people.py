"""Annotators as a whole: are all their keypoints off, or do they work another way?

Whoever gets careless with everything shows no keypoint that differs from the others, so
it is asked of the person; and from the person's work alone, without any reference, how
much they mark as visible, how much they label, and how fast they are. Of flags every
keypoint is asked as well, beside the person (`visibility`): who marks one or two
otherwise shows in 1 of 72 made cases within twelve weeks, and their keypoints in 69. A
annotators, W weeks, H habits; weeks of an annotator vary more than their instances do
(one video is all dark), so every question has a variance between weeks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from posegate.transforms.kernels import dispersion, scan, visibility
from posegate.transforms.kernels.baseline import LEAST_WITHIN, about_mean
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.difficulty import Adjusted, Shown
from posegate.transforms.kernels.discoveries import Alarms, alarms
from posegate.transforms.kernels.drift import SLOW, Parameters
from posegate.transforms.kernels.evidence import p_different, p_larger, together
from posegate.transforms.kernels.partners import NOBODY, Partners
from posegate.transforms.kernels.stream_sums import NEAR, UNIT
from posegate.transforms.kernels.sums import FLAG, SHIFTING, WORK
from posegate.transforms.model.poses import Bools, Floats

HABITS = ("noise", "slips", *SHIFTING, "untouched", "inverted")
"""What of a person may change; the first two and the last need references, the one
before it a model's predictions."""

HOLDING = ("noise", "slips")
"""Those that make the work worse, whatever the keypoint: it is held."""

VARIANCES = (0.04, 0.02, 0.5)
"""Of one instance's share or ln, where no baseline tells."""


FLAG_VARIANCE = 5.3
"""Of ln of a flag's odds of which three in four are visible, to first order."""

FLAG_FREEDOM = 80.0
"""Degrees of freedom by which a keypoint's variance is taken to be known: measured. Of
normal scores there are .12 false alarms a week in six made fleets in which nobody
changes, of Student's .04, where .05 are asked for: rates near 0 and 1, and people's
first weeks, are no normal variables.
"""


def habit_names(keypoints: Sequence[str]) -> tuple[str, ...]:
    """The names of all habits, those of marking each keypoint as visible the last."""
    return (*HABITS, *(FLAG + name for name in keypoints))


@dataclass(frozen=True)
class People:
    """What every person showed in every week, (A, W, H); NaN where not judged. After
    `HABITS`, of each keypoint how often it is marked as visible, if that is known, less
    what the person's keypoints have in common.

    `p` of a change; `change` how much: the factor of errors, of slips and of time, the
    difference of the shares; `weeks` its length, at the length that shows it best.
    """

    p: Floats
    change: Floats
    weeks: Ints
    alarms: Alarms

    @property
    def careless(self) -> Bools:
        """(A, W) who is in alarm for a habit that makes all keypoints worse."""
        places = [HABITS.index(habit) for habit in HOLDING]
        return np.asarray(self.alarms.alarm[..., places].any(axis=-1))


def people(
    weekly: Ints | Shown,
    work: Ints,
    parameters: Parameters,
    flags: Ints | None = None,
    partners: Partners = NOBODY,
) -> People:
    """Judges everybody: (A, W, K, S) and (A, W, len(WORK), 4) of n, sum, sum of squares
    and crowd (`clusters.crowd`), both fixed point; `partners` as of `drift.fleet`."""
    s, given = Shown.of(weekly)
    exposed, slips = (x.sum(axis=2, keepdims=True) for x in (given.exposed, s["gross"]))
    found = [_noise(s, given, parameters), _rare(exposed, slips, parameters)]
    own = {name: work[:, :, i, None] / UNIT for i, name in enumerate(WORK)}
    for name, variance in zip(SHIFTING, VARIANCES, strict=True):
        found.append(_work(own[name], variance, parameters, name == "pace"))
    inverted = own["inverted_front"] + own["inverted_back"]
    for each in (own["untouched"], inverted):  # (A, W, 1, 3)
        found.append(_rare(each[..., 0], each[..., 1], parameters))
    if flags is not None and flags.any():
        beside, usual = visibility.in_odds(flags / UNIT, parameters.baseline)
        told, odds, over = _work(
            beside, FLAG_VARIANCE, brief(parameters), False, FLAG_FREEDOM
        )
        found.append((told, special.expit(special.logit(usual) + odds) - usual, over))
    p, change = (np.concatenate([each[i] for each in found], axis=2) for i in (0, 1))
    weeks = np.concatenate([each[2] for each in found], axis=2)
    held = p[..., : len(HOLDING)]
    held[partners.echoes(held, change[..., : len(HOLDING)])] = 1.0
    return People(p, change, weeks, _told(p, parameters))


def brief(parameters: Parameters) -> Parameters:
    """With half of the `baseline`: as much as flags need, for all instances tell them.

    Of people in a made fleet who change in their sixth week 92 and 83 % (two keypoints,
    one) are found within nine weeks, with eight weeks of baseline 42 and 33 %; false
    alarms are as many.
    """
    return replace(parameters, baseline=(parameters.baseline + 1) // 2)


def _told(p: Floats, parameters: Parameters) -> Alarms:
    """Alarms of all habits; if keypoints' flags are among them, half of the rate each.

    Flags as a number of false alarms a week, not as a share of what is found: a changed
    keypoint is found again and again, which let in every tenth as many false ones. The
    limit is that of `HABITS`.
    """
    rates, quarantine = (parameters.action, parameters.watch), parameters.quarantine
    person, flags = p[..., : len(HABITS)], p[..., len(HABITS) :]
    if not flags.shape[-1]:
        return alarms(person, *rates, quarantine)
    action, watch = (rate / 2 for rate in rates)
    first = alarms(person, action, watch, quarantine)
    second = alarms(flags, action, watch, quarantine, share=False)
    found, warned, lasting, since, adjusted = (
        np.concatenate([one, other], axis=-1)
        for one, other in zip(first[:-1], second[:-1], strict=True)
    )
    return Alarms(found, warned, lasting, since, adjusted, first.limit)


Answer = tuple[Floats, Floats, Ints]
"""p, how much, and over how many weeks: (A, W, 1) each."""


def _noise(s: dict[str, Floats], given: Adjusted, parameters: Parameters) -> Answer:
    """Errors of all keypoints together, but for the difficulty of the instances.

    Tested by how far errors scatter about their own mean of the week, which no bias of
    a few keypoints touches; told by the mean of ln of their size, over the length that
    grew most clearly as it is: transformed, a longer one with weeks before wins.
    """
    n = s["n"].sum(axis=2, keepdims=True)
    freedom, total = _scatter(s, given.harder, parameters.baseline)
    each = dispersion.of_squares(freedom, total, SQUARE_VARIANCE, parameters.baseline)
    squares = each * np.maximum(freedom - 1, 0) + total**2 / np.maximum(freedom, 1.0)
    of = scan.quantity(freedom, total, squares, parameters.baseline, each)
    over = _over(freedom, parameters)
    shifts = [scan.shift(span, of) for span in over]
    p = [p_larger(_grown(*each, of)) for each in zip(over, shifts, strict=True)]
    plain = [p_larger(shift.score) for shift in shifts]
    weeks = _weeks(plain, parameters)
    pairs = np.maximum(s["n"].sum(axis=(0, 1)), 1.0)
    grand = given.log.sum(axis=(0, 1)) / pairs  # (K,)
    log = (given.log - s["n"] * grand).sum(axis=2, keepdims=True)
    recent, before = scan.halves(scan.running(log), weeks)
    now, then = scan.halves(scan.running(n), weeks)
    grown = recent / np.maximum(now, 1.0) - before / np.maximum(then, 1.0)
    factor: Floats = np.where(weeks > 0, np.exp(grown), np.nan)
    return together(p), factor, weeks


def _grown(span: scan.Span, shift: scan.Shift, of: scan.Quantity) -> Floats:
    """Scores of growth by the cube root, which makes mean squares nearly normal (Wilson
    and Hilferty 1931): as they are, the largest of a fleet lies too far on the right.
    """
    recent = np.maximum(scan.recently(span, of).mean, LEAST_WITHIN)
    expected = np.maximum(recent - shift.delta, LEAST_WITHIN)
    grown: Floats = 3 * expected * (np.cbrt(recent / expected) - 1)
    return grown / np.sqrt(shift.variance)


SQUARE_VARIANCE = 2.0
"""Of the square of a standard normal variable."""

SIZES = np.geomspace(0.02, 20, 400)
"""Errors along an axis [sigma s], as a table of what clipping leaves of them."""


def clipped(size: Floats) -> Floats:
    """Variance along an axis of round errors of a size, shortened to `NEAR`."""
    return size**2 * -np.expm1(-(NEAR**2) / (2 * size**2))


def _growth(usual: Floats, harder: Floats) -> Floats:
    """Factor of the usual variance (K,) where errors are harder [ln]: (A, W, K)."""
    size = np.interp(usual, clipped(SIZES), SIZES)
    return clipped(size * np.exp(harder)) / clipped(size)


def _scatter(
    s: dict[str, Floats], harder: Floats, baseline: int
) -> tuple[Floats, Floats]:
    """Degrees of freedom, and squared distances from each week's mean over the fleet's
    usual ones: (A, W, 1) each."""
    base = scan.first_weeks(s["n"], baseline)
    total = np.zeros_like(s["n"])
    for axis in "xy":
        inner = about_mean(s["n"], s[f"h{axis}"], s[f"h{axis}2"])
        free = np.maximum(s["n"] - 1, 0)
        usual = np.where(base, inner, 0).sum(axis=(0, 1)) / np.maximum(
            np.where(base, free, 0).sum(axis=(0, 1)), 1.0
        )
        usual = np.maximum(usual, LEAST_WITHIN)
        total += inner / usual / _growth(usual, harder)
    freedom = 2 * np.maximum(s["n"] - 1, 0).sum(axis=2, keepdims=True)
    return freedom, total.sum(axis=2, keepdims=True)


def _rare(n: Floats, count: Floats, parameters: Parameters) -> Answer:
    """Does something come more often, of n that it may befall? (A, W, 1) each.

    What befalls many rows of one video befell it once (`dispersion.of_counts`).
    """
    n, count = dispersion.of_counts(n, count, parameters.baseline)
    over = [span for span in _over(n, parameters) if span.weeks >= SLOW]
    if not over:
        nothing = np.full_like(n, np.nan)
        return nothing, nothing, np.zeros(n.shape, np.int64)
    prior = scan.rates(n, count, parameters.baseline)
    p = [scan.p_more(span, count, prior) for span in over]
    weeks = _weeks(p, parameters, SLOW)
    span = scan.span_of(n, weeks)
    recent, before = scan.halves(scan.running(count), weeks)
    usual = (prior.shape + before) / (prior.rate + span.before)
    factor = recent / np.maximum(span.n, 1.0) / usual
    known: Floats = np.where(span.judged, factor, np.nan)
    return together(p), known, weeks


def _work(
    own: Floats,
    variance: float,
    parameters: Parameters,
    factor: bool,
    freedom: float = np.inf,
) -> Answer:
    """One kind of number of every instance, that may rise or fall: (A, W, 1, 4).

    Instances of one track are as alike as those of everybody: a dark clip is no habit.
    """
    alone = dispersion.of_instances(own, parameters.baseline)
    n, total, squares = np.moveaxis(alone, -1, 0)
    of = scan.quantity(n, total, squares, parameters.baseline, variance)
    over = _over(n, parameters)
    p = [p_different(scan.shift(span, of).score, freedom) for span in over]
    weeks = _weeks(p, parameters)
    delta = scan.shift(scan.span_of(n, weeks), of).delta
    said: Floats = np.exp(delta) if factor else delta
    return together(p), said, weeks


def _over(n: Floats, parameters: Parameters) -> tuple[scan.Span, ...]:
    return scan.spans(n, parameters.windows, parameters.baseline, parameters.least)


def _weeks(p: list[Floats], parameters: Parameters, least: int = 1) -> Ints:
    """The length of the clearest span: (A, W, 1); 0 where none was judged."""
    lengths = np.array([w for w in parameters.windows if w >= least])
    best = scan.clearest([p])
    return np.where(best < 0, 0, lengths[best])
