"""Label Studio's exports."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import label_studio
from posegate.transforms.kernels.masks import decode
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import load
from samples.face import FACE, one, places
from samples.label_studio import (
    annotation,
    arrow,
    box,
    drawn,
    files,
    point,
    sample,
    stored,
    task,
)
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

DATA = Path(__file__).parents[4] / "shared" / "data"


def test_percent_are_of_the_image() -> None:
    row = one(drawn(point("nose", 10, 20), point("right_eye", 100, 0)))
    assert places(row) == [(20, 20, 2), (200, 0, 2)]
    assert (row["width"], row["height"]) == (200, 100)


def test_an_annotation_says_who_when_and_how_long() -> None:
    row = one(drawn(box(), point("nose", parentID="b")))
    assert row["annotator"] == "ann@example.com"
    assert row["annotated_at"].isoformat() == "2026-02-02T10:00:00+00:00"
    assert (row["lead_time_s"], row["role"]) == (12.5, "production")
    assert row["bbox"] == [10, 10, 100, 50]
    assert (row["image"], row["id"]) == ("a.jpg", "9:b")
    assert row["attributes"] is None


@pytest.mark.parametrize("value", [{"x": "left"}, {"y": None}, {"y": "20"}])
@pytest.mark.parametrize("around", [(), (box(),)])
def test_a_point_whose_place_is_no_number_costs_its_instance(
    value: dict[str, Any], around: tuple[dict[str, Any], ...]
) -> None:
    """As nothing ties them together, the sound point would else be all there is."""
    got = Reading(drawn(*around, point("nose", value=value), point("left_eye")), FACE)
    assert (got.rows, got.reasons) == ([], ["label-studio.region"])
    assert "region r-nose" in got.bad[0]["detail"]


def test_a_point_without_a_place_is_refused_not_left_out() -> None:
    lacks = point("nose")
    del lacks["value"]["y"]
    got = Reading(drawn(lacks, point("left_eye")), FACE)
    assert (got.rows, got.reasons) == ([], ["label-studio.region"])
    assert "it has no 'y'" in got.bad[0]["detail"]


def test_a_class_is_told_where_it_is_not_the_skeleton_s() -> None:
    row = one(drawn(box(name="umpire"), point("nose", parentID="b")))
    assert dict(row["attributes"]) == {"category": "umpire"}


@pytest.mark.parametrize(
    ("who", "expected"), [(3, "3"), ({"id": 4}, "4"), (None, None), ("x", "x")]
)
def test_an_annotator_is_a_number_an_object_or_nobody(who: Any, expected: Any) -> None:
    assert one(drawn(point("nose"), completed_by=who))["annotator"] == expected


def test_boxes_tell_people_apart_even_against_the_arrows() -> None:
    results = [box("a"), box("b"), point("nose", parentID="a", id="1")]
    results += [point("nose", 30, 30, parentID="b", id="2"), arrow("2", "a")]
    got = Reading(drawn(*results), FACE)
    assert [places(row) for row in got.rows] == [[(20, 20, 2)], [(60, 30, 2)]]
    assert got.repairs == set()


def test_a_point_nested_under_a_point_is_of_the_same_instance() -> None:
    results = [point("nose", id="n"), point("left_eye", parentID="n")]
    assert len(places(one(drawn(*results)))) == 2


def test_arrows_between_points_make_an_instance() -> None:
    pairs = [("n1", "e1"), ("n2", "e2")]
    results = [point("nose", id=a) for a, _ in pairs]
    results += [point("left_eye", id=b) for _, b in pairs]
    got = Reading(drawn(*results, *(arrow(*pair) for pair in pairs)), FACE)
    assert [len(places(row)) for row in got.rows] == [2, 2]


def test_a_point_with_arrows_to_two_boxes_is_refused() -> None:
    results = [box("a"), box("b"), point("nose", id="n")]
    got = Reading(drawn(*results, arrow("n", "a"), arrow("n", "b")), FACE)
    assert "label-studio.ungrouped" in got.reasons


def test_a_forgotten_point_is_its_only_instance_s() -> None:
    results = [box(), point("nose", parentID="b"), point("left_eye")]
    row = one(drawn(*results))
    assert len(places(row)) == 2
    assert row["repairs"] == ["label-studio.grouped-by-name"]


def test_a_forgotten_point_beside_two_instances_is_refused() -> None:
    results = [box("a"), box("b"), point("nose", parentID="a", id="1")]
    results += [point("nose", parentID="b", id="2"), point("left_eye")]
    got = Reading(drawn(*results), FACE)
    assert (len(got.rows), got.reasons) == (2, ["label-studio.ungrouped"])


def test_the_only_box_is_that_of_the_points_in_it() -> None:
    assert one(drawn(box(), point("nose", 10, 20)))["bbox"] == [10, 10, 100, 50]
    ball = box("c", "ball", value={"x": 80, "width": 5})
    both = Reading(drawn(ball, box(), point("nose", 10, 20)), FACE)
    assert [len(places(row)) for row in both.rows] == [0, 1]
    assert both.rows[1]["bbox"] == [10, 10, 100, 50]
    far = Reading(drawn(box(), point("nose", 99, 99)), FACE)
    assert [len(places(row)) for row in far.rows] == [0, 1]


@pytest.mark.parametrize(
    ("results", "flag"),
    [
        ([point("nose_occluded")], 1),
        ([point("nose (visible)")], 2),
        ([point("nose", value={"keypointlabels": ["nose", "occluded"]})], 1),
        ([point("nose", meta={"text": ["hidden"]})], 1),
        ([point("nose", id="n"), {"id": "n", "type": "choices", "from_name": "v",
          "value": {"choices": ["Not visible"]}}], 1),
        ([{"id": "n", "type": "choices", "value": {"choices": ["occluded"]}},
          point("nose", id="n")], 1),
    ],
)  # fmt: skip
def test_visibility_by_convention(results: list[Any], flag: int) -> None:
    assert places(one(drawn(*results))) == [(20, 20, flag)]


def test_what_is_chosen_is_an_attribute() -> None:
    results = [box(), point("nose", parentID="b")]
    results += [
        {"id": "b", "type": "choices", "from_name": "pose",
         "value": {"choices": ["standing", "facing"]}},
        {"id": "q", "type": "choices", "from_name": "light",
         "value": {"choices": ["dusk"]}},
    ]  # fmt: skip
    said = dict(one(drawn(*results))["attributes"])
    assert (said["pose"], said["light"]) == ("standing, facing", "dusk")


def test_a_labels_control_gives_geometry_and_labels_apart() -> None:
    bare = point("nose", id="n", type="keypoint")
    del bare["value"]["keypointlabels"]
    labels = point("nose", id="n", type="labels")
    labels["value"]["labels"] = labels["value"].pop("keypointlabels")
    assert places(one(drawn(bare, labels))) == [(20, 20, 2)]


def test_overlap_is_an_annotator_each_and_gold_is_gold() -> None:
    made = [
        annotation(point("nose"), id=1, completed_by=1),
        annotation(point("nose"), id=2, completed_by=2),
        annotation(point("nose"), id=3, completed_by=3, ground_truth=True),
    ]
    got = Reading(files(task(*made)), FACE)
    assert [row["annotator"] for row in got.rows] == ["1", "2", "3"]
    assert [row["role"] for row in got.rows] == ["production"] * 2 + ["gold"]
    assert got.tally.images == 1


def test_predictions_are_a_models() -> None:
    guess = {"id": 5, "model_version": "m1", "score": 0.5, "result": [point("nose")]}
    row = one(files(task(predictions=[guess])))
    assert (row["role"], row["annotator"]) == ("prelabel", "m1")
    assert row["origin"][0] == Origin.PREDICTED


@pytest.mark.parametrize(
    ("said", "origin"),
    [
        ("manual", Origin.PLACED),
        ("prediction", Origin.PREDICTED),
        ("prediction-changed", Origin.CORRECTED),
    ],
)
def test_origin_says_whether_a_person_placed_it(said: str, origin: Origin) -> None:
    assert one(drawn(point("nose", origin=said)))["origin"][0] == origin


def test_reviews_and_later_changes_are_told() -> None:
    review = [{"accepted": False, "created_by": {"email": "q@example.com"}}]
    row = one(drawn(point("nose"), reviews=review, updated_by=8))
    said = dict(row["attributes"])
    assert (said["review"], said["reviewer"]) == ("rejected", "q@example.com")
    assert said["updated_by"] == "8"
    assert one(drawn(point("nose"), updated_by=3))["attributes"] is None


def test_columns_of_a_task_are_attributes_frames_and_videos() -> None:
    data = {"image": "s3://b/v/7.jpg?sig=x", "bowler": "li", "frame": 7, "fps": 25.0}
    made = task(annotation(point("nose")), data={**data, "video": "v.mp4"})
    row = one(files(made))
    assert (row["image"], row["video"], row["frame"]) == ("v/7.jpg", "v.mp4", 7)
    assert dict(row["attributes"])["bowler"] == "li"


@pytest.mark.parametrize("key", ["image", "photo", "front_image_of_it"])
def test_an_image_is_found_under_any_name(key: str) -> None:
    data = {"text": "a/b", key: "a.jpg"}
    row = one(files(task(annotation(point("nose")), data=data)))
    assert (row["image"], dict(row["attributes"])) == ("a.jpg", {"text": "a/b"})


def test_an_upload_keeps_its_name_and_tells_the_one_before() -> None:
    data = {"image": "/data/upload/1/3f2a1b4c-a.jpg"}
    row = one(files(task(annotation(point("nose")), data=data)))
    assert row["image"] == "3f2a1b4c-a.jpg"
    assert dict(row["attributes"])["original"] == "a.jpg"


def test_a_polygon_an_ellipse_and_a_brush_are_outlines() -> None:
    corners = {"points": [[0, 0], [50, 0], [50, 50]], "polygonlabels": ["leaf"]}
    oval = {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "ellipselabels": ["eye"]}
    made = [
        {"id": "p", "type": "polygonlabels", "original_width": 200,
         "original_height": 100, "value": corners},
        {"id": "e", "type": "ellipselabels", "original_width": 200,
         "original_height": 100, "value": oval},
    ]  # fmt: skip
    leaf, eye = Reading(drawn(*made), FACE).rows
    assert json.loads(leaf["segmentation"]) == [[0, 0, 100, 0, 100, 50]]
    assert (leaf["area"], leaf["area_source"]) == (2500, "segment")
    assert dict(leaf["attributes"])["category"] == "leaf"
    assert sum(leaf["visibility"]) == 0
    assert eye["area"] == pytest.approx(np.pi * 20 * 20, rel=0.01)


def test_a_brush_around_points_is_their_outline() -> None:
    rle = packed(np.eye(4, 6, dtype=bool))
    value = {"format": "rle", "rle": list(rle), "brushlabels": ["person"]}
    size = {"original_width": 6, "original_height": 4}
    brush = {"id": "m", "type": "brushlabels", "value": value, **size}
    row = one(drawn(brush, point("nose", parentID="m", **size)))
    mask = decode(row["segmentation"], 6, 4)
    assert mask is not None
    assert (mask == np.eye(4, 6, dtype=bool)).all()
    assert (row["area"], row["bbox"]) == (4, [0, 0, 4, 4])


def packed(mask: np.ndarray) -> bytes:
    """A mask by the codec's description, in runs of 8 values that differ or not."""
    values = np.repeat(mask.reshape(-1), 4) * 255
    bits = f"{len(values):032b}{7:05b}" + "".join(f"{w - 1:04b}" for w in (3, 4, 8, 16))
    for at in range(0, len(values), 8):
        some = values[at : at + 8].tolist()
        same = len(set(some)) == 1
        bits += f"{int(same)}00{len(some) - 1:03b}"
        bits += "".join(f"{v:08b}" for v in (some[:1] if same else some))
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_a_brush_that_is_cut_off_is_refused() -> None:
    value = {"rle": list(packed(np.ones((4, 6), bool)))[:-3], "brushlabels": ["x"]}
    brush = {"id": "m", "type": "brushlabels", "value": value, "original_width": 6}
    got = Reading(drawn({**brush, "original_height": 4}), FACE)
    assert got.reasons == ["label-studio.region"]


