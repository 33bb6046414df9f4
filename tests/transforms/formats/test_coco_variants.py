"""COCO's relatives: whole bodies, animals, crowds, videos, masks, archives."""

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as rle

from posegate.transforms.formats.coco_points import mask_area
from posegate.transforms.model import jobs
from posegate.transforms.model.skeleton import Skeleton, load
from samples.coco import IMAGES, SKELETON, Json, Read, annotation, dataset, one
from samples.reading import Reading

DATA = Path(__file__).parents[4] / "shared" / "data"
BODY = load("coco_17")
WHOLE = load("coco_wholebody_133")
PERSON = {"id": 1, "name": "person", "keypoints": list(BODY.keypoints)}


def whole_body(**changes: Any) -> Json:
    """A person with feet, a face, no left hand, and a right hand with scores."""
    parts = {
        "keypoints": [v for i in range(17) for v in (i, 100, 2)],
        "foot_kpts": [v for i in range(6) for v in (i, 200, 1)],
        "face_kpts": [v for i in range(68) for v in (i, 300, 1.0)],
        "lefthand_kpts": [0.0] * 63,
        "righthand_kpts": [v for i in range(21) for v in (i, 400, 0.1 * (i % 3))],
        "face_valid": True,
        "lefthand_valid": False,
        "righthand_valid": True,
        "foot_valid": True,
        "face_box": [1.5, 2, 3, 4],
        "lefthand_box": [0.0, 0.0, 0.0, 0.0],
        "num_keypoints": 17,
    }
    return annotation(**(parts | changes))


def test_the_blocks_of_a_whole_body_are_one_instance() -> None:
    data = dataset(whole_body(), categories=[PERSON])
    (row,) = Read(data, skeleton=WHOLE).rows
    flag = row["visibility"]
    assert (set(flag[:17]), set(flag[17:23]), set(flag[23:91])) == ({2}, {1}, {1})
    assert set(flag[91:112]) == {0}
    assert flag[112:] == [0, 2, 2] * 7
    y = row["xy"][1::2]
    assert (y[0], y[17], y[23], y[113]) == (100, 200, 300, 400)
    assert np.isnan(y[91:112]).all()
    assert dict(row["attributes"]) == {"face_box": "[1.5, 2, 3, 4]"}
    assert row["repairs"] == [
        "coco.score-as-visibility",
        "coco.unlabelled-with-position",
    ]


def test_a_project_of_the_body_alone_is_told_what_it_does_not_read() -> None:
    got = Read(dataset(whole_body(), categories=[PERSON]), skeleton=BODY)
    assert [len(row["visibility"]) for row in got.rows] == [17]
    assert got.tally.notes["coco.parts-ignored"] == 1


def test_a_whole_body_may_be_one_flat_list() -> None:
    flat = [v for i in range(133) for v in (i, 1, 2 if i < 112 else 0.25)]
    said = annotation(keypoints=flat, num_keypoints=133)
    (row,) = Read(dataset(said, categories=[PERSON]), skeleton=WHOLE).rows
    assert row["visibility"] == [2] * 133
    assert "coco.score-as-visibility" in row["repairs"]


def test_human_arts_twenty_one_points_have_a_list_of_their_own() -> None:
    names = [f"p{i}" for i in range(21)]
    kind = {"id": 1, "name": "person", "keypoints": names}
    body = [v for i in range(17) for v in (i, 5, 2)]
    more = [v for i in range(21) for v in (i, 7, 2)]
    said = annotation(keypoints=body, keypoints_21=more, num_keypoints=21, annotator=3)
    small, large = (Skeleton("s", tuple(names[:k]), (), (), None) for k in (17, 21))
    (row,) = Read(dataset(said, categories=[kind]), skeleton=large).rows
    assert (row["xy"][1], len(row["visibility"]), row["annotator"]) == (7, 21, "3")
    (row,) = Read(dataset(said, categories=[kind]), skeleton=small).rows
    assert row["xy"][1] == 5
    assert row["repairs"] == ["coco.category-longer", "coco.num-keypoints"]


