"""V7's Darwin JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from posegate.transforms.formats import darwin
from posegate.transforms.kernels.masks import decode
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import load
from samples.darwin import (
    at,
    box,
    drawn,
    film,
    item,
    keypoint,
    made,
    node,
    pose,
    sample,
)
from samples.face import FACE, one, places
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_pose_has_nodes_a_flag_and_a_person_behind_it() -> None:
    row = one(drawn(pose(node("nose", 1.5, 2), node("right_eye", 3, 4, occluded=True))))
    assert places(row) == [(1.5, 2, 2), (3, 4, 1)]
    assert (row["image"], row["id"]) == ("a.jpg", "a1")
    assert (row["annotator"], row["width"]) == ("ann@example.com", 200)
    assert row["attributes"] is None


def test_a_folder_is_part_of_the_name() -> None:
    given = item(pose(node("nose")))
    given["item"]["path"] = "/a/b"
    assert one({"x.json": json.dumps(given).encode()})["image"] == "a/b/a.jpg"


def test_the_instance_ties_boxes_and_areas_to_a_pose() -> None:
    corners = [{"x": x, "y": y} for x, y in [(0, 0), (10, 0), (10, 10)]]
    ids = [{"instance_id": {"value": n}} for n in (1, 2)]
    area = made("p", polygon={"paths": [corners]}, **ids[1])
    both = [pose(node("nose"), id=f"a{n}", **ids[n]) for n in (0, 1)]
    first, second = Reading(drawn(box(**ids[0]), area, *both), FACE).rows
    assert (first["id"], first["bbox"]) == ("a0", [10, 10, 100, 50])
    assert (second["id"], second["area"]) == ("a1", 50)
    assert dict(first["attributes"])["instance_id"] == "1"


def test_a_box_around_two_poses_is_nobody_s() -> None:
    both = [pose(node("nose"), id="a1"), pose(node("nose", 40, 40), id="a2")]
    got = Reading(drawn(*both, box()), FACE)
    assert [len(places(row)) for row in got.rows] == [1, 1, 0]
    assert got.repairs == set()


def test_points_of_an_instance_are_one() -> None:
    points = [
        keypoint(name, f"{name}{n}", instance_id={"value": n})
        for n in (1, 2)
        for name in FACE.keypoints
    ]
    got = Reading(drawn(*points), FACE)
    assert [len(places(row)) for row in got.rows] == [3, 3]
    assert got.repairs == set()


def test_frames_count_from_0_and_only_keyframes_are_a_person_s() -> None:
    frames = {
        "2": at(node("nose")),
        "3": at(node("nose", 21), keyframe=False),
        "10": at(node("nose", 22)),
    }
    given = drawn(film(frames, instance_id={"value": 7}), type="video", fps=25)
    got = Reading(given, FACE)
    assert [row["frame"] for row in got.rows] == [2, 3, 10]
    assert [row["image"] for row in got.rows] == ["a.jpg#2", "a.jpg#3", "a.jpg#10"]
    placed = [row["origin"][0] for row in got.rows]
    assert placed == [Origin.PLACED, Origin.INTERPOLATED, Origin.PLACED]
    assert {(r["video"], r["fps"], r["track"]) for r in got.rows} == {
        ("a.jpg", 25.0, "7")
    }
    assert got.tally.notes == {"darwin.frames-between": 6}
    assert got.tally.images == 3


def test_a_track_without_an_instance_is_its_annotation() -> None:
    given = drawn(film({"0": at(node("nose"))}), type="video")
    assert one(given)["track"] == "a1"


def test_a_raster_layer_gives_each_mask_its_pixels() -> None:
    runs = [0, 3, 1, 2, 2, 4, 0, 3]
    layer = {"dense_rle": runs, "mask_annotation_ids_mapping": {"m1": 1, "m2": 2}}
    layer["total_pixels"] = 12
    parts = [made("m1", mask={}), made("m2", name="bat", mask={})]
    given = drawn(*parts, made("r", raster_layer=layer), width=4, height=3)
    person, bat = Reading(given, FACE).rows
    mask = decode(person["segmentation"], 4, 3)
    assert mask is not None
    assert mask.astype(int).tolist() == [[0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert (bat["area"], dict(bat["attributes"])["category"]) == (4, "bat")


@pytest.mark.parametrize(
    "layer",
    [
        {},
        {"dense_rle": [0, 3], "mask_annotation_ids_mapping": {"m1": 1}},
        {"dense_rle": [0, 12], "mask_annotation_ids_mapping": {"m1": 1}},
        {"dense_rle": [0, 6, 1], "mask_annotation_ids_mapping": {"m1": 1}},
        {"dense_rle": [1, -1, 0, 13], "mask_annotation_ids_mapping": {"m1": 1}},
        {"dense_rle": ["x"], "mask_annotation_ids_mapping": {"m1": "x"}},
        {"dense_rle": [0, 2**62, 1, 2**62], "mask_annotation_ids_mapping": {"m1": 1}},
    ],
)
def test_a_mask_that_its_layer_does_not_have_is_refused(layer: Any) -> None:
    parts = [made("m1", mask={}), made("r", raster_layer=layer)]
    got = Reading(drawn(*parts, width=4, height=3), FACE)
    assert got.reasons == ["darwin.annotation"]


def test_a_mask_of_an_image_without_a_size_says_so() -> None:
    """As V7's slots of DICOM have none."""
    layer = {"dense_rle": [1, 12], "mask_annotation_ids_mapping": {"m1": 1}}
    parts = [made("m1", mask={}), made("r", raster_layer=layer)]
    (row,) = Reading(drawn(*parts, width=None, height=None), FACE).bad
    assert "how large its image is" in row["detail"]