def test_the_files_of_a_storage_are_read_together_and_once() -> None:
    made = [annotation(point("nose"), id=i, completed_by=i) for i in (1, 2)]
    given = stored(*made)
    given |= {"copy/" + name: data for name, data in given.items()}
    got = Reading({f"all/{i}.json": d for i, d in enumerate(given.values())}, FACE)
    assert (len(got.shards), len(got.rows), got.tally.images) == (1, 2, 1)
    assert got.reasons == ["label-studio.duplicate-id"] * 2


def test_tasks_nobody_annotated_are_counted() -> None:
    got = Reading(files(task(), task(), task(annotation())), FACE)
    assert (got.tally.images, got.rows, got.bad) == (3, [], [])
    assert got.tally.notes == {"label-studio.empty": 1}


def test_json_lines_are_read() -> None:
    lines = [json.dumps(task(annotation(point("nose"), id=i))) for i in (1, 2)]
    lines.insert(1, '{"id": 8, "annotations": [{')
    got = Reading({"a.jsonl": "\n".join(lines).encode()}, FACE)
    assert (len(got.rows), got.reasons) == (2, ["json.malformed"])


def test_what_stands_before_a_cut_is_kept() -> None:
    data = files(*(task(annotation(point("nose"), id=i)) for i in range(9)))
    got = Reading({"a.json": data["export.json"][:-200]}, FACE)
    assert (len(got.rows), got.reasons) == (8, ["json.unbalanced", "json.truncated"])
    assert got.bad[1]["position"] == -1


