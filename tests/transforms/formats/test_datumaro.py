"""Datumaro's JSON."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import coco, datumaro
from posegate.transforms.formats.files import File
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton, load
from samples.datumaro import ABC, document, item, sample, skeleton
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

TRIO = Skeleton("abc", ("a", "b", "c"), (), (), None)
DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_skeleton_has_its_points_by_its_labels_order() -> None:
    said = {"occluded": False, "keyframe": False, "track_id": 4, "pose": "squat"}
    got = Reading({"d.json": document(item(skeleton(ABC, attributes=said)))}, TRIO)
    (row,) = got.rows
    assert row["xy"][:4] == [1.5, 1, 2, 2]
    assert np.isnan(row["xy"][4:]).all()
    assert row["visibility"] == [2, 1, 0]
    assert row["origin"] == [Origin.INTERPOLATED] * 3
    assert (row["image"], row["width"], row["height"]) == ("a.jpg", 64, 48)
    assert row["track"] == "4"
    assert dict(row["attributes"]) == {"pose": "squat"}
    assert not got.codes


@pytest.mark.parametrize("beside", [(), ({"type": {}},)])
def test_a_still_has_no_keyframes_and_was_placed(beside: tuple[Any, ...]) -> None:
    """CVAT writes `keyframe` false of each skeleton of a still, which has no track."""
    of = skeleton(ABC, attributes={"occluded": False, "keyframe": False})
    got = Reading({"d.json": document(item(of, *beside))}, TRIO)
    assert [row["origin"] for row in got.rows] == [[Origin.PLACED] * 3]


def test_skeletons_beside_a_strange_item_read_the_same() -> None:
    """An item that is not of skeletons alone has its neighbours read one by one."""
    (data,) = sample(9).values()
    caption = item({"type": "caption", "caption": "a cow"}, id="z")
    beside = data[:-2] + b", " + json.dumps(caption).encode() + b"]}"
    got, alone = (Reading({"d.json": each}, load("coco_17")) for each in (beside, data))
    assert (got.texts, got.bad, len(got.rows)) == (alone.texts, [], 9)
    assert got.tally.images == alone.tally.images + 1


@pytest.mark.parametrize(
    "points", [[1, None, 2] * 3, ["1", 1, 2] * 3, [1e16, 1, 2] * 3]
)
def test_points_that_are_no_positions_are_refused(points: list[Any]) -> None:
    got = Reading({"d.json": document(item(skeleton(points)))}, TRIO)
    assert (got.rows, got.reasons) == ([], ["datumaro.coordinate"])


def test_an_annotation_whose_type_is_no_text_is_left_alone() -> None:
    got = Reading({"d.json": document(item(skeleton(ABC), {"type": {}}))}, TRIO)
    assert (len(got.rows), got.bad) == (1, [])
    assert got.tally.notes == {"datumaro.left-alone": 1}


def test_poses_that_are_not_as_their_label_says_keep_their_places() -> None:
    few, unknown = skeleton(ABC[:6]), skeleton(ABC, label_id=9)
    odd = skeleton([*ABC[:-1], 7])
    got = Reading({"d.json": document(item(few, skeleton(ABC), unknown, odd))}, TRIO)
    assert [(row["position"], row["id"]) for row in got.rows] == [(1, "1")]
    assert sorted((bad["position"], bad["reason"]) for bad in got.bad) == [
        (0, "datumaro.other-skeleton"),
        (2, "datumaro.label"),
        (3, "datumaro.coordinate"),
    ]


def test_points_may_be_elements_with_their_own_labels() -> None:
    elements = [
        {"type": "points", "label_id": 3, "points": [5, 6], "visibility": [1]},
        {"type": "points", "label_id": 1, "points": [7, 8], "visibility": [2]},
    ]
    shape = skeleton([], elements=elements)
    (row,) = Reading({"d.json": document(item(shape))}, TRIO).rows
    assert row["visibility"] == [2, 0, 1]
    assert row["xy"][4:] == [5, 6]


def points(flags: list[int], **says: object) -> dict[str, object]:
    """All points in one annotation, as COCO's keypoints are written."""
    at = [1.5, 1, 2, 2, 0, 0]
    base = {"type": "points", "label_id": 0, "points": at, "visibility": flags}
    return {**base, "group": 5, "attributes": {}, **says}


