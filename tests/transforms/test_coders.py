"""Batches between workers: small, whole, and really by our coder."""

import pickle
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.typehints import typehints
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.coders import RecordBatchCoder
from posegate.transforms.model import schema

CODER = RecordBatchCoder()
KEYPOINTS = 3

text = st.text(max_size=8)
maybe_text = st.none() | text
number = st.floats(width=64)  # NaN and infinities too: a coder has no opinion


def lists(values: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=size, max_size=size)


flags = lists(st.integers(0, 3), KEYPOINTS)
rows = st.fixed_dictionaries(
    {
        "instance": text,
        "image": text,
        "role": text,
        "xy": lists(number, 2 * KEYPOINTS),
        "visibility": flags,
        "origin": flags,
        "source": text,
        "position": st.integers(0, 2**40),
        "format": text,
    },
    optional={
        "video": maybe_text,
        "frame": st.none() | st.integers(0, 2**40),
        "z": st.none() | lists(number, KEYPOINTS),
        "bbox": st.none() | lists(number, 4),
        "segmentation": st.none() | st.binary(max_size=8),
        "attributes": st.none() | st.lists(st.tuples(text, text), max_size=3),
        "repairs": st.none() | st.lists(text, max_size=3),
    },
)


@st.composite
def slices(draw: st.DrawFn) -> pa.RecordBatch:
    """A canonical batch, or any part of one, perhaps empty."""
    table = pa.RecordBatch.from_pylist(
        draw(st.lists(rows, max_size=12)), schema.instances(KEYPOINTS)
    )
    start = draw(st.integers(0, len(table)))
    return table.slice(start, draw(st.integers(0, len(table))))


def million() -> pa.RecordBatch:
    n = 1_000_000
    return pa.record_batch({"row": np.arange(n), "x": np.linspace(0, 1, n)})


def same(a: pa.RecordBatch, b: pa.RecordBatch) -> bool:
    """Equal with NaN equal to itself, which Arrow's `equals` denies: by the text."""
    return a.schema.equals(b.schema, check_metadata=True) and str(a.to_pylist()) == str(
        b.to_pylist()
    )


@given(slices())
def test_a_slice_comes_back_as_it_was(batch: pa.RecordBatch) -> None:
    back = CODER.decode(CODER.encode(batch))
    back.validate(full=True)
    assert same(back, batch)


@given(slices())
def test_what_comes_back_encodes_to_what_it_came_from(batch: pa.RecordBatch) -> None:
    encoded = CODER.encode(batch)
    assert same(CODER.decode(CODER.encode(CODER.decode(encoded))), batch)


def test_five_rows_of_a_million_take_five_rows() -> None:
    batch = million().slice(900_000, 5)
    encoded = CODER.encode(batch)
    assert len(encoded) < 1_000
    assert len(pickle.dumps(batch)) > 10_000_000
    assert CODER.decode(encoded).to_pydict()["row"] == list(range(900_000, 900_005))


def test_the_size_is_estimated_from_the_slice_without_encoding() -> None:
    batch = million().slice(10, 5)
    assert CODER.estimate_size(batch) == 5 * (8 + 8)
    assert CODER.get_impl().estimate_size(batch) == 5 * (8 + 8)


def test_what_repeats_travels_compressed() -> None:
    batch = pa.record_batch({"annotator": ["ann", "ben"] * 5_000})
    encoded = CODER.encode(batch)
    assert len(encoded) < batch.nbytes / 2
    assert CODER.decode(encoded).equals(batch)


def test_numbers_come_back_without_a_copy_to_make() -> None:
    encoded = CODER.encode(million().slice(0, 1_000))
    column = CODER.decode(encoded)["x"].to_numpy(zero_copy_only=True)
    assert column.flags.aligned


