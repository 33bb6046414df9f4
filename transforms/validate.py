"""Every instance against every rule, in the stage that read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from posegate.transforms.kernels import slices, sums
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.model.finding import check
from posegate.transforms.model.rule import Bound
from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.parts import location


@dataclass
class Validate(beam.PTransform):  # type: ignore[misc]
    """Canonical batches -> findings (`schema.FINDINGS`), a batch for a batch; and how
    they fall on the values of the columns `by`."""

    rules: tuple[Bound, ...]
    skeleton: Skeleton
    by: tuple[str, ...] = ()

    def expand(self, batches: beam.PCollection[pa.RecordBatch]) -> "Validated":
        made = batches | "check" >> beam.FlatMap(
            findings, self.rules, self.skeleton, self.by
        ).with_outputs("sums", main="findings")
        return Validated(made.findings, made.sums)


@dataclass
class Validated:
    """Findings, and the sums of slices."""

    findings: beam.PCollection[pa.RecordBatch]
    sums: beam.PCollection[Sum]


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
    batch: pa.RecordBatch,
    rules: tuple[Bound, ...],
    skeleton: Skeleton,
    by: tuple[str, ...] = (),
) -> Iterable[pa.RecordBatch | TaggedOutput[Literal["sums"], Sum]]:
    """The batch's findings, if any, and the sums of its slices."""
    part, first = location(batch)
    found = check(rules, batch, skeleton, part, first)
    for each in slices.of_batch(batch, found, first, by):
        yield TaggedOutput("sums", each)
    if found.num_rows:
        yield found