def test_points_of_one_annotation_have_their_names_and_flags() -> None:
    box = {"type": "bbox", "label_id": 0, "bbox": [0, 1, 9, 8], "group": 5}
    data = document(item(points([2, 1, 0]), box))
    (row,) = Reading({"d.json": data}, TRIO).rows
    assert row["xy"][:4] == [1.5, 1, 2, 2]
    assert np.isnan(row["xy"][4:]).all()
    assert (row["visibility"], row["bbox"]) == ([2, 1, 0], [0, 1, 9, 8])
    assert row["repairs"] == []
    turned = Skeleton("cba", ("c", "b", "a"), (), (), None)
    assert Reading({"d.json": data}, turned).rows[0]["visibility"] == [0, 1, 2]


def test_points_that_have_flags_and_no_names_go_by_order() -> None:
    data = document(item(points([2, 1, 0])), points=())
    (row,) = Reading({"d.json": data}, TRIO).rows
    assert row["visibility"] == [2, 1, 0]
    assert np.isnan(row["xy"][4:]).all()
    assert row["repairs"] == ["datumaro.points-by-order"]


def test_a_box_may_have_no_label() -> None:
    box = {"type": "bbox", "label_id": None, "bbox": [0, 1, 9, 8], "group": 5}
    got = Reading({"d.json": document(item(points([2, 1, 0]), box))}, TRIO)
    assert ([row["bbox"] for row in got.rows], got.bad) == ([[0, 1, 9, 8]], [])


def test_boxes_and_masks_of_a_group_are_the_skeletons() -> None:
    runs = {"counts": [100, 5, 43, 7, 2917], "size": [48, 64]}
    some = [
        skeleton(ABC, group=1),
        {"type": "bbox", "label_id": 0, "bbox": [0, 1, 9, 8], "group": 1},
        {"type": "mask", "label_id": 0, "rle": runs, "group": 1},
    ]
    (row,) = Reading({"d.json": document(item(*some))}, TRIO).rows
    assert row["bbox"] == [0, 1, 9, 8]
    assert row["area"] == 12


def test_its_labels_name_the_keypoints() -> None:
    data = document()
    (found,) = datumaro.names(File("d.json", lambda: io.BytesIO(data)))
    assert (found.category, found.keypoints) == ("person", ("a", "b", "c"))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b'{"items": []}',
        b'{"images": [], "annotations": [], "categories": [{"name": "a"}]}',
        b'{"categories": [{"label": {}}], "items": []}',
    ],
)
def test_other_json_is_none(head: bytes) -> None:
    assert not datumaro.sniff(head, "a.json")


def test_it_is_no_coco() -> None:
    assert datumaro.sniff(document(item(skeleton(ABC))), "a.json")
    assert not coco.sniff(document(item(skeleton(ABC))), "a.json")


def test_batches_change_nothing() -> None:
    files, people = sample(25), load("coco_17")
    whole, parts = Reading(files, people), Reading(files, people, batch=4)
    assert len(whole.rows) == 25
    assert str(whole.rows) == str(parts.rows)


@given(mutated([document(item(skeleton(ABC)), item(skeleton(ABC), id="b"))]))
@settings(max_examples=60)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"d.json": data}, TRIO, "datumaro")


@pytest.mark.skipif(not DATA.exists(), reason="the shared data sets are not here")
def test_cvats_own_sample_is_read() -> None:
    labels = ("point1-label", "point2-label", "point3-label")
    own = Skeleton("s", labels, (), (), None, category="skeleton-label")
    got = Reading(DATA / "cvat_fixture_skeleton" / "datumaro_dataset", own)
    (row,) = got.rows
    assert row["xy"] == [0.9, 3.53, 5.2, 2.5, 2.45, 7.6]
    assert (row["width"], row["height"]) == (6, 10)
    assert dict(row["attributes"]) == {
        "point3-label.point3-attribute-checkbox": "true",
        "point2-label.point2-attribute-text": "some text",
    }
    assert row["origin"] == [Origin.PLACED] * 3
    assert not got.codes
