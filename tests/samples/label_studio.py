"""Tasks of Label Studio in a few lines, and one for every trap."""

import json
from typing import Any

import numpy as np

SKELETON = "coco_17"
PLAIN = "json"
Json = dict[str, Any]
SIZE = {"original_width": 200, "original_height": 100, "image_rotation": 0}


def point(name: str, x: float = 10, y: float = 20, **changes: Any) -> Json:
    """A keypoint; 10 % of 200 px is 20, 20 % of 100 px is 20."""
    value = {"x": x, "y": y, "width": 0.5, "keypointlabels": [name]}
    return _region("keypointlabels", {"id": f"r-{name}"}, value, changes)


def box(id: str = "b", name: str = "person", **changes: Any) -> Json:
    """A box from (10, 10) px to (110, 60)."""
    value = {"x": 5, "y": 10, "width": 50, "height": 50, "rectanglelabels": [name]}
    return _region("rectanglelabels", {"id": id}, value, changes)


def _region(kind: str, own: Json, value: Json, changes: Json) -> Json:
    value = value | changes.pop("value", {})
    return {"type": kind, **own, **SIZE, "origin": "manual", "value": value} | changes


def arrow(a: str, b: str) -> Json:
    return {"type": "relation", "from_id": a, "to_id": b, "direction": "right"}


def annotation(*results: Json, **changes: Any) -> Json:
    said = {
        "id": 9,
        "completed_by": {"id": 3, "email": "ann@example.com"},
        "created_at": "2026-02-02T10:00:00Z",
        "lead_time": 12.5,
        "was_cancelled": False,
        "ground_truth": False,
        "result": list(results),
    } | changes
    return {key: value for key, value in said.items() if value is not ...}


def task(*annotations: Json, **changes: Any) -> Json:
    data = {"image": "/data/upload/1/a.jpg"}
    return {"id": 7, "data": data, "annotations": list(annotations)} | changes


def files(*tasks: Json, name: str = "export.json") -> dict[str, bytes]:
    return {name: json.dumps(list(tasks)).encode()}


def drawn(*results: Json, **changes: Any) -> dict[str, bytes]:
    """A delivery of one annotation with these results."""
    return files(task(annotation(*results, **changes)))


def sample(n: int) -> dict[str, bytes]:
    """n people of 17 points, each nested under its box, two to a task."""
    from posegate.transforms.model.skeleton import load

    names = load(SKELETON).keypoints
    random = np.random.default_rng(7)
    tasks = []
    for i in range(0, n, 2):
        results = []
        for j in range(min(2, n - i)):
            results.append(box(f"b{j}"))
            for name, xy in zip(names, random.uniform(0, 100, (17, 2)), strict=True):
                place = {"x": xy[0], "y": xy[1]}
                said = {"id": f"{j}{name}", "parentID": f"b{j}", "value": place}
                results.append(point(name, **said))
        made = annotation(*results, id=i)
        tasks.append(task(made, id=i, data={"image": f"/data/upload/1/{i}.jpg"}))
    return files(*tasks)


def grouped_by_relation() -> dict[str, bytes]:
    return drawn(point("nose"), box(), arrow("b", "b"), arrow("b", "r-nose"))


def grouped_by_label() -> dict[str, bytes]:
    return drawn(point("p1_nose"), point("p2_nose"))


def grouped_by_name() -> dict[str, bytes]:
    return drawn(point("nose"), point("left_eye"))


def ungrouped() -> dict[str, bytes]:
    return drawn(point("nose"), point("nose", id="other"))


def point_twice() -> dict[str, bytes]:
    return drawn(
        box(),
        point("nose", parentID="b"),
        point("nose", id="other", parentID="b"),
    )


def other_skeleton() -> dict[str, bytes]:
    return drawn(box(), point("tail", parentID="b"))


def outlines_left() -> dict[str, bytes]:
    return drawn(box(), box("c", "head", parentID="b"), point("nose", parentID="b"))


def hidden_point() -> dict[str, bytes]:
    return drawn(point("nose", value={"hidden": True}))


def zero_point() -> dict[str, bytes]:
    return drawn(point("nose", 0, 0, value={"hidden": True}), point("left_eye"))


def box_turned() -> dict[str, bytes]:
    return drawn(box(value={"rotation": 90}))


def turned_image() -> dict[str, bytes]:
    return drawn(point("nose", image_rotation=90))


def no_size() -> dict[str, bytes]:
    return drawn(point("nose", original_width=None))


def no_image() -> dict[str, bytes]:
    return files(task(annotation(point("nose")), data={}))


def region() -> dict[str, bytes]:
    return drawn(box(), point("nose", parentID="b", value={"x": "left"}))


def skipped() -> dict[str, bytes]:
    return drawn(was_cancelled=True)


def no_annotator() -> dict[str, bytes]:
    return drawn(point("nose"), completed_by=...)


def no_task() -> dict[str, bytes]:
    return {"9.json": json.dumps(annotation(point("nose"), task=7)).encode()}


def named_only() -> dict[str, bytes]:
    made = annotation(point("nose"))
    return files({**task(made, predictions=[4]), "annotations": [made, 5]})


def empty() -> dict[str, bytes]:
    return drawn()


def draft() -> dict[str, bytes]:
    return files(task(annotation(point("nose")), drafts=[{"result": []}]))


def not_drawn() -> dict[str, bytes]:
    words = {"id": "w", "type": "labels", "value": {"start": 1, "end": 2}}
    return drawn(point("nose"), words)


def video_boxes() -> dict[str, bytes]:
    boxes = {"id": "v", "type": "videorectangle", "value": {"sequence": []}}
    return drawn(point("nose"), boxes)


def json_min() -> dict[str, bytes]:
    said = {"image": "a.jpg", "id": 7, "annotator": 3, "annotation_id": 9}
    return files({**said, "lead_time": 1.5, "kp": [point("nose")["value"]]})


def no_tasks() -> dict[str, bytes]:
    return files(task(annotation(point("nose"))), {"id": 8})


def other_size() -> dict[str, bytes]:
    return drawn(point("nose"))


def stored(*made: Json) -> dict[str, bytes]:
    """What a storage keeps: a file for each annotation, its task inside."""
    found = {f"{each['id']}.json": {**each, "task": task()} for each in made}
    return {name: json.dumps(each).encode() for name, each in found.items()}


def on_two_images() -> dict[str, bytes]:
    """Points on two images whose tags are no columns of the data."""
    views = (point("nose", to_name="left"), point("nose", to_name="right"))
    return files(task(annotation(*views)))
