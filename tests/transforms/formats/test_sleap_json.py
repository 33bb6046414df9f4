"""SLEAP's labels in JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from posegate.transforms.model.skeleton import Skeleton
from samples.mutation import mutated
from samples.reading import Reading
from samples.sleap_json import ONE, SKELETON, instance, labels, sample

AB = Skeleton("ab", ("A", "B"), (), (), None)


def test_an_instance_is_a_row_of_its_track() -> None:
    data = labels("BA", [[{**ONE, "track": 1}], [instance((1.5, 2.5), (None, 4))]])
    first, second = Reading({"a.json": data}, AB).rows
    assert (first["xy"], first["visibility"]) == ([3.5, 4.5, 1.5, 2.5], [2, 2])
    assert [first[n] for n in ("image", "video", "frame", "track", "role")] == [
        *("a.mp4#0", "a.mp4", 0, "male", "production"),
    ]
    assert (second["frame"], second["visibility"], second["track"]) == (
        10,
        [0, 2],
        None,
    )


def test_a_scored_instance_is_a_models() -> None:
    got = Reading({"a.slp": labels("AB", [[{**ONE, "score": 0.5}]])}, AB)
    assert got.rows[0]["role"] == "prelabel"


def test_what_is_written_in_another_way_reads_the_same() -> None:
    (data,) = sample(20).values()
    sound = Reading({"a.json": data}, SKELETON)
    for ours, other in (
        (b'"visible": true', b'"visible": 1'),
        (b'"video": 0', b'"video": "0"'),
        (b'"0": {', b'"00": {'),
    ):
        got = Reading({"a.json": data.replace(ours, other, 1)}, SKELETON)
        assert (got.texts, got.bad) == (sound.texts, [])


def test_a_point_that_is_no_number_is_not_labelled() -> None:
    data = labels("AB", [[instance((1.5, 2.5), (float("nan"), 4))]])
    (row,) = Reading({"a.json": data}, AB).rows
    assert row["visibility"] == [2, 0]


@pytest.mark.parametrize(
    "change",
    [{"skeleton": 1}, {"skeleton": -1}, {"skeleton": None}, {"_points": None}],
)
def test_an_instance_that_is_not_whole_is_refused_as_it_stands(
    change: dict[str, Any],
) -> None:
    got = Reading({"a.json": labels("AB", [[ONE, {**ONE, **change}]])}, AB)
    assert (len(got.rows), got.reasons) == (1, ["sleap-json.instance"])
    assert json.loads(got.bad[0]["raw"]) == {**ONE, **change}


def test_several_skeletons_in_one_file_keep_their_instances_order() -> None:
    both = [{"nodes": [{"id": 0}, {"id": 1}]}, {"nodes": [{"id": 1}, {"id": 0}]}]
    turned = {**instance((3.5, 4.5), (1.5, 2.5)), "skeleton": 1}
    got = Reading({"a.json": labels("AB", [[ONE, turned, ONE]], skeletons=both)}, AB)
    assert [row["xy"] for row in got.rows] == [[1.5, 2.5, 3.5, 4.5]] * 3
    assert [row["id"] for row in got.rows] == ["0", "1", "2"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"skeletons": [], "nodes": [',
        b'{"skeletons": [], "nodes": ' + b"[" * 10**6,
        b'{"skeletons": 1, "nodes": 2}',
    ],
)
def test_what_is_none_is_said_to_be_none(data: bytes) -> None:
    got = Reading({"a.json": data}, AB)
    assert (got.rows, len(got.bad)) == ([], 1)


@settings(max_examples=100)
@given(mutated([labels("AB", [[ONE, ONE], [{**ONE, "score": 0.5}]])]))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.json": data}, AB, format="sleap-json")
    assert not got.undocumented()


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(100), SKELETON)
    assert (len(got.rows), got.bad, got.tally.images) == (100, [], 50)


def test_a_real_file(shared_data: Path) -> None:
    """The same two flies as in minimal_instance.slp, which is of format 1.1."""
    folder = shared_data / "sleap_open"
    got = Reading(folder / "json_format_v2/minimal_instance.json", AB)
    assert (len(got.rows), got.bad, got.repairs) == (2, [], set())
    assert got.rows[0]["xy"][0] == 92.65220773208894
