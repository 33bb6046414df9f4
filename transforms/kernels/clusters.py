"""Instances that are no news of their own: those of one track look alike.

An annotator's week may be fourteen frames of one dark clip and two others. Instances
of a track are a cluster: if all of it were the same, the mean over n of them, in
clusters of m, would have variance s^2 sum(m^2) / n^2 (`dispersion` says how alike).
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import Ints, stable_hash
from posegate.transforms.kernels.sums import SHIFTING, Made, Sum, code
from posegate.transforms.model.poses import Bools

NOTHING: Ints = np.zeros((0, 1 + len(SHIFTING)), np.int64)


def of_clusters(made: Made) -> Iterator[Sum]:
    """("crowd", annotator, week) (M, 1 + 3): every cluster's hash, and how many of its
    production instances tell of each of `SHIFTING`.
    """
    rows = made.rows
    if not rows.num_rows:
        return
    known: Bools = np.isfinite(made.habits)
    group, names = code(rows["annotator"], made.weeks, clusters(rows))
    counts = np.zeros((len(names), 1 + len(SHIFTING)), np.int64)
    counts[:, 0] = stable_hash(pa.array([name[2] for name in names])).view(np.int64)
    np.add.at(counts[:, 1:], group, known)
    end = 0
    for (annotator, name), some in groupby(name[:2] for name in names):
        start, end = end, end + len(list(some))
        if name:
            yield ("crowd", annotator, name, ""), counts[start:end].copy()


def clusters(batch: pa.RecordBatch) -> pa.Array:
    """Whose part each instance is: its track's, else its video's, else its image's."""
    scene = pc.coalesce(batch["video"], batch["track"], batch["image"])
    return pc.binary_join_element_wise(scene, pc.fill_null(batch["track"], ""), "\x00")


def merged(tables: Iterable[Ints]) -> Ints:
    """Tables of `of_clusters` as one, in order of hash: (M, 1 + 3)."""
    table = np.concatenate([NOTHING, *tables])
    hashes, place = np.unique(table[:, 0], return_inverse=True)
    counts = np.zeros((len(hashes), table.shape[1]), np.int64)
    counts[:, 0] = hashes
    np.add.at(counts[:, 1:], place.reshape(-1), table[:, 1:])
    return counts


def crowd(table: Ints) -> Ints:
    """(3,) sum of the squares of the clusters' sizes: n if all stand alone."""
    return np.asarray((table[:, 1:] ** 2).sum(axis=0))
