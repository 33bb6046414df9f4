"""Which instances are to be reviewed: a hash sample of each stratum, and its order.

batch ─> draw ─┬─> size of each stratum ─> design ──┐
               └─> by stratum ─> the lowest draws <─┘ ─> in order ─> by part
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsSingleton

from posegate.transforms.kernels import sampling
from posegate.transforms.kernels.acceptance import Plan
from posegate.transforms.kernels.buckets import Ints, scatter, stable_hash
from posegate.transforms.kernels.ledger import ACCEPT, Order, in_order, places
from posegate.transforms.kernels.sums import Key, Sum, code
from posegate.transforms.model.columns import joined
from posegate.transforms.model.finding import annotated, judgeable
from posegate.transforms.model.policy import Sampling
from posegate.transforms.parts import concat, location
from posegate.transforms.sums import Gather, Subtotal

DRAWS = pa.schema(
    [
        pa.field("u", pa.float64(), nullable=False),
        pa.field("other", pa.float64(), nullable=False),
        pa.field("cluster", pa.uint64(), nullable=False),
        pa.field("part", pa.int32(), nullable=False),
        pa.field("row", pa.int32(), nullable=False),
    ]
)
"""A row's draws for its two purposes, and the video (or still) that it is of."""

CHOSEN = pa.schema(
    [
        pa.field("draw", pa.float64(), nullable=False),
        pa.field("cluster", pa.uint64(), nullable=False),
        pa.field("part", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("purpose", pa.string(), nullable=False),
        pa.field("probability", pa.float64(), nullable=False),
        pa.field("reserve", pa.bool_(), nullable=False),
    ]
)

SAMPLE = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("draw", pa.float64(), nullable=False),
        pa.field("probability", pa.float64(), nullable=False),
        pa.field("purpose", pa.string(), nullable=False),
        pa.field("order", pa.int64()),
    ]
)
"""Sampled rows of a part: what for (`ledger.PURPOSES`), the probability with which each
came in, and its place in the order of review if it is for the test of the lot.

What is drawn for one purpose is also drawn for the others with a lower number: the
probability of a row in reserve is that of standing in the sample at all, and 1 where
the reserve goes to the end of its stratum."""

PURPOSE, OTHER = "accept", "monitor"

Strata = Mapping[str, tuple[int, int, int, int, int]]
"""The fields of `sampling.Design` of each stratum."""


@dataclass
class Sampled:
    """The sampled rows by part (`SAMPLE`), the order of review, and the strata."""

    rows: beam.PCollection[tuple[int, pa.RecordBatch]]
    order: beam.PCollection[Order]
    sums: beam.PCollection[Sum]


@dataclass
class Sample(beam.PTransform):  # type: ignore[misc]
    """Canonical batches -> the sample.

    `spread` is the standard deviation of the score in the strata of earlier
    deliveries; `masked` says that instances are masks.
    """

    settings: Sampling
    plan: Plan
    spread: Mapping[str, float] = field(default_factory=dict)
    masked: bool = False

    def expand(self, batches: beam.PCollection[pa.RecordBatch]) -> "Sampled":
        drawn = batches | "draw" >> beam.FlatMap(draws, self.settings, self.masked)
        sizes = drawn | "size" >> beam.Map(size)
        total = sizes | "subtotal" >> Subtotal() | "total" >> Gather()
        designed = total | "design" >> beam.Map(
            designs, self.settings, self.plan, self.spread
        )
        chosen = (
            drawn
            | "by stratum" >> beam.GroupByKey()
            | "lowest" >> beam.FlatMap(lowest, AsSingleton(designed))
        )
        order = (
            chosen
            | "for the test" >> beam.FlatMap(for_test)
            | "together" >> beam.CombineGlobally(Together())
        )
        rows = chosen | "by part" >> beam.FlatMap(by_part, AsSingleton(order))
        return Sampled(rows, order, designed | "strata" >> beam.FlatMap(of_strata))


