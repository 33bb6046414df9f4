"""Integer sums by key, gathered into one mapping.

sums ──> Subtotal ──┐
sums ──> Subtotal ──┼──> Gather ──> {key: total}
sums ──> Subtotal ──┘

There are more keys than videos, and Beam encodes an element several times on its way
between stages: so a bundle adds up its sums and sends one mapping.
"""

from collections.abc import Iterable

import apache_beam as beam
import numpy as np
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from posegate.transforms.kernels.sums import Ints, Key, Sum

Totals = dict[Key, Ints]


def add(totals: Totals, sums: Iterable[Sum]) -> None:
    """Adds sums to the totals, whose arrays may be others' and are left alone."""
    for key, value in sums:
        totals[key] = np.add(totals[key], value) if key in totals else value


@beam.typehints.with_output_types(Totals)
class AddUp(beam.DoFn):  # type: ignore[misc]
    """Adds up what comes in a bundle; gives it at the bundle's end."""

    def __init__(self) -> None:
        self._totals: Totals = {}

    def start_bundle(self) -> None:
        """Begins with nothing."""
        self._totals = {}

    def process(self, element: Sum) -> Iterable[Totals]:
        """Takes one in."""
        add(self._totals, (element,))
        return ()

    def finish_bundle(self) -> Iterable[WindowedValue]:
        """The totals."""
        yield GlobalWindows.windowed_value(self._totals)


class Subtotal(beam.PTransform):  # type: ignore[misc]
    """Sums -> one mapping from key to subtotal for every bundle."""

    def expand(self, sums: beam.PCollection[Sum]) -> beam.PCollection[Totals]:
        return sums | "add up" >> beam.ParDo(AddUp())


@beam.typehints.with_input_types(Totals)
@beam.typehints.with_output_types(Totals)
class AddTotals(beam.CombineFn):  # type: ignore[misc]
    """Adds mappings of int64 arrays: exact, so in any order the same."""

    def create_accumulator(self) -> Totals:
        return {}

    def add_input(self, accumulator: Totals, element: Totals) -> Totals:
        add(accumulator, element.items())
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Totals]) -> Totals:
        merged: Totals = {}
        for each in accumulators:
            add(merged, each.items())
        return merged

    def extract_output(self, accumulator: Totals) -> Totals:
        """The mapping in an order that no runner decides."""
        return dict(sorted(accumulator.items()))


class Gather(beam.PTransform):  # type: ignore[misc]
    """Subtotals -> one mapping from key to total, sorted by key."""

    def expand(self, subtotals: beam.PCollection[Totals]) -> beam.PCollection[Totals]:
        return subtotals | "add" >> beam.CombineGlobally(AddTotals())
