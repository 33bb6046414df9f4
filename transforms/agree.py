"""Instances with their references: found by key, fetched by reference, compared.

    batch ── 33 bytes a row, by frame ──> who meets whom ── (part, row) ──> part file
                                                                              │
    pairs, and the sums of them <── compare <── whole frames, by bucket <── rows

Only the rows of frames that two people annotated are read again and cross a shuffle.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsIter, AsSingleton, TaggedOutput

from posegate.transforms import parts
from posegate.transforms.kernels import compare, meeting
from posegate.transforms.kernels.buckets import scatter, stable_hash
from posegate.transforms.kernels.compare import How
from posegate.transforms.kernels.couples import HAND_IN, TURN
from posegate.transforms.kernels.ledger import Order, turns
from posegate.transforms.kernels.score import score_of
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.kernels.weeks import Clock
from posegate.transforms.kernels.worst import Ranked
from posegate.transforms.model.columns import NAMES
from posegate.transforms.model.finding import crowds
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.schema import FINDINGS
from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.sample import Sampled

KEYED = ("instance", "image", "annotator", "role", "attributes")
"""What of a row says whom it meets."""

COLUMNS = (
    *("instance", "id", "image", "video", "annotator", "annotated_at", "role"),
    *("xy", "visibility", "origin", "bbox", "area", "area_source"),
    *("width", "height", "segmentation", "attributes", "source", "position"),
)
"""What of a row is read again to compare it."""

REPEATED = "structure.repeated-id"
"""The rule that a second row of the same frame, annotator and id breaks."""

CONTESTED = "reference.contradiction"
"""The rule that gold breaks which other gold of the same object contradicts."""

DISPUTED = "reference.disputed-review"
"""The rule that an instance breaks whose reviews contradict each other."""

Placed = tuple[int, pa.RecordBatch]
"""A batch and the number of the part or bucket it belongs to."""


@dataclass
class Agree(beam.PTransform):  # type: ignore[misc]
    """Canonical batches -> pairs (`schema.agreement`), and by tag what else is seen.

    `buckets` is how many groups of frames there are: as many as keep one bucket's rows
    within a worker's memory. `hand_ins` are the part files of other runs, run by run
    and the latest last, whose gold and reviews are references too. Of doubles a review
    settles what was `sampled`.
    """

    skeleton: Skeleton
    folder: str
    buckets: int
    clock: Clock
    severity: str
    how: How = field(default_factory=How)
    hand_ins: tuple[tuple[str, ...], ...] = ()
    sampled: Sampled | None = None

    def expand(self, batches: beam.PCollection[pa.RecordBatch]) -> "Agreement":
        files = [path for files in self.hand_ins for path in files]
        numbers = [i for i, files in enumerate(self.hand_ins, 1) for _ in files]
        handed = (
            batches.pipeline
            | "hand-ins"
            >> beam.Create(list(enumerate(files, HANDED_IN))).with_output_types(
                tuple[int, str]
            )
            | "read hand-ins" >> beam.FlatMap(references)
        )
        met = (
            (batches, handed)
            | "all references" >> beam.Flatten()
            | "key" >> beam.FlatMap(keyed, self.buckets)
            | "by frame" >> beam.GroupByKey()
            | "meet" >> beam.FlatMap(met_in).with_outputs("sums", main="places")
        )
        rows = (
            met.places
            | "by part" >> beam.GroupByKey()
            | "fetch"
            >> beam.ParDo(
                Fetch(
                    self.skeleton.name,
                    self.folder,
                    self.buckets,
                    self.severity,
                    columns(self.how.strata),
                    files,
                )
            ).with_outputs("repeats", main="rows")
        )
        turns = (
            [AsSingleton(self.sampled.order), AsIter(self.sampled.rows)]
            if self.sampled
            else []
        )
        compared = (
            rows.rows
            | "by bucket" >> beam.GroupByKey()
            | "compare"
            >> beam.ParDo(
                Compare(self.skeleton, self.folder, self.clock, self.how, numbers),
                *turns,
            ).with_outputs(
                "evidence", "files", "worst", "sums", "findings", main="pairs"
            )
        )
        findings = (rows.repeats, compared.findings) | "findings" >> beam.Flatten()
        return Agreement(
            pairs=compared.pairs,
            evidence=compared.evidence,
            files=compared.files,
            worst=compared.worst,
            findings=findings,
            sums=(met.sums, compared.sums) | "sums" >> beam.Flatten(),
        )


@dataclass
class Agreement:
    """What the branch leaves: pairs, what each part's rows have to do with them (by
    part), its files, findings of repeated ids and of gold that contradicts gold, and
    counts of frames and of what was not compared."""

    pairs: beam.PCollection[pa.RecordBatch]
    evidence: beam.PCollection[tuple[int, pa.RecordBatch]]
    files: beam.PCollection[parts.Written]
    worst: beam.PCollection[Ranked]
    findings: beam.PCollection[pa.RecordBatch]
    sums: beam.PCollection[Sum]


HANDED_IN = 1 << 24
"""Parts from this number on are part files of other runs, in their order."""


def references(numbered: tuple[int, str]) -> Iterable[pa.RecordBatch]:
    """The rows of another run's part file that may be references."""
    part, path = numbered
    first = 0
    for batch in parts.read_columns(path, KEYED):
        trusted = pc.is_in(batch["role"], value_set=pa.array(["gold", "review"]))
        hidden = pc.if_else(trusted, batch["role"], "no reference")
        at = batch.schema.get_field_index("role")
        yield parts.located(
            batch.set_column(at, batch.schema.field(at), hidden), part, first
        )
        first += batch.num_rows


