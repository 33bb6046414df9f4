"""Does one keypoint's visibility move, or that of all of a person's keypoints?

A dark week hides all keypoints together: that is one piece of news, said of the person.
Held against what the person's keypoints have in common in the week, a keypoint neither
repeats it nor drowns in it. A annotators, W weeks, K keypoints.
"""

import numpy as np
from scipy import special

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
