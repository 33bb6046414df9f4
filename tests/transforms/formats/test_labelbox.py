"""Labelbox's exports and import rows."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from posegate.transforms.formats import labelbox
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import load
from samples.face import FACE, one, places
from samples.labelbox import (
    answer,
    box,
    drawn,
    files,
    import_row,
    label,
    model_run,
    point,
    row,
    sample,
    tie,
    version_1,
    video,
)
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_label_says_who_when_and_how_long() -> None:
    row = one(drawn(point("nose", 1.5, 2.25), point("left_eye", 3, 4)))
    assert places(row) == [(1.5, 2.25, 2), (3, 4, 2)]
    assert (row["annotator"], row["lead_time_s"]) == ("ann@example.com", 12)
    assert row["annotated_at"].isoformat() == "2026-02-02T10:00:00+00:00"
    assert (row["image"], row["width"], row["height"]) == ("a.jpg", 200, 100)
    assert dict(row["attributes"])["project"] == "bowling"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"external_id": "b.jpg", "global_key": "k.jpg"}, "b.jpg"),
        ({"global_key": "f/k.jpg"}, "f/k.jpg"),
        ({"global_key": "k-1", "row_data": "https://h/f/a.png?sig=1"}, "f/a.png"),
        ({"global_key": "k-1", "row_data": "https://h/f"}, "k-1"),
        ({"id": "d1"}, "d1"),
    ],
)
def test_an_image_is_named_by_what_has_an_ending(data: Any, name: str) -> None:
    assert one(files(row(label(point("nose")), data_row=data)))["image"] == name


def test_relationships_and_nesting_tell_people_apart() -> None:
    objects = [box("a"), box("b"), point("nose", feature_id="1"), point("nose", 9, 9)]
    ties = (tie("a", "1"), tie("b", "f-nose"))
    got = Reading(drawn(*objects, ties=ties), FACE)
    assert [places(row) for row in got.rows] == [[(20, 30, 2)], [(9, 9, 2)]]
    nested = [box("a", objects=[point("nose")]), box("b", objects=[point("nose", 9)])]
    assert len(Reading(drawn(*nested), FACE).rows) == 2


def test_a_number_in_the_names_tells_people_apart() -> None:
    points = [point("p1_nose"), point("p2_nose", 9), point("p1_left_eye_occluded", 7)]
    first, second = Reading(drawn(*points), FACE).rows
    assert places(first) == [(20, 30, 2), (7, 30, 1)]
    assert places(second) == [(9, 30, 2)]


def test_a_classification_of_a_point_is_its_visibility_or_an_attribute() -> None:
    hidden = [answer("visibility", "Occluded"), answer("sure", "no")]
    row = one(drawn(point("nose", classifications=hidden)))
    assert places(row) == [(20, 30, 1)]
    assert dict(row["attributes"])["nose.sure"] == "no"


def test_a_polygon_is_an_outline_of_its_class() -> None:
    corners = [{"x": x, "y": y} for x, y in [(0, 0), (10, 0), (10, 10)]]
    row = one(drawn({"feature_id": "p", "name": "leaf", "polygon": corners}))
    assert (json.loads(row["segmentation"]), row["area"]) == (
        [[0, 0, 10, 0, 10, 10]],
        50,
    )
    assert dict(row["attributes"])["category"] == "leaf"


def test_consensus_is_an_annotator_each_and_a_benchmark_is_gold() -> None:
    said = {"created_at": "2026-02-02T10:00:00Z"}
    labels = [
        label(point("nose"), id=f"L{i}", label_details={"created_by": f"w{i}", **said})
        for i in range(3)
    ]
    labels[0]["label_details"]["is_benchmark_reference"] = True
    labels[1]["performance_details"]["benchmark_reference_label"] = "L2"
    given = row(*labels)
    given["projects"]["p"]["project_details"] = {"selected_label_id": "L1"}
    got = Reading(files(given), FACE)
    assert [row["role"] for row in got.rows] == ["gold", "production", "gold"]
    assert [row["annotator"] for row in got.rows] == ["w0", "w1", "w2"]
    chosen = [dict(row["attributes"])["selected"] for row in got.rows]
    assert chosen == ["false", "true", "false"]


def test_state_metadata_scores_and_reviews_are_attributes() -> None:
    made = label(point("nose"))
    made["label_details"]["reviews"] = [{"reviewed_by": "q", "label_decision": "no"}]
    made["performance_details"]["consensus_score"] = 0.5
    made["annotations"]["classifications"] = [answer("light", "dusk")]
    given = row(made, metadata_fields=[{"schema_name": "bowler", "value": "li"}])
    given["projects"]["p"]["project_details"] = {"workflow_status": "DONE"}
    said = dict(one(files(given))["attributes"])
    assert said == {
        "project": "bowling",
        "bowler": "li",
        "workflow_status": "DONE",
        "consensus_score": "0.5",
        "review": "no",
        "reviewer": "q",
        "light": "dusk",
    }


@pytest.mark.parametrize("keys", [[3, 5], {"3": True, "4": False, "5": True}])
def test_frames_count_from_1_and_only_keyframes_are_a_person_s(keys: Any) -> None:
    frames = {str(n): [point("nose", n)] for n in (3, 4, 5)}
    segments = {"f-nose": [[3, 5]]}
    given = video(frames, segments=segments, key_frame_feature_map={"f-nose": keys})
    got = Reading(given, FACE)
    assert [row["frame"] for row in got.rows] == [2, 3, 4]
    assert [row["image"] for row in got.rows] == [f"v.mp4#{n}" for n in (2, 3, 4)]
    placed = [row["origin"][0] == Origin.PLACED for row in got.rows]
    assert placed == [True, False, True]
    assert {(row["video"], row["fps"], row["track"]) for row in got.rows} == {
        ("v.mp4", 25.0, "L1")
    }
    assert got.tally.images == 3


def test_without_a_map_lone_frames_are_a_person_s() -> None:
    got = Reading(video({str(n): [point("nose")] for n in (1, 9, 20)}), FACE)
    assert [row["origin"][0] for row in got.rows] == [Origin.PLACED] * 3


def test_people_of_a_video_are_told_apart_by_box() -> None:
    frames = {
        str(n): [
            *(box(b, objects=[point("nose", feature_id=f"{b}{n}")]) for b in "ab"),
        ]
        for n in (1, 2)
    }
    got = Reading(video(frames, key_frame_feature_map={"a": [1, 2], "b": [1]}), FACE)
    assert [row["track"] for row in got.rows] == ["a", "b", "a", "b"]
    assert got.rows[3]["origin"][0] == Origin.INTERPOLATED


def test_predictions_of_a_model_run_are_a_models() -> None:
    got = Reading(model_run(), FACE)
    assert [row["role"] for row in got.rows] == ["production", "prelabel"]


def test_data_rows_nobody_labelled_are_counted() -> None:
    got = Reading(files(row(), row(), row(label())), FACE)
    assert (got.tally.images, got.rows, got.bad) == (3, [], [])
    assert got.tally.notes == {"labelbox.empty": 1}


def test_import_rows_of_an_image_are_one_instance() -> None:
    rows = [
        import_row(uuid=f"u{i}", name=name, point={"x": i, "y": 2})
        for i, name in enumerate(FACE.keypoints)
    ]
    row = one(files(*rows))
    assert (row["image"], len(places(row)), row["role"]) == ("a.jpg", 3, "production")
    sure = [{**each, "confidence": 0.9} for each in rows]
    assert one({"a.json": json.dumps(sure).encode()})["role"] == "prelabel"


def test_import_rows_of_a_video_have_a_row_a_keyframe() -> None:
    keys = [{"frame": n, "point": {"x": n, "y": 1}} for n in (13, 15)]
    got = Reading(files(import_row(name="nose", segments=[{"keyframes": keys}])), FACE)
    assert [(row["frame"], row["xy"][0]) for row in got.rows] == [(12, 13), (14, 15)]


def test_version_1_is_said_once() -> None:
    got = Reading(version_1(), FACE)
    assert [(row["reason"], row["position"]) for row in got.bad] == [
        ("labelbox.version-1", -1)
    ]


def test_a_list_and_one_object_over_lines_are_read_too() -> None:
    rows = [row(label(point("nose"), id=i)) for i in "ab"]
    listed = {"a.json": json.dumps(rows).encode()}
    assert len(Reading(listed, FACE).rows) == 2
    assert one({"a.json": json.dumps(rows[0], indent=2).encode()})


def test_a_broken_line_costs_itself() -> None:
    lines = files(row(label(point("nose"))), row(label(point("nose"), id="L2")))
    good, other = lines["export.ndjson"].splitlines()
    data = b"\xef\xbb\xbf" + good + b"\n" + good[:90] + b"\n\n" + other[:-1]
    got = Reading({"a.ndjson": data}, FACE)
    assert (len(got.rows), got.reasons) == (1, ["json.malformed"] * 2)


@pytest.mark.parametrize("text", ["[]", "{}", '{"data_row": 1}', '{"name": "x"}', ""])
def test_other_json_is_none(text: str) -> None:
    assert not labelbox.sniff(text.encode(), "a.json")


@given(mutated([drawn(box(objects=[point("nose")]))["export.ndjson"]]))
@settings(max_examples=80)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.ndjson": data}, FACE, "labelbox")


@given(mutated([video({"1": [point("nose")], "2": [point("nose")]})["export.ndjson"]]))
@settings(max_examples=40)
def test_whatever_is_damaged_of_a_video_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.ndjson": data}, FACE, "labelbox")


def test_batches_change_nothing() -> None:
    given, skeleton = sample(20), load("coco_17")
    whole, small = Reading(given, skeleton), Reading(given, skeleton, batch=3)
    assert len(whole.rows) == 20
    assert str(whole.rows) == str(small.rows)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_the_vendor_s_import_rows_read_to_their_counts() -> None:
    """12 objects; two masks are addresses, and the two points have no names."""
    got = Reading(DATA / "labelbox_ndjson", load("coco_17"))
    assert (got.tally.records, len(got.rows), got.tally.images) == (12, 8, 3)
    both = ["labelbox.mask-address", "labelbox.other-skeleton"]
    assert sorted(got.reasons) == sorted(both * 2)
