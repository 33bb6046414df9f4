"""Who has always been off: no drift, for nothing changed, but a habit to unlearn.

Small offsets are everybody's, so an offset must exceed a margin beyond chance: the test
is of |offset| <= margin, not of no offset (equivalence margin).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from posegate.transforms.kernels import scan
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.difficulty import Shown
from posegate.transforms.kernels.discoveries import benjamini_hochberg
from posegate.transforms.kernels.drift import AXIS_VARIANCE, Parameters, typical_scale
from posegate.transforms.kernels.partners import NOBODY, Partners
from posegate.transforms.model.poses import Bools, Floats


@dataclass(frozen=True)
class Standing:
    """Offsets of the longest span up to the last week: `found` (A, K), `offset`
    (A, K, 2) [px] at the fleet's typical scale, `error` (A, K) of it along an axis and
    the `adjusted` p; NaN where too few pairs tell."""

    found: Bools
    offset: Floats
    error: Floats
    adjusted: Floats


def standing(
    weekly: Ints | Shown, parameters: Parameters, partners: Partners = NOBODY
) -> Standing:
    """Judges the last weeks of all streams: (A, W, K, S) fixed point, W >= 1.

    What shows more clearly in close `partners` is theirs.
    """
    s, _ = Shown.of(weekly)
    n = s["n"]
    span = scan.span_of(n, np.full(n.shape, max(parameters.windows)))
    means, variances = [], []
    for axis in "xy":
        sums = s[f"w{axis}"], s[f"w{axis}2"]
        of = scan.quantity(n, *sums, parameters.baseline, AXIS_VARIANCE)
        recent = scan.halves(of.so_far, max(parameters.windows))[0]
        number = np.maximum(span.n, 1.0)
        means.append((recent / number)[:, -1])
        here = of.within / number + of.fleet.week * span.n2 / number**2
        variances.append(here[:, -1])
    variance = (variances[0] + variances[1]) / 2  # (A, K)
    t2 = (means[0] ** 2 + means[1] ** 2) / variance
    enough = span.n[:, -1] >= parameters.least
    p = stats.ncx2.sf(t2, 2, parameters.margin**2 / variance)
    p = np.where(enough, p, np.nan)
    last = partners._replace(close=partners.close[:, -1:])
    p[last.echoes(p[:, None], t2[:, None])[:, 0]] = 1.0
    adjusted, found = benjamini_hochberg(p, parameters.action)
    px = np.asarray(parameters.sigma) * typical_scale(n, s["scale"])
    offset = np.where(enough[..., None], np.stack(means, axis=-1), np.nan)
    return Standing(found, offset * px[:, None], np.sqrt(variance) * px, adjusted)
