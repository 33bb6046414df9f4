"""OCHuman's own list of images."""

import json
from typing import Any

import numpy as np

from posegate.transforms.formats.ochuman import NAMES

SKELETON = "ochuman_17"
PLAIN = "json"

VISIBLE = {"missing": 0, "vis": 1, "self_occluded": 2, "others_occluded": 3}


def sample(n: int) -> dict[str, bytes]:
    """n people, two an image; of each a third hides behind the other, its mask cut."""
    random = np.random.default_rng(9)
    people = [_somebody(random) for _ in range(n)]
    pairs = [people[i : i + 2] for i in range(0, n, 2)]
    size = {"width": 512, "height": 683}
    return listed(*(image(*p, number=i, **size) for i, p in enumerate(pairs, 1)))


def _somebody(random: np.random.Generator) -> dict[str, Any]:
    """With every flag among the points, and a mask of 60 corners, or of two parts."""
    x, y = (random.uniform(60, 450, 19).round(1) for _ in range(2))
    flags = random.choice(4, 19, p=(0.1, 0.5, 0.2, 0.2))
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = random.integers(60, 120, 60)
    ring = np.stack([256 + radius * np.cos(turn), 300 + 2 * radius * np.sin(turn)], 1)
    path = ring.round().astype(int).ravel().tolist()
    outer = [path] if random.random() < 0.67 else [path[:60], path[60:]]
    segms = {"outer": outer, "inner": [], "width": 512, "height": 683}
    low, high = ring.min(axis=0).round(), ring.max(axis=0).round()
    return {
        "bbox": [*low.astype(int).tolist(), *high.astype(int).tolist()],
        "keypoints": np.stack([x, y, flags], 1).ravel().tolist(),
        "segms": segms,
        "max_iou": round(random.uniform(0.3, 0.95), 4),
    }


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
