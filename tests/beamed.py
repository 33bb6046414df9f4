"""Transforms on a real runner: what comes out of each collection, by its name."""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that

from posegate.transforms import coders, parts

coders.register()


def pipeline() -> beam.Pipeline:
    """In this process, by Beam's default runner under its own name."""
    return beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))


def located(table: pa.RecordBatch, sizes: Sequence[int], part: int = 0) -> list[Any]:
    """The rows of one part, in batches of these sizes."""
    cuts = np.cumsum([0, *sizes]).tolist()
    assert cuts[-1] == table.num_rows
    return [
        parts.located(table.slice(cut, n), part, cut)
        for cut, n in zip(cuts, sizes, strict=False)
    ]


def run(
    batches: Sequence[Any], transform: Callable[[beam.PCollection], dict[str, Any]]
) -> dict[str, list[Any]]:
    """What each of the collections holds that the transform makes of the batches."""
    with TemporaryDirectory() as folder:
        with pipeline() as p:
            made = transform(p | "in" >> beam.Create(list(batches), reshuffle=False))
            for name, collection in made.items():
                assert_that(collection, keeper(f"{folder}/{name}"), label=name)
        return {name: pickle.loads(Path(folder, name).read_bytes()) for name in made}


def keeper(path: str) -> Callable[[list[Any]], None]:
    """A check that keeps what it is given: Beam runs a copy of it."""

    def keep(values: list[Any]) -> None:
        Path(path).write_bytes(pickle.dumps(values))

    return keep


def added(sums: Sequence[tuple[Any, Any]]) -> dict[Any, Any]:
    """Partial sums by key, as lists."""
    total: dict[Any, Any] = {}
    for key, value in sums:
        total[key] = total.get(key, 0) + value
    return {key: np.asarray(value).tolist() for key, value in sorted(total.items())}


def together(batches: Sequence[pa.RecordBatch], *by: str) -> list[dict[str, Any]]:
    """All rows of some batches, in the order of these columns."""
    rows = [row for batch in batches for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: [str(row[name]) for name in by])
