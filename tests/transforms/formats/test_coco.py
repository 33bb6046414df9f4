"""COCO's traps, each in the smallest file that shows it; good records survive."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.formats import Context, Tally, coco, read, sniff
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.jobs import parse
from posegate.transforms.model.schema import QUARANTINE, instances
from posegate.transforms.model.skeleton import Skeleton

DATA = Path(__file__).parents[3] / "../shared/data"
NAN = float("nan")
NAMES = ("nose", "left_eye", "right_eye")
SKELETON = Skeleton("face", NAMES, (), (), None)
Json = dict[str, Any]


def annotation(id: Any = 1, **changes: Any) -> Json:
    """A sound annotation: three points, a box of 40 x 50 and a segment's area."""
    record = {
        "id": id,
        "image_id": 1,
        "category_id": 1,
        "keypoints": [10, 20, 2, 30.5, 20, 1, 0, 0, 0],
        "num_keypoints": 2,
        "bbox": [5, 5, 40, 50],
        "area": 900.5,
        "iscrowd": 0,
    } | changes
    return {key: value for key, value in record.items() if value is not ...}


def dataset(*annotations: Json, **changes: Any) -> Json:
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
        "categories": [{"id": 1, "name": "face", "keypoints": list(NAMES)}],
        "annotations": list(annotations),
    } | changes


class Read:
    """Everything that reading gave; the counts are checked on the way."""

    def __init__(
        self, *shards: Any, skeleton: Skeleton = SKELETON, **says: Any
    ) -> None:
        jobs, batch = says.pop("jobs", None), says.pop("batch", 8192)
        data = [s if isinstance(s, bytes) else json.dumps(s).encode() for s in shards]
        names = says.pop("names", [f"shard-{i}.json" for i in range(len(data))])
        files = dict(zip(names, data, strict=True))
        listed = [
            Shard(i, name, name, len(files[name]), "") for i, name in enumerate(names)
        ]
        delivery = Delivery("d", "d", tuple(listed), **says)
        context = Context(
            skeleton, delivery, listed[0], lambda p: io.BytesIO(files[p]), jobs, batch
        )
        self.tally = Tally()
        batches = list(read(context, self.tally))
        schema = instances(len(skeleton.keypoints))
        assert {b.schema for b in batches} <= {schema, QUARANTINE}
        self.sizes = [len(b) for b in batches if b.schema == schema]
        self.rows = [r for b in batches if b.schema == schema for r in b.to_pylist()]
        self.bad = [r for b in batches if b.schema == QUARANTINE for r in b.to_pylist()]
        for b in batches:
            b.validate(full=True)
        assert self.tally.adds_up
        assert self.tally.rows == len(self.rows)
        assert self.tally.quarantined + self.tally.others == len(self.bad)

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.bad]

    @property
    def repairs(self) -> list[list[str]]:
        return [row["repairs"] for row in self.rows]


def one(**changes: Any) -> Json:
    """The row of an annotation with changes, which must be the only output."""
    got = Read(dataset(annotation(**changes)))
    assert got.bad == []
    return got.rows[0]


def test_a_sound_annotation_is_a_row_with_the_vendors_numbers() -> None:
    row = one(segmentation=[[5, 5, 45, 5, 45, 55.25]])
    nan = row["xy"].pop(), row["xy"].pop()
    assert np.isnan(nan).all()
    assert len(row.pop("instance")) == 24
    assert row == {
        "id": "1",
        "image": "a.jpg",
        "width": 640,
        "height": 480,
        "video": None,
        "frame": None,
        "fps": None,
        "track": None,
        "annotator": None,
        "annotated_at": None,
        "lead_time_s": None,
        "role": "production",
        "xy": [10.0, 20.0, 30.5, 20.0],
        "z": None,
        "unit": None,
        "visibility": [2, 1, 0],
        "origin": [0, 0, 0],
        "bbox": [5.0, 5.0, 40.0, 50.0],
        "area": 900.5,
        "area_source": "segment",
        "segmentation": b"[[5, 5, 45, 5, 45, 55.25]]",
        "attributes": None,
        "repairs": [],
        "source": "shard-0.json",
        "position": 0,
        "format": "coco",
    }


