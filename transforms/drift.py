"""What every annotator's pairs add up to, week by week and keypoint by keypoint."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsIter

from posegate.transforms.kernels import pair_sums
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.model.poses import Bools
from posegate.transforms.model.skeleton import Skeleton


@dataclass
class Drift(beam.PTransform):  # type: ignore[misc]
    """Pairs -> their integer sums; `bad` is the OKS below which one is nonconforming.

    `drawn` are the rows of the sample, by part; None where every review counts. The
    history of earlier deliveries joins where they are judged (`judge.refold`).
    """

    skeleton: Skeleton
    bad: float
    drawn: beam.PCollection[tuple[int, pa.RecordBatch]] | None

    def expand(self, pairs: beam.PCollection[pa.RecordBatch]) -> beam.PCollection[Sum]:
        drawn = AsIter(self.drawn) if self.drawn is not None else None
        return pairs | "sum" >> beam.FlatMap(summed, self.skeleton, self.bad, drawn)


def summed(
    pairs: pa.RecordBatch,
    skeleton: Skeleton,
    bad: float,
    drawn: Iterable[tuple[int, pa.RecordBatch]] | None,
) -> Iterable[Sum]:
    """The sums of a batch of pairs, and how many reviews do not count."""
    fair = representative(pairs, drawn)
    yield from pair_sums.of_pairs(pairs.filter(pa.array(fair)), skeleton, bad)
    if not fair.all():
        yield ("refused", "not-drawn", "", ""), np.array([(~fair).sum()])


def representative(
    pairs: pa.RecordBatch, drawn: Iterable[tuple[int, pa.RecordBatch]] | None
) -> Bools:
    """(N,) whether a pair says something of the instances that have none.

    Gold lies where it lies. A review does if its instance was drawn: those that a rule
    sent to review are worse than the rest, and would reject a good delivery.
    """
    review = np.asarray(pc.equal(pairs["kind"], "review"))
    if drawn is None or not review.any():
        return np.ones(pairs.num_rows, bool)
    part, row = pairs["part"].to_numpy(), pairs["row"].to_numpy()
    counts = ~review
    for number, rows in drawn:
        here = review & (part == number)
        counts[here] |= np.isin(row[here], rows["row"].to_numpy())
    return counts
