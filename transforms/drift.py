"""What every annotator's pairs add up to, week by week and keypoint by keypoint."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam
import pyarrow as pa

from posegate.transforms.kernels import pair_sums
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.model.skeleton import Skeleton


@dataclass
class Drift(beam.PTransform):  # type: ignore[misc]
    """Pairs -> their integer sums; `bad` is the OKS below which one is nonconforming.

    The history of earlier deliveries joins where they are judged (`decide.refold`).
    """

    skeleton: Skeleton
    bad: float

    def expand(self, pairs: beam.PCollection[pa.RecordBatch]) -> beam.PCollection[Sum]:
        return pairs | "sum" >> beam.FlatMap(summed, self.skeleton, self.bad)


def summed(pairs: pa.RecordBatch, skeleton: Skeleton, bad: float) -> Iterable[Sum]:
    """The sums of a batch of pairs."""
    yield from pair_sums.of_pairs(pairs, skeleton, bad)
