"""Who, when and in which role: from the record, the job table or the delivery."""

import json

import pytest

from posegate.transforms.model.jobs import parse
from samples.coco import IMAGES, SKELETON, Json, Read, annotation, dataset, one
from samples.reading import Reading

STILL = {"occluded": False, "keyframe": False}


def test_interpolated_and_predicted_points_are_no_human_evidence() -> None:
    assert one(attributes={"keyframe": False})["origin"] == [2, 2, 2]
    assert one(attributes={"keyframe": True})["origin"] == [0, 0, 0]
    assert one(attributes=STILL, track_id=4)["origin"] == [2, 2, 2]
    assert one(attributes=STILL | {"track_id": 4})["origin"] == [2, 2, 2]
    assert Read(dataset(annotation()), role="prelabel").rows[0]["origin"] == [3, 3, 3]


def test_a_still_of_cvat_was_placed_though_none_of_it_is_a_keyframe() -> None:
    assert one(attributes=STILL)["origin"] == [0, 0, 0]


WHO = [
    ({"annotator": "ann"}, "ann"),
    ({"annotator_id": 7}, "7"),
    ({"annotator": 7.0}, "7"),
    ({"completed_by": {"id": 3, "email": "a@b"}}, "a@b"),
    ({"attributes": {"annotator": "ann"}}, "ann"),
    ({"annotator": ""}, None),
]


@pytest.mark.parametrize(("changes", "expected"), WHO)
def test_the_annotator_is_found_where_vendors_put_it(
    changes: Json, expected: str | None
) -> None:
    assert one(**changes)["annotator"] == expected


@pytest.mark.parametrize(
    ("changes", "repairs"),
    [
        ({"annotated_at": "2026-02-14T09:30:00Z"}, []),
        ({"created_at": "2026-02-14T10:30:00+01:00"}, []),
        ({"updated_at": 1771061400}, []),
        ({"annotated_at": 1771061400000}, []),
        ({"annotated_at": "2026-02-14 09:30:00"}, ["coco.time-zone-assumed"]),
    ],
)
def test_times_are_read_in_utc(changes: Json, repairs: list[str]) -> None:
    row = one(**changes)
    assert row["annotated_at"].isoformat() == "2026-02-14T09:30:00+00:00"
    assert row["repairs"] == repairs


def test_video_track_and_attributes_come_from_the_records() -> None:
    images = [IMAGES[0] | {"vid_id": "v1", "frame_id": 12, "fps": 25}]
    said = {"bowler": "x", "speed": 3.5, "wet": True, "tags": [1], "track_id": 4}
    row = Read(dataset(annotation(attributes=said), images=images)).rows[0]
    assert (row["video"], row["frame"], row["fps"]) == ("v1", 12, 25.0)
    assert row["track"] == "4"
    assert dict(row["attributes"]) == {"bowler": "x", "speed": "3.5", "wet": "true"}


JOBS = b"""image,annotator,annotated_at,role,video,light,lead_time_s
a.jpg,joe,2026-02-14T09:30:00Z,review,v9,low,3.5
b.jpg,sue,,,,,
"""


def test_the_job_table_says_what_the_record_does_not() -> None:
    table = parse(JOBS, "jobs.csv")
    first, second = Read(
        dataset(annotation(1), annotation(2, annotator="ann", role="gold")), jobs=table
    ).rows
    assert (first["annotator"], first["role"], first["video"]) == (
        "joe",
        "review",
        "v9",
    )
    assert first["annotated_at"].isoformat() == "2026-02-14T09:30:00+00:00"
    assert (first["attributes"], first["lead_time_s"]) == ([("light", "low")], 3.5)
    assert (second["annotator"], second["role"]) == ("ann", "gold")


