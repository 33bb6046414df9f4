from collections.abc import Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest

from beamed import run
from canonical import batch, row
from posegate.transforms.kernels.clusters import of_clusters
from posegate.transforms.kernels.sums import Made, Sum
from posegate.transforms.kernels.weeks import Clock
from posegate.transforms.sums import Crowds, Distinct, Gather, Subtotal, Totals, add


def tables(rows: pa.RecordBatch) -> Iterator[Sum]:
    return of_clusters(Made.of(rows, Clock("2026-W01")))


ANN, BEN = ("made", "ann", "", ""), ("made", "ben", "", "")


def gathered(sums: list[Sum], collections: int = 1) -> Totals:
    """What is gathered of sums that are dealt to several collections."""

    def graph(source: beam.PCollection) -> dict[str, beam.PCollection]:
        typed = source | beam.Map(lambda sum: sum).with_output_types(Sum)
        subtotals = [
            typed
            | f"deal {hand}"
            >> beam.Filter(lambda s, h=hand: s[1][0] % collections == h)
            | f"subtotal {hand}" >> Subtotal()
            for hand in range(collections)
        ]
        return {"totals": subtotals | beam.Flatten() | Gather()}

    [found] = run(sums, graph)["totals"]
    return found


@pytest.mark.parametrize("collections", [1, 2, 5])
def test_sums_are_added_by_key_however_they_are_divided(collections: int) -> None:
    sums = [((BEN, ANN)[i % 2], np.array([i, 10 * i])) for i in range(7)]
    found = gathered(sums, collections)
    assert {key: value.tolist() for key, value in found.items()} == {
        ANN: [9, 90],
        BEN: [12, 120],
    }
    assert list(found) == sorted(found)


def test_of_no_sums_an_empty_mapping_is_gathered() -> None:
    assert gathered([]) == {}


def test_one_mapping_leaves_a_bundle() -> None:
    def graph(source: beam.PCollection) -> dict[str, beam.PCollection]:
        return {
            "subtotals": source
            | beam.combiners.ToList()
            | beam.FlatMap(list)
            | Subtotal()
        }

    sums = [(ANN, np.array([1]))] * 5
    [found] = run(sums, graph)["subtotals"]
    assert found[ANN].tolist() == [5]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_values_are_counted_once_however_they_are_batched(size: int) -> None:
    videos = pa.record_batch({"video": ["v1", None, "v2", "v1", "v2"]})
    batches = [videos.slice(first, size) for first in range(0, 5, size)]
    [found] = run(batches, lambda source: {"videos": source | Distinct("video", "n")})[
        "videos"
    ]
    assert (found[0], found[1].tolist()) == (("n", "", "", ""), [2])


def test_of_no_batches_no_value_is_counted() -> None:
    [found] = run([], lambda source: {"videos": source | Distinct("video", "n")})[
        "videos"
    ]
    assert found[1].tolist() == [0]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_track_is_one_crowd_however_it_is_batched(size: int) -> None:
    rows = batch(*(row(i, annotator="ann", track=t) for i, t in enumerate("11211")))
    batches = [rows.slice(first, size) for first in range(0, 5, size)]
    [found] = run(
        batches, lambda source: {"crowds": source | beam.FlatMap(tables) | Crowds()}
    )["crowds"]
    assert found[0] == ("crowd", "ann", "2026-W07", "")
    assert found[1].tolist() == [4**2 + 1, 4**2 + 1, 0]


def test_adding_leaves_the_arrays_that_came_in_alone() -> None:
    mine = np.array([1])
    totals = {ANN: mine}
    add(totals, [(ANN, np.array([2]))])
    assert (totals[ANN].tolist(), mine.tolist()) == ([3], [1])
