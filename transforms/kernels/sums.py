"""What is counted of a batch: integers under a key, so that any sharding adds up alike.

A key is (statistic, and up to three names); a value is an int64 array. Real numbers are
counted in fixed point (`ONE` = 1.0), for a sum of floats depends on its order.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import Ints, runs
from posegate.transforms.kernels.weeks import (
    LATE,
    Clock,
    jumps,
    week_codes,
    week_name,
    week_names,
)
from posegate.transforms.model.poses import dense, metres, rates, scalars

Key = tuple[str, str, str, str]
Sum = tuple[Key, Ints]

ONE = 1 << 20
"""1.0 in fixed point; 2^43 such units still fit an int64."""

SPOKEN = ("spatial", "solid", "tracked", "timed")
"""What not every delivery has, and some rules need: how many instances have a third
coordinate; have it in metres or millimetres; a track and a frame; the frames a second
beside these."""

SHIFTING = ("visible", "labelled", "pace")
"""Habits that are shares and times, and may rise or fall."""

WORK = (*SHIFTING, "untouched", "inverted_front", "inverted_back")
"""Of an instance: the share of its keypoints that are marked as visible, of those that
are labelled; the share that is labelled; ln of the seconds it took. Then 0 or 1: left
as a model made it; left and right exchanged, of somebody who faces the camera, and of
somebody who does not."""

FLAG = "visible:"
"""Before a keypoint's name: the habit of marking it as visible."""

LEVELS = 4
"""How many visibility flags there are."""

BINS = 500
"""Bins of an OKS histogram over 0..1; bin b holds [b, b + 1) / 500, the last one 1."""


def fixed(values: npt.NDArray[np.float64]) -> Ints:
    """Real numbers in fixed point; NaN counts as 0."""
    return np.rint(np.nan_to_num(values) * ONE).astype(np.int64)


def code(*columns: pa.Array) -> tuple[Ints, list[tuple[str, ...]]]:
    """Numbers the distinct rows of string columns: (N,) and G names, in order."""
    coded = [pc.fill_null(c, "").dictionary_encode() for c in columns]
    number = np.zeros(len(columns[0]), np.int64)
    for each in coded:  # one number a row: numpy sorts rows of several ten times slower
        number = number * len(each.dictionary) + each.indices.to_numpy()
    _, first, group = np.unique(number, return_index=True, return_inverse=True)
    words = [
        each.dictionary.take(each.indices.take(pa.array(first))).to_pylist()
        for each in coded
    ]
    return group.reshape(-1), list(zip(*words, strict=True))


class Made(NamedTuple):
    """N production rows of a batch, and what several sums are told by: their `flags`
    (N, K), `weeks` (N,) and `habits` (N, 3)."""

    rows: pa.RecordBatch
    flags: npt.NDArray[np.uint8]
    weeks: pa.Array
    habits: npt.NDArray[np.float64]

    @classmethod
    def of(cls, batch: pa.RecordBatch, clock: Clock) -> "Made":
        """Of canonical rows; `clock` says how times become weeks."""
        asked = batch.select(ASKED)
        made = asked.filter(pc.equal(batch["role"], "production"))
        k = made.schema.field("visibility").type.list_size
        flags = dense(made["visibility"], k)
        weeks = week_names(made["annotated_at"], clock)
        return cls(made, flags, weeks, habits(made, flags))


ASKED = (
    *("annotator", "annotated_at", "lead_time_s", "visibility"),
    *("image", "video", "track"),
)
"""What the sums of production rows are made of."""


def of_instances(batch: pa.RecordBatch, made: Made, clock: Clock) -> Iterator[Sum]:
    """Counts of a canonical batch: roles, repairs, 3-D poses, flags by annotator, and
    ("clock", "early" or "late", annotator, week) of times that are of no clock.

    Args:
      batch: canonical rows.
      made: those of production among them.
      clock: how times become weeks.
    """
    for name, n in _counts(batch["role"]):
        yield ("role", name, "", ""), np.array([n])
    for name, n in _counts(batch["repairs"].flatten()):
        yield ("repair", name, "", ""), np.array([n])
    yield from _spoken(batch)
    for name, n in _counts(pc.fill_null(made.rows["annotator"], "")):
        yield ("made", name, "", ""), np.array([n])
    if made.rows.num_rows:
        yield from _flags(made)
        yield from _work(made)
        yield from _misdated(made.rows, clock)


def _spoken(batch: pa.RecordBatch) -> Iterator[Sum]:
    """How many rows have what `SPOKEN` names; nothing of what none has."""
    tracked = pc.and_(batch["track"].is_valid(), batch["frame"].is_valid())
    timed = pc.and_(tracked, pa.array(np.isfinite(rates(batch["fps"]))))
    spatial = batch["z"].is_valid()
    solid = pc.and_(spatial, pa.array(np.isfinite(metres(batch))))
    for name, has in zip(SPOKEN, (spatial, solid, tracked, timed), strict=True):
        if n := has.true_count:
            yield (name, "", "", ""), np.array([n])


def _counts(column: pa.Array) -> list[tuple[str, int]]:
    return [(c["values"], c["counts"]) for c in pc.value_counts(column).to_pylist()]


