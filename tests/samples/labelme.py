"""labelme's files in a few lines, and one for every trap."""

import json
from typing import Any

import numpy as np

SKELETON = "coco_17"
PLAIN = "json"
Json = dict[str, Any]


def point(label: str, x: float = 20, y: float = 30, **more: Any) -> Json:
    return shape(label, "point", [[x, y]], **more)


def box(label: str = "person", **more: Any) -> Json:
    return shape(label, "rectangle", [[110, 10], [10, 60]], **more)


def shape(label: str, kind: str, points: list[Any], **more: Any) -> Json:
    own = {"label": label, "points": points, "group_id": None, "shape_type": kind}
    return own | {"flags": {}, "description": ""} | more


def document(*shapes: Any, **more: Any) -> Json:
    own = {"version": "5.4.1", "flags": {}, "shapes": list(shapes)}
    size = {"imageData": None, "imageHeight": 100, "imageWidth": 200}
    return own | {"imagePath": "a.jpg"} | size | more


def drawn(*shapes: Any, **more: Any) -> dict[str, bytes]:
    return {"a.json": json.dumps(document(*shapes, **more), indent=2).encode()}


def sample(n: int) -> dict[str, bytes]:
    """n people of 17 points and a box, two to a file."""
    from posegate.transforms.model.skeleton import load

    names = load(SKELETON).keypoints
    random = np.random.default_rng(7)
    files = {}
    for i in range(0, n, 2):
        shapes = []
        for j in range(i, min(i + 2, n)):
            places = random.uniform(0, 100, (17, 2)).tolist()
            shapes += [box(group_id=j)]
            shapes += [
                point(k, *xy, group_id=j) for k, xy in zip(names, places, strict=True)
            ]
        made = document(*shapes, imagePath=f"{i}.jpg")
        files[f"{i}.json"] = json.dumps(made, indent=2).encode()
    return files


def grouped_by_label() -> dict[str, bytes]:
    return drawn(point("p1_nose"), point("p2_nose"))


def grouped_by_name() -> dict[str, bytes]:
    return drawn(point("nose"), point("left_eye"))


def ungrouped() -> dict[str, bytes]:
    return drawn(point("nose"), point("nose"))


def point_twice() -> dict[str, bytes]:
    return drawn(point("nose", group_id=1), point("nose", group_id=1))


def other_skeleton() -> dict[str, bytes]:
    return drawn(point("tail", group_id=1))


def outlines_left() -> dict[str, bytes]:
    return drawn(point("nose", group_id=1), box(group_id=1), box("head", group_id=1))


def scored() -> dict[str, bytes]:
    return drawn(point("nose", group_id=0, score=0.99), box(group_id=0, score=None))


def broken_shape() -> dict[str, bytes]:
    return drawn(shape("nose", "point", [["left", 1]]))


def mask_image() -> dict[str, bytes]:
    return drawn(shape("person", "mask", [[0, 0], [9, 9]], mask="iVBORw0"))


def not_drawn() -> dict[str, bytes]:
    return drawn(point("nose"), shape("edge", "linestrip", [[0, 0], [9, 9]]))


def no_shapes() -> dict[str, bytes]:
    return drawn(shapes=None)
