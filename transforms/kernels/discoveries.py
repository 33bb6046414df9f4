"""Which of many p values are discoveries, and how long an alarm lasts."""

from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.model.poses import Bools, Floats


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


def bonferroni(p: Floats, q: float) -> Discoveries:
    """At most q false ones are expected, however many others are found: (…) -> twice.

    NaN is not in the family, as in `benjamini_hochberg`.
    """
    tests = int((~np.isnan(p)).sum())
    adjusted: Floats = np.minimum(np.asarray(p, np.float64) * tests, 1.0)
    return Discoveries(adjusted, adjusted <= q)


class Alarms(NamedTuple):
    """What was found, each (A, W, …) but `limit` (W,).

    `action` and `watch` mark the week of a discovery, `alarm` also the quarantine after
    an action; `since` is the week in which the present alarm began, else -1. `adjusted`
    is the p value after Benjamini and Hochberg, NaN outside the family: about the
    chance that a stream found at this p has not changed (Efron 2010), or after
    Bonferroni the number of such p expected of streams that have not. `limit` is the
    largest p that would have been found in the week.
    """

    action: Bools
    watch: Bools
    alarm: Bools
    since: Ints
    adjusted: Floats
    limit: Floats


def alarms(
    p: Floats, action: float, watch: float, quarantine: int, share: bool = True
) -> Alarms:
    """Discoveries week by week: (A, W, …) p values -> `Alarms`.

    The rates are shares of what is found, or numbers a week if not `share`
    (`bonferroni`): then what drifts for long buys nobody false alarms.

    A stream that was found leaves the family for `quarantine` weeks: detected drifts
    would raise the threshold for everybody else.
    """
    found, warned, lasting = (np.zeros(p.shape, np.bool_) for _ in range(3))
    since = np.full(p.shape, -1, np.int64)
    adjusted = np.full(p.shape, np.nan)
    limit = np.full(p.shape[1], np.nan)
    until = np.zeros((p.shape[0], *p.shape[2:]), np.int64)
    began = np.full_like(until, -1)
    discoveries = benjamini_hochberg if share else bonferroni
    for week in range(p.shape[1]):
        out = until > week
        family = np.where(out, np.nan, p[:, week])
        adjusted[:, week], new = discoveries(family, action)
        limit[week] = _limit(family, int(new.sum()) if share else 1, action)
        until[new] = week + quarantine
        began = np.where(new | out, np.where(began < 0, week, began), -1)
        found[:, week], lasting[:, week] = new, new | out
        warned[:, week], since[:, week] = adjusted[:, week] <= watch, began
    return Alarms(found, warned, lasting, since, adjusted, limit)


def _limit(family: Floats, found: int, q: float) -> float:
    """The p at which a stream is found: q times the rank it would have, by number."""
    tests = int((~np.isnan(family)).sum())
    return q * max(found, 1) / tests if tests else np.nan
