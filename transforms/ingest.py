"""Shards -> canonical batches, each also written to the part file of its shard.

shard ──read──┬── batch ──> part file  annotations/…/part-00003.parquet
              │      └────> the branches, in the same stage
              └── quarantine ──> quarantine/part-00003.parquet
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from posegate.transforms import parts, storage
from posegate.transforms.formats import Context, Tally, read
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.jobs import JobTable
from posegate.transforms.model.schema import QUARANTINE
from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.parts import Written

log = logging.getLogger("posegate")


@dataclass
class Ingest(beam.PTransform):  # type: ignore[misc]
    """A delivery's shards -> batches, and by tag what became of every record."""

    delivery: Delivery
    skeleton: Skeleton
    folder: str

    def expand(self, begin: beam.pvalue.PBegin) -> "Ingested":
        read = (
            begin
            | "shards" >> beam.Create(list(self.delivery.shards))
            | "spread" >> beam.Reshuffle()
            | "read"
            >> beam.ParDo(
                ReadShard(self.delivery, self.skeleton, self.folder)
            ).with_outputs("tallies", "files", "quarantined", main="batches")
        )
        return Ingested(read.batches, read.tallies, read.files, read.quarantined)


@dataclass
class Ingested:
    """What reading gives: canonical batches, each shard's tally by part, the files
    written, and the quarantined records (`schema.QUARANTINE`)."""

    batches: beam.PCollection[pa.RecordBatch]
    tallies: beam.PCollection[tuple[int, Tally]]
    files: beam.PCollection[Written]
    quarantined: beam.PCollection[pa.RecordBatch]


class ReadShard(beam.DoFn):  # type: ignore[misc]
    """Reads a shard as a stream, in memory bounded by the batch."""

    def __init__(self, delivery: Delivery, skeleton: Skeleton, folder: str) -> None:
        self._delivery = delivery
        self._skeleton = skeleton
        self._folder = folder
        self._jobs: JobTable | None = None

    def setup(self) -> None:
        """Loads the job table once a worker."""
        if self._delivery.jobs is not None:
            self._jobs = JobTable.load(self._delivery.jobs.path, storage.read_bytes)

    def process(
        self, shard: Shard
    ) -> Iterable[
        pa.RecordBatch
        | TaggedOutput[Literal["tallies"], tuple[int, Tally]]
        | TaggedOutput[Literal["files"], Written]
        | TaggedOutput[Literal["quarantined"], pa.RecordBatch]
    ]:
        """Yields a canonical batch as soon as it is read and written."""
        context = Context(
            skeleton=self._skeleton,
            delivery=self._delivery,
            shard=shard,
            open=storage.open_input,
            jobs=self._jobs,
        )
        tally = Tally()
        batches = read(context, tally)
        for item in write(batches, shard.part, self._skeleton.name, self._folder):
            if isinstance(item, Written):
                yield TaggedOutput("files", item)
            elif item.schema.names == QUARANTINE.names:
                yield TaggedOutput("quarantined", item)
            else:
                yield item
        log.info("read %s: %d rows", shard.name, tally.rows)
        yield TaggedOutput("tallies", (shard.part, tally))


def write(
    batches: Iterable[pa.RecordBatch], part: int, skeleton: str, folder: str
) -> Iterator[pa.RecordBatch | Written]:
    """Appends each batch to its shard's files, passes it on, then says what it wrote.

    Canonical batches come out located; a shard without good rows has no part file.
    """
    with ExitStack() as stack:
        files: dict[str, parts.PartFile] = {}
        for batch in batches:
            if not batch.num_rows:
                continue
            bad = batch.schema.names == QUARANTINE.names
            name = (
                f"quarantine/part-{part:05d}.parquet"
                if bad
                else parts.annotations(skeleton, part)
            )
            if name not in files:
                opened = parts.part_file(folder, name, batch.schema)
                files[name] = stack.enter_context(opened)
            first = files[name].rows
            files[name].write(batch)
            yield batch if bad else parts.located(batch, part, first)
    for file in files.values():
        yield file.written
