"""What every annotator's pairs add up to, week by week and keypoint by keypoint."""

from dataclasses import dataclass

import apache_beam as beam
import pyarrow as pa

from posegate.transforms.kernels.pair_sums import of_pairs
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.model.skeleton import Skeleton


@dataclass
class Drift(beam.PTransform):  # type: ignore[misc]
    """Pairs -> their integer sums; `bad` is the score below which one is nonconforming,
    `followed` are the keypoints that are looked at where only some are.

    The history of earlier deliveries joins where they are judged (`judge.Refold`).
    """

    skeleton: Skeleton
    bad: float
    followed: tuple[str, ...] = ()

    def expand(self, pairs: beam.PCollection[pa.RecordBatch]) -> beam.PCollection[Sum]:
        return pairs | "sum" >> beam.FlatMap(
            of_pairs, self.skeleton, self.bad, self.followed
        )