def test_a_byte_order_mark_is_passed_over_and_utf_16_is_read() -> None:
    text = drawn(point("nose"))["export.json"].decode()
    assert one({"a.json": b"\xef\xbb\xbf" + text.encode()})
    assert one({"a.json": text.encode("utf-16")})


@pytest.mark.parametrize("data", [b"[" * 10**6, b'[{"annotations":' * 10**4])
def test_a_million_brackets_are_refused(data: bytes) -> None:
    got = Reading({"a.json": data}, FACE, format="label-studio")
    assert got.rows == []
    assert got.bad


def test_a_bad_task_costs_no_other() -> None:
    good = task(annotation(point("nose")))
    bad = [{**good, "annotations": [3, None, {"result": [None, {"type": "x"}]}]}]
    got = Reading(files(*bad, good), FACE)
    assert len(got.rows) == 1


def test_other_json_is_none() -> None:
    for text in ('{"images": [], "annotations": []}', '[{"image_id": 1}]', "[]", "{}"):
        assert not label_studio.sniff(text.encode(), "a.json")


SOUND = drawn(box(), point("nose", parentID="b"), point("left_eye"))["export.json"]


@given(mutated([SOUND]))
@settings(max_examples=80)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data}, FACE, "label-studio")


def test_batches_change_nothing() -> None:
    given, skeleton = sample(40), load("coco_17")
    whole, small = Reading(given, skeleton), Reading(given, skeleton, batch=3)
    assert len(whole.rows) == 40
    assert str(whole.rows) == str(small.rows)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_the_vendor_s_own_export_reads_to_its_counts() -> None:
    got = Reading(DATA / "labelstudio_fixture", load("coco_17"))
    (row,) = got.rows
    assert (got.bad, got.tally.images, sum(map(bool, row["visibility"]))) == ([], 1, 3)
    assert row["xy"][:2] == pytest.approx([139.2, 68.365957446], abs=1e-9)
    assert got.alone == ["label_config_keypoints.xml"]


def test_points_on_several_images_of_a_task_are_parted() -> None:
    views = (
        point("nose", to_name="view1"),
        point("left_eye", to_name="view2"),
        point("nose", x=50, to_name="view2"),
    )
    data = {"view1": "s3://b/a.jpg", "view2": "s3://b/b.jpg"}
    got = Reading(files(task(annotation(*views), data=data)), FACE)
    assert got.bad == []
    assert [
        (row["image"], sum(v > 0 for v in row["visibility"])) for row in got.rows
    ] == [
        ("a.jpg", 1),
        ("b.jpg", 2),
    ]
