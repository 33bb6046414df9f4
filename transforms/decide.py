"""What becomes of each instance, by reference to its part.

findings, evidence, sample ── by part ──> decide ──> findings/  decisions/
verdict, alarms ── a side input ────────────┘        review/    groups
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsSingleton, TaggedOutput

from posegate.transforms import parts, review, storage
from posegate.transforms.judge import Bench, Judgement
from posegate.transforms.kernels import decisions, slices, worst
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.decisions import Facts
from posegate.transforms.kernels.ledger import PARTIAL, RESERVE
from posegate.transforms.kernels.lot import TRUSTED
from posegate.transforms.kernels.sums import Sum, code
from posegate.transforms.kernels.weeks import Clock
from posegate.transforms.kernels.worst import Ranked
from posegate.transforms.model.columns import NAMES
from posegate.transforms.model.policy import Policy
from posegate.transforms.model.schema import FINDINGS
from posegate.transforms.parts import Written
from posegate.transforms.sample import SAMPLE


class Drawn(NamedTuple):
    """An instance for the dashboard, as a `Ranked`."""

    rank: float
    instance: str
    facts: str


class Next(NamedTuple):
    """An instance to be reviewed, as a `Ranked` by its order."""

    rank: float
    instance: str
    facts: str


COLUMNS = [
    "instance",
    "image",
    "video",
    "frame",
    "track",
    "annotator",
    "annotated_at",
    "role",
    "visibility",
    "attributes",
    "source",
    "position",
    "id",
    "width",
    "height",
    "xy",
    "bbox",
    "area",
    "origin",
]


@dataclass
class Decide(beam.PTransform):  # type: ignore[misc]
    """What concerns a part's rows, by part -> its decisions, and by tag what they are.

    The input is keyed by part: findings, evidence and sampled rows, each by its own
    schema, and an empty batch for every part, so that none is left out.
    """

    bench: Bench
    folder: str
    clock: Clock
    judgement: beam.PCollection[Judgement]

    def expand(
        self, concerns: beam.PCollection[tuple[int, pa.RecordBatch]]
    ) -> "Decided":
        made = (
            concerns
            | "by part" >> beam.GroupByKey()
            | "decide"
            >> beam.ParDo(
                DecidePart(self.bench, self.folder, self.clock),
                AsSingleton(self.judgement),
            ).with_outputs("files", "sums", "worst", "next", main="groups")
        )
        return Decided(made.groups, made.files, made.sums, made.worst, made.next)


@dataclass
class Decided:
    """What deciding gives: the approved instances by group (`decisions.GROUPS`), the
    files written, counts of verdicts and reasons, instances to be drawn, and what is to
    be reviewed for the test of the lot, by its order."""

    groups: beam.PCollection[pa.RecordBatch]
    files: beam.PCollection[Written]
    sums: beam.PCollection[Sum]
    worst: beam.PCollection[Ranked]
    next: beam.PCollection[Ranked]


class DecidePart(beam.DoFn):  # type: ignore[misc]
    """Writes a part's findings, decisions and review queue."""

    def __init__(self, bench: Bench, folder: str, clock: Clock) -> None:
        self._bench = bench
        self._folder = folder
        self._clock = clock

    def process(
        self,
        element: tuple[int, Iterable[pa.RecordBatch]],
        judgement: Judgement,
    ) -> Iterable[
        pa.RecordBatch
        | TaggedOutput[Literal["files"], Written]
        | TaggedOutput[Literal["sums"], Sum]
        | TaggedOutput[Literal["worst"], Ranked]
        | TaggedOutput[Literal["next"], Ranked]
    ]:
        part, batches = element
        concern = sort_out(batches)
        if concern.findings.num_rows:
            table = pa.Table.from_batches([concern.findings])
            name = f"findings/part-{part:05d}.parquet"
            yield TaggedOutput("files", parts.write_table(self._folder, name, table))
        for item in self._decide(part, concern, judgement):
            if isinstance(item, Written):
                yield TaggedOutput("files", item)
            elif isinstance(item, Drawn):
                yield TaggedOutput("worst", tuple(item))
            elif isinstance(item, Next):
                yield TaggedOutput("next", tuple(item))
            elif isinstance(item, tuple):
                yield TaggedOutput("sums", item)
            else:
                yield item

    def _decide(
        self, part: int, concern: "Concern", judgement: Judgement
    ) -> Iterator[pa.RecordBatch | Written | Drawn | Next | Sum]:
        name = parts.annotations(self._bench.skeleton.name, part)
        path = storage.join(self._folder, name)
        if not storage.exists(path):
            return
        facts = concern.facts()
        asked = concern.asked(judgement.wanted)
        queue, reviews = concern.queue(asked, self._bench.partial), []
        first, decided, drawn = 0, [], []
        policy, masked = self._bench.policy, self._bench.skeleton.masked
        wanted = columns(policy) + ["segmentation"] * masked
        for batch in parts.read_columns(path, wanted):
            rows = decisions.decide(
                batch,
                first,
                facts,
                judgement.verdict,
                judgement.alarms,
                self._clock,
                masked,
            )
            decided.append(rows)
            reviews.append(beside(batch, first, queue, NAMED))
            drawn.append(beside(batch, first, asked, ["instance"]))
            yield from counts(rows)
            found = within(concern.findings, first, batch.num_rows)
            yield from slices.attributes(batch)
            yield from slices.of_batch(batch, found, first, policy.slices.by)
            for each in worst.of_findings(batch, first, concern.findings):
                yield Drawn(*each)
            yield from self._groups(batch, rows)
            first += batch.num_rows
        yield self._write("decisions", part, decided)
        if asked.num_rows:
            yield self._write("sample", part, drawn)
        yield ("sampled", "", "", ""), np.array([asked.num_rows])
        lacking = queue.num_rows - queue["draw"].null_count
        yield ("lacking", "", "", ""), np.array([lacking])
        for each in reviews:
            yield from first_of(each)
        if queue.num_rows:
            yield self._write("review", part, reviews)
            table = pa.Table.from_batches([queue])
            yield from review.write(
                path, table, self._bench.skeleton, self._folder, part
            )

    def _groups(
        self, batch: pa.RecordBatch, rows: pa.RecordBatch
    ) -> Iterator[pa.RecordBatch]:
        approved = np.asarray(pc.equal(rows["verdict"], decisions.APPROVED))
        settings = self._bench.policy.splits
        if approved.any():
            yield decisions.groups(batch, approved, settings.group, settings.stratify)

    def _write(self, kind: str, part: int, batches: list[pa.RecordBatch]) -> Written:
        table = pa.Table.from_batches(batches)
        if kind == "review":
            # What decides first, then what follows the people; findings come last.
            order = ("order", "draw", "row")
            table = table.sort_by([(name, "ascending") for name in order])
        return parts.write_table(self._folder, f"{kind}/part-{part:05d}.parquet", table)


