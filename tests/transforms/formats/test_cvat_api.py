"""CVAT's own JSON."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import cvat_api
from posegate.transforms.formats.files import File
from posegate.transforms.model import jobs
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton, load
from samples.cvat_api import (
    LABELS,
    answer,
    drawn,
    files,
    job,
    meta,
    page,
    sample,
    skeleton,
    track,
)
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

ABC = Skeleton("abc", ("a", "b", "c"), (), (), None)
DATA = Path(__file__).parents[4] / "shared" / "data" / "cvat_api_dump"
META = meta({"name": "im/a.jpg", "width": 800, "height": 600}, {"name": "b.jpg"})


def test_the_answers_beside_say_whose_it_is_and_of_which_image() -> None:
    said = skeleton(flags=(2, 1, 0)) | {"attributes": [{"spec_id": 9, "value": "L"}]}
    got = Reading(files(answer([said]), data_meta=META), ABC)
    (row,) = got.rows
    assert row["visibility"] == [2, 1, 0]
    assert (row["image"], row["width"], row["height"]) == ("im/a.jpg", 800, 600)
    assert row["annotator"] == "ana"
    assert row["annotated_at"].isoformat() == "2026-02-02T09:30:00+00:00"
    assert row["role"] == "production"
    assert dict(row["attributes"]) == {
        "stage": "annotation",
        "state": "completed",
        "side": "L",
    }
    assert not got.codes
    assert got.alone == []
    assert got.tally.images == 2


def test_a_job_of_ground_truth_is_gold() -> None:
    truth = page(job(type="ground_truth", stage="acceptance"))
    (row,) = Reading(files(answer([skeleton()]), jobs=truth), ABC).rows
    assert row["role"] == "gold"


def test_jobs_of_a_task_meet_in_its_frames() -> None:
    both = {"job": {"7": answer([skeleton()]), "8": answer([skeleton()])}}
    said = page(job(), job(id=8, type="ground_truth", assignee=None))
    got = Reading(files(both, jobs=said), ABC)
    assert [(row["image"], row["role"]) for row in got.rows] == [
        ("task-3/frame_000000", "production"),
        ("task-3/frame_000000", "gold"),
    ]


def test_a_point_between_its_keyframes_is_interpolated() -> None:
    # a moves from 0 to 8 in frames 0 to 4, b is placed in 2 and gone in 4
    moves = track({0: {0: (0, 0), 4: (8, 4)}, 1: {2: (5, 5), 4: None}})
    got = Reading(files(answer(tracks=[moves])), ABC)
    assert [row["frame"] for row in got.rows] == [0, 2, 4]
    assert [row["visibility"] for row in got.rows] == [[2, 0, 0], [2, 2, 0], [2, 0, 0]]
    assert got.rows[1]["xy"][:4] == [4, 2, 5, 5]
    assert got.rows[1]["origin"][:2] == [Origin.INTERPOLATED, Origin.PLACED]
    assert [row["track"] for row in got.rows] == ["7-5"] * 3


def test_boxes_and_masks_of_a_group_are_the_skeletons() -> None:
    some = [
        skeleton() | {"group": 2},
        drawn("rectangle", (1, 2, 11, 22), group=2, id=2),
        drawn("mask", (1, 2, 1, 2, 3, 4, 5, 5), group=2, id=3),
    ]
    (row,) = Reading(files(answer(some), data_meta=META), ABC).rows
    assert row["bbox"] == [1, 2, 10, 20]
    assert row["area"] == 4


def test_the_job_table_may_say_how_large_an_image_is() -> None:
    table = jobs.parse(b"image,width,height\ntask-3/frame_000000,10,10\n", "jobs.csv")
    shape = drawn("mask", (1, 2, 1, 2, 3, 4, 5, 5))
    (row,) = Reading(files(answer([shape])), ABC, jobs=table).rows
    assert row["area"] == 4


def test_a_quality_report_names_the_conflicts() -> None:
    conflict = {
        "annotation_ids": [{"job_id": 7, "obj_id": 1, "type": "shape"}],
        "report_id": 1,
        "type": "low_overlap",
    }
    said = files(answer([skeleton(1), skeleton(2)]), quality_conflicts=page(conflict))
    got = Reading(said, ABC)
    assert [dict(row["attributes"]).get("conflict") for row in got.rows] == [
        "low_overlap",
        None,
    ]


def test_a_backup_names_labels_and_images_in_its_zip() -> None:
    named = skeleton() | {"label": "person"}
    del named["label_id"]
    for element, name in zip(named["elements"], "abc", strict=True):
        del element["label_id"]
        element["label"] = name
    task = {"name": "t", "version": "1.0", "data": {}, "labels": LABELS}
    said = [{"status": "completed", "type": "ground_truth"}, {"type": "annotation"}]
    lines = [
        {"version": "1.1"},
        {"type": "images"},
        {"name": "a", "extension": ".png", "width": 8, "height": 9},
    ]
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        content = json.dumps([answer([named]), answer([named])])
        archive.writestr("annotations.json", content)
        archive.writestr("task.json", json.dumps({**task, "jobs": said}))
        archive.writestr("data/manifest.jsonl", "\n".join(map(json.dumps, lines)))
    got = Reading({"backup.zip": sink.getvalue()}, ABC)
    assert [(row["image"], row["role"]) for row in got.rows] == [
        ("a.png", "gold"),
        ("a.png", "production"),
    ]
    assert got.rows[0]["height"] == 9
    assert got.bad == []


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[]",
        b'{"shapes": [{"label": "a", "points": [[1, 2]], "shape_type": "point"}]}',
        b'{"images": [], "annotations": [], "categories": []}',
        b'{"results": [1], "count": 1}',
        b'[{"image_id": 1, "keypoints": [1, 2, 3]}]',
    ],
)
def test_other_json_is_none(head: bytes) -> None:
    assert not cvat_api.sniff(head, "a.json")


def test_the_labels_name_the_keypoints() -> None:
    (found,) = cvat_api.names(File("l.json", lambda: io.BytesIO(page(*LABELS))))
    assert (found.category, found.keypoints) == ("person", ("a", "b", "c"))
    assert cvat_api.names(File("j.json", lambda: io.BytesIO(page(job())))) == []


def test_batches_change_nothing() -> None:
    made, coco = sample(40), load("coco_17")
    whole, parts = Reading(made, coco), Reading(made, coco, batch=3)
    assert len(whole.rows) == 40
    assert str(whole.rows) == str(parts.rows)


@given(
    mutated(
        [
            json.dumps(
                answer([skeleton()], [track({0: {0: (1, 1), 3: (2, 2)}})])
            ).encode()
        ]
    )
)
@settings(max_examples=80)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    made = files(answer()) | {"job_7/annotations.json": data}
    reads_or_says(made, ABC, "cvat-api")


@pytest.mark.skipif(not DATA.exists(), reason="the shared data sets are not here")
def test_the_skeletons_of_a_servers_jobs_are_read() -> None:
    # 19 skeletons by count of the word: 7 shapes and 3 tracks of jobs, the others are
    # the same again as their tasks' and as labels. One shape has other names.
    numbers = Skeleton("s", ("1", "2", "3", "4"), (), (), None)
    got = Reading(DATA, numbers)
    posed = [
        row for row in got.rows if dict(row["attributes"]).get("category") != "car"
    ]
    posed = [row for row in posed if any(row["visibility"])]
    shapes = [row for row in posed if row["track"] is None]
    assert got.alone == []
    assert {row["track"] for row in posed if row["track"]} == {"18-1", "25-6", "26-11"}
    assert len(shapes) == 7  # six skeletons, and points that are no one's by name
    gold = [row for row in posed if row["role"] == "gold"]
    assert len(gold) == 3
    assert got.tally.notes["cvat-api.task-repeated"] == 17
    assert got.reasons.count("cvat-api.mask") == 3  # no image's size is known
    origins = {row["frame"]: row["origin"] for row in posed if row["track"] == "25-6"}
    assert origins == {0: [0, 0, 0, 0], 3: [0, 2, 2, 2]}
    assert all(np.isfinite(row["area"]) for row in shapes)
