"""OpenPose's frames."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import openpose
from posegate.transforms.formats.openpose_frames import Scale, Sequences
from posegate.transforms.model import jobs
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton, load
from samples.mutation import mutated, reads_or_says
from samples.openpose import deep, frame, normalised, person, sample, two, undetected
from samples.reading import Reading

TWO = Skeleton("two", ("a", "b"), (), (), None)
HAND = [value for i in range(21) for value in (i, i, 0.5)]
DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_person_is_a_models_row() -> None:
    (row,) = Reading(two(), TWO).rows
    assert row["xy"] == [10, 20, 30, 40]
    assert row["role"] == "prelabel"
    assert row["origin"] == [Origin.PREDICTED] * 2
    assert (row["image"], row["id"], row["track"]) == ("a", "0", None)
    assert dict(row["attributes"]) == {"part": "body", "confidence": "0.7000"}


def test_what_was_not_detected_is_nowhere() -> None:
    (row,) = Reading(undetected(), TWO).rows
    assert row["visibility"] == [2, 0]
    assert np.isnan(row["xy"][2:]).all()


def test_the_order_is_found_by_the_projects_names() -> None:
    """The list begins nose, neck (BODY_25), or nose, left eye (BODY_25B)."""
    body = [value for i in range(25) for value in (i, i, 0.5)]
    files = {"a.json": frame(person(pose_keypoints_2d=body))}
    one = load("openpose_body_25")
    names = tuple(f"{name}_".lower() for name in reversed(one.keypoints))
    turned = Skeleton("turned", names, (), (), None)
    assert Reading(files, one).rows[0]["xy"][2:4] == [1, 1]
    assert Reading(files, turned).rows[0]["xy"][:2] == [24, 24]
    (row,) = Reading(files, load("openpose_body_25b")).rows
    assert "openpose.order-assumed" not in row["repairs"]


def test_seventy_keypoints_mean_the_face() -> None:
    face = [value for i in range(70) for value in (i, 2 * i, 0.5)]
    files = {"a.json": frame(person(face_keypoints_2d=face))}
    (row,) = Reading(files, load("openpose_face_70")).rows
    assert row["xy"][138:] == [69, 138]


def test_each_hand_is_a_row() -> None:
    hands = person(hand_left_keypoints_2d=HAND, hand_right_keypoints_2d=HAND)
    files = {"a.json": frame(hands, person(hand_right_keypoints_2d=HAND))}
    rows = Reading(files, load("openpose_hand_21")).rows
    assert [row["id"] for row in rows] == ["0-left", "0-right", "1-right"]


def test_a_hand_that_was_not_detected_is_no_row() -> None:
    """OpenPose writes zeros where it looked for a hand and found none."""
    hands = person(hand_left_keypoints_2d=HAND, hand_right_keypoints_2d=[0] * 63)
    got = Reading({"a.json": frame(hands)}, load("openpose_hand_21"))
    assert ([row["id"] for row in got.rows], got.reasons) == (
        ["0-left"],
        ["openpose.nobody"],
    )


def test_the_names_of_the_first_versions_are_read() -> None:
    files = {"a.json": frame({"pose_keypoints": [1, 2, 0.5, 3, 4, 0.5]}, version=0.1)}
    assert Reading(files, TWO).rows[0]["xy"] == [1, 2, 3, 4]


def test_a_tracked_person_has_a_track() -> None:
    tracked = person(pose_keypoints_2d=[1, 2, 0.5, 3, 4, 0.5], person_id=[7])
    assert Reading({"a.json": frame(tracked)}, TWO).rows[0]["track"] == "7"


def test_parts_of_the_size_become_px_by_all_files_of_a_shard() -> None:
    table = jobs.parse(b"image,width,height\na,641,481\nb,641,481\n", "jobs.csv")
    rows = Reading(normalised(), TWO, jobs=table).rows
    assert rows[0]["xy"] == [480, 360, 320, 480]
    assert rows[1]["xy"] == [160, 240, 640, 0]


def test_the_last_pixel_is_at_one() -> None:
    size = np.array([641.0, 481.0])
    assert Scale(0.0).px(np.array([[1.0, 0.5]]), size).tolist() == [[640, 240]]


def test_people_in_3_d_have_a_unit() -> None:
    (row,) = Reading(deep(), TWO).rows
    assert (row["unit"], row["z"], row["area"]) == ("mm", [1000, 1000], None)
    assert Reading(deep(0.8), TWO).rows[0]["unit"] == "m"


def test_neighbouring_numbers_are_a_video_and_others_stills() -> None:
    walk = [f"d/walk_{i:012d}" for i in (0, 1, 2, 9)]
    stills = [f"COCO_val2014_{i:012d}" for i in (192, 641, 5000)]
    found = Sequences.among([*walk, *stills, "lonely_7"])
    assert found.place(walk[3]) == ("d/walk", 9)
    assert found.place(stills[0]) == (None, None)
    assert found.place("lonely_7") == (None, None)


@pytest.mark.parametrize(
    "head", [b"", b"[]", b'{"people": 3}', b'{"images": []}', b'{"people": []}']
)
def test_other_json_is_none(head: bytes) -> None:
    assert not openpose.sniff(head, "a.json")


def test_a_frame_of_nobody_is_told_by_its_name_where_it_says_no_version() -> None:
    got = Reading({"a_keypoints.json": b'{"people": []}'}, TWO)
    assert (got.shards[0].format, got.bad, got.tally.images) == ("openpose", [], 1)


def test_an_empty_frame_is_one() -> None:
    assert openpose.sniff(frame(), "a.json")
    got = Reading({"a.json": frame(), "b.json": two()["a_keypoints.json"]}, TWO)
    assert (len(got.rows), got.tally.images) == (1, 2)


SOUND = frame(
    person(pose_keypoints_2d=[10, 20, 0.9, 0, 0, 0], person_id=[1]),
    person(pose_keypoints_3d=[0, 0, 1, 1, 0, 1, 1, 1]),
)


@given(mutated([SOUND]))
@settings(max_examples=150)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data, **two()}, TWO, "openpose")


@pytest.mark.parametrize(
    "people",
    ["5", '[{"pose_keypoints_2d": 5}]', '[{"pose_keypoints_2d": {"a": 1}}]', "[5]",
     '[{"pose_keypoints_2d": [1e400, 2, 1, 1, 2, 3]}]',
     '[{"pose_keypoints_2d": [1' + "0" * 400 + ", 2, 1, 1, 2, 3]}]",
     "[" * 100_000],
)  # fmt: skip
def test_hostile_values_are_refused(people: str) -> None:
    data = f'{{"version": 1.3, "people": {people}}}'.encode()
    got = reads_or_says({"a.json": data}, TWO, "openpose")
    assert (len(got.rows), len(got.bad)) == (0, 1)


def test_deep_nesting_is_refused() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    data = f'{{"people": [], "part_candidates": [{deep}]}}'.encode()
    got = reads_or_says({"a.json": data}, TWO, "openpose")
    assert got.reasons == ["openpose.malformed"]


def test_many_frames_are_one_video() -> None:
    got = Reading(sample(40), load("openpose_body_25"))
    assert (len(got.rows), len(got.shards)) == (40, 1)
    assert {row["video"] for row in got.rows} == {"walk"}


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_two_cameras_of_two_people_read_to_their_counts() -> None:
    got = Reading(DATA / "openpose_json_balancing", load("openpose_body_25b"))
    assert (len(got.rows), got.tally.images, got.bad) == (401, 200, [])
    frames = {(row["video"], row["frame"]) for row in got.rows}
    assert len(frames) == 200
