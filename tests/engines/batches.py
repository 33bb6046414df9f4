"""A pipeline in the gate's shape, small: batches, hash buckets, a side input, files.

shards -> batches of 100 rows --+--> buckets -> sorted Parquet, one file a bucket
                                +--> total --(side input)--> total.txt
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.options.pipeline_options import PipelineOptions
from posegate.transforms.coders import RecordBatchCoder

SHARDS, BATCHES, ROWS, BUCKETS = 4, 5, 100, 8


def read(shard: int) -> Iterable[pa.RecordBatch]:
    """A shard's batches: slices of one table, as a reader of large files gives them."""
    first = shard * BATCHES * ROWS
    rows = np.arange(first, first + BATCHES * ROWS)
    names = pa.array([f"annotator {row % 7}" for row in rows]).dictionary_encode()
    whole = pa.RecordBatch.from_arrays([pa.array(rows), names], ["row", "annotator"])
    for batch in range(BATCHES):
        yield whole.slice(batch * ROWS, ROWS)


def scatter(batch: pa.RecordBatch) -> Iterable[tuple[int, pa.RecordBatch]]:
    """The rows by bucket, as sub-batches."""
    bucket = batch.column("row").to_numpy() * 2654435761 % 2**32 % BUCKETS
    for number in np.unique(bucket).tolist():
        yield number, batch.filter(pa.array(bucket == number))


def write(grouped: tuple[int, Iterable[pa.RecordBatch]], output: str) -> None:
    """One bucket's rows, in order, under a name of its own."""
    bucket, batches = grouped
    plain = pa.schema([("row", pa.int64()), ("annotator", pa.string())])
    table = pa.Table.from_batches(list(batches)).cast(plain).sort_by("row")
    pq.write_table(table, Path(output) / f"part-{bucket:05d}.parquet")


def write_total(batch: pa.RecordBatch, total: int, output: str) -> None:
    """The sum over all batches, if this is the batch with row 0."""
    if batch.column("row")[0].as_py() == 0:
        (Path(output) / "total.txt").write_text(f"{total}\n")


def count(batch: pa.RecordBatch) -> int:
    return batch.num_rows


def build(pipeline: beam.Pipeline, output: str) -> None:
    batches = (
        pipeline | beam.Create(range(SHARDS)) | beam.Reshuffle() | beam.FlatMap(read)
    )
    buckets = batches | beam.FlatMap(scatter)
    coder = beam.coders.registry.get_coder(batches.element_type)
    assert isinstance(coder, RecordBatchCoder), coder
    buckets | beam.GroupByKey() | "write" >> beam.Map(write, output)
    total = batches | beam.Map(count) | beam.CombineGlobally(sum)
    batches | "total" >> beam.Map(write_total, beam.pvalue.AsSingleton(total), output)


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("output")
    arguments, options = parser.parse_known_args(argv)
    Path(arguments.output).mkdir(parents=True)
    with beam.Pipeline(options=PipelineOptions(options)) as pipeline:
        build(pipeline, arguments.output)


if __name__ == "__main__":
    # By its own name, for workers cannot import what is defined in `__main__`.
    import batches

    batches.main(sys.argv[1:])