REPAIRED = [
    ({"id": ...}, "coco.id-missing", {"id": None}),
    ({"bbox": ...}, "coco.bbox-missing", {"bbox": [NAN] * 4, "area": 900.5}),
    ({"bbox": None}, "coco.bbox-missing", {"bbox": [NAN] * 4}),
    ({"bbox": []}, "coco.bbox-missing", {"bbox": [NAN] * 4}),
    ({"bbox": "x"}, "coco.bbox-dropped", {"bbox": [NAN] * 4}),
    ({"bbox": [5, 5, 0, 50]}, "coco.bbox-empty", {"bbox": [5.0, 5.0, 0.0, 50.0]}),
    ({"area": ...}, "coco.area-missing", {"area": 1060.0, "area_source": "0.53-bbox"}),
    ({"area": 0}, "coco.area-missing", {"area": 1060.0, "area_source": "0.53-bbox"}),
    ({"area": -3}, "coco.area-missing", {"area": 1060.0}),
    ({"area": [900.5]}, "coco.area-dropped", {"area": 1060.0}),
    ({"area": 2000}, "coco.area-is-bbox", {"area": 1060.0, "area_source": "0.53-bbox"}),
    ({"area": float("nan")}, "coco.area-dropped", {"area": 1060.0}),
    ({"area": 10**400}, "coco.area-missing", {"area": 1060.0}),
    ({"num_keypoints": 3}, "coco.num-keypoints", {"visibility": [2, 1, 0]}),
    ({"num_keypoints": "2"}, "coco.num-keypoints-dropped", {"visibility": [2, 1, 0]}),
    ({"category_id": ...}, "coco.category-missing", {"visibility": [2, 1, 0]}),
    (
        {"keypoints": [10, 20, 2.0, 30.5, 20, 1, 0, 0, 0]},
        "coco.visibility-float",
        {"visibility": [2, 1, 0]},
    ),
    (
        {"keypoints": [10, 20, 2, 30.5, 20, 1, 7, 8, 0]},
        "coco.unlabelled-with-position",
        {"xy": [10.0, 20.0, 30.5, 20.0, 7.0, 8.0], "visibility": [2, 1, 0]},
    ),
    (
        {"keypoints": [[10, 20, 2], [30.5, 20, 1], [7, 8, 3]], "num_keypoints": 3},
        "coco.keypoints-nested",
        {"visibility": [2, 1, 3]},
    ),
    (
        {"keypoints": [10, 20, 2, 30.5, 20, 1, None, None, 0]},
        "coco.position-null",
        {"visibility": [2, 1, 0]},
    ),
    (
        {"keypoints": [10, 20, 2, 30.5, 20, 1, float("nan"), 0, 0]},
        "coco.position-null",
        {"visibility": [2, 1, 0]},
    ),
    ({"annotated_at": "last week"}, "coco.time-unreadable", {"annotated_at": None}),
    ({"annotated_at": -5}, "coco.time-unreadable", {"annotated_at": None}),
    ({"attributes": [1]}, "coco.attributes-dropped", {"attributes": None}),
]


@pytest.mark.parametrize(("changes", "code", "expected"), REPAIRED)
def test_what_can_be_mended_is_mended_visibly(
    changes: Json, code: str, expected: Json
) -> None:
    row = one(**changes)
    assert code in row["repairs"]
    assert str({key: row[key] for key in expected}) == str(expected)


