"""Supervisely's files."""

import base64
import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from posegate.transforms.formats import supervisely
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import load
from samples.face import FACE, one, places
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading
from samples.supervisely import (
    corners,
    drawn,
    figure,
    graph,
    meta,
    sample,
    thing,
    video,
)


def test_nodes_have_the_names_that_meta_json_gives_them() -> None:
    made = graph({2: (3, 4.5), 0: (1, 2)})
    made["nodes"]["n0"]["disabled"] = True
    row = one(drawn(made))
    assert places(row) == [(1, 2, 1), (3, 4.5, 2)]
    assert (row["image"], row["width"], row["id"]) == ("ds/a.jpg", 200, "1")
    assert row["annotator"] == "ann"
    assert row["annotated_at"].isoformat() == "2026-02-02T10:00:00+00:00"


def test_nodes_named_by_themselves_need_no_meta() -> None:
    made = thing("graph", 1, "person", nodes={"nose": {"loc": [1, 2]}})
    del (files := drawn(made))["meta.json"]
    assert places(one(files)) == [(1, 2, 2)]


def test_meta_json_is_found_in_an_archive_too() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in drawn(graph({0: (1, 2)})).items():
            archive.writestr(f"project/{name}", data)
    assert places(one({"d.zip": out.getvalue()})) == [(1, 2, 2)]


def test_the_instance_ties_a_box_to_a_graph() -> None:
    box = thing("rectangle", 2, **corners((10, 60), (110, 10)), instance="k")
    row = one(drawn(graph({0: (20, 30)}, instance="k"), box))
    assert row["bbox"] == [10, 10, 100, 50]


def test_a_polygon_is_an_outline_and_tags_are_attributes() -> None:
    leaf = thing("polygon", 2, "leaf", **corners((0, 0), (10, 0), (10, 10)))
    leaf["tags"] = [{"name": "sick", "value": None}, {"name": "row", "value": 3}]
    row = one(drawn(leaf, tags=[{"name": "night", "value": "yes"}]))
    assert row["area"] == 50
    assert dict(row["attributes"]) == {
        "category": "leaf",
        "sick": "true",
        "row": "3",
        "night": "yes",
    }


@pytest.mark.parametrize(
    ("said", "origin"),
    [
        ({}, Origin.PLACED),
        ({"nnCreated": True, "nnUpdated": True}, Origin.PREDICTED),
        ({"nnCreated": True, "nnUpdated": False}, Origin.CORRECTED),
    ],
)
def test_what_a_network_made_is_not_a_person_s(said: Any, origin: Origin) -> None:
    assert one(drawn(graph({0: (1, 2)}, **said)))["origin"][0] == origin


def test_a_video_has_a_row_a_figure_and_a_track_an_object() -> None:
    got = Reading(video(figure((1, 2)), figure((3, 4))), FACE)
    assert [row["image"] for row in got.rows] == ["ds/v.mp4#0", "ds/v.mp4#1"]
    assert [row["frame"] for row in got.rows] == [0, 1]
    assert {(row["track"], row["video"]) for row in got.rows} == {("t1", "ds/v.mp4")}
    assert got.tally.images == 2


def test_a_bitmap_is_a_mask_at_its_origin() -> None:
    """A picture with an alpha channel, which is the mask, and one without."""
    inside = np.zeros((3, 4), np.uint8)
    inside[1:, 2] = 255
    clear = np.dstack([np.full((3, 4, 3), 255, np.uint8), inside])
    for pixels in (inside, clear):
        packed = io.BytesIO()
        Image.fromarray(pixels).save(packed, "PNG")
        data = base64.b64encode(zlib.compress(packed.getvalue())).decode()
        row = one(drawn(thing("bitmap", bitmap={"data": data, "origin": [50, 60]})))
        assert (row["area"], row["bbox"]) == (2, [52, 61, 1, 2])
        beyond = thing("bitmap", bitmap={"data": data, "origin": [198, 60]})
        assert Reading(drawn(beyond), FACE).reasons == ["supervisely.bitmap"]


def test_a_hole_is_no_part_of_a_polygon() -> None:
    ring = thing("polygon", **corners((0, 0), (10, 0), (10, 10), (0, 10)))
    ring["points"]["interior"] = [[[2, 2], [6, 2], [6, 6], [2, 6]]]
    assert one(drawn(ring))["area"] == 100 - 16


def test_the_project_s_own_files_have_no_records() -> None:
    keys = json.dumps({"tags": {}, "objects": {}, "figures": {}, "videos": {}})
    files = {**video(figure()), "key_id_map.json": keys.encode()}
    files |= {
        "obj_class_to_machine_color.json": b'{"person": [1, 2, 3]}',
        "ds/img_info/a.jpg.json": b'{"id": 1, "name": "a.jpg", "labels_count": 2}',
        "ds/meta/a.jpg.json": b'{"camera": "x"}',
    }
    got = Reading(files, FACE)
    assert (len(got.rows), got.bad, got.alone) == (1, [], [])


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"objects": []}', '{"size": 3}', '{"classes": ["a"]}']
)
def test_other_json_is_none(text: str) -> None:
    assert not supervisely.sniff(text.encode(), "a.json")


STILL = drawn(graph({0: (1, 2)}), thing("rectangle", 2, **corners((0, 0), (9, 9))))
FILM = video(figure(), figure())


@pytest.mark.parametrize(
    "files",
    [
        drawn(graph({0: (1.5, 2), 2: (3, 4)}), graph({1: (5, 6)}, 2)),
        video(figure(), figure((5, 6), createdAt="2026-02-03T10:00:00Z")),
    ],
)
def test_what_is_written_in_another_way_reads_the_same(files: dict[str, bytes]) -> None:
    """A flag that is null says as much as none; then points are read one by one."""
    texts = {
        name: data.replace(b'{"loc"', b'{"disabled": null, "loc"')
        for name, data in files.items()
    }
    assert texts != files
    ours, theirs = (Reading(each, load("coco_17")) for each in (files, texts))
    assert (ours.texts, ours.tally.notes) == (theirs.texts, theirs.tally.notes)
    assert len(ours.rows) == 2


@given(mutated([STILL["ds/ann/a.jpg.json"], FILM["ds/ann/v.mp4.json"]]))
@settings(max_examples=80)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"ann/a.json": data, "meta.json": meta()}, FACE, "supervisely")


def test_batches_change_nothing() -> None:
    given, skeleton = sample(20), load("coco_17")
    whole, small = Reading(given, skeleton), Reading(given, skeleton, batch=3)
    assert len(whole.rows) == 20
    assert str(whole.rows) == str(small.rows)