def test_minus_one_without_a_flag_is_no_position() -> None:
    """As Animal Kingdom writes what is not there."""
    row = one(keypoints=[5, 6, 2, -1.0, -1.0, 0.0, 3, 4, 0])
    assert row["xy"][:2] == [5, 6]
    assert np.isnan(row["xy"][2:4]).all()
    assert row["xy"][4:] == [3, 4]


def test_of_files_of_the_same_images_one_has_the_records() -> None:
    """Of keypoints; of masks the one of instances, where those without poses stand."""
    names = ("person_keypoints", "instances", "captions", "image_info")
    data = json.dumps(dataset(annotation())).encode()
    files = {f"annotations/{name}_val.json": data for name in names}
    for skeleton, name in ((SKELETON, names[0]), (load("mask"), names[1])):
        got = Reading(files, skeleton)
        assert {row["source"] for row in got.rows + got.bad} == {
            f"annotations/{name}_val.json"
        }
        assert got.tally.notes["coco.beside-keypoints"] == 3


def test_a_detection_file_gives_rows_with_nothing_labelled() -> None:
    kinds = [{"id": 1, "name": "ball"}, {"id": 2, "name": "bat"}]
    boxes = [annotation(1, keypoints=...), annotation(2, keypoints=..., category_id=2)]
    got = Read(dataset(*boxes, categories=kinds))
    assert [row["visibility"] for row in got.rows] == [[0, 0, 0]] * 2
    assert [dict(row["attributes"])["category"] for row in got.rows] == ["ball", "bat"]


def test_a_ball_beside_people_says_what_it_is() -> None:
    kinds = [*dataset()["categories"], {"id": 2, "name": "ball"}]
    ball = annotation(2, keypoints=..., category_id=2, num_keypoints=...)
    rows = Read(dataset(annotation(1), ball, categories=kinds)).rows
    said = [dict(row["attributes"] or []).get("category") for row in rows]
    assert said == ["face", "ball"]


def mask() -> Any:
    drawn = np.zeros((60, 80), np.uint8)
    drawn[10:30, 20:50] = 1
    drawn[40:45, 3:9] = 1
    return np.asfortranarray(drawn)


def test_the_area_of_runs_is_pycocotools() -> None:
    packed = rle.encode(mask())
    text = {"size": [60, 80], "counts": packed["counts"].decode()}
    row = one(area=..., segmentation=text)
    assert (row["area"], row["area_source"]) == (float(rle.area(packed)), "segment")
    flat = mask().T.reshape(-1)
    edges = np.flatnonzero(np.diff(flat, prepend=0)).tolist()
    counts = np.diff([0, *edges, flat.size]).tolist()
    assert (
        rle.area(rle.frPyObjects({"size": [60, 80], "counts": counts}, 60, 80)) == 630
    )
    assert one(area=..., segmentation=text | {"counts": counts})["area"] == 630


@pytest.mark.parametrize(
    "odd",
    [b'{"counts": [-5, 3]}', b'{"counts": "\\u00e9"}', b"{}", b"7", b'"x"', b"[["],
)
def test_a_mask_that_is_none_has_no_area(odd: bytes) -> None:
    assert np.isnan(mask_area(odd))


def packed(kind: str, files: dict[str, bytes]) -> dict[str, bytes]:
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return {f"export.{kind}": file.getvalue()}


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
@pytest.mark.parametrize("late", [False, True])
def test_an_archive_of_several_files_is_read(kind: str, late: bool) -> None:
    train = dataset(annotation(1), annotation(2))
    valid = dataset(annotation(1), images=[IMAGES[0] | {"file_name": "b.jpg"}])
    if late:
        train = {k: train[k] for k in ("annotations", "images", "categories")}
    files = {
        "train/_annotations.coco.json": json.dumps(train).encode(),
        "train/a.jpg": b"\xff\xd8",
        "README.roboflow.txt": b"hello",
        "valid/_annotations.coco.json": json.dumps(valid).encode(),
    }
    skeleton = Skeleton("s", ("nose", "left_eye", "right_eye"), (), (), None)
    got = Reading(packed(kind, files), skeleton)
    assert got.bad == []
    assert [row["image"] for row in got.rows] == ["a.jpg", "a.jpg", "b.jpg"]
    assert {row["source"] for row in got.rows} == {
        f"export.{kind}/train/_annotations.coco.json",
        f"export.{kind}/valid/_annotations.coco.json",
    }
    assert got.tally.images == 2