REFUSED = [
    ({"keypoints": ...}, "coco.keypoints-missing"),
    ({"keypoints": None}, "coco.keypoints-missing"),
    ({"keypoints": "x"}, "coco.keypoints"),
    ({"keypoints": [10, 20, 2, 30.5, "20", 1, 0, 0, 0]}, "coco.keypoints"),
    ({"keypoints": [10, 20, True, 30.5, 20, 1, 0, 0, 0]}, "coco.keypoints"),
    ({"keypoints": [None, 20, 2, 30.5, 20, 1, 0, 0, 0]}, "coco.keypoints"),
    ({"keypoints": [[10, 20], [30, 20], [0, 0]]}, "coco.keypoints"),
    ({"keypoints": [10, 20, 2, 30.5, 20, 1]}, "coco.keypoint-count"),
    ({"keypoints": []}, "coco.keypoint-count"),
    ({"keypoints": [10, 20, 2, 30.5, 20, 4, 0, 0, 0]}, "coco.visibility"),
    ({"keypoints": [10, 20, 2, 30.5, 20, 0.87, 0, 0, 0]}, "coco.visibility"),
    ({"keypoints": [10, 20, 2, 30.5, 20, -1, 0, 0, 0]}, "coco.visibility"),
    ({"keypoints": [1e308, 20, 2, 30.5, 20, 1, 0, 0, 0]}, "coco.coordinate"),
    ({"keypoints": [10**400, 20, 2, 30.5, 20, 1, 0, 0, 0]}, "coco.coordinate"),
    ({"keypoints": [10, -2e6, 2, 30.5, 20, 1, 0, 0, 0]}, "coco.coordinate"),
    ({"keypoints": [10, float("inf"), 2, 30.5, 20, 1, 0, 0, 0]}, "coco.coordinate"),
    ({"keypoints": [float("nan"), 2, 2, 30.5, 20, 1, 0, 0, 0]}, "coco.coordinate"),
    ({"image_id": ...}, "coco.image-id"),
    ({"image_id": None}, "coco.image-id"),
    ({"image_id": [1]}, "coco.image-id"),
    ({"image_id": 2}, "coco.image-missing"),
    ({"category_id": 7}, "coco.category-unknown"),
    ({"bbox": [5, 5, -40, 50]}, "coco.bbox-negative"),
    ({"bbox": [5, 5, 40]}, "coco.bbox"),
    ({"bbox": [5, 5, 40, 1e300]}, "coco.bbox"),
    ({"role": "boss"}, "coco.role"),
]


@pytest.mark.parametrize(("changes", "reason"), REFUSED)
def test_what_cannot_is_refused_and_costs_one_record(
    changes: Json, reason: str
) -> None:
    bad = annotation(2, **changes)
    got = Read(dataset(annotation(1), bad, annotation(3)))
    assert [row["id"] for row in got.rows] == ["1", "3"]
    assert [row["position"] for row in got.rows] == [0, 2]
    assert got.reasons == [reason]
    assert got.bad[0]["position"] == 1
    assert got.bad[0]["detail"].startswith("record 1 of annotations: ")
    assert got.bad[0]["raw"] == json.dumps(bad).encode()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"id": 2, "image_id": 1, "keypoints": [01]}', "json.malformed"),
        (b'{"id": 2, "image_id": 1, "keypoints": [1, 2', "coco.keypoints"),
        (b'{"id": 2, "note": "\\ud800", "image_id": 1}', "json.malformed"),
        (b'{"id": 2, "note": "\xff", "image_id": 1}', "json.malformed"),
        (b'{"id": 2, "x": ' + b"[" * 80 + b"]" * 80 + b"}", "json.too-deep"),
        (b"null", "json.stray"),
        (b"[1, 2]", "coco.not-an-object"),
        (b"{}", "coco.image-id"),
    ],
)
def test_what_is_not_json_costs_one_record(raw: bytes, reason: str) -> None:
    good = json.dumps(dataset(annotation(1), 0, annotation(3)))  # type: ignore[arg-type]
    got = Read(good.encode().replace(b" 0, {", b" " + raw + b", {"))
    assert [row["id"] for row in got.rows] == ["1", "3"]
    assert got.reasons == [reason]
    assert got.bad[0]["position"] == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "json.empty"),
        (b"id,x,y\n1,2,3\n", "json.not-json"),
        (json.dumps(dataset()).encode("utf-16"), "json.encoding"),
        (b'{"images": []}', "coco.no-annotations"),
        (b'{"annotations": {"1": {}}}', "coco.no-annotations"),
        (b"\x1f\x8b\x08garbage", "file.gzip"),
    ],
)
def test_a_file_that_is_none_is_one_quarantine_row(data: bytes, reason: str) -> None:
    got = Read(data)
    assert (got.rows, got.tally.records) == ([], 0)
    assert [(row["position"], row["reason"]) for row in got.bad] == [(-1, reason)]


def test_an_empty_list_of_annotations_is_nothing_wrong() -> None:
    got = Read(dataset())
    assert (got.rows, got.bad) == ([], [])


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_is_cut_off_gives_what_it_has(packed: bool) -> None:
    data = json.dumps(dataset(*(annotation(i) for i in range(1000)))).encode()
    data = gzip.compress(data)[:-900] if packed else data[:-900]
    got = Read(data)
    assert len(got.rows) > 700
    assert got.reasons == ["file.gzip" if packed else "json.truncated"]


