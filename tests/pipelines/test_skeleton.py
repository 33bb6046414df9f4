"""`posegate skeleton`: what is shipped, and what a delivery has."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from delivered import call, project
from posegate.pipelines.skeleton import advice
from posegate.transforms.model.shelves import SKELETONS
from posegate.transforms.model.skeleton import load
from samples.mpii import sample as mpii
from samples.openpose import sample as openpose
from samples.pts import sample as pts

DATA = Path(__file__).parents[3] / "shared" / "data"


def delivery(folder: Path, *categories: dict[str, Any], k: int = 3) -> Path:
    """A COCO file with these categories."""
    annotation = {"image_id": 1, "category_id": 1, "keypoints": [1, 2, 2] * k}
    content = {"annotations": [annotation], "categories": categories, "images": []}
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(content))
    return folder


def category(*names: str, **more: Any) -> dict[str, Any]:
    return {"id": 1, "name": "person", "keypoints": [*names]} | more


def test_list_has_a_line_for_each() -> None:
    lines = call("skeleton", "list").out.splitlines()
    assert [line.split()[0] for line in lines[1 : len(SKELETONS.names()) + 1]] == [
        *SKELETONS.names()
    ]


def test_show_prints_toml() -> None:
    out = call("skeleton", "show", "cricket_bowling_54").out
    assert len(tomllib.loads(out)["keypoints"]) == 54


def test_init_names_the_shipped_skeleton(tmp_path: Path) -> None:
    names = [n.replace("_", " ").title() for n in load("coco_17").keypoints]
    out = call("skeleton", "init", delivery(tmp_path / "d", category(*names))).out
    assert tomllib.loads(out) == {"skeleton": "coco_17"}


def test_init_says_why_it_writes_no_file(tmp_path: Path) -> None:
    place, out = (
        delivery(tmp_path / "d", category(*load("coco_17").keypoints)),
        "s.toml",
    )
    said = call("skeleton", "init", place, "--out", tmp_path / out).out
    assert "s.toml is not written: the skeleton is shipped" in " ".join(
        said.split()
    ).replace("# ", "")
    assert tomllib.loads(said) == {"skeleton": "coco_17"}
    assert not (tmp_path / out).exists()


def test_init_reads_what_the_side_file_says(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "image,toe_l_x,toe_l_y,toe_r_x,toe_r_y\na,1,2,3,4\n"
    )
    (tmp_path / "delivery.toml").write_text('format = "points-csv"\n')
    assert tomllib.loads(call("skeleton", "init", tmp_path).out)["flip_pairs"] == [
        ["toe_l", "toe_r"]
    ]


def test_init_says_where_the_order_is_another(tmp_path: Path) -> None:
    names = reversed(load("coco_17").keypoints)
    out = call("skeleton", "init", delivery(tmp_path / "d", category(*names))).out
    assert "another order" in out


def test_init_knows_the_whole_body_by_its_parts(tmp_path: Path) -> None:
    body, parts = load("coco_17").keypoints, {"foot": 6, "face": 68}
    parts |= {"lefthand": 21, "righthand": 21}
    record = {"id": 1, "image_id": 1, "category_id": 1, "keypoints": [1, 1, 2] * 17}
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}],
        "categories": [{"id": 1, "name": "person", "keypoints": body}],
        "annotations": [record],
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    assert 'skeleton = "coco_17"' in call("skeleton", "init", path).out
    record |= {f"{part}_kpts": [1.5, 1, 2] * k for part, k in parts.items()}
    path.write_text(json.dumps(document))
    assert 'skeleton = "coco_wholebody_133"' in call("skeleton", "init", path).out


def test_init_writes_a_skeleton_that_can_be_used(tmp_path: Path) -> None:
    given = category("seam", "l_thumb", "r_thumb", skeleton=[[1, 2], [1, 3]])
    out = tmp_path / "ball.toml"
    outcome = call("skeleton", "init", delivery(tmp_path / "d", given), "--out", out)
    assert outcome.code == 0
    made = load("ball.toml", tmp_path)
    assert made.keypoints == ("seam", "l_thumb", "r_thumb")
    assert made.limbs == ((0, 1), (0, 2))
    assert made.flip_pairs == ((1, 2),)
    assert made.sigmas is None
    text = out.read_text()
    assert "GUESSED" in text
    assert "posegate calibrate" in text


@pytest.mark.parametrize(
    ("skeleton", "limbs"),
    [([[0, 1]], ((0, 1),)), ([[1, 17]], ()), ([[1, 2, 3]], ()), (None, ())],
)
def test_limbs_count_from_0_or_1_or_are_anothers(
    tmp_path: Path, skeleton: Any, limbs: Any
) -> None:
    given = category("seam", "stump", "bail", skeleton=skeleton)
    out = call("skeleton", "init", delivery(tmp_path / "d", given)).out
    (tmp_path / "s.toml").write_text(out)
    assert load("s.toml", tmp_path).limbs == limbs


def test_init_asks_which_category(tmp_path: Path) -> None:
    ball = category("seam", "logo", name="ball", id=2)
    folder = delivery(tmp_path / "d", category("a", "b", "c"), ball)
    refused = call("skeleton", "init", folder)
    assert refused.code == 2
    assert "'person' (3), 'ball' (2)" in refused.err
    assert '"seam"' in call("skeleton", "init", folder, "--category", "ball").out


def test_init_takes_the_names_of_what_lies_beside_labels_without(
    tmp_path: Path,
) -> None:
    """YOLO's labels beside the COCO file that they were made from."""
    folder = delivery(tmp_path / "d", category("a", "b", "c"))
    (folder / "a.txt").write_text("0 .5 .5 .2 .2" + " .5 .5 2" * 3)
    out = call("skeleton", "init", folder).out
    assert tomllib.loads(out)["keypoints"] == ["a", "b", "c"]