def columns(strata: Sequence[str]) -> list[str]:
    """What is read again of a row: `COLUMNS`, and what names its stratum."""
    named = [name for name in strata if name in NAMES]
    return list(dict.fromkeys((*COLUMNS, *named)))


def keyed(batch: pa.RecordBatch, buckets: int) -> Iterable[tuple[int, pa.RecordBatch]]:
    """The batch's keys by bucket of their frame."""
    keys = meeting.keys(batch, ~crowds(batch), *parts.location(batch))
    yield from scatter(keys, bucket_of(keys["frame"].to_numpy(), buckets))


def bucket_of(frame: np.ndarray, buckets: int) -> np.ndarray:  # type: ignore[type-arg]
    """(N,) the bucket of each frame's hash."""
    return (frame % np.uint64(buckets)).astype(np.int64)


def met_in(
    keys: tuple[int, Iterable[pa.RecordBatch]],
) -> Iterable[Placed | TaggedOutput[Literal["sums"], Sum]]:
    """Rows of shared frames and repeated ids, by part; and the number of frames."""
    found = meeting.meet(parts.concat(keys[1], meeting.KEYS))
    yield TaggedOutput("sums", (("frames", "", "", ""), np.array([found.frames])))
    for rows, shared in ((found.shared, True), (found.repeated, False)):
        marked = rows.append_column("shared", pa.array(np.full(rows.num_rows, shared)))
        yield from scatter(marked, rows["part"].to_numpy().astype(np.int64))


class Fetch(beam.DoFn):  # type: ignore[misc]
    """Reads the rows that meet from their part file, by bucket of their frame."""

    def __init__(
        self,
        skeleton: str,
        folder: str,
        buckets: int,
        severity: str,
        columns: Sequence[str],
        reviews: Sequence[str],
    ) -> None:
        self._reviews = reviews
        self._columns = columns
        self._skeleton = skeleton
        self._folder = folder
        self._buckets = buckets
        self._severity = severity

    def process(
        self, element: tuple[int, Iterable[pa.RecordBatch]]
    ) -> Iterable[Placed | TaggedOutput[Literal["repeats"], pa.RecordBatch]]:
        part, places = element
        every = pa.concat_batches(list(places))
        shared = every["shared"].to_numpy(zero_copy_only=False)
        rows = every["row"].to_numpy()
        path, columns = self._path(part), self._columns
        for numbers, batch in parts.read_rows(path, np.sort(rows[shared]), columns):
            placed = parts.placed(batch, part, numbers)
            frame = stable_hash(batch["image"])
            yield from scatter(placed, bucket_of(frame, self._buckets))
        if part >= HANDED_IN:
            return
        for numbers, batch in parts.read_rows(path, np.sort(rows[~shared]), columns):
            repeats = repeated(parts.placed(batch, part, numbers), self._severity)
            yield TaggedOutput("repeats", repeats)

    def _path(self, part: int) -> str:
        if part >= HANDED_IN:
            return self._reviews[part - HANDED_IN]
        name = parts.annotations(self._skeleton, part)
        return parts.storage.join(self._folder, name)


def repeated(rows: pa.RecordBatch, severity: str) -> pa.RecordBatch:
    """The findings (`schema.FINDINGS`) of rows whose id was used before."""
    return broken(rows, REPEATED, severity)