def _flags(made: Made) -> Iterator[Sum]:
    """(K, 4) counts of each flag, and the instances, by annotator and week."""
    group, names = code(made.rows["annotator"], made.weeks)
    k = made.flags.shape[1]
    cell = (group[:, None] * k + np.arange(k)) * LEVELS + made.flags
    table = np.bincount(cell.ravel(), minlength=len(names) * k * LEVELS)
    for (annotator, name), flags in zip(
        names, table.reshape(len(names), k, LEVELS), strict=True
    ):
        yield ("flags", annotator, name, ""), flags.astype(np.int64)


def _work(made: Made) -> Iterator[Sum]:
    """What an instance alone says of its annotator; see `of_work`."""
    values = np.full((made.rows.num_rows, len(WORK)), np.nan)
    values[:, : len(SHIFTING)] = made.habits
    yield from of_work(pc.fill_null(made.rows["annotator"], ""), made.weeks, values)


def _misdated(batch: pa.RecordBatch, clock: Clock) -> Iterator[Sum]:
    """How many times lie beyond the clock's bounds, by annotator and week."""
    off = jumps(batch["annotated_at"], clock)
    if not off.any():
        return
    some = batch.filter(pa.array(off != 0))
    codes = week_codes(some["annotated_at"])
    which = pa.array(np.where(off[off != 0] == LATE, "late", "early"))
    weeks = pa.array([week_name(c) for c in codes.tolist()], pa.string())
    group, names = code(which, pc.fill_null(some["annotator"], ""), weeks)
    for (jump, who, week), n in zip(names, np.bincount(group).tolist(), strict=True):
        yield ("clock", jump, who, week), np.array([n])


def habits(
    batch: pa.RecordBatch, visibility: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """(N, 3) `SHIFTING` of every instance; NaN where it does not tell."""
    labelled = (visibility > 0).sum(axis=1)
    seen = (visibility > 1).sum(axis=1)
    seconds = scalars(batch["lead_time_s"].cast(pa.float64()))
    took = np.isfinite(seconds) & (seconds > 0)
    return np.stack(
        [
            np.where(labelled > 0, seen / np.maximum(labelled, 1), np.nan),
            labelled / max(visibility.shape[1], 1),
            np.log(np.where(took, seconds, np.nan)),
        ],
        axis=1,
    )


def of_work(
    annotator: pa.Array, week: pa.Array, values: npt.NDArray[np.float64]
) -> Iterator[Sum]:
    """("work", annotator, week) (H, 3): n, sum and sum of squares of every habit.

    `values` (N, H) in the order of `WORK`, NaN where an instance does not tell; what
    has no week takes part in nothing.
    """
    group, names = code(annotator, week)
    known = np.isfinite(values).astype(np.float64)
    added = np.stack([fixed(known), fixed(values), fixed(values**2)], axis=2)
    table = np.zeros((len(names), *added.shape[1:]), np.int64)
    np.add.at(table, group, added)
    for (annotator, name), cells in zip(names, table, strict=True):
        if name and cells.any():
            yield ("work", annotator, name, ""), cells


def of_findings(batch: pa.RecordBatch) -> Iterator[Sum]:
    """[findings, instances] by rule, severity and annotator: one batch's findings.

    All findings of one row and rule must stand in one batch.
    """
    if not batch.num_rows:
        return
    group, names = code(batch["rule"], batch["severity"], batch["annotator"])
    row = batch["row"].to_numpy()
    findings = np.bincount(group, minlength=len(names))
    order = np.lexsort((row, group))
    starts, _ = runs(group[order], row[order])
    instances = np.bincount(group[order][starts], minlength=len(names))
    for (rule, severity, annotator), f, i in zip(
        names, findings.tolist(), instances.tolist(), strict=True
    ):
        yield ("finding", rule, severity, annotator), np.array([f, i])


def rejecting(batch: pa.RecordBatch) -> pa.RecordBatch:
    """(row, annotator) of production findings that reject, of one part."""
    kept = pc.and_(
        pc.equal(batch["severity"], "reject"), pc.equal(batch["role"], "production")
    )
    return batch.select(["row", "annotator"]).filter(kept)


def of_rejected(batches: Iterable[pa.RecordBatch]) -> Iterator[Sum]:
    """Instances that are rejected, by annotator: all of a part's `rejecting`.

    An instance counts once, whichever branches found something.
    """
    every = pa.concat_batches(list(batches))
    _, first = np.unique(every["row"].to_numpy(), return_index=True)
    who = every["annotator"].take(pa.array(first))
    for name, n in _counts(pc.fill_null(who, "")):
        yield ("rejected", name, "", ""), np.array([n])


def of_quarantine(batch: pa.RecordBatch) -> Iterator[Sum]:
    """Counts of quarantined records by reason, and the files that broke off."""
    for name, n in _counts(batch["reason"]):
        yield ("quarantine", name, "", ""), np.array([n])
    whole = pc.equal(batch["position"], -1)
    for name, n in _counts(batch["source"].filter(whole)):
        yield ("unreadable", name, "", ""), np.array([n])