def test_gzip_is_read_as_what_is_in_it() -> None:
    got = Read(gzip.compress(json.dumps(dataset(annotation())).encode()))
    assert len(got.rows) == 1


def test_a_byte_order_mark_is_a_repair() -> None:
    got = Read(b"\xef\xbb\xbf" + json.dumps(dataset(annotation())).encode())
    assert got.repairs == [["coco.byte-order-mark"]]


ORDERS = [
    ("images", "categories", "annotations"),
    ("annotations", "images", "categories"),
    ("categories", "annotations", "images"),
    ("images", "annotations", "categories"),
]


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_the_lists_does_not_matter(order: tuple[str, ...]) -> None:
    whole = dataset(
        annotation(), annotation(2, image_id=9), images=[*IMAGES, {"id": 3}]
    )
    got = Read({key: whole[key] for key in order})
    assert [row["image"] for row in got.rows] == ["a.jpg"]
    assert sorted(got.reasons) == ["coco.image", "coco.image-missing"]
    assert (got.tally.records, got.tally.others) == (2, 1)


IMAGES = dataset()["images"]


def test_batches_have_the_size_asked_for() -> None:
    got = Read(dataset(*(annotation(i) for i in range(25))), batch=10)
    assert got.sizes == [10, 10, 5]
    assert [row["position"] for row in got.rows] == list(range(25))


@pytest.mark.parametrize("ids", [(1, 1.0), (1, "1"), ("a/b", "a/b"), (2**70, 2**70)])
def test_image_ids_may_be_numbers_or_texts(ids: tuple[Any, Any]) -> None:
    images = [{"id": ids[0], "file_name": "a.jpg", "width": 9, "height": 9}]
    got = Read(dataset(annotation(image_id=ids[1]), images=images))
    assert [row["image"] for row in got.rows] == ["a.jpg"]


def test_an_image_may_be_repeated_but_not_contradicted() -> None:
    other = IMAGES[0] | {"file_name": "b.jpg"}
    got = Read(dataset(annotation(), images=[*IMAGES, *IMAGES, other]))
    assert [row["image"] for row in got.rows] == ["a.jpg"]
    assert [(r["reason"], r["position"]) for r in got.bad] == [
        ("coco.image-conflict", 2)
    ]
    assert "'b.jpg'" in got.bad[0]["detail"]


@pytest.mark.parametrize("size", [{"width": -5}, {"width": 0}, {"height": None}])
def test_an_impossible_image_size_is_left_out(size: Json) -> None:
    got = Read(dataset(annotation(), images=[IMAGES[0] | size]))
    assert got.repairs == [["coco.image-size"]]
    assert [row[next(iter(size))] for row in got.rows] == [None]


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ({"file_name": "a.jpg"}, "coco.image"),
        ({"id": 1}, "coco.image"),
        ({"id": 1, "file_name": ""}, "coco.image"),
        ({"id": 1, "file_name": 7}, "coco.image"),
    ],
)
def test_an_image_that_is_none_is_refused(image: Json, reason: str) -> None:
    got = Read(dataset(annotation(), images=[image]))
    assert got.reasons == [reason, "coco.image-missing"]
    assert got.bad[0]["detail"].startswith("record 0 of images: ")


def test_an_image_with_an_ill_typed_detail_keeps_the_rest() -> None:
    got = Read(dataset(annotation(), images=[IMAGES[0] | {"fps": "fast", "frame": 3}]))
    assert got.repairs == [["coco.image-dropped"]]
    assert (got.rows[0]["frame"], got.rows[0]["width"]) == (3, 640)


@pytest.mark.parametrize(
    "name", ["../../x.jpg", "a\nb.jpg", "<script>alert(1)</script>"]
)
def test_odd_file_names_are_only_text(name: str) -> None:
    got = Read(dataset(annotation(), images=[IMAGES[0] | {"file_name": name}]))
    assert [row["image"] for row in got.rows] == [name]


def categories(*names: Any) -> list[Json]:
    return [{"id": i + 1, "name": "x", "keypoints": n} for i, n in enumerate(names)]


@pytest.mark.parametrize(
    ("names", "repairs"),
    [
        (["Nose", "Left Eye", "right-eye"], []),
        ([], ["coco.category-without-names"]),
        (None, ["coco.category-without-names"]),
    ],
)
def test_keypoint_names_may_be_spelled_otherwise(
    names: Any, repairs: list[str]
) -> None:
    assert Read(dataset(annotation(), categories=categories(names))).repairs == [
        repairs
    ]


