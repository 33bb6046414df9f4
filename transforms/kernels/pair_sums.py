"""What is counted of pairs, as integers under a key; see `kernels.sums`."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels import agreement, drift
from posegate.transforms.kernels.buckets import Ints, stable_hash
from posegate.transforms.kernels.geometry import length
from posegate.transforms.kernels.sums import BINS, LEVELS, Sum, code, fixed
from posegate.transforms.model.poses import Floats, dense, scalars
from posegate.transforms.model.skeleton import Skeleton

MEASURES = ("oks", "oks_sym", "pck", "mpjpe")
"""Of each: how many pairs have it, its sum and its sum of squares."""

STILLS = 1024
"""Stills are independent; this many clusters of them bound their number."""


def of_pairs(pairs: pa.RecordBatch, skeleton: Skeleton, bad: float) -> Iterator[Sum]:
    """The sums of a batch of `schema.agreement`, by kind of reference.

    ("pairs", kind) (len(MEASURES), 3); ("histogram", kind) (BINS,); ("joint", kind)
    (K, 3) of n, px and error / (sigma s); ("judged", annotator, kind) [n, bad, OKS];
    ("cluster", kind, video) [n, OKS]; ("flags-pair",) (4, 4); ("weekly", annotator,
    week, kind) (K, S).

    Args:
      bad: the OKS below which an instance is nonconforming.
    """
    if not pairs.num_rows:
        return
    k = len(skeleton.keypoints)
    error = dense(pairs["error"], 2 * k).reshape(-1, k, 2)
    score = headline(pairs)
    group, kinds = code(pairs["kind"])
    for number, (kind,) in enumerate(kinds):
        rows = np.flatnonzero(group == number)
        some = pairs.take(pa.array(rows))
        yield ("pairs", kind, "", ""), measures(some)
        yield ("histogram", kind, "", ""), histogram(score[rows])
        yield (
            ("joint", kind, "", ""),
            joints(error[rows], scalars(some["scale"]), skeleton),
        )
        yield from clusters(some, score[rows], kind)
    yield from judged(pairs, score, bad)
    own, other = dense(pairs["visibility"], k), dense(pairs["reference_visibility"], k)
    yield ("flags-pair", "", "", ""), agreement.confusion(own, other, LEVELS)
    if skeleton.sigmas is not None:
        fair = score >= bad
        yield from weekly(pairs.filter(pa.array(fair)), error[fair], skeleton)


def headline(pairs: pa.RecordBatch) -> Floats:
    """(N,) OKS against gold and reviews, the symmetric one between two annotators."""
    second = np.asarray(pc.equal(pairs["kind"], "second"))
    return np.where(second, scalars(pairs["oks_sym"]), scalars(pairs["oks"]))


def measures(pairs: pa.RecordBatch) -> Ints:
    """(len(MEASURES), 3): count, sum and sum of squares, in fixed point."""
    values = np.stack([scalars(pairs[name]) for name in MEASURES])  # (M, N)
    known = np.isfinite(values)
    return np.stack(
        [
            known.sum(axis=1),
            fixed(np.where(known, values, 0)).sum(axis=1),
            fixed(np.where(known, values, 0) ** 2).sum(axis=1),
        ],
        axis=1,
    )


def histogram(score: Floats) -> Ints:
    """(BINS,) how many scores lie in each bin of 0..1; NaN in none."""
    known = score[np.isfinite(score)]
    bins = np.minimum((known * BINS).astype(np.int64), BINS - 1)
    return np.bincount(bins, minlength=BINS)


def joints(error: Floats, scale: Floats, skeleton: Skeleton) -> Ints:
    """(K, 3) pairs, error [px] and error / (sigma s), in fixed point."""
    px = length(error)  # (N, K)
    q = np.full_like(px, np.nan)
    if skeleton.sigmas is not None:
        q = px / (skeleton.sigma * scale[:, None])
    known = np.isfinite(px)
    return np.stack(
        [
            known.sum(axis=0),
            fixed(np.where(known, np.minimum(px, drift.MOST_PX), 0)).sum(axis=0),
            fixed(np.where(known, np.minimum(q, drift.MOST_PX), 0)).sum(axis=0),
        ],
        axis=1,
    )


def clusters(pairs: pa.RecordBatch, score: Floats, kind: str) -> Iterator[Sum]:
    """[n, OKS] by video; stills stand in clusters of their own kind."""
    still = pc.binary_join_element_wise(
        "still", pa.array((stable_hash(pairs["image"]) % STILLS).astype(str)), " "
    )
    group, names = code(pc.coalesce(pairs["video"], still))
    known = np.isfinite(score)
    n = np.bincount(group[known], minlength=len(names))
    total = np.zeros(len(names), np.int64)
    np.add.at(total, group[known], fixed(score[known]))
    for number, (name,) in enumerate(names):
        yield ("cluster", kind, name, ""), np.array([n[number], total[number]])


def judged(pairs: pa.RecordBatch, score: Floats, bad: float) -> Iterator[Sum]:
    """[n, bad, OKS] by annotator and kind of reference."""
    group, names = code(pairs["annotator"], pairs["kind"])
    known = np.isfinite(score)
    cells = np.zeros((len(names), 3), np.int64)
    np.add.at(
        cells,
        group[known],
        np.stack(
            [np.ones(known.sum()), score[known] < bad, fixed(score[known])], 1
        ).astype(np.int64),
    )
    for (annotator, kind), cell in zip(names, cells, strict=True):
        yield ("judged", annotator, kind, ""), cell


def weekly(pairs: pa.RecordBatch, error: Floats, skeleton: Skeleton) -> Iterator[Sum]:
    """(K, S) sums of `drift.STATISTICS` by annotator, week and kind of reference.

    Only of pairs that conform: a person drawn swapped or in another's place is a defect
    of that instance, and would raise an alarm on every keypoint at once.
    """
    group, names = code(pairs["annotator"], pairs["week"], pairs["kind"])
    dated = np.array([bool(week) for _, week, _ in names])
    table = drift.grouped_sums(
        np.where(dated[group], group, -1),
        len(names),
        error,
        np.asarray(np.isfinite(error).all(axis=2)),
        scalars(pairs["scale"]),
        skeleton.sigma,
    )
    for (annotator, week, kind), cells in zip(names, table, strict=True):
        if week:
            yield ("weekly", annotator, week, kind), cells