def test_results_in_an_archive_find_their_images() -> None:
    result = {"image_id": 1, "category_id": 1, "score": 0.5}
    files = {
        f"{name}.json": json.dumps(
            [result | {"keypoints": [1, 2, 0.5] * 3}] if name != "c" else dataset()
        ).encode()
        for name in "abc"
    }
    skeleton = Skeleton("s", ("nose", "left_eye", "right_eye"), (), (), None)
    got = Reading(packed("zip", files), skeleton)
    assert (got.reasons, [row["role"] for row in got.rows]) == ([], ["prelabel"] * 2)


def test_images_without_any_annotation_are_counted() -> None:
    images = [{"id": i, "file_name": f"{i}.jpg"} for i in range(3570)]
    got = Read(dataset(images=images))
    assert (got.rows, got.tally.images, got.tally.records) == ([], 3570, 0)


MMPOSE = [
    ("300vw/anno_300vw.json", "300vw_68", 3, 3),
    ("300w/test_300w.json", "300w_68", 2, 2),
    ("ap10k/test_ap10k.json", "ap10k_17", 2, 2),
    ("coco/test_coco.json", "coco_17", 14, 12),
    ("coco/test_coco_wholebody.json", "coco_wholebody_133", 14, 12),
    ("coco/test_keypoint_partition_metric.json", "coco_wholebody_133", 14, 12),
    ("crowdpose/test_crowdpose.json", "crowdpose_14", 5, 4),
    ("fly/test_fly.json", "fly_32", 2, 2),
    ("freihand/test_freihand.json", "freihand_21", 8, 8),
    ("h36m/h36m_coco.json", "h36m_17", 4, 4),
    ("halpe/test_halpe.json", "halpe_136", 14, 12),
    ("onehand10k/test_onehand10k.json", "onehand10k_21", 4, 4),
    ("posetrack18/annotations/test_posetrack18_val.json", "posetrack18_17", 14, 14),
    ("posetrack18/annotations/val", "posetrack18_17", 3, 3),
    ("wflw/test_wflw.json", "wflw_98", 4, 4),
]


@pytest.mark.parametrize(("name", "skeleton", "rows", "labelled"), MMPOSE)
def test_real_files_come_through_whole(
    name: str, skeleton: str, rows: int, labelled: int
) -> None:
    path = DATA / "mmpose_open" / name
    if not path.exists():
        pytest.skip(f"needs {name}, which lies beside the checkout if at all")
    got = Reading(path, load(skeleton))
    assert (len(got.rows), got.bad) == (rows, [])
    assert sum(any(row["visibility"]) for row in got.rows) == labelled
    assert not got.undocumented()


def test_a_real_roboflow_export_tells_its_images_names() -> None:
    path = DATA / "roboflow_coco_mocap" / "_annotations.coco.json"
    if not path.is_file():
        pytest.skip(
            "needs roboflow_coco_mocap, which lies beside the checkout if at all"
        )
    names = json.loads(path.read_bytes())["categories"][1]["keypoints"]
    got = Reading(path, Skeleton("athlete", tuple(names), (), (), None))
    assert (len(got.rows), got.bad, got.tally.images) == (192, [], 192)
    assert {dict(row["attributes"])["original"][-4:] for row in got.rows} == {".png"}