@dataclass(frozen=True)
class Concern:
    """What the branches found about one part's rows."""

    findings: pa.RecordBatch
    evidence: pa.RecordBatch
    sample: pa.RecordBatch

    def facts(self) -> Facts:
        """The rows that findings and pairs speak against."""
        reject = pc.equal(self.findings["severity"], "reject")
        kind = self.evidence["kind"]
        bad = pc.and_(self._trusted(), self.evidence["bad"])
        return Facts(
            rejected=distinct(self.findings["row"].filter(reject)),
            low=distinct(self.evidence["row"].filter(bad.fill_null(False))),
            spare=distinct(self.evidence["row"].filter(pc.equal(kind, "spare"))),
            unreviewed=self.unreviewed(),
        )

    def _trusted(self) -> pa.Array:
        return pc.is_in(self.evidence["kind"], value_set=pa.array(list(TRUSTED)))

    def _reviewed(self) -> Ints:
        return distinct(self.evidence["row"].filter(self._trusted()))

    def unreviewed(self) -> Ints:
        """The rows with a finding for review that neither gold nor a review settles."""
        severe = pc.equal(self.findings["severity"], "review")
        production = pc.equal(self.findings["role"], "production")
        rows = distinct(self.findings["row"].filter(pc.and_(severe, production)))
        return np.setdiff1d(rows, self._reviewed())

    def asked(self, wanted: int) -> pa.RecordBatch:
        """The sampled rows that are asked for, by row; of the reserve up to a place."""
        early = pc.less_equal(self.sample["order"], wanted).fill_null(False)
        reserve = pc.equal(self.sample["purpose"], RESERVE)
        asked = self.sample.filter(pc.or_(early, pc.invert(reserve)))
        return asked.take(pc.sort_indices(asked["row"]))

    def queue(self, asked: pa.RecordBatch, keypoints: Sequence[str]) -> pa.RecordBatch:
        """What is to be reviewed (`QUEUED`), by row, each once: unreviewed findings,
        and the rows asked for without gold or a review.

        Of those drawn for some keypoints only, unless a rule found something, these.
        """
        found = self.unreviewed()
        lacking = asked.filter(
            pa.array(~np.isin(asked["row"].to_numpy(), self._reviewed()))
        )
        rows = np.union1d(found, lacking["row"].to_numpy())
        drawn = pc.index_in(pa.array(rows), value_set=lacking["row"])
        both = np.isin(rows, found), np.isin(rows, lacking["row"].to_numpy())
        why = np.select([both[0] & both[1], both[0]], [BOTH, FOUND], SAMPLED).tolist()
        purpose = lacking["purpose"].take(drawn)
        only = np.asarray(pc.equal(purpose, PARTIAL).fill_null(False))
        some = [
            list(keypoints) if part and reason == SAMPLED else None
            for part, reason in zip(only.tolist(), why, strict=True)
        ]
        return pa.RecordBatch.from_arrays(
            [
                pa.array(rows, pa.int64()),
                pa.array(why, pa.string()),
                lacking["order"].take(drawn),
                lacking["draw"].take(drawn),
                lacking["probability"].take(drawn),
                purpose,
                pa.array(some, pa.list_(pa.string())),
            ],
            schema=QUEUED,
        )


