"""FreiHAND's and InterHand2.6M's own files."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.formats import freihand, interhand
from posegate.transforms.formats.json_depth import values
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.model.skeleton import load
from samples import freihand as frei
from samples import interhand as inter
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

FREI, INTER = load("freihand_21"), load("interhand3d_42")
DATA = Path(__file__).parents[4] / "shared" / "data"


def test_a_hand_is_in_metres_with_its_camera() -> None:
    files = frei.whole()
    row = Reading(files, FREI).rows[1]
    given = np.array(json.loads(files["training_xyz.json"]))[1]
    assert np.array_equal(row["xy"], given[:, :2].ravel())
    assert row["z"] == given[:, 2].tolist()
    assert (row["unit"], row["image"]) == ("m", "training/rgb/00000001.jpg")
    assert dict(row["attributes"])["fx"] == "480.5"


def test_a_frame_is_in_millimetres_with_both_hands() -> None:
    row = Reading(inter.sample(4), INTER).rows[2]
    assert (row["image"], row["video"], row["frame"]) == ("Capture13/9", "Capture13", 9)
    assert row["xy"][:2] == inter.frame(2)["world_coord"][0][:2]
    assert row["unit"] == "mm"


def test_joints_that_are_not_valid_are_nowhere() -> None:
    (row,) = Reading(inter.one_hand(), INTER).rows
    assert row["visibility"] == [2] * 21 + [0] * 21
    assert np.isnan(row["xy"][42:]).all()


def test_a_project_of_one_hand_has_a_row_for_each_that_is_there() -> None:
    one = load("interhand2d_21")
    rows = Reading(inter.whole(), one).rows
    assert [row["id"] for row in rows] == ["right", "left"] * 2
    assert [row["id"] for row in Reading(inter.one_hand(), one).rows] == ["right"]


def test_images_show_the_joints_where_their_cameras_see_them() -> None:
    got = Reading(inter.images(), INTER)
    one, other = got.rows
    # (10, 20) mm at 1000 mm, and from the side (20, 0) mm further left
    np.testing.assert_allclose(one["xy"][:4], [110, 224, 111, 224])
    np.testing.assert_allclose(other["xy"][:2], [100, 200 + 1200 * 20 / 1000])
    assert one["image"] == "Capture5/a/cam400001/image7.jpg"
    assert (one["id"], one["frame"], one["z"]) == ("100", 7, None)
    assert one["video"] == "Capture5/a/cam400001"
    assert one["bbox"] == [1, 2, 30, 40]
    assert dict(one["attributes"])["camera"] == "400001"
    assert (got.tally.images, got.bad) == (2, [])
    assert got.tally.notes == {"interhand.beside": 2}


def test_a_hand_of_an_image_is_a_row_where_the_skeleton_is_one_hands() -> None:
    right = {"joint_valid": [[1]] * 21 + [[0]] * 21, "hand_type": "right"}
    rows = Reading(inter.images(right), load("interhand2d_21")).rows
    assert [row["id"] for row in rows] == ["100-right", "101-right", "101-left"]
    assert np.isnan(rows[1]["bbox"]).all()  # it is both hands'
    assert rows[0]["bbox"] == [1, 2, 30, 40]


def test_images_in_an_archive_find_what_lies_beside_them() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in inter.images().items():
            archive.writestr(name, data)
    assert len(Reading({"a.zip": packed.getvalue()}, INTER).rows) == 2


def test_a_joint_behind_the_camera_is_not_seen() -> None:
    files = inter.images()
    name = next(name for name in files if "joint_3d" in name)
    document = json.loads(files[name])
    document["5"]["7"]["world_coord"][0] = [10, 20, -5]
    rows = Reading(files | {name: json.dumps(document).encode()}, INTER).rows
    assert rows[0]["visibility"] == [0] + [2] * 41


@given(mutated([inter.images()["annotations/InterHand2.6M_val_data.json"]]))
@settings(max_examples=60)
def test_whatever_is_damaged_of_images_is_read_or_said(data: bytes) -> None:
    name = "annotations/InterHand2.6M_val_data.json"
    reads_or_says(inter.images() | {name: data}, INTER, "interhand")


@given(st.sampled_from(["joint_3d", "camera"]), st.data())
@settings(max_examples=60)
def test_whatever_is_damaged_beside_images_costs_only_them(
    what: str, data: st.DataObject
) -> None:
    name = f"annotations/InterHand2.6M_val_{what}.json"
    damaged = data.draw(mutated([inter.images()[name]]))
    reads_or_says(inter.images() | {name: damaged}, INTER, "interhand")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"[[[0.1, 0.2]]]", "xyz.json"),
        (b'[{"a": 1}]', "training_xyz.json"),
        (b"", "training_xyz.json"),
        (b'{"0": {"1": {"a": 1}}}', "training_xyz.json"),
    ],
)
def test_other_json_is_none(head: bytes, name: str) -> None:
    assert not freihand.sniff(head, name)
    assert not interhand.sniff(head, name)


@given(mutated([frei.whole()["training_xyz.json"]]))
@settings(max_examples=60)
def test_whatever_is_damaged_of_freihand_is_read_or_said(data: bytes) -> None:
    reads_or_says({"training_xyz.json": data}, FREI, "freihand")


@given(mutated([next(iter(inter.whole().values()))]))
@settings(max_examples=60)
def test_whatever_is_damaged_of_interhand_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data}, INTER, "interhand")


def test_a_file_that_is_cut_off_gives_what_stands_before() -> None:
    data = frei.sample(5)["training_xyz.json"]
    got = Reading({"training_xyz.json": data[:-100]}, FREI)
    assert len(got.rows) == 4
    assert got.reasons == ["json.truncated"]


@given(st.lists(st.lists(st.text(), max_size=3), max_size=5), st.integers(1, 9))
def test_values_come_whole_however_the_text_is_cut(
    lists: list[list[str]], size: int
) -> None:
    text = json.dumps(lists).encode()
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert [json.loads(raw) for _, raw in values(pieces, 2)] == lists


@pytest.mark.parametrize("text", [b"[[1]]]", b"[[1]", b"[[1], [" + b"1," * 99])
def test_damage_is_told_after_what_is_good(text: bytes) -> None:
    found = values([text], 2, limit=100)
    assert next(found) == (b"[", b"[1]")
    with pytest.raises(DamagedStream):
        next(found)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_the_conversions_to_coco_are_cocos() -> None:
    for name, rows in (("freihand", 8), ("onehand10k", 4)):
        got = Reading(DATA / "mmpose_open" / name, load(f"{name}_21"))
        assert ({shard.format for shard in got.shards}, len(got.rows)) == (
            {"coco"},
            rows,
        )


@pytest.mark.parametrize("lacks", ["joint_3d", "camera"])
def test_interhands_images_say_which_file_they_need(lacks: str) -> None:
    got = Reading(inter.without(lacks), INTER)
    said = {b["detail"] for b in got.bad if "data.json" in b["source"]}
    assert len(said) == 1
    assert f"needs InterHand2.6M_val_{lacks}.json, which is not beside" in said.pop()