def draws(
    batch: pa.RecordBatch, settings: Sampling, masked: bool = False
) -> Iterable[tuple[str, pa.RecordBatch]]:
    """Draws numbers for each production row with a keypoint, or a mask where they are
    `masked`, by stratum."""
    production = np.asarray(pc.equal(batch["role"], "production"))
    rows = np.flatnonzero(judgeable(batch) & production & annotated(batch, masked))
    if not len(rows):
        return
    chosen = batch.take(pa.array(rows))
    part, first = location(batch)
    units = chosen["instance"].to_pylist()
    drawn = pa.RecordBatch.from_arrays(
        [
            pa.array(sampling.uniform(settings.seed, PURPOSE, units)),
            pa.array(sampling.uniform(settings.seed, OTHER, units)),
            pa.array(stable_hash(pc.coalesce(chosen["video"], chosen["image"]))),
            pa.array(np.full(len(rows), part, np.int32)),
            pa.array((rows + first).astype(np.int32)),
        ],
        schema=DRAWS,
    )
    group, names = code(joined(chosen, settings.strata))
    for stratum, some in scatter(drawn, group):
        yield names[stratum][0], some


def size(drawn: tuple[str, pa.RecordBatch]) -> Sum:
    """How many rows a batch has of a stratum."""
    stratum, rows = drawn
    return ("population", stratum, "", ""), np.array([rows.num_rows])


def designs(
    sizes: Mapping[Key, Ints],
    settings: Sampling,
    plan: Plan,
    spread: Mapping[str, float],
) -> Strata:
    """What is drawn of each stratum."""
    names = sorted(key[1] for key in sizes)
    units = np.array([sizes["population", n, "", ""][0] for n in names], np.int64)
    test = plan.within(int(units.sum()))
    made = sampling.design(
        units,
        np.array([spread.get(name, np.nan) for name in names]),
        settings.rate,
        test.least,
        test.cap,
        settings.floor,
        settings.extra.rate if settings.extra else 0.0,
    )
    return {
        name: (int(n), int(a), int(r), int(m), int(p))
        for name, n, a, r, m, p in zip(names, *made, strict=True)
    }


def of_strata(designed: Strata) -> Iterable[Sum]:
    """The size of each stratum, and how many are drawn of it and for what."""
    for name, numbers in designed.items():
        yield ("stratum", name, "", ""), np.array(numbers)


def lowest(
    drawn: tuple[str, Iterable[pa.RecordBatch]], designed: Strata
) -> Iterable[pa.RecordBatch]:
    """The lowest draws of a stratum, as many as the design says (`CHOSEN`)."""
    stratum, batches = drawn
    every = concat(batches, DRAWS)
    u, other, cluster, part, row = (every[name].to_numpy() for name in DRAWS.names)
    made = sampling.Design(*(np.array([n]) for n in designed[stratum]))
    purpose = places(np.lexsort((row, part, u)), np.lexsort((row, part, other)), made)
    kept = np.flatnonzero(purpose.known)
    yield pa.RecordBatch.from_arrays(
        [
            pa.array(u[kept]),
            pa.array(cluster[kept]),
            pa.array(part[kept]),
            pa.array(row[kept].astype(np.int64)),
            pa.array(purpose.names[kept].tolist(), pa.string()),
            pa.array(purpose.probability[kept]),
            pa.array(purpose.reserve[kept]),
        ],
        schema=CHOSEN,
    )


def for_test(chosen: pa.RecordBatch) -> Iterable[pa.RecordBatch]:
    """What may feed the test of the lot."""
    yield chosen.filter(pc.or_(pc.equal(chosen["purpose"], ACCEPT), chosen["reserve"]))


@beam.typehints.with_input_types(pa.RecordBatch)
@beam.typehints.with_output_types(Order)
class Together(beam.CombineFn):  # type: ignore[misc]
    """Gathers rows and puts them in the order of review: no more than the test's cap
    and one for each stratum."""

    def create_accumulator(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_pylist([], schema=CHOSEN)

    def add_input(
        self, accumulator: pa.RecordBatch, element: pa.RecordBatch
    ) -> pa.RecordBatch:
        return concat([accumulator, element], CHOSEN)

    def merge_accumulators(
        self, accumulators: Iterable[pa.RecordBatch]
    ) -> pa.RecordBatch:
        return concat(accumulators, CHOSEN)

    def extract_output(self, accumulator: pa.RecordBatch) -> Order:
        return in_order(accumulator)


def by_part(
    chosen: pa.RecordBatch, order: Order
) -> Iterable[tuple[int, pa.RecordBatch]]:
    """The sampled rows of each part, with their place in the order (`SAMPLE`)."""
    part, row = chosen["part"].to_numpy().astype(np.int64), chosen["row"].to_numpy()
    place = order.place(part, row)
    sampled = pa.RecordBatch.from_arrays(
        [
            *(chosen[name] for name in SAMPLE.names[:-1]),
            pa.array(place, mask=place == 0),
        ],
        schema=SAMPLE,
    )
    yield from scatter(sampled, part)
