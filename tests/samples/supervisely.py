"""Supervisely's files in a few lines, and one for every trap."""

import json
from typing import Any

import numpy as np

SKELETON = "coco_17"
PLAIN = "json"
Json = dict[str, Any]
NAMES = ("nose", "left_eye", "right_eye")


def meta(names: tuple[str, ...] = NAMES) -> bytes:
    nodes = {f"n{i}": {"label": name, "loc": [0, 0]} for i, name in enumerate(names)}
    graph = {"title": "person", "shape": "graph", "geometry_config": {"nodes": nodes}}
    box = {"title": "box", "shape": "rectangle", "geometry_config": {}}
    return json.dumps({"classes": [graph, box], "tags": []}).encode()


def graph(places: dict[int, tuple[float, float]], id: int = 1, **more: Any) -> Json:
    nodes = {f"n{k}": {"loc": list(place)} for k, place in places.items()}
    return thing("graph", id, "person", nodes=nodes, **more)


def thing(kind: str, id: int = 1, title: str = "box", **more: Any) -> Json:
    own = {"id": id, "classTitle": title, "geometryType": kind, "tags": []}
    who = {"labelerLogin": "ann", "createdAt": "2026-02-02T10:00:00.000Z"}
    said = {**own, **who, **more}
    return {key: value for key, value in said.items() if value is not ...}


def corners(*places: tuple[float, float], **more: Any) -> Json:
    return {"points": {"exterior": [list(p) for p in places], "interior": []}, **more}


def document(*objects: Json, **more: Any) -> Json:
    size = {"height": 100, "width": 200}
    return {
        "description": "",
        "tags": [],
        "size": size,
        "objects": list(objects),
    } | more


def drawn(*objects: Json, **more: Any) -> dict[str, bytes]:
    made = json.dumps(document(*objects, **more)).encode()
    return {"meta.json": meta(), "ds/ann/a.jpg.json": made}


def video(*figures: Json, tracks: tuple[Json, ...] = ()) -> dict[str, bytes]:
    """Figures one a frame, all of the first track unless they say otherwise."""
    objects = tracks or ({"key": "t1", "classTitle": "person"},)
    frames = [
        {"index": i, "figures": [{"key": f"f{i}", "objectKey": "t1", **figure}]}
        for i, figure in enumerate(figures)
    ]
    made = document(*objects, frames=frames, framesCount=90)
    return {"meta.json": meta(), "ds/ann/v.mp4.json": json.dumps(made).encode()}


def figure(place: tuple[float, float] = (20, 30), **more: Any) -> Json:
    geometry = {"nodes": {"n0": {"loc": list(place)}}}
    return {"geometryType": "graph", "geometry": geometry, "labelerLogin": "ann"} | more


def sample(n: int) -> dict[str, bytes]:
    """n people of 17 points, two to an image."""
    from posegate.transforms.model.skeleton import load

    random = np.random.default_rng(7)
    files = {"meta.json": meta(load(SKELETON).keypoints)}
    for i in range(0, n, 2):
        some = []
        for j in range(i, min(i + 2, n)):
            places = random.uniform(0, 100, (17, 2)).round(2).tolist()
            some.append(graph(dict(enumerate(places)), id=j))
        files[f"ds/ann/{i}.jpg.json"] = json.dumps(document(*some)).encode()
    return files


def _point(name: str, id: int = 1, **more: Any) -> Json:
    return thing("point", id, name, **corners((20, 30)), **more)


def grouped_by_label() -> dict[str, bytes]:
    return drawn(_point("p1_nose"), _point("p2_nose", 2))


def grouped_by_name() -> dict[str, bytes]:
    return drawn(_point("nose"), _point("left_eye", 2))


def ungrouped() -> dict[str, bytes]:
    return drawn(_point("nose"), _point("nose", 2))


def point_twice() -> dict[str, bytes]:
    return drawn(_point("nose", instance="k"), _point("nose", 2, instance="k"))


def other_skeleton() -> dict[str, bytes]:
    return {**drawn(graph({0: (1, 2), 3: (3, 4)})), "meta.json": meta((*NAMES, "tail"))}


def outlines_left() -> dict[str, bytes]:
    box = thing("rectangle", **corners((0, 0), (9, 9)), instance="k")
    return drawn(graph({0: (1, 2)}, instance="k"), box, {**box, "id": 3})


def no_meta() -> dict[str, bytes]:
    return {"ds/ann/a.jpg.json": drawn(graph({0: (1, 2)}))["ds/ann/a.jpg.json"]}


def no_annotator() -> dict[str, bytes]:
    return drawn(graph({0: (1, 2)}, labelerLogin=...))


def broken_figure() -> dict[str, bytes]:
    return drawn(thing("rectangle"))


def bitmap() -> dict[str, bytes]:
    return drawn(thing("bitmap", bitmap={"data": "eJw", "origin": [1, 2]}))


def not_drawn() -> dict[str, bytes]:
    line = thing("line", 2, **corners((0, 0), (9, 9)))
    return drawn(graph({0: (1, 2)}), line)


def no_object() -> dict[str, bytes]:
    return video(figure(), figure(objectKey="t9"))


def no_size() -> dict[str, bytes]:
    return {**drawn(size={"height": 100, "width": 200}, objects={})}
