"""Images and categories are found however vendors write and order them."""

from typing import Any

import pytest

from samples.coco import IMAGES, NAMES, Json, Read, annotation, dataset


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
    assert "'snout', 'tail', 'ear'" in got.bad[0]["detail"]


def test_roboflows_dummy_category_and_hashed_name() -> None:
    name = "shot_png.rf.214cce.jpg"
    images = [IMAGES[0] | {"file_name": name, "extra": {"name": "shot.png"}}]
    kinds = [{"id": 0, "name": "project"}, *categories(list(NAMES))]
    row = Read(dataset(annotation(), images=images, categories=kinds)).rows[0]
    assert (row["image"], row["repairs"]) == (name, [])
    assert row["attributes"] == [("original", "shot.png")]
