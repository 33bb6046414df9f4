"""OCHuman's own list of images."""

import json
from typing import Any

from posegate.transforms.formats.ochuman import NAMES

SKELETON = "ochuman_17"
PLAIN = "json"

VISIBLE = {"missing": 0, "vis": 1, "self_occluded": 2, "others_occluded": 3}


def sample(n: int) -> dict[str, bytes]:
    """n people, two an image."""
    return listed(
        *(
            image(*(person(i + j) for j in range(min(2, n - i))), number=i // 2)
            for i in range(0, n, 2)
        )
    )


def listed(*images: Any, **changes: Any) -> dict[str, bytes]:
    said = {"keypoint_names": NAMES, "keypoint_visible": VISIBLE, "images": images}
    return {"ochuman.json": json.dumps(said | changes).encode()}


def image(*people: Any, number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "image_id": f"{number:04d}",
        "file_name": f"{number:06d}.jpg",
        "width": 64,
        "height": 48,
        "annotations": [*people],
    } | changes


def person(shift: float = 0, **changes: Any) -> dict[str, Any]:
    """Its flags go 0, 1, 2, 3 and again."""
    points = [v for i in range(19) for v in (10.5 + i + shift % 20, 20 + i, i % 4)]
    return {
        "bbox": [5, 6, 45, 46],
        "keypoints": points,
        "segms": {"outer": [[1, 1, 21, 1, 21, 11, 1, 11]], "inner": []},
        "max_iou": 0.75,
    } | changes


def strange() -> dict[str, bytes]:
    """All that is no record, or none of a person, and people beside them."""
    nobody = {"bbox": [1, 2, 3, 4], "keypoints": None, "segms": None}
    return listed(
        image(person(), nobody, person(keypoints=[1, 2]), 7),
        image(person(keypoints=[1, 2, 9] * 19), person(segms={"outer": [["a"]]})),
        {"file_name": 3},
    )