def broken(
    rows: pa.RecordBatch,
    rule: str,
    severity: str,
    value: Floats | None = None,
    limit: float | None = None,
) -> pa.RecordBatch:
    """The findings (`schema.FINDINGS`) of rows all of which break a rule."""
    n = rows.num_rows
    known = {
        **dict(zip(rows.schema.names, rows.columns, strict=True)),
        "rule": pa.array([rule] * n, pa.string()),
        "severity": pa.array([severity] * n, pa.string()),
        "keypoint": pa.nulls(n, pa.string()),
        "value": pa.nulls(n, pa.float64()) if value is None else pa.array(value),
        "limit": pa.array([limit] * n, pa.float64()),
    }
    return pa.RecordBatch.from_arrays(
        [known[name] for name in FINDINGS.names], schema=FINDINGS
    )


class Compare(beam.DoFn):  # type: ignore[misc]
    """Compares the people of a bucket's frames and writes the pairs."""

    def __init__(
        self,
        skeleton: Skeleton,
        folder: str,
        clock: Clock,
        how: How,
        hand_ins: Sequence[int],
    ) -> None:
        self._hand_ins = np.array([0, *hand_ins], np.int64)
        self._how = how
        self._skeleton = skeleton
        self._folder = folder
        self._clock = clock

    def process(
        self,
        element: tuple[int, Iterable[pa.RecordBatch]],
        order: Order | None = None,
        drawn: Iterable[tuple[int, pa.RecordBatch]] = (),
    ) -> Iterable[
        pa.RecordBatch
        | TaggedOutput[Literal["evidence"], Placed]
        | TaggedOutput[Literal["worst"], Ranked]
        | TaggedOutput[Literal["files"], parts.Written]
        | TaggedOutput[Literal["sums"], Sum]
        | TaggedOutput[Literal["findings"], pa.RecordBatch]
    ]:
        bucket, batches = element
        rows = self._told(pa.concat_batches(list(batches)), order, drawn)
        found = compare.compare(rows, self._skeleton, self._clock, self._how)
        pairs = found.pairs
        for each in found.worst:
            yield TaggedOutput("worst", each)
        for count in (*found.refused, *found.panel, *found.predictions):
            yield TaggedOutput("sums", count)
        for rule, severity, (bad, doubt) in (
            (CONTESTED, "review", found.contested),
            (DISPUTED, "note", found.disputed),
        ):
            contested = broken(bad, rule, severity, doubt, self._how.low)
            own = contested.filter(pc.less(contested["part"], HANDED_IN))
            for _, some in scatter(own, own["part"].to_numpy()):
                yield TaggedOutput("findings", some)
        bad = score_of(self._skeleton).bad(pairs, self._how.low)
        for part, some in evidence(pairs, bad, found.spare):
            yield TaggedOutput("evidence", (part, some))
        if pairs.num_rows:
            name = f"agreement/bucket-{bucket:05d}.parquet"
            table = pa.Table.from_batches([pairs])
            yield TaggedOutput("files", parts.write_table(self._folder, name, table))
            yield pairs

    def _told(
        self,
        rows: pa.RecordBatch,
        order: Order | None,
        drawn: Iterable[tuple[int, pa.RecordBatch]],
    ) -> pa.RecordBatch:
        """The rows with their hand-in and their turn."""
        part, row = (rows[name].to_numpy().astype(np.int64) for name in ("part", "row"))
        came = self._hand_ins[np.maximum(part - HANDED_IN + 1, 0)]
        rows = rows.append_column(HAND_IN, pa.array(came))
        reviews = pc.any(pc.equal(rows["role"], "review")).as_py()
        if order is None or not reviews:
            return rows
        return rows.append_column(TURN, pa.array(turns(part, row, drawn, order)))


SPARE = "spare"


def evidence(
    pairs: pa.RecordBatch, bad: Bools, spare: pa.RecordBatch
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """What a part's rows have to do with pairs: (row, kind, bad), by part.

    Kind is that of the pair, or `SPARE` for a second annotation, which is not judged;
    `bad` (N,) says which pairs make an instance nonconforming.
    """
    extra = pa.RecordBatch.from_arrays(
        [
            spare["part"],
            spare["row"],
            pa.array([SPARE] * spare.num_rows, pa.string()),
            pa.nulls(spare.num_rows, pa.bool_()),
        ],
        names=["part", "row", "kind", "bad"],
    )
    found = pairs.select(["part", "row", "kind"]).append_column("bad", pa.array(bad))
    every = parts.concat([found, extra], extra.schema)
    for part, some in scatter(every, every["part"].to_numpy().astype(np.int64)):
        yield part, some.select(["row", "kind", "bad"])