@pytest.mark.parametrize(
    "change",
    [
        {"area": 900},
        {"bbox": [0, 0, 90, 90]},
        {"keypoints": [10, 20, 2, 30, 50, 1, 0, 0, 0]},
        {"keypoints": [10.5, 20, 2, 30, 50, 2, 0, 0, 0]},
        {"segmentation": [[10, 20, 30, 20, 30, 50]]},
        {"image_id": 1},
    ],
)
def test_people_are_merged_only_where_all_of_a_file_looks_so(
    change: dict[str, Any],
) -> None:
    names = ["nose", "left_eye", "right_eye"]
    alike = {"keypoints": [10, 20, 2, 30, 50, 2, 0, 0, 0], "bbox": [10, 20, 20, 30]}
    document = {
        "images": [{"id": i, "file_name": f"{i}.jpg"} for i in (1, 2)],
        "categories": [{"id": 1, "name": "face", "keypoints": names}],
        "annotations": [
            {"id": 7, "image_id": 1, "category_id": 1} | alike,
            {"id": 8, "image_id": 2, "category_id": 1} | alike,
        ],
    }
    skeleton = Skeleton("s", tuple(names), (), (), None)
    got = Reading({"a.json": json.dumps(document).encode()}, skeleton)
    assert got.tally.notes["coco.merged-people"] == 2
    document["annotations"][1] |= change  # type: ignore[operator]
    got = Reading({"a.json": json.dumps(document).encode()}, skeleton)
    assert "coco.merged-people" not in got.tally.notes


def test_results_may_name_the_image_of_another_file() -> None:
    """As AlphaPose does: without the folder, unless two images are called so."""
    names = ["a/1.jpg", "a/2.jpg", "b/2.jpg"]
    images = [{"id": i, "file_name": name} for i, name in enumerate(names)]
    truth = dataset(images=images, categories=[PERSON])
    made = [
        {
            "image_id": name,
            "category_id": 1,
            "keypoints": [9.5, 9, 0.5] * 17,
            "score": 2,
        }
        for name in ("1.jpg", "2.jpg", "b/2.jpg", "new.jpg", "no image")
    ]
    files = {"a.json": json.dumps(truth), "r.json": json.dumps(made)}
    got = Reading({name: text.encode() for name, text in files.items()}, BODY)
    found = [row["image"] for row in got.rows if row["role"] == "prelabel"]
    assert found == ["a/1.jpg", "2.jpg", "b/2.jpg", "new.jpg"]
    assert got.reasons == ["coco.image-missing"]


def test_no_keypoints_are_none_however_they_are_written() -> None:
    ball = {"id": 2, "name": "ball"}
    outline = {"category_id": 2, "segmentation": [[1, 1, 9, 1, 9, 9]]}
    for none in ([], None):
        given = annotation(keypoints=none, **outline)
        text = json.dumps(dataset(given, categories=[PERSON, ball]))
        got = Reading({"a.json": text.encode()}, BODY)
        assert [dict(row["attributes"])["category"] for row in got.rows] == ["ball"]
        assert "coco.no-keypoints" in got.repairs


def test_a_size_that_is_the_job_tables_on_its_side_is_noticed() -> None:
    sizes = {"a.jpg": (640, 480), "b.jpg": (480, 640), "c.jpg": (99, 98)}
    images = [
        {"id": i, "file_name": name, "width": w, "height": h}
        for i, (name, (w, h)) in enumerate(sizes.items())
    ]
    given = dataset(*(annotation(i, image_id=i) for i in range(3)), images=images)
    lines = ["image,width,height", *(f"{name},480,640" for name in sizes)]
    table = jobs.parse("\n".join(lines).encode(), "jobs.csv")
    skeleton = Skeleton("s", ("nose", "left_eye", "right_eye"), (), (), None)
    files = {"a.json": json.dumps(given).encode()}
    rows = Reading(files, skeleton, jobs=table).rows
    turned = ["coco.other-size" in row["repairs"] for row in rows]
    assert turned == [True, False, False]
    assert [row["width"] for row in rows] == [640, 480, 99]  # the record's own
