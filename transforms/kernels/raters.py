"""How far several people agree on a label, some of whom may not have given any.

Everything is computed from `counts` (U, L): how many people gave unit u the label l. A
unit is one keypoint of one object; a composition that many units share may stand once,
with `times` (U,) saying how often. So the counts of shards add up, and nobody's name is
needed.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from posegate.transforms.model.poses import Floats

Ints = npt.NDArray[np.int64]

Metric = Literal["nominal", "ordinal", "interval", "ratio"]


def _weights(counts: Ints, times: Ints | None) -> Floats:
    """(U,) how often each composition occurs."""
    return np.ones(len(counts)) if times is None else np.asarray(times, np.float64)


def _ratio(over: float, under: float) -> float:
    return over / under if under else np.nan


def observed(counts: Ints, times: Ints | None = None) -> float:
    """Share of pairs of labels of one unit that are equal: (U, L) -> number.

    The mean over the units with two labels or more; NaN where there is none.
    """
    weight, n = _weights(counts, times), counts.sum(axis=1)
    enough = n > 1
    alike = (counts * (counts - 1)).sum(axis=1)[enough]
    share = alike / (n * (n - 1))[enough]
    return _ratio(float((weight[enough] * share).sum()), float(weight[enough].sum()))


def prevalence(counts: Ints, times: Ints | None = None) -> Floats:
    """Mean share of each label over the units that have any: (U, L) -> (L,)."""
    n = counts.sum(axis=1)
    some = n > 0
    weight = _weights(counts, times)[some]
    share = counts[some] / n[some, None]
    total = weight.sum()
    return (weight[:, None] * share).sum(axis=0) / total if total else share.sum(0)


def fleiss_kappa(counts: Ints, times: Ints | None = None) -> float:
    """Fleiss' kappa: (U, L) -> number; NaN where one label is all there is.

    With people missing the observed agreement is that of the units with two labels, as
    Gwet generalises it (Handbook of Inter-Rater Reliability, chapter 2).
    """
    chance = float(np.square(prevalence(counts, times)).sum())
    return _ratio(observed(counts, times) - chance, 1 - chance)


def fleiss_by_label(counts: Ints) -> Floats:
    """Kappa of each label against all others, equal numbers of people: (U, L) -> (L,).

    Fleiss 1971, Psychological Bulletin 76. NaN for a label that nobody or everybody
    gives.
    """
    n = counts.sum(axis=1, keepdims=True)
    share = prevalence(counts)
    apart = (counts * (n - counts)).sum(axis=0)
    among = (n * (n - 1)).sum() * share * (1 - share)
    return np.where(among > 0, 1 - apart / np.where(among > 0, among, 1), np.nan)


def fleiss_error(counts: Ints) -> float:
    """Standard error of Fleiss' kappa if there were no agreement: (U, L) -> number.

    Fleiss, Nee and Landis 1979; equal numbers of people.
    """
    people, units = float(counts[0].sum()), len(counts)
    p = prevalence(counts)
    both = float((p * (1 - p)).sum())
    skew = float((p * (1 - p) * (1 - 2 * p)).sum())
    root = np.sqrt(2 * max(both**2 - skew, 0.0))
    return _ratio(float(root), both * float(np.sqrt(units * people * (people - 1))))


def ac1(counts: Ints, times: Ints | None = None) -> float:
    """Gwet's AC1: (U, L) -> number; NaN where fewer than two labels are in use."""
    share = prevalence(counts, times)
    used = int((share > 0).sum())
    if used < 2:
        return np.nan
    chance = float((share * (1 - share)).sum()) / (used - 1)
    return _ratio(observed(counts, times) - chance, 1 - chance)


def _apart(coincidence: Floats, metric: Metric) -> Floats:
    """(L, L) squared difference of labels 1 … L."""
    value = np.arange(1.0, len(coincidence) + 1)
    one, other = value[:, None], value[None, :]
    if metric == "nominal":
        return (one != other).astype(np.float64)
    if metric == "interval":
        return np.square(one - other)
    if metric == "ratio":
        return np.square((one - other) / (one + other))
    number = coincidence.sum(axis=1)
    upto = np.cumsum(number)
    low, high = np.minimum(one, other) - 1, np.maximum(one, other) - 1
    low, high = low.astype(np.int64), high.astype(np.int64)
    between = upto[high] - upto[low] + number[low]
    return np.square(between - (number[low] + number[high]) / 2)


def krippendorff_alpha(
    counts: Ints, times: Ints | None = None, metric: Metric = "nominal"
) -> float:
    """Krippendorff's alpha of the labels 1 … L: (U, L) -> number.

    Units with a single label take no part, so people may be missing anywhere. NaN where
    only one label occurs. (Krippendorff 2011, Computing Krippendorff's
    Alpha-Reliability.)
    """
    n = counts.sum(axis=1)
    kept = n > 1
    each = counts[kept].astype(np.float64)
    weight = _weights(counts, times)[kept] / (n[kept] - 1)
    pairs = (weight[:, None] * each).T @ each  # (L, L)
    coincidence = pairs - np.diag((weight[:, None] * each).sum(axis=0))
    number = coincidence.sum(axis=1)
    apart = _apart(coincidence, metric)
    expected = float((np.outer(number, number) * apart).sum())
    seen = float((coincidence * apart).sum())
    return 1 - _ratio((number.sum() - 1) * seen, expected)
