"""Rules about masks of one image: drawn twice, over one another, or with gaps."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from delivered import call, deliver, picture, project, run_of, table

POLICY = """\
project = "masks"
skeleton = "mask"
policy = "general"
output = "quality"
[rules]
"mask.overlap" = { severity = "review" }
"mask.uncovered" = { severity = "review" }
"""


def rectangle(number: int, image: int, x: int, width: int) -> dict[str, Any]:
    """A mask as high as the image (640 x 480), from column x on."""
    right = x + width
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "segmentation": [[x, 0, right, 0, right, 480, x, 480]],
        "bbox": [x, 0, width, 480],
        "area": 480 * width,
        "iscrowd": 0,
        "annotator": "ann",
    }


def judged(document: dict[str, Any], folder: Path) -> None:
    """Runs the gate on a delivery `d` of this one export, which it rejects."""
    deliver(folder / "d", {"a.json": json.dumps(document)})
    project(folder, POLICY)
    done = call("run", folder / "d", "--project", folder / "project.toml")
    assert done.code == 1, done


def test_masks_are_held_beside_others_of_their_image(tmp_path: Path) -> None:
    masks = [
        (1, 0, 320), (1, 320, 320),  # all of it, nothing twice
        (2, 0, 320), (2, 300, 340),  # 20 columns twice
        (3, 0, 300), (3, 320, 320),  # 20 columns missing
        (4, 0, 640), (4, 0, 630),  # drawn twice
        (5, 0, 320),  # half of it missing, and nobody beside
    ]  # fmt: skip
    work = [rectangle(n, *each) for n, each in enumerate(masks, start=1)]
    images = [picture(n) for n in range(1, 6)]
    category = [{"id": 1, "name": "road"}]
    document = {"images": images, "annotations": work, "categories": category}
    judged(document, tmp_path)
    found = table(run_of(tmp_path / "quality", "d"), "findings").to_pylist()
    said = {(f["rule"], f["position"] + 1): round(f["value"], 4) for f in found}
    assert said == {
        ("mask.overlap", 4): 0.0625,  # of the smaller one's 320 columns
        ("mask.overlap", 8): 1.0,
        ("mask.duplicate", 8): round(63 / 64, 4),
        ("mask.uncovered", 5): round(20 / 640, 4),
        ("mask.uncovered", 9): 0.5,
    }


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of masks in one image: two that overlap, one in runs with a hole in it, and
    one with nothing inside."""
    folder = tmp_path_factory.mktemp("explained")
    holed = np.zeros((480, 640), int)
    holed[300:400, 500:600], holed[320:380, 520:580] = 1, 0
    runs = np.diff(np.flatnonzero(np.diff(holed.T.ravel())) + 1, prepend=0).tolist()
    runs.append(480 * 640 - sum(runs))
    masks = [rectangle(1, 1, 0, 300), rectangle(2, 1, 280, 200)]
    coded = {"size": [480, 640], "counts": runs}
    place = {"bbox": [500, 300, 100, 100], "area": int(holed.sum())}
    masks.append(rectangle(3, 1, 500, 100) | place | {"segmentation": coded})
    empty = {"size": [480, 640], "counts": [480 * 640]}
    masks.append(rectangle(4, 1, 10, 20) | {"segmentation": empty})
    category = [{"id": 1, "name": "road"}]
    judged(
        {"images": [picture(1)], "annotations": masks, "categories": category}, folder
    )
    return folder / "quality"


def paths(output: Path, id: str, file: Path) -> tuple[str, list[tuple[str, str]]]:
    """What explaining an instance says, and how and what its drawing draws."""
    outcome = call("explain", id, "--output", output, "--svg", file)
    assert outcome.code == 0
    found = re.findall(r'<path d="([^"]*)".*?class="([^"]*)"', file.read_text())
    return outcome.out, [(look, path) for path, look in found]


def test_a_mask_is_drawn_over_the_one_that_it_overlaps(
    explained: Path, tmp_path: Path
) -> None:
    said, drawn = paths(explained, "2", tmp_path / "i.svg")
    assert "mask.overlap (review)" in said
    assert "in grey the other one of the pair" in said
    assert "mask       4 corners, polygons: 1" in said
    assert [look for look, _ in drawn] == [
        "box", "outline reference", "outline delivered",
    ]  # fmt: skip
    assert all(path.count("L") == 3 for _, path in drawn)


def test_the_hole_of_a_mask_is_drawn_as_one(explained: Path, tmp_path: Path) -> None:
    said, drawn = paths(explained, "3", tmp_path / "i.svg")
    assert "mask.hole (review)" in said
    assert "mask       runs of pixels" in said
    assert [look for look, _ in drawn] == ["box", "outline delivered"]
    assert drawn[1][1].count("M") == 2


def test_of_a_mask_with_nothing_inside_the_box_is_drawn(
    explained: Path, tmp_path: Path
) -> None:
    said, drawn = paths(explained, "4", tmp_path / "i.svg")
    assert "mask.unreadable (review)" in said
    assert [look for look, _ in drawn] == ["box"]
