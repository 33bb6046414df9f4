"""Sigmas of a skeleton of one's own, from frames that two people annotated.

A sigma is that of a pair, as COCO's are: E[d^2] = sigma^2 s^2 for the distance d of two
people's points, which is sqrt 2 times what one person contributes.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from posegate.transforms.kernels.geometry import squared_length
from posegate.transforms.model.poses import Floats, dense, scalars
from posegate.transforms.model.skeleton import Skeleton

Ints = npt.NDArray[np.int64]

CUT = 2.5
"""Errors over this many sigmas count as this many: 2 % gross errors of a tenth of the
object inflate the plain moment by 30 %, this by 6 %."""

ROUNDS = 10

GROSS = 1.15
"""Plain moment over winsorised sigma from which on there are gross errors."""


class Sigma(NamedTuple):
    """Of a keypoint: the winsorised sigma with its 95 % interval, how many pairs and
    people it rests on, the plain moment, what winsorising alone makes of the pairs, and
    the click noise [px] of one person that was taken out of `sigma`."""

    sigma: float
    low: float
    high: float
    pairs: int
    people: int
    moment: float
    winsorised: float
    floor_px: float

    @property
    def gross(self) -> bool:
        """Whether gross errors are likely among the pairs."""
        return self.moment > GROSS * self.winsorised


def winsor(z: Floats) -> float:
    """Sigma from z = d^2 / s^2, (n,): iterated mean of what is cut at 2.5 sigma.

    Consistent for isotropic normal errors: z / sigma^2 is then exponential, and the
    mean of min(z, c) is 1 - exp(-c). NaN for no pairs.
    """
    if not len(z):
        return np.nan
    square = float(np.median(z)) / np.log(2)
    for _ in range(ROUNDS):
        kept = float(np.minimum(z, CUT**2 * square).mean())
        square = kept / (1 - np.exp(-(CUT**2)))
    return float(np.sqrt(square))


def pixel_floor(
    squared: Floats, scale: Floats, cut: float = CUT
) -> tuple[float, float]:
    """(sigma, c [px]) of E[d^2] = 4 c^2 + sigma^2 s^2: (n,) [px^2], (n,) [px].

    c is what one person's click adds to each axis, whatever the object's size.
    Reweighted least squares with weights 1 / mean, errors over the cut of the current
    fit cut to it; neither part is let below zero. Where all objects have one size the
    two cannot be told apart, and c is 0.
    """
    spread = np.square(scale)
    if len(squared) < 3 or not np.ptp(spread) > 0.1 * spread.mean():
        return winsor(squared / spread), 0.0
    share = 1 - np.exp(-(cut**2))
    fit = np.array([0.0, winsor(squared / spread) ** 2])
    for _ in range(30):
        mean = np.maximum(fit[0] + fit[1] * spread, 1e-12)
        value = np.minimum(squared, cut**2 * mean) / share
        fit = _nonnegative(spread, value, 1 / mean)
    return float(np.sqrt(fit[1])), float(np.sqrt(fit[0])) / 2


def _nonnegative(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Least squares of y = a + b x with a, b >= 0; weights multiply residuals."""
    w = np.square(weight)
    one, x1, x2 = w.sum(), (w * x).sum(), (w * x * x).sum()
    y0, y1 = (w * y).sum(), (w * x * y).sum()
    apart = one * x2 - x1 * x1
    b = (one * y1 - x1 * y0) / apart if apart > 0 else y1 / x2
    a = (y0 - b * x1) / one
    if a < 0:
        a, b = 0.0, y1 / x2
    if b <= 0:
        a, b = y0 / one, 1e-12
    return np.array([a, b])