def test_keypoints_in_another_order_are_put_in_ours() -> None:
    names = ["right_eye", "nose", "left_eye"]
    got = Read(dataset(annotation(), categories=categories(names)))
    row = got.rows[0]
    assert row["repairs"] == ["coco.keypoints-reordered"]
    assert row["visibility"] == [1, 0, 2]
    assert row["xy"][:2] == [30.5, 20.0]
    assert row["xy"][4:] == [10.0, 20.0]


def test_another_skeleton_is_refused_beside_ours() -> None:
    kinds = categories(list(NAMES), ["snout", "tail", "ear"])
    got = Read(dataset(annotation(1), annotation(2, category_id=2), categories=kinds))
    assert (len(got.rows), got.reasons) == (1, ["coco.other-skeleton"])
    assert "'ear', 'snout', 'tail'" in got.bad[0]["detail"]


def test_roboflows_dummy_category_and_hashed_name() -> None:
    name = "shot_png.rf.214cce.jpg"
    images = [IMAGES[0] | {"file_name": name, "extra": {"name": "shot.png"}}]
    kinds = [{"id": 0, "name": "project"}, *categories(list(NAMES))]
    row = Read(dataset(annotation(), images=images, categories=kinds)).rows[0]
    assert (row["image"], row["repairs"]) == (name, [])
    assert row["attributes"] == [("original", "shot.png")]


def test_the_same_annotation_twice_is_refused_once() -> None:
    got = Read(dataset(annotation(1), annotation(1), annotation(2)), batch=1)
    assert [row["id"] for row in got.rows] == ["1", "2"]
    assert got.reasons == ["coco.duplicate-id"]


def test_the_same_id_of_two_annotators_is_two_instances() -> None:
    got = Read(dataset(annotation(1, annotator="a"), annotation(1, annotator="b")))
    assert len({row["instance"] for row in got.rows}) == 2


def test_an_instance_is_the_same_wherever_it_stands() -> None:
    late = Read(dataset(annotation(5), annotation(1)), names=["x.json"]).rows[1]
    assert late["instance"] == Read(dataset(annotation(1))).rows[0]["instance"]


def test_crowds_are_rows_that_say_so() -> None:
    rle = {"counts": [1, 2], "size": [2, 2]}
    row = one(iscrowd=True, segmentation=rle, keypoints=[0] * 9, num_keypoints=0)
    assert row["attributes"] == [("iscrowd", "1")]
    assert json.loads(row["segmentation"]) == rle
    assert row["visibility"] == [0, 0, 0]


def test_a_missing_area_is_measured_in_the_polygon() -> None:
    row = one(
        area=..., segmentation=[[0, 0, 10, 0, 10, 10, 0, 10], [20, 0, 22, 0, 22, 1]]
    )
    assert (row["area"], row["area_source"]) == (101.0, "segment")
    assert row["repairs"] == ["coco.area-missing"]


def test_interpolated_and_predicted_points_are_no_human_evidence() -> None:
    assert one(attributes={"keyframe": False})["origin"] == [2, 2, 2]
    assert one(attributes={"keyframe": True})["origin"] == [0, 0, 0]
    assert Read(dataset(annotation()), role="prelabel").rows[0]["origin"] == [3, 3, 3]


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
    assert Read(both).reasons == ["coco.keypoints-missing", "coco.image-missing"]


def test_results_are_not_guessed_onto_one_of_two_images() -> None:
    other = dataset(images=[IMAGES[0] | {"file_name": "b.jpg"}])
    got = Read([RESULT | {"keypoints": POINTS}], dataset(), other)
    assert got.reasons == ["coco.image-ambiguous"]


def test_a_files_head_is_recognised() -> None:
    assert sniff(json.dumps(dataset(annotation())).encode()) is coco
    assert sniff(b'[{"image_id":1}]') is coco
    assert sniff(b"<annotations>") is None


def test_an_80_mb_text_costs_one_record() -> None:
    whole = dataset(annotation(1), annotation(2, note="@"), annotation(3))
    data = json.dumps(whole).encode().replace(b"@", b"x" * 80_000_000)
    got = Read(data)
    assert [row["id"] for row in got.rows] == ["1", "3"]
    assert got.reasons == ["json.too-long"]
    assert len(got.bad[0]["raw"]) == 1 << 16


