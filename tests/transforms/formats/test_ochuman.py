"""OCHuman's own file."""

import json

import pytest
from hypothesis import given, settings

from posegate.transforms.formats import sniff
from posegate.transforms.formats.ochuman import NAMES
from posegate.transforms.model.skeleton import Skeleton, load
from samples.mutation import mutated, reads_or_says
from samples.ochuman import image, listed, person, sample, strange
from samples.reading import Reading

SKELETON = load("ochuman_17")


def test_a_person_is_read_by_the_names_in_the_file() -> None:
    got = Reading(listed(image(person())), SKELETON)
    (row,) = got.rows
    nose = SKELETON.index("nose")  # the file's 16
    assert row["xy"][2 * nose : 2 * nose + 2] is not None
    elbow = SKELETON.index("right_elbow")  # the file's 1, visible
    assert row["xy"][2 * elbow : 2 * elbow + 2] == [11.5, 21]
    assert row["visibility"][elbow] == 2
    assert row["bbox"] == [5, 6, 40, 40]
    assert (row["image"], row["width"], row["height"]) == ("000001.jpg", 64, 48)
    assert dict(row["attributes"]) == {"max_iou": "0.75"}
    assert got.tally.notes == {"ochuman.left-out": 1}  # the neck; the head is missing


@pytest.mark.parametrize(("flag", "said"), [(0, 0), (1, 2), (2, 1), (3, 1)])
def test_what_anybody_hides_is_occluded(flag: int, said: int) -> None:
    points = [v for _ in range(19) for v in (3.5, 4, flag)]
    (row,) = Reading(listed(image(person(keypoints=points))), SKELETON).rows
    assert set(row["visibility"]) == {said}


def test_another_order_of_names_is_followed_wherever_it_stands() -> None:
    names = (*NAMES[::-1],)
    document = json.loads(listed(image(person()))["ochuman.json"])
    del document["keypoint_names"]
    data = json.dumps(document | {"keypoint_names": names}).encode()
    (row,) = Reading({"ochuman.json": data}, SKELETON).rows
    elbow = SKELETON.index("right_elbow")  # now the file's 17, visible
    assert row["xy"][2 * elbow] == 27.5


def test_a_skeleton_of_all_nineteen_has_head_and_neck() -> None:
    own = Skeleton("all", NAMES, (), (), None)
    got = Reading(listed(image(person())), own)
    assert got.rows[0]["visibility"] == [(0, 2, 1, 1)[i % 4] for i in range(19)]
    assert got.tally.notes == {}


def test_outlines_are_masks_less_their_holes() -> None:
    square = [[1, 1, 21, 1, 21, 11, 1, 11]]
    hole = {"outer": square, "inner": [[5, 5, 9, 5, 9, 9, 5, 9]]}
    rows = Reading(listed(image(person(), person(segms=hole))), SKELETON).rows
    assert json.loads(rows[0]["segmentation"]) == square
    assert [(row["area"], row["area_source"]) for row in rows] == [
        (200, "segment"),
        (200 - 16, "segment"),
    ]


def test_one_strange_person_changes_nobody_else() -> None:
    """Beside somebody whose box is a text all are read one by one."""
    people = json.loads(sample(20)["ochuman.json"])["images"]
    alone = Reading(listed(*people), SKELETON)
    got = Reading(listed(*people, image(person(bbox="none"))), SKELETON)
    assert got.texts == alone.texts
    assert got.reasons == ["ochuman.malformed"]
    assert got.tally.notes == alone.tally.notes


def test_of_several_things_wrong_each_person_keeps_its_place() -> None:
    few, odd = person(keypoints=[1, 2]), person(keypoints=[1, 2, 9] * 19)
    got = Reading(listed(image(person(), 7, few, odd, person())), SKELETON)
    assert [row["position"] for row in got.rows] == [0, 4]
    assert sorted((bad["position"], bad["reason"]) for bad in got.bad) == [
        (1, "ochuman.malformed"),
        (2, "ochuman.malformed"),
        (3, "ochuman.visibility"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b'{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}',
        b'{"images": [{"file_name": "a.jpg", "annotations": []}]}',
        b"[]",
        b"",
    ],
)
def test_other_json_is_none(data: bytes) -> None:
    assert "ochuman" not in [module.NAME for module in sniff(data, "ochuman.json")]


def test_it_is_taken_for_nothing_else() -> None:
    (data,) = sample(400).values()
    for cut in (1_000, 64 << 10):
        found = sniff(data[:cut], "ochuman.json")
        assert [module.NAME for module in found] == ["ochuman"]


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(31), SKELETON)
    assert (len(got.rows), got.bad, got.tally.images) == (31, [], 16)


@given(mutated([*strange().values(), *listed(image(person())).values()]))
@settings(max_examples=100)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data}, SKELETON, "ochuman")
