"""`posegate explain`: all that is known of one instance, and a drawing."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from delivered import STANDING, call, coco, deliver, person, picture, project
from posegate.expectations.rules import RULES


@pytest.fixture(scope="module")
def findings(weeks: Any) -> pa.Table:
    """Findings of keypoints, of the last week."""
    files = sorted(weeks.output.glob("deliveries/*/runs/*/findings/*.parquet"))
    table = pa.concat_tables([pq.read_table(file) for file in files])
    return table.filter(pa.compute.is_valid(table["keypoint"]))


def test_every_finding_is_told_with_value_limit_text_and_source(
    weeks: Any, findings: pa.Table, tmp_path: Path
) -> None:
    one = findings.to_pylist()[0]
    picture = tmp_path / "i.svg"
    words = ("--output", weeks.output, "--svg", picture)
    outcome = call("explain", one["instance"], *words)
    assert outcome.code == 0
    assert (
        f"read from  {one['source']}, record {one['position']}, as coco" in outcome.out
    )
    assert f"{one['rule']} ({one['severity']})" in outcome.out
    assert RULES[one["rule"]].manual.partition("\n")[0] in outcome.out
    assert one["keypoint"] in outcome.out
    if one["value"] is not None:
        assert f"{one['value']:.4g}" in outcome.out
        assert f"the limit {one['limit']:g}" in outcome.out
    assert "placed or corrected by a person" in outcome.out


def test_the_drawing_is_a_file_of_its_own_with_the_broken_parts_marked(
    weeks: Any, findings: pa.Table, tmp_path: Path
) -> None:
    one = findings.to_pylist()[0]
    picture = tmp_path / "i.svg"
    call("explain", one["instance"], "--output", weeks.output, "--svg", picture)
    root = ElementTree.fromstring(picture.read_text())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    broken = [
        joint.findtext("{http://www.w3.org/2000/svg}title")
        for joint in root.iter("{http://www.w3.org/2000/svg}circle")
        if "broken" in joint.get("class", "")
    ]
    assert any(title and title.startswith(one["keypoint"]) for title in broken)


def test_the_beginning_of_a_name_will_do(
    weeks: Any, findings: pa.Table, tmp_path: Path
) -> None:
    name = findings["instance"][0].as_py()
    words = ("--output", weeks.output, "--svg", tmp_path / "i.svg")
    outcome = call("explain", name[:12], *words)
    assert f"instance   {name}, " in outcome.out


def test_a_clean_instance_has_no_findings(weeks: Any, tmp_path: Path) -> None:
    [file, *_] = sorted(weeks.output.glob("deliveries/*/runs/*/annotations/*/*"))
    rows = pq.read_table(file)["instance"].to_pylist()
    found = weeks.output.glob("deliveries/*/runs/*/findings/*.parquet")
    told = {n for each in found for n in pq.read_table(each)["instance"].to_pylist()}
    clean = next(name for name in rows if name not in told)
    words = ("--output", weeks.output, "--svg", tmp_path / "i.svg")
    assert "findings   none" in call("explain", clean, *words).out


def test_what_is_not_there_is_answered_in_one_line(
    weeks: Any, findings: pa.Table
) -> None:
    outcome = call("explain", "nobody", "--output", weeks.output)
    assert outcome.code == 2
    assert "no instance 'nobody' in any delivery" in outcome.err
    words = ("--output", weeks.output, "--delivery", "2019")
    outcome = call("explain", findings["instance"][0].as_py(), *words)
    assert outcome.code == 2
    assert "no delivery '2019'; there is " in outcome.err


def test_a_source_id_of_several_instances_is_not_enough(weeks: Any) -> None:
    outcome = call("explain", "1", "--output", weeks.output)
    assert outcome.code == 2
    assert "instances: " in outcome.err


def test_an_image_names_its_instances(weeks: Any) -> None:
    files = sorted(weeks.output.glob("deliveries/*/runs/*/annotations/*/*"))
    columns = ["instance", "image"]
    rows = [row for f in files for row in pq.read_table(f, columns=columns).to_pylist()]
    image = rows[0]["image"]
    inside = sorted({row["instance"] for row in rows if row["image"] == image})
    outcome = call("explain", image, "--output", weeks.output)
    assert f"{image!r} is {len(inside)} instances: {inside[0]}" in outcome.err


SVG = "{http://www.w3.org/2000/svg}"
ARM = (7, 9)  # the left elbow and wrist


def posed(xy: np.ndarray, number: int, image: int, **other: Any) -> dict[str, Any]:
    """Somebody whose points lie there, all of them visible."""
    flat = [float(v) for x, y in xy for v in (x, y, 2)]
    low, high = xy.min(axis=0), xy.max(axis=0)
    box = [*(low - 5).tolist(), *(high - low + 10).tolist()]
    said = {"keypoints": flat, "bbox": box, "area": 0.5 * box[2] * box[3]}
    return person(number, image, **said, **other)


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film in which a wrist leaps, and two people who exchanged a forearm."""
    folder = tmp_path_factory.mktemp("moving")
    noise = np.random.default_rng(0).normal(0, 0.5, (30, 17, 2))
    way = 15 * np.sin(np.arange(30) / 4)
    film = 3.0 * np.array(STANDING) + 60 + noise
    film[..., 0] += way[:, None]
    film[12, 9] += (90, 0)
    people = [
        posed(pose.round(2), n + 1, n + 1, track_id=1) for n, pose in enumerate(film)
    ]
    one = 3.0 * np.array(STANDING) + 60
    other = 0.9 * one + (45, 20)
    mine, theirs = one.copy(), other.copy()
    mine[[*ARM]], theirs[[*ARM]] = other[[*ARM]], one[[*ARM]]
    people += [posed(mine, 41, 41), posed(theirs, 42, 41)]
    images = [picture(n + 1, video="v", frame=n, fps=25.0) for n in range(30)]
    export = coco(people, [*images, picture(41)])
    delivery = deliver(folder / "film", {"film.json": export})
    assert call("run", delivery, "--project", project(folder)).code in (0, 1)
    return folder / "quality"


def drawn(picture: Path, look: str) -> set[str]:
    """The keypoints that are marked as wrong, of one of two layers."""
    root = ElementTree.fromstring(picture.read_text())
    said = [
        joint.findtext(f"{SVG}title") or ""
        for joint in root.iter(f"{SVG}circle")
        if "broken" in joint.get("class", "") and look in joint.get("class", "")
    ]
    return {title.partition(",")[0] for title in said}


def test_a_leap_is_drawn_over_the_frame_before(moving: Path, tmp_path: Path) -> None:
    picture = tmp_path / "i.svg"
    outcome = call("explain", "13", "--output", moving, "--svg", picture)
    assert "motion.displacement (review)" in outcome.out
    assert "in grey frame 11 of its track" in outcome.out
    assert "left_wrist" in drawn(picture, "delivered")
    assert not {"right_knee", "left_hip"} & drawn(picture, "delivered")
    assert drawn(picture, "reference") <= {"left_wrist"}  # leaps into it, too
    assert "over frame 11 of its track" in picture.read_text()


def test_an_exchanged_limb_is_drawn_in_both_people(
    moving: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "i.svg"
    outcome = call("explain", "41", "--output", moving, "--svg", picture)
    assert "anatomy.limb-of-another (review)" in outcome.out
    assert "in grey the other one of the pair" in outcome.out
    assert "left_wrist" in drawn(picture, "delivered")
    assert "left_wrist" in drawn(picture, "reference")
    assert "right_ankle" not in drawn(picture, "reference")
