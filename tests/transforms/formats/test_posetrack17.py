"""PoseTrack 2017's lists of frames."""

import pytest
from hypothesis import given, settings

from posegate.transforms.formats import posetrack17
from posegate.transforms.model.skeleton import load
from samples.mutation import mutated, reads_or_says
from samples.posetrack17 import frame, listed, person, point, sample, strange
from samples.reading import Reading

SKELETON = load("posetrack18_17")
NOSE = SKELETON.index("nose")


def test_a_person_is_read_by_the_names_of_the_joints() -> None:
    (row,) = Reading(listed(frame(person(track=7))), SKELETON).rows
    assert row["xy"][2 * NOSE : 2 * NOSE + 2] == [23, 33]
    assert row["visibility"].count(2) == 15
    assert (row["track"], row["frame"]) == ("7", 1)
    assert row["video"] == "images/bonn/000342_mpii"
    assert dict(row["attributes"])["head_x2"] == "3"


def test_visibility_is_read_where_it_is_said() -> None:
    points = [point(13, 5, 6, is_visible=[0]), point(14, 7, 8, is_visible=[1])]
    files = listed(frame(person(annopoints=[{"point": points}])))
    assert Reading(files, SKELETON).rows[0]["visibility"][NOSE] == 1


def test_scored_points_are_a_models() -> None:
    points = [point(13, 5, 6, score=[0.5])]
    files = listed(frame(person(annopoints=[{"point": points}])))
    assert Reading(files, SKELETON).rows[0]["role"] == "prelabel"


def test_frames_are_counted_labelled_or_not() -> None:
    assert Reading(strange(), SKELETON).tally.images == 4


@pytest.mark.parametrize("head", [b"", b"[]", b'{"images": []}', b'["annolist"]'])
def test_other_json_is_none(head: bytes) -> None:
    assert not posetrack17.sniff(head, "a.json")


@given(mutated([*strange().values(), *listed(frame(person())).values()]))
@settings(max_examples=100)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data}, SKELETON, "posetrack17")


def test_many_people_are_read() -> None:
    got = Reading(sample(50), SKELETON)
    assert (len(got.rows), got.tally.images) == (50, 13)
