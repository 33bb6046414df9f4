"""What is counted of pairs, as integers under a key; see `kernels.sums`."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels import agreement, jackknife, sides, taxonomy
from posegate.transforms.kernels.buckets import Ints, stable_hash
from posegate.transforms.kernels.geometry import length
from posegate.transforms.kernels.ledger import ACCEPT, PARTIAL
from posegate.transforms.kernels.mask_streams import of_masks
from posegate.transforms.kernels.score import Score, score_of
from posegate.transforms.kernels.stream_sums import MOST_PX, of_streams
from posegate.transforms.kernels.sums import (
    BINS,
    LEVELS,
    ONE,
    Sum,
    code,
    fixed,
    of_work,
)
from posegate.transforms.model.poses import Bools, Floats, dense, scalars
from posegate.transforms.model.schema import Visibility
from posegate.transforms.model.skeleton import Skeleton

Bytes = npt.NDArray[np.uint8]

MEASURES = (
    *("oks", "oks_sym", "pck", "mpjpe"),
    *("mask_iou", "boundary_iou", "dice"),
)
"""Of each: how many pairs have it, its sum and its sum of squares."""

HEAVY = ("error", "body_error", "visibility", "reference_visibility")
"""Columns of keypoints, of which nothing is said by instances: not to be copied."""

NAMED = (
    *("video", "image", "annotator", "stratum"),
    *("category", "reference_category"),
)
"""What else the sums by kind of reference are told by."""

WEEKLY = (
    *("annotator", "week", "kind", "scale", "people"),
    *("body_error", "reference_visibility"),
)
"""What `weekly` reads."""

VARIANTS = ("oks_box", "oks_one_sigma", "oks_extent")

STILLS = 1024
"""Stills are independent; this many clusters of them bound their number."""

STILL = "still "
"""Before the number of such a cluster."""


def of_pairs(
    pairs: pa.RecordBatch,
    skeleton: Skeleton,
    bad: float,
    followed: Sequence[str] = (),
) -> Iterator[Sum]:
    """The sums of a batch of `schema.agreement`, by kind of reference.

    ("pairs", kind) (len(MEASURES), 3); ("histogram", kind) (BINS,); ("joint", kind)
    (K, 3) of n, px and error / (sigma s); ("mistake", annotator, kind) (K, 5) of
    `taxonomy.KINDS`; ("variant", name) [n, value] of what other tools call OKS;
    ("class", kind, category, reference's) [n] where both say one; ("judged", annotator,
    kind, purpose) [n, bad, score], the purpose empty if it feeds the test of the lot;
    ("histogram", "by", annotator) (BINS,) against gold and reviews; ("work",
    annotator, week) of sides (`sums.of_work`); ("lot", kind, stratum)
    [n, score, score^2]; ("cluster", kind, video) [n, score]; ("gold-video", annotator,
    video) [n]; ("flags-pair",) (`jackknife.GROUPS`, 4, 4);
    ("weekly", annotator, week, kind) (K, S), of masks `mask_streams.of_masks`.

    What is reviewed at some keypoints only counts for these, not as an instance.

    Args:
      bad: the score below which an instance is nonconforming.
      followed: the keypoints that are looked at where only some are.
    """
    if not pairs.num_rows:
        return
    k, score = len(skeleton.keypoints), score_of(skeleton)
    whole = ~partial(pairs)
    light = pairs.select([n for n in pairs.schema.names if n not in HEAVY])
    yield from of_instances(chosen(light, whole), score, bad)
    error = dense(pairs["error"], 2 * k).reshape(-1, k, 2)
    own, other = dense(pairs["visibility"], k), dense(pairs["reference_visibility"], k)
    if not whole.all():
        seen = looked_at(pairs, skeleton, followed)
        error = np.where(seen[..., None], error, np.nan)
        own, other = (np.where(seen, each, np.uint8(0)) for each in (own, other))
    group, kinds = code(pairs["kind"])
    for number, (kind,) in enumerate(kinds):
        rows = np.flatnonzero(group == number)
        some = scalars(pairs["scale"].take(pa.array(rows)))
        yield ("joint", kind, "", ""), joints(error[rows], some, skeleton)
    yield from flags(pairs, own, other)
    fair = score.of(pairs) >= bad
    if skeleton.masked:
        yield from of_masks(pairs, fair, hard(pairs))
    elif skeleton.sigmas is not None:
        yield from weekly(chosen(pairs.select(WEEKLY), fair), error[fair], skeleton)


def flags(pairs: pa.RecordBatch, own: Bytes, other: Bytes) -> Iterator[Sum]:
    """How often each flag met each of the reference's, by group of videos: of (N, K)
    twice."""
    group = jackknife.groups(pairs)[:, None]
    table = agreement.confusion(own, other, LEVELS, group, jackknife.GROUPS)
    yield ("flags-pair", "", "", ""), table


def chosen(pairs: pa.RecordBatch, kept: Bools) -> pa.RecordBatch:
    """Some of the pairs; the batch itself, not a copy, where it is all of them."""
    return pairs if kept.all() else pairs.filter(pa.array(kept))


def looked_at(
    pairs: pa.RecordBatch, skeleton: Skeleton, followed: Sequence[str]
) -> Bools:
    """(N, K) which keypoints somebody looked at: where only some were asked for, the
    others come back as they were sent, and would agree with themselves."""
    asked = np.isin(np.array(skeleton.keypoints, str), np.array(followed, str))
    return ~partial(pairs)[:, None] | asked


def partial(pairs: pa.RecordBatch) -> Bools:
    """(N,) whether only some keypoints were looked at."""
    if "purpose" not in pairs.schema.names:
        return np.zeros(pairs.num_rows, bool)
    return np.asarray(pc.equal(pairs["purpose"], PARTIAL))


def of_instances(pairs: pa.RecordBatch, by: Score, low: float) -> Iterator[Sum]:
    """The sums of pairs that say something of the instance as a whole."""
    if not pairs.num_rows:
        return
    score = by.of(pairs)
    group, kinds = code(pairs["kind"])
    told = pairs.select([*MEASURES, *NAMED])
    for number, (kind,) in enumerate(kinds):
        rows = np.flatnonzero(group == number)
        some = told.take(pa.array(rows))
        yield ("pairs", kind, "", ""), measures(some)
        yield ("histogram", kind, "", ""), histogram(score[rows])
        yield from clusters(some, score[rows], kind)
        yield from strata(some, score[rows], kind)
        yield from classes(some, kind)
        if kind == "gold":
            yield from videos(some.filter(pa.array(np.isfinite(score[rows]))))
    for name in VARIANTS:
        yield ("variant", name, "", ""), added(pairs, name)
    yield from mistakes(pairs)
    who, week = (pc.fill_null(pairs[name], "") for name in ("annotator", "week"))
    yield from of_work(who, week, sides.work(pairs))
    yield from judged(pairs, score, by.bad(pairs, low))


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
            fixed(np.where(known, np.minimum(px, MOST_PX), 0)).sum(axis=0),
            fixed(np.where(known, np.minimum(q, MOST_PX), 0)).sum(axis=0),
        ],
        axis=1,
    )


def added(pairs: pa.RecordBatch, name: str) -> Ints:
    """(2,) how many have a measure, and its sum in fixed point."""
    value = scalars(pairs[name])
    return np.array([np.isfinite(value).sum(), fixed(value).sum()], np.int64)


def classes(pairs: pa.RecordBatch, kind: str) -> Iterator[Sum]:
    """[n] pairs of each category with each of the references', where both say one."""
    both = pc.and_(pairs["category"].is_valid(), pairs["reference_category"].is_valid())
    told = pairs.filter(both)
    group, names = code(told["category"], told["reference_category"])
    n = np.bincount(group, minlength=len(names))
    for number, (own, other) in enumerate(names):
        yield ("class", kind, own, other), n[number : number + 1].astype(np.int64)


