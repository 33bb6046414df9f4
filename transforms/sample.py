"""Which instances are to be reviewed: a hash sample of each stratum."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels import sampling
from posegate.transforms.kernels.buckets import scatter
from posegate.transforms.kernels.sums import code
from posegate.transforms.model.columns import column
from posegate.transforms.model.finding import judgeable
from posegate.transforms.model.policy import Sampling
from posegate.transforms.model.poses import dense
from posegate.transforms.parts import concat, location

DRAWS = pa.schema(
    [
        pa.field("u", pa.float64(), nullable=False),
        pa.field("part", pa.int32(), nullable=False),
        pa.field("row", pa.int32(), nullable=False),
    ]
)

SAMPLE = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("draw", pa.float64(), nullable=False),
        pa.field("probability", pa.float64(), nullable=False),
    ]
)
"""Sampled rows of a part, and the probability with which each came in."""

PURPOSE = "accept"


@dataclass
class Sample(beam.PTransform):  # type: ignore[misc]
    """Canonical batches -> the sampled rows of each part (`SAMPLE`)."""

    settings: Sampling

    def expand(
        self, batches: beam.PCollection[pa.RecordBatch]
    ) -> beam.PCollection[tuple[int, pa.RecordBatch]]:
        return (
            batches
            | "draw" >> beam.FlatMap(draws, self.settings)
            | "by stratum" >> beam.GroupByKey()
            | "lowest" >> beam.FlatMap(lowest, self.settings.rate)
        )


def draws(
    batch: pa.RecordBatch, settings: Sampling
) -> Iterable[tuple[str, pa.RecordBatch]]:
    """Draws a number for each production row with a keypoint, by stratum."""
    production = np.asarray(pc.equal(batch["role"], "production"))
    k = batch.schema.field("visibility").type.list_size
    labelled = (dense(batch["visibility"], k) > 0).any(axis=1)
    rows = np.flatnonzero(judgeable(batch) & production & labelled)
    if not len(rows):
        return
    chosen = batch.take(pa.array(rows))
    part, first = location(batch)
    u = sampling.uniform(settings.seed, PURPOSE, chosen["instance"].to_pylist())
    drawn = pa.RecordBatch.from_arrays(
        [
            pa.array(u),
            pa.array(np.full(len(rows), part, np.int32)),
            pa.array((rows + first).astype(np.int32)),
        ],
        schema=DRAWS,
    )
    group, names = code(*(column(chosen, name) for name in settings.strata))
    for stratum, some in scatter(drawn, group):
        yield "\x1f".join(names[stratum]), some


def lowest(
    drawn: tuple[str, Iterable[pa.RecordBatch]], rate: float
) -> Iterable[tuple[int, pa.RecordBatch]]:
    """The k lowest draws of a stratum, k = rate x its size: an exact simple sample."""
    every = concat(drawn[1], DRAWS)
    u, part, row = (every[name].to_numpy() for name in DRAWS.names)
    k = int(sampling.quota(np.array([len(u)]), rate)[0])
    kept = np.lexsort((row, part, u))[:k]
    sampled = pa.RecordBatch.from_arrays(
        [
            pa.array(row[kept].astype(np.int64)),
            pa.array(u[kept]),
            pa.array(np.full(len(kept), k / len(u))),
        ],
        schema=SAMPLE,
    )
    yield from scatter(sampled, part[kept])
