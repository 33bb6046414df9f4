"""Intervals of coefficients of agreement, whose flags come in videos.

Keypoints of an instance, and frames of a video, are alike: 5,000 flags of ten videos
are no 5,000 draws. Videos are put into groups by hash; each group is left out in turn,
and how far the coefficient then moves says how uncertain it is (Tukey's jackknife;
Efron and Stein 1981). Nothing is drawn by chance, and counts of groups add up.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from posegate.transforms.kernels.buckets import Ints, stable_hash

GROUPS = 64


def groups(rows: pa.RecordBatch) -> Ints:
    """(N,) the group of each row: its video's, or its image's."""
    where = pc.coalesce(rows["video"], rows["image"])
    return (stable_hash(where) % np.uint64(GROUPS)).astype(np.int64)


def interval(
    counts: Ints, coefficient: Callable[[Ints], float], level: float = 0.95
) -> tuple[float, float]:
    """Of the coefficient of all counts added up: (G, …) by group -> (low, high).

    On the scale of ln(1 - coefficient), for it cannot pass 1; t with the groups less
    one. NaN where fewer than two groups have counts, or the coefficient is not defined
    or 1, without any of them or with all. Of 6 to 200 videos whose flags are alike it
    holds in 92 to 97 % of cases (`./run bench agreement`).
    """
    known = counts.reshape(len(counts), -1).sum(axis=1) > 0
    some = counts[known]
    g, total = len(some), some.sum(axis=0)
    if g < 2:
        return np.nan, np.nan
    values = np.array([coefficient(total), *(coefficient(total - one) for one in some)])
    if not (values < 1).all():  # nor where one of them is NaN
        return np.nan, np.nan
    whole, *without = np.log1p(-values).tolist()
    error = float(np.sqrt((g - 1) * np.var(without)))
    half = float(stats.t.ppf((1 + level) / 2, g - 1)) * error
    return -float(np.expm1(whole + half)), -float(np.expm1(whole - half))