def test_the_job_table_may_join_by_job() -> None:
    table = parse(b"job,annotator\n5,joe\n6,sue\n", "jobs.csv")
    images = [IMAGES[0] | {"job_id": 6}]
    got = Read(dataset(annotation(1), annotation(2, job=5), images=images), jobs=table)
    assert [row["annotator"] for row in got.rows] == ["sue", "joe"]


GOLD = {"roles": {"*.json": "gold"}}


@pytest.mark.parametrize(
    ("table", "record", "says", "expected"),
    [
        (b"image,annotator\na.jpg,joe\n", {}, {}, "joe"),
        (b"image,annotator\na.jpg,joe\n", {}, GOLD, None),
        (b"image,annotator\na.jpg,joe\n", {}, {"role": "gold"}, "joe"),
        (b"image,annotator\na.jpg,joe\n", {"annotator": "ann"}, GOLD, "ann"),
        (b"image,annotator,role\na.jpg,joe,gold\n", {}, {}, "joe"),
        (b"image,annotator,role\na.jpg,joe,gold\n", {"role": "review"}, {}, None),
        (b"job,annotator\n5,joe\n", {"job": 5}, GOLD, "joe"),
        (None, {}, {"annotator": "joe"}, "joe"),
        (None, {}, GOLD | {"annotator": "joe"}, None),
    ],
)
def test_who_did_the_work_on_an_image_has_not_placed_its_gold(
    table: bytes | None, record: Json, says: Json, expected: str | None
) -> None:
    jobs = None if table is None else parse(table, "jobs.csv")
    [row] = Read(dataset(annotation(1, **record)), jobs=jobs, **says).rows
    assert row["annotator"] == expected


def test_a_role_comes_from_the_record_then_the_table_then_the_delivery() -> None:
    says = {"roles": {"gold/*": "gold", "*.json": "review"}, "role": "production"}
    assert Read(dataset(annotation()), **says).rows[0]["role"] == "review"
    says["roles"] = {"gold/*": "gold"}
    assert Read(dataset(annotation()), **says).rows[0]["role"] == "production"
    table = parse(b"image,role\na.jpg,gold\n", "jobs.csv")
    assert Read(dataset(annotation()), jobs=table).rows[0]["role"] == "gold"


RESULT = {"image_id": 1, "category_id": 1, "score": 0.9}
POINTS = [10, 20, 0.97, 30.5, 20, 0.01, 0, 0, 0]


def test_results_are_prelabels_with_the_images_of_the_other_shards() -> None:
    got = Read([RESULT | {"keypoints": POINTS}], dataset())
    row = got.rows[0]
    assert (row["image"], row["role"], row["id"]) == ("a.jpg", "prelabel", None)
    assert row["visibility"] == [2, 2, 0]
    assert row["origin"] == [3, 3, 3]
    assert "coco.score-as-visibility" in row["repairs"]


def test_results_without_images_or_keypoints_are_refused() -> None:
    both = [RESULT | {"keypoints": POINTS}, RESULT | {"bbox": [1, 2, 3, 4]}]
    assert Read(both).reasons == ["coco.image-missing"] * 2
    assert Read(both, dataset()).reasons == ["coco.keypoints-missing"]


def test_results_are_not_guessed_onto_one_of_two_images() -> None:
    other = dataset(images=[IMAGES[0] | {"file_name": "b.jpg"}])
    got = Read([RESULT | {"keypoints": POINTS}], dataset(), other)
    assert got.reasons == ["coco.image-ambiguous"]


def test_a_file_name_says_who_where_the_record_does_not() -> None:
    data = json.dumps(dataset(annotation(), annotation(2, annotator="eve"))).encode()
    side = "names.pattern = '(?P<annotator>[a-z]+)_(?P<light>[a-z]+)'"
    got = Reading({"bob_dim.json": data}, SKELETON, side=side)
    assert [(r["annotator"], r["attributes"]) for r in got.rows] == [
        ("bob", [("light", "dim")]),
        ("eve", [("light", "dim")]),
    ]
