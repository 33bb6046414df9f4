"""YOLO-pose: shares of an image become px, and agree with COCO."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical import TRIANGLE
from canonical import row as canonical_row
from posegate.transforms.formats import sniff, yolo_pose
from posegate.transforms.formats.yolo_pose_images import below, size_of, stem
from posegate.transforms.formats.yolo_pose_write import OUTSIDE
from posegate.transforms.model import jobs
from posegate.transforms.model.skeleton import Skeleton, load
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading, contents
from samples.writing import written
from samples.yolo_pose import BOX, GOOD, SHAPE, TWO, image, labelled, sample

FACE = Skeleton("face", ("nose", "left_eye", "right_eye"), (), ((1, 2),), None)
DATA = Path(__file__).parents[4] / "shared" / "data"
JOBS = jobs.parse(b"image,width,height\nx/a.jpg,200,100\n", "jobs.csv")


def test_shares_are_px_by_the_images_own_head() -> None:
    got = Reading(labelled(GOOD), FACE)
    (row,) = got.rows
    assert row["xy"] == pytest.approx([20, 20, 60, 40, 100, 60])
    assert row["visibility"] == [2, 1, 2]
    assert row["bbox"] == pytest.approx([80, 30, 40, 40])
    assert (row["image"], row["width"], row["height"]) == ("a.jpg", 200, 100)
    assert (row["repairs"], got.alone) == ([], ["images/a.jpg"])
    assert (row["area"], row["area_source"]) == (
        pytest.approx(0.53 * 1600),
        "0.53-bbox",
    )
    assert got.tally.images == 1


def test_an_image_that_is_shown_on_its_side_has_its_sides_exchanged() -> None:
    (row,) = Reading(labelled(GOOD, image=image(100, 200, turned=True)), FACE).rows
    assert (row["width"], row["height"]) == (200, 100)
    assert row["xy"] == pytest.approx([20, 20, 60, 40, 100, 60])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
def test_only_the_head_of_an_image_is_looked_at(kind: str) -> None:
    data = image(300, 70, kind=kind)
    assert size_of(io.BytesIO(data)) == (300, 70, False)
    if kind in ("PNG", "BMP"):
        assert size_of(io.BytesIO(data[:-20])) == (300, 70, False)
    assert size_of(io.BytesIO(b"no image")) is None


def test_without_visibility_what_is_labelled_is_visible() -> None:
    (row,) = Reading(labelled(TWO), FACE).rows
    assert row["visibility"] == [2, 2, 2]
    assert row["xy"] == pytest.approx([20, 20, 60, 40, 100, 60])


@pytest.mark.parametrize("line", [f"{BOX} 0.1 0.2 0.3 0.4 0 0", GOOD[:-7] + "0 0 2"])
def test_a_point_at_zero_is_no_point(line: str) -> None:
    (row,) = Reading(labelled(line), FACE).rows
    assert row["visibility"][2] == 0
    assert np.isnan(row["xy"][4:]).all()


def test_the_job_table_says_sizes_and_names() -> None:
    got = Reading({"labels/a.txt": GOOD.encode()}, FACE, jobs=JOBS)
    (row,) = got.rows
    assert (row["image"], row["width"], row["height"]) == ("x/a.jpg", 200, 100)


def packed(kind: str, files: dict[str, bytes]) -> dict[str, bytes]:
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return {f"export.{kind}": file.getvalue()}


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_of_labels_and_images_is_read(kind: str) -> None:
    files = {f"set/{name}": data for name, data in labelled(GOOD, yaml=SHAPE).items()}
    got = Reading(packed(kind, files | {"set/classes.txt": b"face\n"}), FACE)
    (row,) = got.rows
    assert (row["image"], row["width"]) == ("a.jpg", 200)
    assert got.codes == {"yolo-pose.flip-idx"}


def test_keypoints_with_names_are_put_in_our_order() -> None:
    names = "kpt_shape: [2, 3]\nkpt_names: {0: [right_eye, nose]}\nflip_idx: [0, 1]\n"
    (row,) = Reading(labelled(f"{BOX} 0.1 0.2 2 0.3 0.4 1", yaml=names), FACE).rows
    assert row["visibility"] == [1, 0, 2]
    assert row["xy"][:2] == pytest.approx([60, 40])


@pytest.mark.parametrize(
    ("flips", "code"),
    [
        ("flip_idx: [0, 2, 1]\n", set()),
        ("flip_idx: [0, 1, 2]\n", {"yolo-pose.flip-idx"}),
        ("", {"yolo-pose.flip-idx-missing"}),
    ],
)
def test_what_mirrored_training_would_exchange_is_checked(
    flips: str, code: set[str]
) -> None:
    yaml = "kpt_shape: [3, 3]\n" + flips
    assert Reading(labelled(GOOD, yaml=yaml), FACE).codes == code


def test_several_classes_are_told() -> None:
    other = GOOD.replace("0 0.5", "1 0.5", 1)
    rows = Reading(labelled(GOOD, other, yaml=SHAPE), FACE).rows
    assert [dict(row["attributes"])["category"] for row in rows] == ["face", "other"]


def test_its_yaml_may_be_a_config_and_a_config_something_else() -> None:
    other = GOOD.replace("0 0.5", "1 0.5", 1)
    files = labelled(GOOD, other)
    got = Reading(files | {"config.yaml": SHAPE.encode()}, FACE)
    assert [dict(row["attributes"])["category"] for row in got.rows] == [
        "face",
        "other",
    ]
    strange = Reading(files | {"config.yaml": b"lr: 0.1\n"}, FACE)
    assert strange.codes == Reading(files, FACE).codes


def test_an_image_without_objects_counts() -> None:
    files = labelled(GOOD) | {"labels/b.txt": b""}
    assert Reading(files, FACE).tally.images == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b c d e f g",
        "0 0.5 0.5 0.2 0.4",
        "0 320 240 20 40 100 100 2",
        "0.5 0.5 0.5 0.2 0.4 0.1 0.2",
        "version: 1\nn_points: 68\n{\n",
        " ".join(["0.5"] * 206) + " a.jpg",
    ],
)
def test_other_texts_are_not_taken_for_labels(text: str) -> None:
    assert yolo_pose not in sniff(text.encode(), "a.txt")


def test_a_head_that_is_cut_in_a_line_is_recognised() -> None:
    assert sniff(f"{GOOD}\n{GOOD[:30]}".encode(), "a.txt") == [yolo_pose]


def test_a_box_that_is_too_wide_costs_its_line_and_not_its_file() -> None:
    wide = GOOD.split()
    wide[3] = "1.5"
    text = f"{' '.join(wide)}\n{GOOD}"
    assert sniff(text.encode(), "a.txt") == [yolo_pose]
    assert not sniff(" ".join(wide).encode(), "a.txt")


def test_a_path_is_that_below_the_folder_of_labels() -> None:
    assert below("x/labels/train/a.txt", "labels") == "train/a.txt"
    assert (stem("a.b/c.d.txt"), stem("a.b/c")) == ("a.b/c.d", "a.b/c")


@settings(max_examples=40)
@given(st.data())
def test_whatever_happens_to_a_file_is_told(data: st.DataObject) -> None:
    sound = [f"{GOOD}\n{GOOD}0\n".encode(), f"{TWO}\n".encode(), b""]
    changed = data.draw(mutated(sound))
    files = labelled(GOOD) | {"labels/b.txt": changed}
    reads_or_says(files, FACE, "yolo-pose")


def test_a_sample_is_read_whole() -> None:
    got = Reading(sample(11), load("coco_17"))
    assert (len(got.rows), got.bad, got.repairs) == (11, [], set())


def test_it_agrees_with_coco() -> None:
    coco = DATA / "coco_val2017_first538" / "person_keypoints_val2017.json"
    yolo = DATA / "coco_val2017_yolopose"
    if not coco.is_file() or not yolo.is_dir():
        pytest.skip("needs both COCO val2017 samples, which lie beside the checkout")
    images = json.loads(coco.read_bytes())["images"]
    lines = [f"{i['file_name']},{i['width']},{i['height']}" for i in images]
    text = "\n".join(["image,width,height", *lines])
    table = jobs.parse(text.encode(), "jobs.csv")
    skeleton = load("coco_17")
    ours = Reading(coco, skeleton).rows
    got = Reading(contents(yolo), skeleton, jobs=table)
    assert (got.tally.records, got.tally.images) == (6352, 2346)
    known = {i["file_name"] for i in images}
    theirs: dict[str, list[dict[str, object]]] = {}
    for row in got.rows:
        theirs.setdefault(row["image"], []).append(row)
    assert set(theirs) <= known
    common = [row for row in ours if any(row["visibility"]) and row["image"] in theirs]
    assert len(common) == 1354
    for row in common:
        same = [r for r in theirs[row["image"]] if r["visibility"] == row["visibility"]]
        off = [np.nanmax(np.abs(np.subtract(r["xy"], row["xy"]))) for r in same]
        assert min(off) < 0.001


def test_what_training_would_drop_is_told_when_writing(tmp_path: Path) -> None:
    over = canonical_row(
        1, image="b.jpg", xy=[10.0, 10.0, 20.0, 20.0, 30.0, 480.0 * 1.18]
    )
    edge = canonical_row(2, image="c.jpg", xy=[0.0, 1.0, 640.0, 480.0, 30.0, 480.0])
    files, told = written(yolo_pose, [canonical_row(0), over, edge], TRIANGLE, tmp_path)
    assert told == {OUTSIDE: 1}
    assert b" 1.18 2" in files["labels/b.txt"]
