"""labelme's files."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from posegate.transforms.formats import labelme
from posegate.transforms.model.skeleton import load
from samples.face import FACE, one, places
from samples.labelme import box, drawn, point, sample, shape
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading


def test_a_group_is_a_person_with_its_box() -> None:
    shapes = [
        each
        for n in (1, 2)
        for each in (point("nose", n, 2.5, group_id=n), box(group_id=n))
    ]
    first, second = Reading(drawn(*shapes), FACE).rows
    assert (places(first), places(second)) == ([(1, 2.5, 2)], [(2, 2.5, 2)])
    assert first["bbox"] == [10, 10, 100, 50]
    assert (first["image"], first["width"], first["height"]) == ("a.jpg", 200, 100)
    assert first["repairs"] == []


@pytest.mark.parametrize("strange", ["no shape", point("ball", group_id="2")])
def test_a_strange_shape_changes_nothing_of_the_others(strange: Any) -> None:
    names = enumerate(FACE.keypoints)
    shapes = [point(name, i + 0.5, 4, group_id=1) for i, name in names]
    shapes += [box(group_id=1), point("nose_occluded", group_id=3)]
    got = Reading(drawn(*shapes, strange), FACE)
    assert repr(got.rows) == repr(Reading(drawn(*shapes), FACE).rows)
    assert len(got.bad) + got.tally.notes.get("labelme.not-drawn", 0) == 1


@pytest.mark.parametrize(
    "nose",
    [
        point("nose_occluded"),
        point("nose", flags={"occluded": True}),
        point("nose", description="hidden"),
        point("nose", attributes={"visibility": "occluded"}),
        point("nose", difficult=True),
    ],
)
def test_visibility_by_convention(nose: Any) -> None:
    assert places(one(drawn(nose))) == [(20, 30, 1)]


def test_a_mask_is_a_picture_from_its_first_corner_on() -> None:
    packed, inside = io.BytesIO(), np.zeros((3, 4), np.uint8)
    inside[1:, 2] = 1
    Image.fromarray(inside).save(packed, "PNG")
    data = base64.b64encode(packed.getvalue()).decode()
    cat = {"label": "cat", "shape_type": "mask", "points": [[50, 60], [53, 62]]}
    row = one(drawn(cat | {"mask": data}))
    assert (row["area"], row["bbox"]) == (2, [52, 61, 1, 2])
    for wrong in (data[:8], data[:40], None, 3, "%"):
        got = Reading(drawn(cat | {"mask": wrong}), FACE)
        assert got.reasons == ["labelme.mask-image"]
        assert got.bad == Reading(drawn(cat | {"mask": wrong}), FACE).bad


def test_flags_are_attributes() -> None:
    nose = point("nose", flags={"blurred": True, "sure": False}, group_id=0)
    tall = box(group_id=0, description="tall", difficult=True)
    row = one(drawn(nose, tall, flags={"night": True}))
    assert dict(row["attributes"]) == {
        "night": "true",
        "nose.blurred": "true",
        "description": "tall",
        "difficult": "true",
    }


def test_polygons_and_circles_are_outlines() -> None:
    leaf = shape("leaf", "polygon", [[0, 0], [10, 0], [10, 10]])
    ball = shape("ball", "circle", [[50, 50], [60, 50]])
    first, second = Reading(drawn(leaf, ball), FACE).rows
    assert (first["area"], dict(first["attributes"])["category"]) == (50, "leaf")
    assert second["area"] == pytest.approx(100 * np.pi, rel=0.01)


@pytest.mark.parametrize(
    ("file", "path", "image"),
    [
        ("a.json", "a.jpg", "a.jpg"),
        ("b1/a.json", "a.jpg", "b1/a.jpg"),
        ("labels/a.json", "..\\images\\a.jpg", "a.jpg"),
        ("a.json", "D:\\x\\a.jpg", "a.jpg"),
        ("b1/a.json", None, "b1/a"),
    ],
)
def test_an_image_lies_in_its_file_s_folder(file: str, path: Any, image: str) -> None:
    (data,) = drawn(point("nose"), imagePath=path).values()
    assert one({file: data})["image"] == image


def test_files_are_read_together_and_empty_ones_are_counted() -> None:
    files = {f"{i}.json": data for i in range(3) for data in drawn().values()}
    got = Reading(files, FACE)
    assert (len(got.shards), got.tally.images, got.rows, got.bad) == (1, 3, [], [])


@pytest.mark.parametrize("text", ["[]", "{}", '{"shapes": []}', '{"imagePath": "a"}'])
def test_other_json_is_none(text: str) -> None:
    assert not labelme.sniff(text.encode(), "a.json")


@given(mutated([drawn(point("nose"), box(), shape("x", "circle", [[1, 1]]))["a.json"]]))
@settings(max_examples=80)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data}, FACE, "labelme")


def test_batches_change_nothing() -> None:
    given, skeleton = sample(20), load("coco_17")
    whole, small = Reading(given, skeleton), Reading(given, skeleton, batch=3)
    assert len(whole.rows) == 20
    assert str(whole.rows) == str(small.rows)
