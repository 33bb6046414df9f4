"""SuperAnnotate's files in a few lines, and one for every trap."""

import json
from typing import Any

import numpy as np

SKELETON = "coco_17"
PLAIN = "json"
Json = dict[str, Any]
NAMES = ("nose", "left_eye", "right_eye")


def template(
    *places: tuple[float, float], names: tuple[str, ...] = NAMES, **more: Any
) -> Json:
    points = [{"id": i, "x": x, "y": y} for i, (x, y) in enumerate(places, 1)]
    labels = {str(i): name for i, name in enumerate(names[: len(points)])}
    return instance("template", **{"points": points, "pointLabels": labels, **more})


def bbox(**more: Any) -> Json:
    return instance("bbox", points={"x1": 110, "y1": 10, "x2": 10, "y2": 60}, **more)


def point(name: str, **more: Any) -> Json:
    return instance("point", className=name, x=20, y=30, **more)


def instance(kind: str, **more: Any) -> Json:
    who = {"email": "ann@example.com", "role": "Annotator"}
    own = {"type": kind, "className": "person", "createdBy": who, "attributes": []}
    return own | {"createdAt": "2026-02-02T10:00:00.000Z", "groupId": 0} | more


def document(*instances: Json, **about: Any) -> Json:
    own = {"name": "a.jpg", "width": 200, "height": 100, "status": "Completed"}
    return {"metadata": own | about, "instances": list(instances), "tags": []}


def drawn(*instances: Json, **about: Any) -> dict[str, bytes]:
    return {"a.jpg.json": json.dumps(document(*instances, **about)).encode()}


def sample(n: int) -> dict[str, bytes]:
    """n people of 17 points with their boxes, two to an image."""
    from posegate.transforms.model.skeleton import load

    names = load(SKELETON).keypoints
    random = np.random.default_rng(7)
    files = {}
    for i in range(0, n, 2):
        some = []
        for j in range(1, min(2, n - i) + 1):
            places = random.uniform(0, 100, (17, 2)).tolist()
            some.append(template(*map(tuple, places), names=names, groupId=j))
            some.append(bbox(groupId=j))
        made = document(*some, name=f"{i}.jpg")
        files[f"{i}.jpg.json"] = json.dumps(made).encode()
    return files


def grouped_by_label() -> dict[str, bytes]:
    return drawn(point("p1_nose"), point("p2_nose"))


def grouped_by_name() -> dict[str, bytes]:
    return drawn(point("nose"), point("left_eye"))


def ungrouped() -> dict[str, bytes]:
    return drawn(point("nose"), point("nose"))


def point_twice() -> dict[str, bytes]:
    return drawn(point("nose", groupId=1), point("nose", groupId=1))


def other_skeleton() -> dict[str, bytes]:
    return drawn(template((1, 2), names=("tail",)))


def outlines_left() -> dict[str, bytes]:
    return drawn(template((1, 2), groupId=1), bbox(groupId=1), bbox(groupId=1))


def no_labels() -> dict[str, bytes]:
    return drawn(template((1, 2), pointLabels={}))


def points_by_order() -> dict[str, bytes]:
    return drawn(template((1, 2), (3, 4), (5, 6), pointLabels={}))


def no_annotator() -> dict[str, bytes]:
    return drawn(template((1, 2), createdBy=None))


def broken_instance() -> dict[str, bytes]:
    return drawn(instance("bbox", points=None))


def not_drawn() -> dict[str, bytes]:
    return drawn(template((1, 2)), instance("polyline", points=[1, 2, 3, 4]))


def video() -> dict[str, bytes]:
    places = [{"timestamp": 17271058, "x": 1, "y": 2, "attributes": []}]
    times = [{"start": 0, "end": 30526667, "timestamps": places}]
    meta = {"type": "point", "className": "nose", "start": 0, "end": 30526667}
    return drawn({"meta": meta, "parameters": times}, name="a.mp4")


def skipped() -> dict[str, bytes]:
    return drawn(template((1, 2)), status="Skipped")


def no_metadata() -> dict[str, bytes]:
    return drawn(template((1, 2)), name="")
