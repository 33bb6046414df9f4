"""Datumaro's JSON, an item at a time."""

import json
from typing import Any

import numpy as np

from samples.cvat_images import NAMES

SKELETON = "coco_17"
PLAIN = "json"
Json = dict[str, Any]


def document(*items: Json, points: tuple[str, ...] = ("a", "b", "c")) -> bytes:
    """Items whose label 0 is a person, and 1 and following its points."""
    labels = [{"name": "person", "parent": ""}]
    labels += [{"name": name, "parent": "person"} for name in points]
    own = {"label_id": 0, "labels": list(points), "joints": []}
    categories = {"label": {"labels": labels}, "points": {"items": [own]}}
    return json.dumps(
        {"info": {}, "categories": categories, "items": list(items)}
    ).encode()


def item(*annotations: Json, id: str = "a") -> Json:
    image = {"path": f"{id}.jpg", "size": [48, 64]}
    return {"id": id, "annotations": list(annotations), "image": image}


def skeleton(points: list[float], **says: Any) -> Json:
    base = {"type": "skeleton", "label_id": 0, "group": 0, "attributes": {}}
    return {**base, "points": points, **says}


ABC = [1.5, 1, 2, 2, 2, 1, 3, 3, 0]


def sample(n: int) -> dict[str, bytes]:
    """n people, an image each."""
    random = np.random.default_rng(10)
    people = []
    for i in range(n):
        table = np.full((len(NAMES), 3), 2.0)
        table[:, :2] = random.uniform(1, 40, (len(NAMES), 2))
        people.append(item(skeleton(table.ravel().tolist()), id=f"{i:06}"))
    return {"default.json": document(*people, points=NAMES)}


def _one(*annotations: Json) -> dict[str, bytes]:
    return {"default.json": document(item(*annotations))}


def _point(label: int, **says: Any) -> Json:
    base = {"type": "points", "label_id": label, "points": [label, label]}
    return {**base, "attributes": {}, **says}


def sound() -> dict[str, bytes]:
    return _one(skeleton(ABC))


def other_skeleton() -> dict[str, bytes]:
    return _one(skeleton(ABC[:6]))


def keypoint_twice() -> dict[str, bytes]:
    return _one(_point(1, group=3), _point(1, group=3), _point(2, group=3))


def ungrouped() -> dict[str, bytes]:
    return _one(_point(1), _point(1), _point(2))


def mask() -> dict[str, bytes]:
    rle = {"counts": "zz", "size": [48, 64]}
    return _one({"type": "mask", "label_id": 0, "rle": rle})


def numbered() -> dict[str, bytes]:
    return {"default.json": document(item(skeleton(ABC)), points=("1", "2", "3"))}


def by_order() -> dict[str, bytes]:
    return _one(_point(0, points=[1, 1, 2, 2, 3, 3]))


def from_image() -> dict[str, bytes]:
    return _one(_point(1), _point(2))


def box_from_image() -> dict[str, bytes]:
    return _one(skeleton(ABC), {"type": "bbox", "label_id": 0, "bbox": [0, 0, 9, 9]})


def group_of_many() -> dict[str, bytes]:
    return _one(skeleton(ABC, group=2), skeleton(ABC, group=2))


def visibility() -> dict[str, bytes]:
    return _one(skeleton(ABC, points_attributes=[{"hidden": True}]))


def categories() -> dict[str, bytes]:
    sound = document(item(skeleton(ABC)))
    return {"default.json": sound.replace(b'"joints": []', b'"joints": [}')}


def bad_item() -> dict[str, bytes]:
    text = document(item(skeleton(ABC)), item(skeleton(ABC), id="b"))
    return {
        "default.json": text.replace(
            b'"annotations": [', b'"annotations": 7, "x": [', 1
        )
    }


def label() -> dict[str, bytes]:
    return _one(skeleton(ABC, label_id=99, elements=[]))


def left_alone() -> dict[str, bytes]:
    return _one({"type": "caption", "caption": "a cow"})
