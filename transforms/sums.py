"""Integer sums by key, gathered into one mapping."""

from collections.abc import Iterable

import apache_beam as beam
import numpy as np

from posegate.transforms.kernels.sums import Ints, Key, Sum


class AddArrays(beam.CombineFn):  # type: ignore[misc]
    """Adds int64 arrays of one shape: exact, so in any order the same."""

    def create_accumulator(self) -> Ints | None:
        return None

    def add_input(self, accumulator: Ints | None, element: Ints) -> Ints:
        return element if accumulator is None else np.add(accumulator, element)

    def merge_accumulators(self, accumulators: Iterable[Ints | None]) -> Ints | None:
        total: Ints | None = None
        for each in accumulators:
            if each is not None:
                total = self.add_input(total, each)
        return total

    def extract_output(self, accumulator: Ints | None) -> Ints | None:
        return accumulator


class Gather(beam.PTransform):  # type: ignore[misc]
    """Partial sums -> one mapping from key to total, sorted by key."""

    def expand(self, sums: beam.PCollection[Sum]) -> beam.PCollection[dict[Key, Ints]]:
        return (
            sums
            | "add" >> beam.CombinePerKey(AddArrays())
            | "map" >> beam.combiners.ToDict()
            | "sort" >> beam.Map(by_key)
        )


def by_key(sums: dict[Key, Ints]) -> dict[Key, Ints]:
    """The mapping in an order that no runner decides."""
    return dict(sorted(sums.items()))
