"""Does one keypoint's visibility move, or that of all of a person's keypoints?

A dark week hides all keypoints together: that is one piece of news, said of the person.
Held against what the person's keypoints have in common in the week, a keypoint neither
repeats it nor drowns in it. A annotators, W weeks, K keypoints.
"""

import numpy as np
from scipy import special

from posegate.transforms.kernels import dispersion
from posegate.transforms.kernels.scan import first_weeks
from posegate.transforms.model.poses import Floats

LEAST_KEYPOINTS = 3
"""With fewer, what they have in common is what each of them shows."""

PRIOR_FLAGS = 1.0
"""Flags of each kind that a rate is drawn to even odds by: no rate is 0 or 1."""


def beside_person(flags: Floats, baseline: int) -> Floats:
    """Sums less what the keypoints of a person's week share: (A, W, K, 4) -> the same.

    n, sum, sum of squares and crowd. From every flag is taken how far the keypoint's
    usual rate moves if its odds move as those `in_common`.
    """
    n, total, squares, crowd = np.moveaxis(flags, -1, 0)
    usual = usual_rate(n, total, baseline)
    moved = in_common(n, total, usual)[..., None]
    less = special.expit(special.logit(usual) + moved) - usual
    left = squares - 2 * less * total + n * less**2
    return np.stack([n, total - n * less, left, crowd], axis=-1)


def in_odds(flags: Floats, baseline: int) -> tuple[Floats, Floats]:
    """`beside_person` in ln of odds, as of flags that vary so much as weeks show: (A,
    W, K, 4) -> the same, and the usual rates (A, 1, K).

    To first order about the usual rates: in odds weeks vary alike whatever the rate.
    """
    n, total, squares, crowd = np.moveaxis(beside_person(flags, baseline), -1, 0)
    usual = usual_rate(flags[..., 0], flags[..., 1], baseline)
    slope = 1 / (usual * (1 - usual))
    zero = usual - special.logit(usual) / slope  # the rate whose tangent has even odds
    left = slope**2 * (squares - 2 * zero * total + n * zero**2)
    odds = np.stack([n, slope * (total - n * zero), left, crowd], axis=-1)
    return odds / own_part(odds, slope, baseline), usual


def own_part(odds: Floats, variance: Floats, baseline: int) -> float:
    """How much of the variance inside weeks their means still have: (A, W, K, 4) sums,
    and that variance of a flag (A, 1, K).

    What the flags of an instance have in common counts inside every keypoint, but is
    taken off the keypoint's week; unless that is known, many flags seem to tell more
    than they do: in the made fleet weeks seem to vary by .10, where they do by .13.
    """
    seen = dispersion.away(odds[..., 0], odds[..., 1], baseline)
    own = (variance * odds[..., 0])[seen.used]
    none = np.zeros_like(own)
    return dispersion.dispersion(seen.square, none, own, seen.n**2, 1.0, MOST_OWN).alike


MOST_OWN = 50.0
"""Frames that are all the same, and are taken for as many."""


def usual_rate(n: Floats, total: Floats, baseline: int) -> Floats:
    """How often each is visible in the person's first weeks: (A, W, K) -> (A, 1, K)."""
    first = first_weeks(n, baseline)
    own, seen = (np.where(first, each, 0.0).sum(axis=1) for each in (n, total))
    rate: Floats = (seen + PRIOR_FLAGS) / (own + 2 * PRIOR_FLAGS)
    return rate[:, None]


def in_common(n: Floats, total: Floats, usual: Floats) -> Floats:
    """How far the odds of a person's keypoints moved in a week, ln: (A, W).

    The median over the keypoints, which one or two that change do not move; 0 where
    fewer than `LEAST_KEYPOINTS` are labelled.
    """
    rate = (total + PRIOR_FLAGS) / (n + 2 * PRIOR_FLAGS)
    moved = np.where(n > 0, special.logit(rate) - special.logit(usual), np.nan)
    enough = (n > 0).sum(axis=2) >= LEAST_KEYPOINTS
    found = np.zeros(enough.shape)
    found[enough] = np.nanmedian(moved[enough], axis=-1)
    return found
