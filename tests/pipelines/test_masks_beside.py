"""Rules about masks of one image: drawn twice, over one another, or with gaps."""

import json
from pathlib import Path
from typing import Any

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
    deliver(tmp_path / "d", {"a.json": json.dumps(document)})
    project(tmp_path, POLICY)
    done = call("run", tmp_path / "d", "--project", tmp_path / "project.toml")
    assert done.code == 1, done
    found = table(run_of(tmp_path / "quality", "d"), "findings").to_pylist()
    said = {(f["rule"], f["position"] + 1): round(f["value"], 4) for f in found}
    assert said == {
        ("mask.overlap", 4): 0.0625,  # of the smaller one's 320 columns
        ("mask.overlap", 8): 1.0,
        ("mask.duplicate", 8): round(63 / 64, 4),
        ("mask.uncovered", 5): round(20 / 640, 4),
        ("mask.uncovered", 9): 0.5,
    }
