"""What each pair counts for: as its instance was drawn, and as far as reviews go.

pairs ─┬─> which have a reference ──> how far the order is reviewed ─┐
       └───────────────────────────> purpose of each pair <──────────┘
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsIter, AsSingleton, TaggedOutput

from posegate.transforms.kernels import ledger
from posegate.transforms.kernels.ledger import NOT_DRAWN, Order, Reach
from posegate.transforms.kernels.lot import TRUSTED
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.sample import Sampled

Places = dict[str, list[int]]
"""`part` and `row` of some rows."""


@dataclass
class Weighed:
    """Pairs that count, with their `purpose`; and the sums of the ledger."""

    pairs: beam.PCollection[pa.RecordBatch]
    sums: beam.PCollection[Sum]


@dataclass
class Weigh(beam.PTransform):  # type: ignore[misc]
    """Pairs (`schema.agreement`) -> those that count, with a column `purpose`.

    `reviews` is the policy's: "all" where somebody else chose them at random.
    """

    sampled: Sampled
    reviews: Literal["drawn", "all"]

    def expand(self, pairs: beam.PCollection[pa.RecordBatch]) -> "Weighed":
        reached = (
            pairs
            | "with a reference"
            >> beam.Map(referenced, AsSingleton(self.sampled.order))
            | "all of them" >> beam.CombineGlobally(Gathered())
            | "reach" >> beam.Map(reach, AsSingleton(self.sampled.order))
        )
        weighed = pairs | "weigh" >> beam.FlatMap(
            weigh,
            AsIter(self.sampled.rows),
            AsSingleton(self.sampled.order),
            AsSingleton(reached),
            self.reviews == "drawn",
        ).with_outputs("sums", main="pairs")
        told = reached | "tell" >> beam.FlatMap(of_reach)
        sums = (weighed.sums, told) | "sums" >> beam.Flatten()
        return Weighed(weighed.pairs, sums)


def referenced(pairs: pa.RecordBatch, order: Order) -> Places:
    """Which rows of the order gold or a review says something of."""
    trusted = np.asarray(pc.is_in(pairs["kind"], value_set=pa.array(TRUSTED)))
    part = pairs["part"].to_numpy().astype(np.int64)
    drawn = order.place(part, pairs["row"].to_numpy()) > 0
    known = pairs.filter(pa.array(trusted & drawn))
    return {name: known[name].to_pylist() for name in ("part", "row")}


@beam.typehints.with_input_types(Places)
@beam.typehints.with_output_types(Places)
class Gathered(beam.CombineFn):  # type: ignore[misc]
    """All places as one."""

    def create_accumulator(self) -> Places:
        return {"part": [], "row": []}

    def add_input(self, accumulator: Places, element: Places) -> Places:
        for name in accumulator:
            accumulator[name].extend(element[name])
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Places]) -> Places:
        merged = self.create_accumulator()
        for each in accumulators:
            for name in merged:
                merged[name].extend(each[name])
        return merged

    def extract_output(self, accumulator: Places) -> Places:
        return accumulator


def reach(places: Mapping[str, list[int]], order: Order) -> Reach:
    """How far the order is reviewed."""
    part, row = (np.array(places[name], np.int64) for name in ("part", "row"))
    return order.reach(part, row)


def of_reach(reached: Reach) -> Iterable[Sum]:
    """The ledger as a sum: asked for, lacking, the place up to which it counts, and the
    places beyond that have a reference."""
    *counts, done = reached
    yield ("ledger", "", "", ""), np.array([*counts, *done], np.int64)


def weigh(
    pairs: pa.RecordBatch,
    drawn: Iterable[tuple[int, pa.RecordBatch]],
    order: Order,
    reached: Reach,
    only_drawn: bool,
) -> Iterable[pa.RecordBatch | TaggedOutput[Literal["sums"], Sum]]:
    """The pairs that count, with what for, and how many reviews do not."""
    if not pairs.num_rows:
        return
    kind = np.asarray(pairs["kind"].to_pylist())
    part = pairs["part"].to_numpy().astype(np.int64)
    row = pairs["row"].to_numpy()
    purpose = (
        ledger.purposes(kind, part, row, drawn, order, reached)
        if only_drawn
        else np.full(len(kind), ledger.ACCEPT)
    )
    counts = purpose != NOT_DRAWN
    named = pairs.append_column("purpose", pa.array(purpose.tolist(), pa.string()))
    if counts.any():
        yield named.filter(pa.array(counts))
    if not counts.all():
        refused = ("refused", NOT_DRAWN, "", ""), np.array([(~counts).sum()])
        yield TaggedOutput("sums", refused)