@pytest.mark.parametrize("start", [0, 3])
def test_dictionaries_come_back(start: int) -> None:
    words = pa.array(["ann", None, "bob", "ann", "cy"]).dictionary_encode()
    batch = pa.record_batch({"annotator": words}).slice(start)
    back = CODER.decode(CODER.encode(batch))
    assert back.equals(batch)
    assert back.schema == batch.schema


def test_metadata_and_a_batch_without_rows_come_back() -> None:
    names = schema.instances(KEYPOINTS).with_metadata({"skeleton": "coco_17"})
    batch = pa.RecordBatch.from_pylist([], names)
    back = CODER.decode(CODER.encode(batch))
    assert len(back) == 0
    assert back.schema.equals(names, check_metadata=True)


def test_a_batch_is_no_key() -> None:
    with pytest.raises(ValueError, match=r"cannot be made deterministic for 'Group'"):
        CODER.as_deterministic_coder("Group")


def test_the_coder_travels_by_its_name() -> None:
    encoded = CODER.to_runner_api(None).spec.payload
    assert len(encoded) < 400
    assert beam.coders.coders.deserialize_coder(encoded) == CODER


@pytest.mark.parametrize(
    ("hint", "component"),
    [
        (pa.RecordBatch, lambda coder: coder),
        (typehints.KV[int, pa.RecordBatch], lambda coder: coder.value_coder()),
        (typehints.Iterable[pa.RecordBatch], lambda coder: coder.value_coder()),
        (
            typehints.KV[int, typehints.Iterable[pa.RecordBatch]],
            lambda coder: coder.value_coder().value_coder(),
        ),
    ],
    ids=str,
)
def test_it_is_inferred_wherever_the_type_is_known(hint: Any, component: Any) -> None:
    coder = beam.coders.registry.get_coder(hint)
    assert component(coder) == CODER


def typed(bucket: int) -> Iterable[tuple[int, pa.RecordBatch]]:
    yield bucket % 2, million().slice(bucket, 5)


def untyped(bucket):
    yield bucket % 2, million().slice(bucket, 5)


def retained(group: tuple[int, Iterable[pa.RecordBatch]]) -> tuple[int, int]:
    """A bucket, and the bytes that its batches keep in memory."""
    return group[0], sum(batch.get_total_buffer_size() for batch in group[1])


def grouped(pipeline: beam.Pipeline, cut: Any) -> beam.PCollection:
    return (
        pipeline
        | "buckets" >> beam.Create([0, 1, 2])
        | "cut" >> beam.FlatMap(cut)
        | "group" >> beam.GroupByKey()
        | "retained" >> beam.Map(retained)
    )


def in_process() -> beam.Pipeline:
    return beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))


def test_only_the_slices_pass_a_group_by_key() -> None:
    with in_process() as pipeline:
        sizes = grouped(pipeline, typed)
        assert_that(sizes, equal_to([(0, 160), (1, 80)]))


def test_without_the_annotation_beam_pickles_the_parents() -> None:
    def check(sizes: list[tuple[int, int]]) -> None:
        assert all(size >= 16_000_000 for _, size in sizes)

    with in_process() as pipeline:
        assert_that(grouped(pipeline, untyped), check)


def test_the_graph_names_the_coder_for_the_typed_step_alone() -> None:
    assert b"RecordBatchCoder" in coders_of("cut", typed)
    assert b"RecordBatchCoder" not in coders_of("cut", untyped)


def coders_of(step: str, cut: Any) -> bytes:
    """All that a built graph says of how the step's output is encoded."""
    pipeline = in_process()
    grouped(pipeline, cut)
    components = pipeline.to_runner_api().components
    [transform] = [
        transform
        for transform in components.transforms.values()
        if transform.unique_name == step
    ]
    [output] = transform.outputs.values()
    return nested(components, components.pcollections[output].coder_id)


def nested(components: Any, id: str) -> bytes:
    coder = components.coders[id]
    parts = [nested(components, part) for part in coder.component_coder_ids]
    return b"".join([coder.spec.payload, *parts])
