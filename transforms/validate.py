"""Every instance against every rule, in the stage that read it."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam
import pyarrow as pa

from posegate.transforms.kernels import sums
from posegate.transforms.kernels.sums import Sum
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


@dataclass
class Reject(beam.PTransform):  # type: ignore[misc]
    """All findings -> how many of each annotator's instances are rejected."""

    def expand(
        self, findings: beam.PCollection[pa.RecordBatch]
    ) -> beam.PCollection[Sum]:
        return (
            findings
            | "rejecting" >> beam.FlatMap(rejecting)
            | "by part" >> beam.GroupByKey()
            | "each once" >> beam.FlatMap(rejected)
        )


def rejecting(findings: pa.RecordBatch) -> Iterable[tuple[int, pa.RecordBatch]]:
    """The rows that one part's findings reject, by the part."""
    found = sums.rejecting(findings)
    if found.num_rows:
        yield findings["part"][0].as_py(), found


def rejected(found: tuple[int, Iterable[pa.RecordBatch]]) -> Iterable[Sum]:
    """A part's rejected instances, by annotator."""
    yield from sums.of_rejected(found[1])


def findings(
    batch: pa.RecordBatch, rules: tuple[Bound, ...], skeleton: Skeleton
) -> Iterable[pa.RecordBatch]:
    """The batch's findings, if any."""
    part, first = location(batch)
    found = check(rules, batch, skeleton, part, first)
    if found.num_rows:
        yield found
