"""Tasks written for Label Studio; what comes back is held by test_convert."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from posegate.transforms.formats import label_studio, label_studio_brush, outlines
from posegate.transforms.formats.label_studio_write import EMPTY, UNSIZED
from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading
from samples.writing import written

FACE = Skeleton("face", ("nose", "left_eye"), (), (), None)
NAN = float("nan")
ROW = {
    "instance": "i1",
    "id": "7",
    "image": "a.jpg",
    "width": 200,
    "height": 100,
    "annotator": "ann@example.com",
    "role": "production",
    "xy": [20.0, 30.0, NAN, NAN],
    "visibility": [1, 0],
    "origin": [0, 0],
    "bbox": [10.0, 10.0, 100.0, 50.0],
    "source": "s",
    "position": 0,
    "format": "coco",
}


def tasks(folder: Path, *changes: dict[str, Any]) -> tuple[Any, dict[str, int], Any]:
    """The tasks, what was told, and everything read back."""
    rows = [ROW | each for each in changes]
    files, told = written(label_studio, rows, FACE, folder)
    return json.loads(files["tasks.json"]), told, Reading(files, FACE)


def test_points_are_nested_under_their_box(tmp_path: Path) -> None:
    ([task], told, _) = tasks(tmp_path, {})
    box, nose, seen = task["annotations"][0]["result"]
    assert (box["type"], box["id"], nose["parentID"]) == ("rectanglelabels", "7", "7")
    assert (nose["value"]["x"], nose["value"]["keypointlabels"]) == (10, ["nose"])
    assert (seen["id"], seen["value"]["choices"]) == (nose["id"], ["occluded"])
    assert told == {}


def test_gold_is_ground_truth_and_a_model_s_rows_are_predictions(
    tmp_path: Path,
) -> None:
    roles = ["gold", "production", "prelabel"]
    some = [{"role": role, "id": str(i)} for i, role in enumerate(roles)]
    [task], _, got = tasks(tmp_path, *some)
    assert [a["ground_truth"] for a in task["annotations"]] == [True, False]
    assert task["predictions"][0]["model_version"] == "ann@example.com"
    assert [row["role"] for row in got.rows] == roles


def test_a_mask_goes_as_a_brush_and_comes_back(tmp_path: Path) -> None:
    mask = np.zeros((100, 200), np.bool_)
    mask[20:40, 30:90] = mask[1, 1] = True
    outline = outlines.mask(mask)
    assert outline is not None
    _, _, got = tasks(tmp_path, {"segmentation": outline.segmentation})
    assert got.rows[0]["segmentation"] == outline.segmentation
    assert got.rows[0]["bbox"] == ROW["bbox"]


def test_runs_longer_than_a_length_can_be_are_cut() -> None:
    mask = np.ones((200, 300), np.bool_)
    packed = label_studio_brush.encode(mask)
    assert (label_studio_brush.decode(packed, 300, 200) == mask).all()


def test_an_instance_without_a_box_hangs_on_its_first_point(tmp_path: Path) -> None:
    bare = {"bbox": [NAN] * 4, "attributes": [("light", "dusk")], "track": "4"}
    both = {"xy": [20.0, 30.0, 25.0, 30.0], "visibility": [2, 2]}
    _, _, got = tasks(tmp_path, bare | both, bare | {"id": "8"})
    assert [row["visibility"] for row in got.rows] == [[2, 2], [1, 0]]
    assert [row["track"] for row in got.rows] == ["4", "4"]
    assert {tuple(row["attributes"]) for row in got.rows} == {(("light", "dusk"),)}


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    nothing = {"visibility": [0, 0], "bbox": [NAN] * 4}
    _, told, got = tasks(tmp_path, {"width": None}, nothing, {"id": "9"})
    assert told == {UNSIZED: 1, EMPTY: 1}
    assert len(got.rows) == 1


def test_the_configuration_has_every_control(tmp_path: Path) -> None:
    row = ROW | {"attributes": [('a "b"', "c")]}
    files, _ = written(label_studio, [row], FACE, tmp_path)
    root = ElementTree.fromstring(files["label_config.xml"])
    names = {each.get("name") for each in root}
    controls = {"image", "points", "box", "area", "brush", "visibility", 'a "b"'}
    used = {
        part["from_name"]
        for part in json.loads(files["tasks.json"])[0]["annotations"][0]["result"]
    }
    assert names == controls
    assert used <= controls
    assert [label.get("value") for label in root.iter("Label")][:2] == [*FACE.keypoints]


def test_rows_without_points_keep_their_place(tmp_path: Path) -> None:
    bare = {"id": "8", "visibility": [0, 0], "xy": [NAN] * 4}
    _, _, got = tasks(tmp_path, bare, {}, bare | {"id": "9"})
    assert [row["id"] for row in got.rows] == ["8", "7", "9"]
    assert {row["attributes"] for row in got.rows} == {None}
