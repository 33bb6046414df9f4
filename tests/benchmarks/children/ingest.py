"""The first stages alone, in Beam."""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import pyarrow as pa
from children.dict_rules import IDS

from posegate.expectations.rules import RULES
from posegate.pipelines import launch, plan, project
from posegate.transforms import coders
from posegate.transforms.ingest import Ingest
from posegate.transforms.model.rule import bind
from posegate.transforms.validate import Validate

coders.register()


def run(delivery: str, toml: str, output: str, check: str = "") -> dict[str, Any]:
    """Reads a delivery, writes its part files, and checks the rows if asked to.

    Against all rules of one instance, or if `alike` against those that dicts have.
    """
    settings = project.load(toml, output)
    skeleton = settings.load_skeleton()
    rules = bind(RULES, settings.settings(), skeleton, settings.place)
    if check == "alike":
        rules = tuple(bound for bound in rules if bound.rule.id in IDS)
    found, _ = plan.inspect(delivery, settings)
    pipeline = beam.Pipeline(options=launch.options([]))
    read = pipeline | Ingest(found, skeleton, output)
    read.tallies | "rows" >> beam.FlatMap(count_rows)
    if check:
        findings = read.batches | Validate(rules, skeleton)
        findings | "findings" >> beam.FlatMap(count_findings)
    result = pipeline.run()
    result.wait_until_finish()
    counters = result.metrics().query()["counters"]
    return {c.key.metric.name: c.committed for c in counters}


def count_rows(tally: tuple[int, Any]) -> Iterable[None]:
    """Counts what a shard gave."""
    beam.metrics.Metrics.counter("bench", "rows").inc(tally[1].rows)
    return ()


def count_findings(batch: pa.RecordBatch) -> Iterable[None]:
    """Counts what a batch broke."""
    beam.metrics.Metrics.counter("bench", "findings").inc(batch.num_rows)
    return ()