def test_of_several_paths_one_may_be_a_hole() -> None:
    outer = [{"x": x, "y": y} for x, y in [(0, 0), (60, 0), (60, 60), (0, 60)]]
    inner = [{"x": x, "y": y} for x, y in [(20, 20), (40, 20), (40, 40), (20, 40)]]
    row = one(drawn(made("p", polygon={"paths": [outer, inner]})))
    assert row["area"] == 60 * 60 - 20 * 20


def test_properties_tags_reviewers_and_texts_are_attributes() -> None:
    own = [
        {"name": "pose", "value": "standing", "frame_index": None},
        {"name": "light", "value": "dusk", "frame_index": 3},
    ]
    said = pose(node("nose"), properties=own, reviewers=[{"email": "q@example.com"}])
    said["text"] = {"text": "hello"}
    row = one(drawn(said, made("t", name="night", tag={})))
    assert dict(row["attributes"]) == {
        "pose": "standing",
        "reviewer": "q@example.com",
        "text": "hello",
        "night": "true",
    }


def test_what_a_model_made_and_nobody_touched_is_a_prelabel() -> None:
    said = {"inference": {"confidence": 0.9}}
    assert one(drawn(pose(node("nose"), annotators=..., **said)))["role"] == "prelabel"
    assert one(drawn(pose(node("nose"), **said)))["role"] == "production"


def test_each_slot_is_an_image() -> None:
    given = item(pose(node("nose")), pose(node("nose", 9), id="a2", slot_names=["1"]))
    given["item"]["slots"] += [{"slot_name": "1", "source_files": [{"file_name": "b"}]}]
    got = Reading({"a.json": json.dumps(given).encode()}, FACE)
    assert [row["image"] for row in got.rows] == ["a.jpg/0", "a.jpg/b"]
    assert got.tally.images == 2


def test_the_first_version_is_read_too() -> None:
    image = {"filename": "a.jpg", "width": 200, "height": 100, "path": "/f"}
    given = {"dataset": "d", "image": image, "annotations": [pose(node("nose"))]}
    assert one({"a.json": json.dumps(given).encode()})["image"] == "f/a.jpg"


def test_items_nobody_annotated_are_counted() -> None:
    files = {f"{i}.json": data for i in range(3) for data in drawn().values()}
    got = Reading(files, FACE)
    assert (got.tally.images, got.rows, got.bad, len(got.shards)) == (3, [], [], 1)


def test_a_cut_file_costs_itself() -> None:
    good = drawn(pose(node("nose")))["a.json"]
    got = Reading({"a.json": good, "b.json": good[:-20], "c.json": b""}, FACE)
    assert (len(got.rows), got.reasons) == (1, ["json.malformed", "json.empty"])
    assert {row["position"] for row in got.bad} == {-1}


def test_a_million_brackets_are_refused() -> None:
    got = Reading({"a.json": b'{"item":' * 10**6}, FACE, format="darwin")
    assert got.reasons == ["json.malformed"]


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"images": []}', '{"item": 3}', '{"image": {}, "x": 1}']
)
def test_other_json_is_none(text: str) -> None:
    assert not darwin.sniff(text.encode(), "a.json")


STILL = drawn(pose(node("nose"), node("left_eye")), box(), keypoint("nose"))["a.json"]
FILM = drawn(film({"0": at(node("nose")), "1": at(node("nose"))}), fps=9)["a.json"]


def test_what_is_read_one_by_one_is_the_same() -> None:
    """A box that is a text has all of the file read so, and is left alone itself."""
    two = pose(node("nose"), node("left_eye", 30, 40.5, True)), box()
    ours = Reading(drawn(*two), load("coco_17"))
    theirs = Reading(drawn(*two, made("b9", bounding_box="?")), load("coco_17"))
    assert (ours.texts, len(ours.rows)) == (theirs.texts, 1)
    assert theirs.tally.notes == ours.tally.notes | {"darwin.not-drawn": 1}


@given(mutated([STILL, FILM]))
@settings(max_examples=80)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data}, FACE, "darwin")


def test_batches_change_nothing() -> None:
    given, skeleton = sample(20), load("coco_17")
    whole, small = Reading(given, skeleton), Reading(given, skeleton, batch=3)
    assert len(whole.rows) == 20
    assert str(whole.rows) == str(small.rows)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_the_vendor_s_files_read_to_their_counts() -> None:
    """Each file has a box, an ellipse, a polygon, a mask, a point that is no keypoint
    of people, a line, a tag, and a raster layer with the mask's pixels."""
    got = Reading(DATA / "darwin_v2", load("coco_17"))
    assert (len(got.rows), got.tally.images, got.tally.records) == (32, 8, 40)
    assert got.reasons == ["darwin.other-skeleton"] * 8
    assert got.tally.notes == {"darwin.not-drawn": 8, "darwin.no-annotator": 40}
    masks = [
        r for r in got.rows if r["segmentation"] and b"counts" in r["segmentation"]
    ]
    for row in masks:
        name = row["source"]
        layer = json.loads((DATA / "darwin_v2" / name).read_text())["annotations"][-1]
        runs = layer["raster_layer"]["dense_rle"]
        assert row["area"] == sum(
            n for v, n in zip(runs[::2], runs[1::2], strict=True) if v
        )
    assert len(masks) == 8


def test_a_node_that_is_unlike_others_costs_no_other_pose() -> None:
    odd = pose(node("nose", "left"), id="odd")  # type: ignore[arg-type]
    bare = pose({"name": "nose", "x": 1, "y": 2}, id="bare")
    files = drawn(odd, bare, pose(node("nose"), id="usual"))
    reading = Reading(files, load("coco_17"))
    assert [row["id"] for row in reading.rows] == ["bare", "usual"]
    assert reading.reasons == ["darwin.annotation"]