def test_init_says_of_files_without_names_how_many_there_are(tmp_path: Path) -> None:
    folder = delivery(tmp_path / "d", category(), k=5)
    out = call("skeleton", "init", folder).out
    assert len(tomllib.loads(out)["keypoints"]) == 5
    assert "no names" in out


def test_the_sides_of_the_viewer_are_told(tmp_path: Path) -> None:
    given = category("viewer_left_eye", "viewer_right_eye", "seam")
    out = call("skeleton", "init", delivery(tmp_path / "d", given)).out
    assert "the viewer's left and right" in out


@pytest.mark.parametrize(
    ("files", "skeleton"), [(openpose(2), "openpose_body_25"), (pts(2), "300w_68")]
)
def test_formats_without_names_say_what_they_mean(
    tmp_path: Path, files: dict[str, bytes], skeleton: str
) -> None:
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert tomllib.loads(call("skeleton", "init", tmp_path).out)["skeleton"] == skeleton


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "coco17"), "did you mean"),
        (("show",), "needs NAME"),
        (("init",), "needs DELIVERY"),
        (("init", "."), "no file of a known format"),
        (("init", ".", "--out", "x.json"), "ends in .toml"),
        (("init", ".", "--out", "a.toml/x.toml"), "a.toml: cannot be written"),
    ],
)
def test_a_wrong_call_is_told(
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.toml").touch()
    outcome = call("skeleton", *arguments)
    assert outcome.code == 2
    assert said in outcome.err


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.c3d", b"\x02\x50" + bytes(600), "its processor is 0"),
        ("a.fcsv", b"# Markups fiducial file version = 4\nA\n", "has no three coordin"),
        ("a.json", b'{"images": [', "it was cut off"),
    ],
)
@pytest.mark.parametrize("words", [("skeleton", "init"), ("convert",)])
def test_a_file_that_is_damaged_says_so(
    words: tuple[str, ...], name: str, data: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "w1").mkdir()
    (tmp_path / "w1" / name).write_bytes(data)
    to = (tmp_path / "out", "--to", "coco") if words == ("convert",) else ()
    outcome = call(*words, tmp_path / "w1", *to)
    assert outcome.code == 2
    assert f"{tmp_path}/w1: {name}: " in outcome.err
    assert said in outcome.err


def test_a_new_skeleton_is_named_so_that_any_project_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    delivery(tmp_path / "own", category("seam", "stump", "bail"))
    outcome = call("skeleton", "init", "own", "--out", "new/ball.toml")
    assert load(str(tmp_path / "new" / "ball.toml")).keypoints[0] == "seam"
    assert f'skeleton = "{tmp_path}/new/ball.toml"' in outcome.out


def test_a_run_names_the_skeleton_that_would_fit(tmp_path: Path) -> None:
    """The project is about COCO's 17; the delivery is MPII's."""
    folder = tmp_path / "w1"
    folder.mkdir()
    (folder / "train.json").write_bytes(mpii(3)["annot/train.json"])
    outcome = call("run", folder, "--project", project(tmp_path))
    assert outcome.code == 1
    assert 'the shipped mpii_16 fits this delivery: skeleton = "mpii_16"' in outcome.out


def test_advice_is_what_can_be_done(tmp_path: Path) -> None:
    own = delivery(tmp_path / "own", category("seam", "stump", "bail"))
    assert "skeleton init" in advice(str(own), None)
    assert "skeleton init" in advice(str(tmp_path / "none"), None)
    points = delivery(tmp_path / "coco", category(*load("coco_17").keypoints))
    assert 'skeleton = "coco_17"' in advice(str(points), None)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mmpose_open/coco/test_coco.json", 'skeleton = "coco_17"'),
        ("mmpose_open/coco", 'skeleton = "coco_wholebody_133"'),
        ("mmpose_open/fly", 'skeleton = "fly_32"'),
        ("mmpose_open/mpii", 'skeleton = "mpii_16"'),
        ("mmpose_open/crowdpose", "are crowdpose_14"),
        ("face_wflw", 'skeleton = "wflw_98"'),
        ("openpose_json_balancing", '# skeleton = "openpose_body_25b"'),
        ("roboflow_coco_mocap", '["LHip", "RHip"]'),
    ],
)
def test_real_deliveries_are_known(name: str, said: str) -> None:
    assert said in call("skeleton", "init", DATA / name).out
