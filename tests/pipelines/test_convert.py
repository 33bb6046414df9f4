"""`posegate convert`: there is a new delivery, and the truth about it."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from posegate.pipelines.__main__ import main
from posegate.transforms.model.skeleton import load

NAMES = list(load("coco_17").keypoints)


def delivery(folder: Path, *annotations: dict[str, Any]) -> str:
    image = {"id": 1, "file_name": "v/a.jpg", "width": 640, "height": 480}
    data = {
        "images": [image, {"id": 2, "file_name": "v/b.jpg"}],
        "categories": [{"id": 1, "name": "person", "keypoints": NAMES}],
        "annotations": list(annotations),
    }
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(data))
    return str(folder)


def person(id: int, **changes: Any) -> dict[str, Any]:
    points = [v for i in range(17) for v in (10.25 + i, 20.5 + i, 1 + i % 2)]
    said = {"id": id, "image_id": 1, "category_id": 1, "keypoints": points}
    return said | {"bbox": [5, 5, 90, 80], "area": 900.5, "annotator": "ann"} | changes


def convert(*words: str) -> int:
    return main(["convert", *words, "--skeleton", "coco_17"])


def test_a_delivery_becomes_another_that_reads_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = delivery(tmp_path / "in", person(4), person(9, keypoints=[1]))
    out = tmp_path / "out"
    assert convert(source, str(out), "--to", "yolo-pose") == 0
    said = capsys.readouterr().out
    assert "read: 2 records, 1 rows, 1 in quarantine" in said
    assert "coco.keypoint-count" in said
    assert "1  images without a row in their file: not written" in said
    assert "1  annotator (rows)" in said
    assert "read back: 1 rows of 1; 1 compared" in said
    assert (tmp_path / "out.loss.txt").read_text() == said
    assert (out / "labels" / "v" / "a.txt").is_file()
    assert convert(str(out), str(tmp_path / "back.json"), "--to", "coco") == 0
    [back] = json.loads((tmp_path / "back.json").read_text())["annotations"]
    assert back["keypoints"] == pytest.approx(person(4)["keypoints"])
    assert back["bbox"] == pytest.approx([5, 5, 90, 80])


def test_coco_keeps_it_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = delivery(tmp_path / "in", person(4, attributes={"action": "run"}))
    assert convert(source, str(tmp_path / "out"), "--to", "coco") == 0
    said = capsys.readouterr().out
    assert "cannot hold" not in said
    [back] = json.loads((tmp_path / "out" / "annotations.json").read_text())[
        "annotations"
    ]
    assert (back["id"], back["annotator"], back["area"]) == (4, "ann", 900.5)
    assert back["attributes"] == {"action": "run"}


def test_parquet_has_the_canonical_columns(tmp_path: Path) -> None:
    source = delivery(tmp_path / "in", person(4))
    out = tmp_path / "out.parquet"
    assert convert(source, str(out), "--to", "parquet") == 0
    table = pq.read_table(out)
    assert table["annotator"].to_pylist() == ["ann"]
    assert table.schema.metadata[b"skeleton"] == b"coco_17"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{in}", "{out}", "--to", "vhs"], "'vhs' is not written; one of coco"),
        (["{in}", "{in}/new", "--to", "coco"], "lies in the delivery"),
        (["{in}", "{full}", "--to", "coco"], "is there already"),
        (["{in}", "{out}", "--to", "coco", "--format", "x"], "no format 'x'"),
        (["{in}/no", "{out}", "--to", "coco"], "no such file or folder"),
    ],
)
def test_a_wrong_call_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    places = {"in": delivery(tmp_path / "in", person(4)), "out": str(tmp_path / "out")}
    places["full"] = delivery(tmp_path / "full")
    assert convert(*(word.format(**places) for word in words)) == 2
    assert said in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full", "in"]


def test_the_skeleton_is_found_by_its_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = delivery(tmp_path / "in", person(4))
    assert main(["convert", source, str(tmp_path / "out"), "--to", "yolo-pose"]) == 0
    assert "skeleton: coco_17" in capsys.readouterr().out
    assert (tmp_path / "out" / "labels" / "v" / "a.txt").is_file()


def test_names_that_nobody_ships_are_a_skeleton_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "image,keypoint,x,y\na.jpg,left_handle,10,20\na.jpg,right_handle,30,40\n"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(rows)
    out = tmp_path / "out.json"
    assert main(["convert", str(tmp_path / "in"), str(out), "--to", "coco"]) == 0
    [category] = json.loads(out.read_text())["categories"]
    assert category["keypoints"] == ["left_handle", "right_handle"]


def test_points_without_names_have_to_be_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [person(1)],
    }
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text(json.dumps(document))
    words = ["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--to", "parquet"]
    assert main(words) == 2
    assert "17 points without names; say which" in capsys.readouterr().err


def test_a_delivery_of_which_nothing_is_left_is_converted_to_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = delivery(tmp_path / "in", person(4, keypoints=[1]))
    assert convert(source, str(tmp_path / "out"), "--to", "coco") == 1
    said = capsys.readouterr().out
    assert "read: 1 records, 0 rows, 1 in quarantine" in said
    assert "read back: 0 rows of 0" in said


def test_what_the_target_cannot_hold_is_told_before_it_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="posegate")
    source = delivery(tmp_path / "in", person(4))
    (tmp_path / "out").mkdir()
    assert convert(source, str(tmp_path / "out"), "--to", "yolo-pose") == 0
    told = [r.getMessage() for r in caplog.records if r.name == "posegate"]
    assert told[0] == "yolo-pose cannot hold:"
    assert any("1  annotator (rows)" in line for line in told)


def test_an_id_in_two_files_is_told_and_each_file_counts_its_own_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = delivery(tmp_path / "in", person(4), person(5))
    document = json.loads((tmp_path / "in" / "a.json").read_text())
    moved = [11.5, *document["annotations"][0]["keypoints"][1:]]
    document["annotations"] = [document["annotations"][0] | {"keypoints": moved}]
    (tmp_path / "in" / "b.json").write_text(json.dumps(document))
    assert convert(source, str(tmp_path / "out"), "--to", "parquet") == 0
    said = capsys.readouterr().out
    assert "read: 3 records, 3 rows" in said
    assert "1  rows with the id of an earlier one" in said
    assert "2  images without a row in their file" in said  # v/b.jpg, in each
    (tmp_path / "in" / "b.json").unlink()
    assert convert(source, str(tmp_path / "other"), "--to", "parquet") == 0
    assert "rows with the id" not in capsys.readouterr().out


def test_files_that_are_not_read_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = delivery(tmp_path / "in", person(4))
    (tmp_path / "in" / "more.txt").write_text("{}")
    assert convert(source, str(tmp_path / "out"), "--to", "coco") == 0
    assert "1  files left alone: more.txt" in capsys.readouterr().out


def test_a_delivery_without_a_known_file_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "more.txt").write_text("{}")
    words = ["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--to", "coco"]
    assert main([*words, "--skeleton", "coco_17"]) == 2
    assert "no file of a known format" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_named_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = delivery(tmp_path / "in", person(4))
    (tmp_path / "file").touch()
    assert convert(source, str(tmp_path / "file" / "out"), "--to", "coco") == 2
    said = capsys.readouterr().err
    assert f"{tmp_path}/file/out: cannot be written: {tmp_path}/file is no" in said


def test_where_nothing_can_be_written_all_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = delivery(tmp_path / "in", person(4))  # a still, and tracks are asked for
    assert convert(source, str(tmp_path / "out"), "--to", "cvat-video") == 1
    said = capsys.readouterr().out
    assert "1  left out: " in said
    assert "read back: 0 rows of 1; 0 compared" in said


def test_lengths_that_become_pixels_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    table = "image,unit,a.x,a.y,b.x,b.y\na.jpg,mm,1,2,3,4\n"
    (tmp_path / "in" / "a.csv").write_text(table)
    words = ["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--to", "coco"]
    assert main(words) == 0
    assert "1  unit (rows)" in capsys.readouterr().out


def test_of_several_kinds_of_keypoints_one_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = {"hand": ["wrist", "thumb"], "foot": ["heel", "toe"]}
    annotation = {"image_id": 1, "keypoints": [1, 2, 2] * 2}
    document = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "categories": [
            {"id": i, "name": name, "keypoints": names}
            for i, (name, names) in enumerate(kinds.items())
        ],
        "annotations": [annotation | {"id": i, "category_id": i} for i in range(2)],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    words = ["convert", str(tmp_path / "a.json"), str(tmp_path / "o"), "--to", "coco"]
    assert main(words) == 2
    assert "say which by --category" in capsys.readouterr().err
    assert main([*words, "--category", "foot"]) == 0
    assert "2 records, 1 rows" in capsys.readouterr().out
