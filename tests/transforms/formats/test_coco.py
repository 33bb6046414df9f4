"""COCO's traps, each in the smallest file that shows it; good records survive."""

import gzip
import io
import json

import numpy as np
import pyarrow as pa
import pytest

from posegate.transforms.formats import Context, coco, sniff
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.schema import QUARANTINE
from samples.coco import IMAGES, SKELETON, Json, Read, annotation, dataset, one

NAN = float("nan")


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
    ({"keypoints": []}, "coco.keypoints-missing"),
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
        (b'{"id": 2, "note": "\xff", "image_id": 1}', "coco.keypoints-missing"),
        (b'{"id": 2, "role": "\xff", "image_id": 1}', "json.malformed"),
        (b'{"id": 2, "x": ' + b"[" * 80 + b"]" * 80 + b"}", "json.too-deep"),
        (b"null", "json.stray"),
        (b"[1, 2]", "json.stray"),
        (b"{}", "coco.image-id"),
    ],
)
def test_what_is_not_json_costs_one_record(raw: bytes, reason: str) -> None:
    good = json.dumps(dataset(annotation(1), 0, annotation(3)))  # type: ignore[arg-type]
    got = Read(good.encode().replace(b" 0, {", b" " + raw + b", {"))
    assert [row["id"] for row in got.rows] == ["1", "3"]
    assert got.reasons == [reason]
    assert got.bad[0]["position"] == 1


@pytest.mark.parametrize("opened", [b"[", b"[[", b"[ ["])
@pytest.mark.parametrize("section", ["images", "annotations"])
def test_a_stray_bracket_swallows_no_record(opened: bytes, section: str) -> None:
    good = dataset(*(annotation(i) for i in range(1, 8)))
    text = json.dumps(good).encode()
    start = text.index(b"{", text.index(section.encode()))
    at = text.index(b", {", start) + 2 if section == "annotations" else start
    got = Read(text[:at] + opened + text[at:])
    assert [row["id"] for row in got.rows] == [str(i) for i in range(1, 8)]
    assert got.reasons == ["json.stray"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "json.empty"),
        (b"id,x,y\n1,2,3\n", "json.not-json"),
        (json.dumps(dataset()).encode("utf-16-le"), "json.encoding"),
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


def test_batches_have_the_size_asked_for() -> None:
    got = Read(dataset(*(annotation(i) for i in range(25))), batch=10)
    assert got.sizes == [10, 10, 5]
    assert [row["position"] for row in got.rows] == list(range(25))


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


def test_a_files_head_is_recognised() -> None:
    assert sniff(json.dumps(dataset(annotation())).encode(), "a.json") == [coco]
    assert sniff(b'[{"image_id":1}]', "a.json") == [coco]
    assert sniff(b'[{"image_id":1}]', "a.xml") == []
    assert sniff(b"<annotations>", "a.json") == []


def test_quarantine_batches_are_of_the_quarantine_schema() -> None:
    context = Context(
        SKELETON,
        Delivery("d", "d", ()),
        Shard(0, "x", "x", 0, ""),
        lambda _: io.BytesIO(b"nothing"),
    )
    batches: list[pa.RecordBatch] = list(coco.read(context))
    assert [batch.schema for batch in batches] == [QUARANTINE]
