"""The whole graph.

                 ┌──> Validate ──> findings ──┐
                 ├──> Motion ────> of tracks ─┤
                 ├──> Accompany ─> of pairs ──┤
    Ingest ──────┼──> Sample ───> the sample ─┼──> Judge ─> Decide ─> Split ─> Publish
    (part files) └──> Agree ─> Weigh ─> Drift ┘    (sums)  (by part)

What is counted travels as integer sums; what is found travels by part, and meets the
part's rows again in Decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from posegate.pipelines.plan import Plan
from posegate.transforms import coders
from posegate.transforms.agree import Agree
from posegate.transforms.company import Accompany
from posegate.transforms.decide import EVIDENCE, NEXT, Decide
from posegate.transforms.drift import Drift
from posegate.transforms.formats import Tally
from posegate.transforms.ingest import Ingest
from posegate.transforms.judge import Judge, Refold
from posegate.transforms.kernels import sums
from posegate.transforms.kernels.acceptance import plan_of
from posegate.transforms.kernels.clusters import of_clusters
from posegate.transforms.kernels.compare import How
from posegate.transforms.kernels.sums import Made, Sum
from posegate.transforms.kernels.weeks import Clock
from posegate.transforms.kernels.worst import SHOWN
from posegate.transforms.kinematics import Kinematics
from posegate.transforms.motion import Motion, Windows
from posegate.transforms.publish import Publish
from posegate.transforms.sample import Sample
from posegate.transforms.split import Split
from posegate.transforms.sums import Crowds, Distinct, Gather, Subtotal
from posegate.transforms.validate import Reject, Validate
from posegate.transforms.weigh import Weigh

coders.register()


@dataclass
class Gate(beam.PTransform):  # type: ignore[misc]
    """One delivery through the gate -> the id of its run."""

    plan: Plan

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[str]:
        plan, skeleton, folder = self.plan, self.plan.skeleton, self.plan.folder
        read = begin | "ingest" >> Ingest(plan.delivery, skeleton, folder)
        sampling, agreement = plan.policy.sampling, plan.policy.agreement
        if skeleton.masked:  # which have no keypoints that could be looked at alone
            sampling = sampling.model_copy(update={"extra": None})
        sample = read.batches | "sample" >> Sample(
            sampling, plan_of(plan.policy), plan.spread, skeleton.masked
        )
        how = How(
            strata=sampling.strata,
            low=plan.policy.acceptance.least(skeleton.masked),
            pck=agreement.pck,
            fraction=agreement.pck_fraction,
            variants=agreement.variants,
        )
        met = read.batches | "agree" >> Agree(
            skeleton=skeleton,
            folder=folder,
            buckets=plan.buckets,
            clock=plan.clock,
            severity=plan.repeated,
            how=how,
            hand_ins=plan.hand_ins,
            sampled=sample,
        )
        weighed = met.pairs | "weigh" >> Weigh(sample, sampling.reviews)
        checked = read.batches | "validate" >> Validate(plan.rules, skeleton)
        windows = read.batches | "windows" >> Windows(plan.buckets)
        moved = windows | "motion" >> Motion(plan.rules, skeleton)
        paired = read.batches | "accompany" >> Accompany(
            plan.rules, skeleton, folder, plan.buckets
        )
        findings = (
            checked,
            moved,
            paired,
            met.findings,
        ) | "findings" >> beam.Flatten()
        rows = read.batches | "count rows" >> beam.FlatMap(
            of_rows, plan.clock
        ).with_outputs("clusters", main="sums")
        counted = (
            rows.sums,
            read.batches | "count videos" >> Distinct("video", "videos"),
            rows.clusters | "count crowds" >> Crowds(),
            read.quarantined | "count bad" >> beam.FlatMap(sums.of_quarantine),
            findings | "count findings" >> beam.FlatMap(sums.of_findings),
            findings | "count rejected" >> Reject(),
            weighed.pairs | "drift" >> Drift(skeleton, how.low, plan.bench.partial),
            met.sums,
            weighed.sums,
            sample.sums,
        )
        subtotals = [
            each | f"subtotal {number}" >> Subtotal()
            for number, each in enumerate(counted)
        ] | "counts" >> beam.Flatten()
        early = subtotals | "gather" >> Gather()
        weeks = early | "watch" >> Refold(plan.bench)
        judgement = early | "judge" >> Judge(plan.bench, folder, read.tallies, weeks)
        concerns = (
            read.tallies | "every part" >> beam.Map(nothing_yet),
            findings | "by their part" >> beam.Map(with_part),
            met.evidence,
            sample.rows,
        ) | "concerns" >> beam.Flatten()
        decided = concerns | "decide" >> Decide(
            plan.bench, folder, plan.clock, judgement
        )
        splits = decided.groups | "split" >> Split(plan.release, read.tallies)
        worst = (
            met.worst | "worst pairs" >> beam.combiners.Top.Smallest(SHOWN),
            decided.worst | "worst findings" >> beam.combiners.Top.Smallest(SHOWN),
        ) | "worst" >> beam.Flatten()
        written = [read.files, met.files, decided.files]
        if plan.policy.kinematics.write:
            cutoff = plan.policy.kinematics.cutoff_hz
            moves = Kinematics(skeleton, folder, cutoff)
            written.append(windows | "kinematics" >> moves)
        files = written | "files" >> beam.Flatten()
        decisions = decided.sums | "subtotal of decisions" >> Subtotal()
        late = decisions | "gather decisions" >> Gather()
        queue = decided.next | "next reviews" >> beam.combiners.Top.Smallest(NEXT)
        return late | "publish" >> Publish(
            plan.press, early, weeks, judgement, files, splits, worst, queue
        )


def of_rows(
    batch: pa.RecordBatch, clock: Clock
) -> Iterable[Sum | TaggedOutput[Literal["clusters"], Sum]]:
    """The counts of a batch of instances, and of the clusters they stand in."""
    made = Made.of(batch, clock)
    yield from sums.of_instances(batch, made, clock)
    for table in of_clusters(made):
        yield TaggedOutput("clusters", table)


def nothing_yet(tally: tuple[int, Tally]) -> tuple[int, pa.RecordBatch]:
    """A part's name, so that it is decided on even if nothing was found."""
    return tally[0], pa.RecordBatch.from_pylist([], schema=EVIDENCE)


def with_part(findings: pa.RecordBatch) -> tuple[int, pa.RecordBatch]:
    """Findings, all of one part, by that part."""
    return findings["part"][0].as_py(), findings
