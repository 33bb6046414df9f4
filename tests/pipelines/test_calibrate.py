"""Sigmas from doubles, on the command line: measured, refused, and not circular."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from delivered import STANDING, call, coco, deliver, person, picture, project
from posegate.transforms.model.skeleton import load

PEOPLE = 12
SIGMA = 0.05
PROJECT = """\
project = "own"
skeleton = "own.toml"
policy = "general"
output = "quality"
[calibration]
pairs = 60
people = 10
enough = 90
"""

NAMES = load("coco_17").keypoints


def skeleton(folder: Path) -> None:
    """COCO's points without its sigmas."""
    pairs = [[a, a.replace("left", "right")] for a in NAMES if a.startswith("left")]
    deliver(
        folder,
        {
            "own.toml": f'name = "own"\nkeypoints = {[*NAMES]}\n'
            f'flip_pairs = {pairs}\naliases = {{"R.Nose" = "nose"}}\n'
        },
    )


def doubles(frames: int, people: int = PEOPLE) -> dict[str, Any]:
    """Frames drawn by two people in rotation, each 1 / sqrt 2 of a sigma off."""
    rng = np.random.default_rng(5)
    drawn = []
    for frame in range(frames):
        size = rng.uniform(20, 120) ** 2
        apart = 1 + frame // people % (people - 1)
        for turn in range(2):
            noise = rng.normal(0, SIGMA / 2, (17, 2)) * np.sqrt(size)
            points = np.array(STANDING) + 100.0 + noise
            flat = [v for x, y in points for v in (float(x), float(y), 2)]
            drawn.append(
                person(
                    2 * frame + turn + 1,
                    image=frame + 1,
                    keypoints=flat,
                    area=size,
                    bbox=[130, 105, 40, 95],
                    annotator=f"a{(frame + turn * apart) % people}",
                )
            )
    return coco(drawn, [picture(i + 1) for i in range(frames)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    skeleton(tmp_path)
    project(tmp_path, PROJECT)
    deliver(tmp_path / "calibration", {"doubles.json": doubles(66)})
    return tmp_path


def calibrate(folder: Path, *deliveries: str) -> Any:
    paths = [folder / name for name in deliveries]
    to = ("--project", folder / "project.toml", "--to", folder / "measured.toml")
    return call("calibrate", *paths, *to)


def test_sigmas_are_measured_and_written_with_what_they_rest_on(folder: Path) -> None:
    done = calibrate(folder, "calibration")
    assert done.code == 0, done
    assert "nose" in done.out
    assert "fewer than 90 pairs, so imprecise: nose" in done.out
    made = load("measured.toml", folder)
    assert made.sigmas == pytest.approx([SIGMA] * 17, rel=0.35)
    assert made.sigmas[1] == made.sigmas[2]  # left and right are one
    assert made.measured is not None
    assert made.measured.deliveries == ("calibration",)
    assert made.aliases == (("R.Nose", "nose"),)
    assert "click px   what one person's click adds" in done.out
    table = tomllib.loads((folder / "measured.toml").read_text())["calibration"]
    assert table["version"] == made.version
    nose, eye = table["keypoints"][:2]
    assert (nose["pairs"], eye["pairs"], nose["people"]) == (66, 132, PEOPLE)
    assert nose["low"] < nose["sigma"] < nose["high"]

    text = (folder / "project.toml").read_text().replace("own.toml", "measured.toml")
    project(folder, text)
    said = call("run", folder / "calibration", "--project", folder / "project.toml",
                "--dry-run")  # fmt: skip
    assert "mind       The sigmas were measured on this very delivery" in said.out

    edited = (
        (folder / "measured.toml")
        .read_text()
        .replace("sigmas = [\n    0", "sigmas = [\n    1")
    )
    (folder / "measured.toml").write_text(edited)
    said = call("run", folder / "calibration", "--project", folder / "project.toml")
    assert said.code == 2
    assert "they were changed since they were measured" in said.err


def test_too_few_people_give_no_sigmas(tmp_path: Path) -> None:
    skeleton(tmp_path)
    project(tmp_path, PROJECT)
    deliver(tmp_path / "few", {"doubles.json": doubles(30, people=3)})
    done = calibrate(tmp_path, "few")
    assert done.code == 1
    assert "nothing was written:" in done.out
    assert "nose: 30 pairs of 3 people; at least 60 pairs of 10 people" in done.out
    assert not (tmp_path / "measured.toml").exists()


def test_a_delivery_without_doubles_gives_none(tmp_path: Path) -> None:
    skeleton(tmp_path)
    project(tmp_path, PROJECT)
    deliver(tmp_path / "one", {"a.json": coco([person(1)])})
    done = calibrate(tmp_path, "one")
    assert done.code == 1
    assert "nose: 0 pairs of 0 people" in done.out


def test_a_skeleton_without_sigmas_is_told_before_the_run(folder: Path) -> None:
    said = call("run", folder / "calibration", "--project", folder / "project.toml",
                "--dry-run")  # fmt: skip
    assert "'own' has no sigmas" in said.out
    assert "measure them with `posegate calibrate`" in said.out


def test_its_help_explains_every_column() -> None:
    said = call("calibrate", "--help").out
    for column in ("sigma", "interval", "pairs", "moment", "click px"):
        assert f"\n  {column}  " in said


@pytest.mark.parametrize(
    ("words", "named"),
    [(["--to", "x.json"], "--to x.json: a skeleton is a .toml")],
)
def test_a_mistake_in_the_call_is_named(
    folder: Path, words: list[str], named: str
) -> None:
    place = folder / "project.toml"
    done = call("calibrate", folder / "calibration", "--project", place, *words)
    assert done.code == 2
    assert named in done.err