def mistakes(pairs: pa.RecordBatch) -> Iterator[Sum]:
    """(K, 5) keypoints of each kind of error, by annotator and kind of reference."""
    k = pairs.schema.field("mistake").type.list_size
    which = dense(pairs["mistake"], k).astype(np.int64)  # (N, K)
    group, names = code(pairs["annotator"], pairs["kind"])
    kinds = len(taxonomy.KINDS)
    cell = (group[:, None] * k + np.arange(k)) * kinds + which
    table = np.bincount(cell[which >= 0], minlength=len(names) * k * kinds)
    for (annotator, kind), counts in zip(
        names, table.reshape(len(names), k, kinds), strict=True
    ):
        if counts.any():
            yield ("mistake", annotator, kind, ""), counts.astype(np.int64)


def clusters(pairs: pa.RecordBatch, score: Floats, kind: str) -> Iterator[Sum]:
    """[n, score] by video; stills stand in clusters of their own kind."""
    bare = np.asarray(pairs["video"].is_null())
    stills = stable_hash(pairs["image"].filter(pa.array(bare))) % STILLS
    named = pa.array([f"{STILL}{number}" for number in stills.tolist()], pa.string())
    group, names = code(pc.replace_with_mask(pairs["video"], pa.array(bare), named))
    known = np.isfinite(score)
    n = np.bincount(group[known], minlength=len(names))
    total = np.zeros(len(names), np.int64)
    np.add.at(total, group[known], fixed(score[known]))
    for number, (name,) in enumerate(names):
        yield ("cluster", kind, name, ""), np.array([n[number], total[number]])


