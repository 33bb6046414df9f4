"""The kinematics of a whole run: asked for in project.toml, written beside the rest."""

from pathlib import Path

import numpy as np
import pytest

from delivered import PROJECT, call, deliver, document, project, run_of, table
from posegate.pipelines.demo.people import bodies
from posegate.pipelines.demo.postures import ANGLES
from posegate.transforms.model.skeleton import load
from samples.trc import row, trial

RATE, TURN = 100, 0.5
"""Frames a second; turns a second of a forearm about an elbow."""


def elbow(frames: int) -> bytes:
    """A trial of somebody of 1.7 m who bends one elbow to and fro, as TRC in mm."""
    value = np.zeros((frames, len(ANGLES)))
    course = np.sin(2 * np.pi * TURN * np.arange(frames) / RATE)
    value[:, ANGLES.index("left elbow")] = np.radians(60 + 40 * course)
    xyz = 1700 * bodies(value, np.ones((frames, 5)))[:, :17]
    rows = [row(i + 1, *map(float, points.ravel())) for i, points in enumerate(xyz)]
    return trial(load("coco_17").keypoints, rows, rate=RATE)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a trial, with the table; look, do not touch."""
    folder = tmp_path_factory.mktemp("kinematics")
    place = project(folder, f"{PROJECT}\n[kinematics]\nwrite = true\n")
    delivery = deliver(folder / "trial", {"trial.trc": elbow(200)})
    outcome = call("run", delivery, "--project", place)
    assert outcome.code in (0, 1), outcome
    return run_of(folder / "quality", "trial")


def test_an_elbow_turns_as_it_was_made_to(asked: Path) -> None:
    made = [r for r in table(asked, "kinematics").to_pylist() if r["annotator"] is None]
    elbow = [r for r in made if r["joint"] == "left_elbow"][30:-30]
    frame = np.array([r["frame"] for r in elbow]) - 1
    turned = 2 * np.pi * TURN * frame / RATE
    flexion = [r["flexion"] for r in elbow]
    assert np.allclose(flexion, 60 + 40 * np.sin(turned), atol=0.2)
    fastest = 40 * 2 * np.pi * TURN
    velocity = [r["flexion_velocity"] for r in elbow]
    assert np.allclose(velocity, fastest * np.cos(turned), atol=0.01 * fastest)


def test_its_wrist_is_as_fast_as_its_forearm_is_long(asked: Path) -> None:
    made = table(asked, "kinematics").to_pylist()
    forearm = 0.146 * 1.7  # m
    both = {
        name: [r for r in made if r["joint"] == name][30:-30]
        for name in ("left_elbow", "left_wrist")
    }
    for bent, moved in zip(*both.values(), strict=True):
        expected = abs(np.radians(bent["flexion_velocity"])) * forearm
        assert moved["speed"] == pytest.approx(expected, abs=0.005)
        assert (moved["unit"], moved["cutoff_hz"]) == ("m", 6)


def test_the_manifest_names_the_table_and_its_rows(asked: Path) -> None:
    files = document(asked, "manifest.json")["files"]
    [file] = [f for f in files if f["name"].startswith("kinematics/")]
    assert file["rows"] == 200 * 19


def test_rules_of_space_are_applied_and_none_is_called_skipped(asked: Path) -> None:
    counts = document(asked, "report.json")["counts"]
    skipped = {each["rule"] for each in counts["skipped"]}
    assert "anatomy.knee-angle" not in skipped
    assert "anatomy.ankle-angle" in skipped  # the skeleton has no toes
    assert "anatomy.exchanged-joints" in skipped  # it knows pictures


def test_who_does_not_ask_has_no_table_and_flat_poses_say_what_is_skipped(
    tmp_path: Path,
) -> None:
    from delivered import coco, person

    place = project(tmp_path)
    delivery = deliver(tmp_path / "flat", {"a.json": coco([person(1)])})
    assert call("run", delivery, "--project", place).code in (0, 1)
    run = run_of(tmp_path / "quality", "flat")
    assert table(run, "kinematics").num_rows == 0
    skipped = {
        each["rule"]: each["reason"]
        for each in document(run, "report.json")["counts"]["skipped"]
    }
    assert (
        "no row of the delivery has a third coordinate" in skipped["anatomy.knee-angle"]
    )


def test_a_wrong_cut_off_is_refused_before_the_run(tmp_path: Path) -> None:
    place = project(tmp_path, f"{PROJECT}\n[kinematics]\ncutoff_hz = 0\n")
    outcome = call("run", tmp_path, "--project", place)
    assert outcome.code == 2
    assert "kinematics.cutoff_hz" in outcome.err


def test_a_real_walker_stays_where_the_treadmill_is_and_heels_go_with_it(
    shared_data: Path, tmp_path: Path
) -> None:
    trial = shared_data / "opensim_gait2354" / "Gait2354_Simbody"
    (tmp_path / "markers.toml").write_text(
        'keypoints = ["R.ASIS", "L.ASIS", "Sternum", "R.Heel", "L.Heel"]\n'
        'flip_pairs = [["R.ASIS", "L.ASIS"], ["R.Heel", "L.Heel"]]\n'
    )
    text = PROJECT.replace("coco_17", "markers.toml")
    place = project(tmp_path, f"{text}\n[kinematics]\nwrite = true\n")
    delivery = deliver(
        tmp_path / "gait",
        {
            "delivery.toml": '[points]\nignore = ["*"]\n',
            "walk.trc": (trial / "subject01_walk1.trc").read_bytes(),
        },
    )
    outcome = call("run", delivery, "--project", place)
    assert outcome.code in (0, 1), outcome
    made = table(run_of(tmp_path / "quality", "gait"), "kinematics").to_pylist()
    speed = {
        name: [r["speed"] for r in made if r["joint"] == name and r["speed"]]
        for name in ("Sternum", "R.Heel")
    }
    assert {len(some) for some in speed.values()} == {149}
    belt = np.median(speed["R.Heel"])  # more than half of a stride is stance
    assert np.max(speed["Sternum"]) < 0.5  # m/s
    assert 1.0 < belt < 1.2
    assert 2 < np.max(speed["R.Heel"]) / belt < 3
    assert {r["unit"] for r in made} == {"m"}