def sigma_of(
    error: Floats, scale: Floats, one: Ints, other: Ints, level: float = 0.95
) -> Sigma:
    """A keypoint's sigma from its pairs: (n, 2) [px], (n,) [px], (n,), (n,) who.

    The interval takes the people as what varies (a jackknife over them, t with their
    number less one), for they differ more than their pairs say: with 30 % of the
    variance between people, 400 pairs of 5 people vary by 7.5 %, of 50 by 3.3 %.
    """
    squared = squared_length(error)
    sigma, floor = pixel_floor(squared, scale)
    people = np.unique(np.r_[one, other])
    low, high = _jackknife(squared, scale, one, other, people, sigma, level)
    z = squared / np.square(scale)
    moment = float(np.sqrt(z.mean())) if len(z) else np.nan
    return Sigma(sigma, low, high, len(z), len(people), moment, winsor(z), floor)


def _jackknife(
    squared: Floats,
    scale: Floats,
    one: Ints,
    other: Ints,
    people: Ints,
    sigma: float,
    level: float,
) -> tuple[float, float]:
    """The interval of log sigma, each person and all their pairs left out in turn."""
    without = []
    for person in people:
        kept = (one != person) & (other != person)
        if kept.sum() >= 3:
            without.append(pixel_floor(squared[kept], scale[kept])[0])
    logs = np.log(np.maximum(without, 1e-12))
    g = len(logs)
    if g < 3 or not sigma > 0:
        return np.nan, np.nan
    # A pair has two people, so it is left out twice: the sum of squares counts double.
    error = float(np.sqrt((g - 1) / g * np.square(logs - logs.mean()).sum()))
    half = float(stats.t.ppf((1 + level) / 2, g - 1)) * error
    return sigma * float(np.exp(-half)), sigma * float(np.exp(half))


class Doubles(NamedTuple):
    """Pairs of two named people: error (M, K, 2) [px], NaN unless both placed the
    point; scale (M,) [px]; who the two are, (M,) each."""

    error: Floats
    scale: Floats
    one: Ints
    other: Ints


def doubles(pairs: pa.Table, keypoints: int) -> Doubles:
    """The second annotations of an agreement table (`schema.agreement`), each once.

    Of two people in a frame each is compared with the other. Who is not named cannot
    be counted as a person, and is left out.
    """
    named = pc.and_(
        pairs["annotator"].is_valid(), pairs["reference_annotator"].is_valid()
    )
    some = pairs.filter(pc.and_(pc.equal(pairs["kind"], "second"), named))
    some = some.combine_chunks()
    ends = np.array([some["instance"].to_pylist(), some["reference"].to_pylist()], str)
    _, once = np.unique(np.sort(ends, axis=0), axis=1, return_index=True)
    some = some.take(pa.array(np.sort(once)))
    who = [some[name].to_pylist() for name in ("annotator", "reference_annotator")]
    numbers = {name: i for i, name in enumerate(sorted({*who[0], *who[1]}))}
    one, other = (np.array([numbers[n] for n in w], np.int64) for w in who)
    flat = dense(some["error"].combine_chunks(), 2 * keypoints)
    return Doubles(
        flat.reshape(-1, keypoints, 2),
        scalars(some["scale"].combine_chunks()),
        one,
        other,
    )


def calibrate(pairs: Doubles, skeleton: Skeleton) -> list[Sigma]:
    """The sigma of each keypoint, left and right pooled: neither is harder to see."""
    side = np.arange(len(skeleton.keypoints))
    for a, b in skeleton.flip_pairs:
        side[max(a, b)] = min(a, b)
    found = {k: _pooled(pairs, np.flatnonzero(side == k)) for k in set(side.tolist())}
    return [found[k] for k in side.tolist()]


def _pooled(pairs: Doubles, chosen: Ints) -> Sigma:
    """The sigma of some keypoints taken as one."""
    error = np.concatenate([pairs.error[:, k] for k in chosen])
    scale, one, other = (np.tile(column, len(chosen)) for column in pairs[1:])
    known = np.isfinite(error).all(axis=1) & (scale > 0)
    return sigma_of(error[known], scale[known], one[known], other[known])