def videos(pairs: pa.RecordBatch) -> Iterator[Sum]:
    """("gold-video", annotator, video) [n] of pairs that are of a video."""
    some = pairs.filter(pairs["video"].is_valid())
    group, names = code(some["annotator"], some["video"])
    n = np.bincount(group, minlength=len(names))
    for number, (who, video) in enumerate(names):
        yield ("gold-video", who, video, ""), n[number : number + 1].astype(np.int64)


def strata(pairs: pa.RecordBatch, score: Floats, kind: str) -> Iterator[Sum]:
    """[n, score, score^2] by the stratum that the instance was drawn in."""
    group, names = code(pairs["stratum"])
    known = np.isfinite(score)
    values = np.stack([np.ones(len(score)) / ONE, score, score**2], axis=1)
    cells = np.zeros((len(names), 3), np.int64)
    np.add.at(cells, group[known], fixed(values[known]))
    for (name,), cell in zip(names, cells, strict=True):
        yield ("lot", kind, name, ""), cell


def judged(pairs: pa.RecordBatch, score: Floats, bad: Bools) -> Iterator[Sum]:
    """[n, bad, score] by annotator, kind of reference and purpose; and histograms."""
    purpose = pa.array([""] * pairs.num_rows, pa.string())
    if "purpose" in pairs.schema.names:
        feeds = pc.equal(pairs["purpose"], ACCEPT)
        purpose = pc.if_else(feeds, "", pairs["purpose"])
    group, names = code(pairs["annotator"], pairs["kind"], purpose)
    known = np.isfinite(score)
    cells = np.zeros((len(names), 3), np.int64)
    np.add.at(
        cells,
        group[known],
        np.stack([np.ones(known.sum()), bad[known], fixed(score[known])], 1).astype(
            np.int64
        ),
    )
    for number, (annotator, kind, what) in enumerate(names):
        yield ("judged", annotator, kind, what), cells[number]
        if kind != "second":
            mine = score[group == number]
            yield ("histogram", "by", annotator, ""), histogram(mine)


def weekly(pairs: pa.RecordBatch, error: Floats, skeleton: Skeleton) -> Iterator[Sum]:
    """(K, S) sums of `stream_sums.STATISTICS` by annotator, week and kind of reference.

    Only of pairs that conform: a person drawn swapped or in another's place is a defect
    of that instance, and would raise an alarm on every keypoint at once.
    """
    yield from of_streams(
        (pairs["annotator"], pairs["week"], pairs["kind"]),
        error,
        np.asarray(np.isfinite(error).all(axis=2)),
        scalars(pairs["scale"]),
        skeleton.sigma,
        dense(pairs["body_error"], 2 * len(skeleton.keypoints)).reshape(error.shape),
        hard(pairs),
    )


def hard(pairs: pa.RecordBatch) -> Floats:
    """(N, 2) what makes each pair hard, as `stream_sums.HARD` after the scale."""
    k = pairs.schema.field("reference_visibility").type.list_size
    flags = dense(pairs["reference_visibility"], k)
    labelled = np.maximum((flags > 0).sum(axis=1), 1)
    hidden = (flags == Visibility.OCCLUDED).sum(axis=1) / labelled
    return np.stack([hidden, np.log(np.maximum(scalars(pairs["people"]), 1))], axis=1)
