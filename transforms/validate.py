"""Every instance against every rule, in the stage that read it."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam
import pyarrow as pa

from posegate.transforms.model.finding import check
from posegate.transforms.model.rule import Bound
from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.parts import location


@dataclass
class Validate(beam.PTransform):  # type: ignore[misc]
    """Canonical batches -> findings (`schema.FINDINGS`), a batch for a batch."""

    rules: tuple[Bound, ...]
    skeleton: Skeleton

    def expand(
        self, batches: beam.PCollection[pa.RecordBatch]
    ) -> beam.PCollection[pa.RecordBatch]:
        return batches | "check" >> beam.FlatMap(findings, self.rules, self.skeleton)


def findings(
    batch: pa.RecordBatch, rules: tuple[Bound, ...], skeleton: Skeleton
) -> Iterable[pa.RecordBatch]:
    """The batch's findings, or nothing."""
    found = check(rules, batch, skeleton, *location(batch))
    if found.num_rows:
        yield found