def test_a_gzip_bomb_is_stopped() -> None:
    data = json.dumps(dataset(annotation())).encode()
    packer = io.BytesIO()
    with gzip.GzipFile(fileobj=packer, mode="wb") as file:
        file.write(data[:-1])
        for _ in range(280):
            file.write(b" " * (1 << 20))
    got = Read(packer.getvalue())
    assert (len(got.rows), got.reasons) == (1, ["file.inflates"])


CHANGES = st.sampled_from([c for c, _ in REFUSED] + [c for c, *_ in REPAIRED] + [{}])


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(CHANGES, max_size=12), batch=st.integers(1, 5), at=st.randoms())
def test_no_record_is_lost_and_none_made_up(
    changes: list[Json], batch: int, at: Any
) -> None:
    records = [annotation(**({"id": i} | c)) for i, c in enumerate(changes)]
    data = bytearray(json.dumps(dataset(*records)).encode())
    for _ in range(3):
        data[at.randrange(1, len(data))] = at.choice(b'"{}[],:\\x0')
    Read(bytes(data), batch=batch)


@settings(max_examples=60, deadline=None)
@given(which=st.integers(0, 4), at=st.integers(1, 10_000), put=st.binary(max_size=3))
def test_good_records_survive_any_damage_to_another(
    which: int, at: int, put: bytes
) -> None:
    raws = [json.dumps(annotation(i)).encode() for i in range(5)]
    at = 1 + at % (len(raws[which]) - 2)
    raws[which] = raws[which][:at] + put + raws[which][at + 1 :]
    data = (
        json.dumps(dataset()).encode().replace(b"[]}", b"[" + b",".join(raws) + b"]}")
    )
    got = Read(data)
    others = {str(i) for i in range(5) if i != which}
    assert others <= {row["id"] for row in got.rows}


REAL = [
    ("coco_val2017_first538/person_keypoints_val2017.json", 2213, 1354),
    ("labelstudio_to_coco_fashion/person_keypoints_val2017.json", 1000, 1000),
    ("coco_eval_onecrowd/gt_dataset.json", 14, 11),
    ("xtcocoapi_examples/example_coco_val.json", 14, 12),
]


@pytest.mark.parametrize(("name", "records", "labelled"), REAL)
def test_real_files_come_through_whole(name: str, records: int, labelled: int) -> None:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"needs {name}, which lies beside the checkout if at all")
    data = path.read_bytes()
    names = json.loads(data)["categories"][0]["keypoints"]
    got = Read(data, skeleton=Skeleton("coco", tuple(names), (), (), None))
    assert (len(got.rows), got.bad) == (records, [])
    assert sum(any(row["visibility"]) for row in got.rows) == labelled


PERSONS = "person_keypoints_val2017"
RESULTS = [
    (
        "labelstudio_to_coco_fashion",
        "result_keypoints",
        "person_keypoints_val2017",
        1000,
    ),
    ("coco_eval_onecrowd", "dt_dataset", "gt_dataset", 128),
    ("xtcocoapi_examples", "example_coco_preds", "example_coco_val", 73),
]


@pytest.mark.parametrize(("folder", "results", "images", "records"), RESULTS)
def test_real_results_find_their_images(
    folder: str, results: str, images: str, records: int
) -> None:
    paths = [DATA / folder / f"{name}.json" for name in (results, images)]
    if not all(path.is_file() for path in paths):
        pytest.skip(
            f"needs {folder}, which lies beside the checkout where it is at hand"
        )
    data = [path.read_bytes() for path in paths]
    names = json.loads(data[1])["categories"][0]["keypoints"]
    got = Read(*data, skeleton=Skeleton("coco", tuple(names), (), (), None))
    assert (len(got.rows), got.bad) == (records, [])
    assert {row["role"] for row in got.rows} == {"prelabel"}


def test_quarantine_batches_are_of_the_quarantine_schema() -> None:
    context = Context(
        SKELETON,
        Delivery("d", "d", ()),
        Shard(0, "x", "x", 0, ""),
        lambda _: io.BytesIO(b"nothing"),
    )
    batches: list[pa.RecordBatch] = list(coco.read(context))
    assert [batch.schema for batch in batches] == [QUARANTINE]