FOUND, SAMPLED, BOTH = "finding", "sample", "sample and finding"
"""Why an instance is to be reviewed."""

QUEUED = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("why", pa.string(), nullable=False),
        pa.field("order", pa.int64()),
        pa.field("draw", pa.float64()),
        pa.field("probability", pa.float64()),
        pa.field("purpose", pa.string()),
        pa.field("keypoints", pa.list_(pa.string())),
    ]
)
"""`order` is the place in which to take what decides on the delivery; `keypoints` the
only ones to look at, null for all."""

NEXT = 20
"""How many of the next reviews the dashboard names."""


def first_of(reviews: pa.RecordBatch) -> Iterator[Next]:
    """The first of some reviews by their order."""
    placed = reviews.filter(reviews["order"].is_valid())
    rows = placed.take(pc.sort_indices(placed["order"])[:NEXT])
    names = ("order", "instance", "image", "video", "annotator", "source", "position")
    for row in rows.select(names).to_pylist():
        yield Next(float(row["order"]), row["instance"], json.dumps(row))


EVIDENCE = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("bad", pa.bool_()),
    ]
)


def sort_out(batches: Iterable[pa.RecordBatch]) -> Concern:
    """The batches by what they are, findings by row, rule and keypoint."""
    every = list(batches)
    findings, evidence, sample = (
        parts.concat((b for b in every if b.schema.names == schema.names), schema)
        for schema in (FINDINGS, EVIDENCE, SAMPLE)
    )
    order = [(name, "ascending") for name in ("row", "rule", "keypoint")]
    return Concern(
        findings.take(pc.sort_indices(findings, sort_keys=order)), evidence, sample
    )


def distinct(rows: pa.Array) -> Ints:
    """Row numbers, ascending, each once."""
    return np.unique(rows.to_numpy(zero_copy_only=False)).astype(np.int64)


def counts(rows: pa.RecordBatch) -> Iterator[Sum]:
    """("verdict", verdict) and ("reason", reason, verdict): how many instances got each
    verdict, and how many of them for each reason; some have several."""
    for cell in pc.value_counts(rows["verdict"]).to_pylist():
        yield ("verdict", cell["values"], "", ""), np.array([cell["counts"]])
    own = rows["verdict"].take(pc.list_parent_indices(rows["reasons"]))
    group, names = code(rows["reasons"].flatten(), own)
    for (reason, verdict), n in zip(names, np.bincount(group).tolist(), strict=True):
        yield ("reason", reason, verdict, ""), np.array([n])


NAMED = (
    *("instance", "image", "video", "frame", "track", "annotator"),
    *("source", "position", "id"),
)


def columns(policy: Policy) -> list[str]:
    """What is read of a part: also what slices, groups and strata are made of."""
    used = (*policy.slices.by, *policy.splits.group, *policy.splits.stratify)
    return list(dict.fromkeys([*COLUMNS, *(name for name in used if name in NAMES)]))


def within(some: pa.RecordBatch, first: int, rows: int) -> pa.RecordBatch:
    """What is said of some rows, ascending, of a part: of `rows` from the first on."""
    start, stop = np.searchsorted(some["row"].to_numpy(), [first, first + rows])
    return some.slice(start, stop - start)


def beside(
    batch: pa.RecordBatch, first: int, some: pa.RecordBatch, names: Sequence[str]
) -> pa.RecordBatch:
    """Columns of the batch with what is said of some rows, ascending, of the part."""
    chosen = within(some, first, batch.num_rows)
    rows = batch.select(names).take(pc.subtract(chosen["row"], first))
    for name in some.schema.names:
        rows = rows.append_column(name, chosen[name])
    return rows
