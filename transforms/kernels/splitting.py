"""Which group goes into which split: stratified, whole groups, and for good.

Within a stratum groups stand in the order of a hash and are cut where the fractions of
their instances say. A group that an earlier version assigned keeps its split, so a test
set never loses or leaks an instance when a delivery is added.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels import sampling
from posegate.transforms.kernels.buckets import Ints, runs
from posegate.transforms.kernels.decisions import GROUPS

SPLITS = ("train", "val", "test")

ASSIGNED = pa.schema([*GROUPS, pa.field("split", pa.string(), nullable=False)])
"""One row a group: its commonest stratum, its instances, and its split for good."""

PURPOSE = "split"


def plan(
    counts: pa.Table, fractions: tuple[float, float, float], seed: str, before: pa.Table
) -> pa.Table:
    """Assigns every group (`ASSIGNED`, by group).

    The fractions are those of all instances: what earlier deliveries gave one split too
    many, this one gives the others, or a vendor of one video a week would fill a single
    split.

    Args:
      counts: `GROUPS` rows of the new delivery; a group may have several.
      fractions: of train, val and test; they add up to 1.
      before: `ASSIGNED` rows of the version that this one follows.
    """
    new = dominant(counts)
    known = pc.is_in(new["group"], value_set=before["group"].combine_chunks())
    fresh = new.filter(pc.invert(known))
    kept = merge(before, new.filter(known))
    stratum = pool(fresh["stratum"].to_pylist(), fractions)
    shares = due(fractions, kept, int(np.sum(fresh["instances"].to_numpy())))
    names = np.asarray(SPLITS)[assign(fresh, stratum, shares, seed)]
    fresh = fresh.append_column("split", pa.array(names.tolist(), pa.string()))
    every = [kept.cast(ASSIGNED), fresh.cast(ASSIGNED)]
    return pa.concat_tables(every).sort_by("group")


def plan_locked(
    counts: pa.Table,
    fractions: tuple[float, float],
    seed: str,
    before: pa.Table,
    locked: pa.ChunkedArray,
) -> pa.Table:
    """As `plan`, with the test set given: (G,) names of groups, wherever they were.

    `fractions` are of train and val, of what is left. What an earlier version put into
    its test set stays there: a model that learns from it could not be compared.
    """
    names = pa.array(locked.to_pylist(), pa.string())
    out, gone = (pc.is_in(t["group"], value_set=names) for t in (counts, before))
    train, val = fractions
    rest = train + val
    shares = (train / rest, val / rest, 0.0) if rest else (1.0, 0.0, 0.0)
    others = plan(
        counts.filter(pc.invert(out)), shares, seed, before.filter(pc.invert(gone))
    )
    earlier = before.filter(gone).select(GROUPS.names)
    test = dominant(pa.concat_tables([counts.filter(out), earlier]))
    split = pa.array(["test"] * test.num_rows, pa.string())
    held = test.append_column("split", split).cast(ASSIGNED)
    return pa.concat_tables([others, held]).sort_by("group")


def united(versions: Sequence[pa.Table]) -> pa.Table:
    """Several assignments (`ASSIGNED`) as one; the first that knows a group decides."""
    every = pa.concat_tables([ASSIGNED.empty_table(), *versions])
    _, first = np.unique(np.asarray(every["group"].to_pylist(), str), return_index=True)
    return every.take(pa.array(np.sort(first)))


def dominant(counts: pa.Table) -> pa.Table:
    """One row a group: all its instances, in the stratum that has most of them."""
    summed = counts.group_by(["group", "stratum"]).aggregate([("instances", "sum")])
    ordered = summed.sort_by(
        [
            ("group", "ascending"),
            ("instances_sum", "descending"),
            ("stratum", "ascending"),
        ]
    )
    group = ordered["group"].combine_chunks().dictionary_encode()
    starts, _ = runs(group.indices.to_numpy())
    if not len(starts):
        return GROUPS.empty_table()
    total = np.add.reduceat(ordered["instances_sum"].to_numpy(), starts)
    first = ordered.take(pa.array(starts))
    return pa.table([first["group"], first["stratum"], pa.array(total)], schema=GROUPS)


def due(
    fractions: tuple[float, float, float], kept: pa.Table, n: int
) -> tuple[float, float, float]:
    """The fractions of n new instances that bring all instances near `fractions`."""
    split = np.asarray(kept["split"].to_pylist(), object)
    have = [kept["instances"].to_numpy()[split == name].sum() for name in SPLITS]
    lack = np.maximum(np.asarray(fractions) * (sum(have) + n) - have, 0)
    train, val, test = (lack / lack.sum() if n else np.asarray(fractions)).tolist()
    return train, val, test


def assign(
    groups: pa.Table, stratum: Ints, fractions: tuple[float, float, float], seed: str
) -> Ints:
    """(G,) the number of each new group's split: stratum (G,), as `pool` numbers them.

    A group belongs where the middle of its stretch falls. `groups` are in the order of
    their names, which decides where two hashes are the same.
    """
    n = groups["instances"].to_numpy()
    u = sampling.uniform(seed, PURPOSE, groups["group"].to_pylist())
    order = np.lexsort((u, stratum))
    starts, lengths = runs(stratum[order])
    end = np.cumsum(n[order])
    before = np.repeat(np.r_[0, end][starts], lengths)
    total = np.repeat(np.add.reduceat(n[order], starts), lengths) if len(n) else n
    middle = (end - n[order] / 2 - before) / np.maximum(total, 1)
    # Test first: the order of the cuts is arbitrary, but must never change.
    _, val, test = fractions
    cut = np.searchsorted([test, test + val], middle, side="right")
    out = np.empty(len(n), np.int64)
    out[order] = np.array([2, 1, 0])[cut]
    return out


def pool(strata: list[str], fractions: tuple[float, float, float]) -> Ints:
    """Numbers the strata; those with fewer groups than a cut needs share number 0.

    So the fractions hold overall, where each of many small strata would round its own.
    """
    if not strata:
        return np.empty(0, np.int64)
    _, number, count = np.unique(strata, return_inverse=True, return_counts=True)
    least = 1 / min(f for f in fractions if f > 0)
    return np.where(count[number] >= least, number + 1, 0)


def merge(before: pa.Table, again: pa.Table) -> pa.Table:
    """The earlier assignment, with the new instances of known groups counted in."""
    both = pa.concat_tables(
        [before.select(["group", "instances"]), again.select(["group", "instances"])]
    )
    total = both.group_by("group").aggregate([("instances", "sum")])
    counted = dict(
        zip(total["group"].to_pylist(), total["instances_sum"].to_pylist(), strict=True)
    )
    n = pa.array([counted[g] for g in before["group"].to_pylist()], pa.int64())
    return before.set_column(2, GROUPS.field("instances"), n)
