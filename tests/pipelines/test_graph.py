"""The gate's graph: batches travel by Arrow, and Beam has nothing to remark."""

import json
import logging
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.typehints import typehints

from delivered import coco, deliver, person, project
from posegate.pipelines.gate import Gate
from posegate.pipelines.plan import prepare
from posegate.pipelines.project import load


@pytest.fixture
def built(tmp_path: Path) -> beam.Pipeline:
    """The whole graph over one delivery, not run."""
    folder = deliver(tmp_path / "d", {"a.json": json.dumps(coco([person(1)]))})
    plan = prepare(str(folder), load(str(project(tmp_path))))
    pipeline = beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))
    pipeline | "gate" >> Gate(plan)
    return pipeline


def payloads(components: Any, id: str) -> bytes:
    """All that the graph says of a coder and of those inside it."""
    coder = components.coders[id]
    inside = [payloads(components, part) for part in coder.component_coder_ids]
    return b"".join([coder.spec.urn.encode(), coder.spec.payload, *inside])


def holds_batches(hint: Any) -> bool:
    """Whether elements of a type are, or hold, batches."""
    inside = getattr(hint, "_inner_types", lambda: ())()
    return hint is pa.RecordBatch or any(map(holds_batches, inside))


def outputs(built: beam.Pipeline) -> dict[str, tuple[Any, bytes]]:
    """Element type and coder of every collection, by the step that makes it."""
    proto, context = built.to_runner_api(return_context=True)
    components = proto.components
    return {
        f"{step.unique_name} {tag}": (
            context.pcollections.get_by_id(id).element_type,
            payloads(components, components.pcollections[id].coder_id),
        )
        for step in components.transforms.values()
        if not step.subtransforms
        for tag, id in step.outputs.items()
    }


ARROW = """
ingest/read/ParDo(ReadShard) None
ingest/read/ParDo(ReadShard) quarantined
validate/check None
windows/of tracks None
windows/by window None
motion/check tracks None
accompany/sketch None
accompany/by place None
accompany/meet None
accompany/by part None
accompany/fetch None
accompany/by bucket None
accompany/check None
accompany/by part again None
accompany/each once None
findings None
count rejected/rejecting None
count rejected/by part None
sample/draw None
sample/by stratum None
sample/lowest None
sample/for the test None
sample/by part None
sample/together/KeyWithVoid None
sample/together/CombinePerKey/GroupByKey None
agree/read hand-ins None
agree/all references None
agree/key None
agree/by frame None
agree/meet/FlatMap(met_in) None
agree/by part None
agree/fetch/ParDo(Fetch) None
agree/fetch/ParDo(Fetch) repeats
agree/by bucket None
agree/compare/ParDo(Compare) None
agree/compare/ParDo(Compare) evidence
agree/compare/ParDo(Compare) findings
agree/findings None
weigh/weigh/FlatMap(weigh) None
every part None
by their part None
concerns None
decide/by part None
decide/decide/ParDo(DecidePart) None
split/together None
split/gather None
"""


def test_every_batch_travels_by_our_coder(built: beam.Pipeline) -> None:
    found = outputs(built)
    arrow = {name for name, (_, said) in found.items() if b"RecordBatchCoder" in said}
    assert arrow == {f"gate/{name}" for name in ARROW.split("\n") if name}


def test_no_collection_is_of_unknown_type_where_it_may_hold_batches(
    built: beam.Pipeline,
) -> None:
    """Beam pickles what it does not know: a slice with all of its parent."""
    own = {
        name: hint
        for name, (hint, said) in outputs(built).items()
        if b"RecordBatchCoder" not in said
    }
    assert not [name for name, hint in own.items() if holds_batches(hint)]
    unknown = [name for name, hint in own.items() if hint is typehints.Any]
    beams = ("/shards/", "/spread/", "/map/", "/Top(", "gate/worst ", "/Combine")
    assert not [name for name in unknown if not any(b in name for b in beams)]


def test_beam_has_nothing_to_remark(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    with caplog.at_level(logging.WARNING):
        request.getfixturevalue("built")
    assert caplog.messages == []
