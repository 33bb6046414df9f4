"""Data rows of Labelbox in a few lines, and one for every trap."""

import json
from typing import Any

import numpy as np

SKELETON = "coco_17"
PLAIN = "ndjson"
Json = dict[str, Any]


def point(name: str, x: float = 20, y: float = 30, **more: Any) -> Json:
    place = {"x": x, "y": y}
    return {"feature_id": f"f-{name}", "name": name, "point": place} | more


def box(id: str = "b", name: str = "person", **more: Any) -> Json:
    sides = {"top": 10, "left": 5, "height": 50, "width": 100}
    return {"feature_id": id, "name": name, "bounding_box": sides} | more


def tie(a: str, b: str) -> Json:
    ends = {"source": a, "target": b}
    return {"feature_id": f"{a}-{b}", "unidirectional_relationship": ends}


def answer(name: str, text: str) -> Json:
    return {"name": name, "radio_answer": {"name": text, "classifications": []}}


def label(*objects: Json, ties: tuple[Json, ...] = (), **changes: Any) -> Json:
    drawn = {"objects": list(objects), "relationships": list(ties)}
    said = {
        "label_kind": "Default",
        "id": "L1",
        "label_details": {
            "created_by": "ann@example.com",
            "created_at": "2026-02-02T10:00:00.000+00:00",
            "reviews": [],
        },
        "performance_details": {"seconds_to_create": 12, "skipped": False},
        "annotations": {**drawn, "classifications": []},
    } | changes
    return {key: value for key, value in said.items() if value is not ...}


def row(*labels: Json, **changes: Any) -> Json:
    project = {"name": "bowling", "labels": list(labels)}
    return {
        "data_row": {"id": "d1", "external_id": "a.jpg", "row_data": "https://x/y"},
        "media_attributes": {"width": 200, "height": 100, "mime_type": "image/jpeg"},
        "projects": {"p": project},
    } | changes


def files(*rows: Json, name: str = "export.ndjson") -> dict[str, bytes]:
    return {name: "".join(json.dumps(each) + "\n" for each in rows).encode()}


def drawn(*objects: Json, **changes: Any) -> dict[str, bytes]:
    """A delivery of one label with these objects."""
    return files(row(label(*objects, **changes)))


def video(frames: Json, **more: Any) -> dict[str, bytes]:
    """A label of a video: objects by frame number and id."""
    numbered = {
        key: {"objects": {each["feature_id"]: each for each in objects}}
        for key, objects in frames.items()
    }
    made = label(label_kind="Video", annotations={"frames": numbered, **more})
    media = {"width": 200, "height": 100, "frame_rate": 25, "frame_count": 90}
    data = {"id": "d1", "global_key": "v.mp4"}
    return files(row(made, data_row=data, media_attributes=media))


def import_row(**said: Any) -> Json:
    return {"uuid": "u1", "dataRow": {"globalKey": "a.jpg"}} | said


def sample(n: int) -> dict[str, bytes]:
    """n people of 17 points, one to a label, an image each."""
    from posegate.transforms.model.skeleton import load

    names = load(SKELETON).keypoints
    random = np.random.default_rng(7)
    rows = []
    for i in range(n):
        places = random.uniform(0, 1000, (17, 2)).round(3).tolist()
        points = [point(k, *xy) for k, xy in zip(names, places, strict=True)]
        data = {"id": f"d{i}", "external_id": f"{i}.jpg", "row_data": "https://x/y"}
        rows.append(row(label(*points, id=f"L{i}"), data_row=data))
    return files(*rows)


def grouped_by_relation() -> dict[str, bytes]:
    return drawn(box(), point("nose"), ties=(tie("b", "f-nose"),))


def grouped_by_label() -> dict[str, bytes]:
    return drawn(point("p1_nose"), point("p2_nose"))


def grouped_by_name() -> dict[str, bytes]:
    return drawn(point("nose"), point("left_eye"))


def ungrouped() -> dict[str, bytes]:
    return drawn(point("nose"), point("nose", feature_id="other"))


def point_twice() -> dict[str, bytes]:
    return drawn(box(objects=[point("nose"), point("nose", feature_id="other")]))


def other_skeleton() -> dict[str, bytes]:
    return drawn(box(objects=[point("tail")]))


def outlines_left() -> dict[str, bytes]:
    return drawn(box(objects=[point("nose"), box("c", "head")]))


def no_annotator() -> dict[str, bytes]:
    return drawn(point("nose"), label_details=...)


def skipped() -> dict[str, bytes]:
    return drawn(performance_details={"skipped": True})


def broken_object() -> dict[str, bytes]:
    return drawn(point("nose", point={"x": "left", "y": 1}))


def mask_address() -> dict[str, bytes]:
    mask = {"url": "https://api.example.com/mask/1"}
    return drawn({"feature_id": "m", "name": "person", "mask": mask})


def not_drawn() -> dict[str, bytes]:
    line = {"feature_id": "l", "name": "edge", "line": [{"x": 1, "y": 2}]}
    return drawn(point("nose"), line)


def empty() -> dict[str, bytes]:
    return drawn()


def exif_turned() -> dict[str, bytes]:
    media = {"width": 200, "height": 100, "exif_rotation": "6"}
    return files(row(label(point("nose")), media_attributes=media))


def keyframes_unknown() -> dict[str, bytes]:
    return video({"1": [point("nose")], "2": [point("nose")]})


def frame_without_number() -> dict[str, bytes]:
    return video({"0": [point("nose")], "1": [point("nose")]})


def version_1() -> dict[str, bytes]:
    old = {"ID": "1", "DataRow ID": "2", "Labeled Data": "https://x/a.jpg"}
    made = {**old, "Created By": "ann@example.com", "Label": {"objects": []}}
    return {"export.json": json.dumps([made, made]).encode()}


def model_run() -> dict[str, bytes]:
    made = label(point("nose"))
    guess = {"id": "P1", "annotations": {"objects": [point("nose")]}}
    runs = {"r": {"name": "v1", "labels": [made], "predictions": [guess]}}
    experiments = {"e": {"name": "m", "runs": runs}}
    return files(row(made, experiments=experiments))


def no_row() -> dict[str, bytes]:
    return files(row(label(point("nose"))), {"x": 1})
