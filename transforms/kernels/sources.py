"""What annotators are held against, from the best evidence down.

rank  source      a bias of .6 sigma s in one week is found at p = .001 in
 1    gold        86 % with 20 pairs; gold and reviews say what is right
 2    prelabel    100 % with 100 pairs of a model whose noise is 1.5 times a person's,
                  75 % at 3 times; what all show against it is the model's own
 3    consensus   18 % with 10 pairs, of the others' median: their biases count too
 4    second      31 % with 20 pairs, and each is held against the other's changes

A partner's change shows in whoever is held against them, as an echo (`partners`).

The best there is decides; what is weaker is watched beside it, never mixed in: it has
streams, baselines and variances of its own. Second annotators only count alone.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.everybody import LEAST_PEOPLE
from posegate.transforms.kernels.stream_sums import HARD, STATISTICS, UNIT
from posegate.transforms.model.poses import Floats

GOLD, PRELABEL, CONSENSUS, SECOND = "gold", "prelabel", "consensus", "second"

KINDS: Mapping[str, tuple[str, ...]] = {
    GOLD: ("gold", "review"),
    PRELABEL: ("prelabel",),
    CONSENSUS: ("consensus",),
    SECOND: ("second",),
}
"""The kinds of reference of each source, the best first."""


def source_of(kinds: pa.ChunkedArray) -> pa.ChunkedArray:
    """The source of each kind; a model's name follows a colon. Null of no source."""
    bare = pc.replace_substring_regex(kinds, pattern=":.*", replacement="")
    names = [name for name, some in KINDS.items() for _ in some]
    known = pa.array([kind for some in KINDS.values() for kind in some], pa.string())
    return pa.array(names, pa.string()).take(pc.index_in(bare, value_set=known))


def available(kinds: pa.ChunkedArray) -> list[str]:
    """The sources there are, the best first; second annotators only if alone."""
    there = set(pc.unique(source_of(kinds)).to_pylist())
    found = [name for name in KINDS if name in there]
    return found if found == [SECOND] else [name for name in found if name != SECOND]


MOST_OF = 0.5
"""By how much the share of reviews must fall, to call it another reference."""

LEAST_POINTS = 500
"""Pairs of keypoints before and after, to tell the shares apart."""


def from_reviews(reviews: Ints, points: Ints) -> int | None:
    """From which week on gold stands where reviews stood: (W,) of all pairs twice.

    Who reviews moves what is off and leaves the rest as it was sent, which is then no
    error at all; so beside gold everybody's errors look larger. Simulated, of 60 people
    whose pairs were reviews to four fifths 18 are called careless after. None where the
    share of reviews never fell by `MOST_OF`.
    """
    seen, pairs = (
        np.cumsum(each).astype(np.float64)[:-1] for each in (reviews, points)
    )
    after = points.sum() - pairs
    enough = (pairs >= LEAST_POINTS) & (after >= LEAST_POINTS)
    fell = seen / np.maximum(pairs, 1) - (reviews.sum() - seen) / np.maximum(after, 1)
    fell = np.where(enough, fell, 0.0)
    week = int(np.argmax(fell)) + 1 if len(fell) else 0
    return week if week and fell[week - 1] >= MOST_OF else None


LEAST_OF_ONE = 3
"""Pairs of somebody's week, to count in what all people show."""

SIGNED = (
    *(("n", x, x2) for x, x2 in (("log", "log2"), ("wx", "wx2"), ("wy", "wy2"))),
    *(("n", f"h{axis}", f"h{axis}2") for axis in "xy"),
    *(
        ("body_n", f"body_{kind}{axis}", f"body_{kind}{axis}2")
        for kind in "wh"
        for axis in "xy"
    ),
)
"""Number, sum and sum of squares of what a model's own error shifts for all alike."""


def less_model(sums: Ints) -> Ints:
    """Sums against one model without what all people show: (A, W, K, S) fixed point.

    Off every sum goes the median person's mean of that week and keypoint. Where fewer
    than `LEAST_PEOPLE` worked with the model nobody can be told from it: their sums are
    0 then. So are slips: a model's own are many. `wxwy` and what has no direction but
    `log` stay as they are.
    """
    place = {name: i for i, name in enumerate(STATISTICS)}
    n = sums[..., place["n"]] / UNIT  # (A, W, K)
    people = (n >= LEAST_OF_ONE).sum(axis=0)  # (W, K)
    out = np.where((people >= LEAST_PEOPLE)[..., None], sums, 0)
    out[..., place["gross"]] = 0
    for number, total, squares in SIGNED:
        count, x, x2 = (
            out[..., place[name]] / UNIT for name in (number, total, squares)
        )
        common = median_mean(count, x)  # (W, K)
        out[..., place[total]] = _fixed(x - count * common)
        out[..., place[squares]] = _fixed(x2 - 2 * common * x + count * common**2)
        for hard in HARD if total == "log" else ():
            along = out[..., place[f"{hard}_log"]] - common * out[..., place[hard]]
            out[..., place[f"{hard}_log"]] = np.rint(along).astype(np.int64)
    return out


def median_mean(n: Floats, total: Floats) -> Floats:
    """The median person's mean of each week and keypoint: (A, W, K) twice -> (W, K);
    0 where too few tell."""
    enough = n >= LEAST_OF_ONE
    mean = np.where(enough, total / np.maximum(n, 1.0), np.inf)
    number = enough.sum(axis=0)
    ranked = np.sort(mean, axis=0)
    low, high = np.maximum(number - 1, 0) // 2, np.minimum(number // 2, len(mean) - 1)
    both = np.take_along_axis(ranked, np.stack([low, high]), axis=0)
    known = number >= LEAST_PEOPLE
    return np.where(known, np.where(known, both, 0.0).mean(axis=0), 0.0)


def _fixed(values: Floats) -> Ints:
    return np.rint(values * UNIT).astype(np.int64)
