"""Items of Darwin JSON in a few lines, and one for every trap."""

import json
from typing import Any

import numpy as np

SKELETON = "coco_17"
PLAIN = "json"
Json = dict[str, Any]
ANN = {"full_name": "Ann", "email": "ann@example.com"}


def node(name: str, x: float = 20, y: float = 30, occluded: bool = False) -> Json:
    return {"name": name, "x": x, "y": y, "occluded": occluded}


def pose(*nodes: Json, id: str = "a1", **more: Any) -> Json:
    return made(id, skeleton={"nodes": list(nodes)}, **more)


def box(id: str = "b1", **more: Any) -> Json:
    return made(id, bounding_box={"x": 10, "y": 10, "w": 100, "h": 50}, **more)


def keypoint(name: str, id: str = "k1", **more: Any) -> Json:
    return made(id, name=name, keypoint={"x": 20, "y": 30}, **more)


def made(id: str, **more: Any) -> Json:
    own = {"id": id, "name": "person", "slot_names": ["0"], "annotators": [ANN]}
    said = own | {"properties": []} | more
    return {key: value for key, value in said.items() if value is not ...}


def item(*annotations: Json, **slot: Any) -> Json:
    own = {"type": "image", "slot_name": "0", "width": 200, "height": 100} | slot
    return {
        "version": "2.0",
        "item": {"name": "a.jpg", "path": "/", "slots": [own]},
        "annotations": list(annotations),
    }


def drawn(*annotations: Json, **slot: Any) -> dict[str, bytes]:
    return {"a.json": json.dumps(item(*annotations, **slot)).encode()}


def film(frames: Json, id: str = "a1", **more: Any) -> Json:
    """An annotation of a video: what it is in each frame."""
    numbers = [int(key) for key in frames if key.isdecimal()]
    ranges = [[min(numbers), max(numbers) + 1]]
    return made(id, frames=frames, **({"ranges": ranges} | more))


def at(*nodes: Json, keyframe: bool = True) -> Json:
    return {"keyframe": keyframe, "skeleton": {"nodes": list(nodes)}}


def sample(n: int) -> dict[str, bytes]:
    """n poses of 17 nodes, two to an item, a file each."""
    from posegate.transforms.model.skeleton import load

    names = load(SKELETON).keypoints
    random = np.random.default_rng(7)
    files = {}
    for i in range(0, n, 2):
        some = []
        for j in range(i, min(i + 2, n)):
            places = random.uniform(0, 100, (17, 2)).round(4).tolist()
            nodes = [node(k, *xy) for k, xy in zip(names, places, strict=True)]
            some.append(pose(*nodes, id=f"a{j}", instance_id={"value": j}))
            some.append(box(f"b{j}", instance_id={"value": j}))
        one = item(*some)
        one["item"]["name"] = f"{i}.jpg"
        files[f"{i}.json"] = json.dumps(one).encode()
    return files


def grouped_by_label() -> dict[str, bytes]:
    return drawn(keypoint("p1_nose"), keypoint("p2_nose", "k2"))


def grouped_by_name() -> dict[str, bytes]:
    return drawn(keypoint("nose"), keypoint("left_eye", "k2"))


def ungrouped() -> dict[str, bytes]:
    return drawn(keypoint("nose"), keypoint("nose", "k2"))


def point_twice() -> dict[str, bytes]:
    return drawn(pose(node("nose"), node("Nose")))


def other_skeleton() -> dict[str, bytes]:
    return drawn(pose(node("tail")))


def outlines_left() -> dict[str, bytes]:
    one = {"instance_id": {"value": 1}}
    return drawn(pose(node("nose"), **one), box(**one), box("b2", **one))


def box_by_place() -> dict[str, bytes]:
    return drawn(pose(node("nose")), box())


def no_annotator() -> dict[str, bytes]:
    return drawn(pose(node("nose"), annotators=...))


def several_annotators() -> dict[str, bytes]:
    return drawn(pose(node("nose"), annotators=[ANN, {"email": "bo@example.com"}]))


def broken_annotation() -> dict[str, bytes]:
    return drawn(pose(node("nose"), node("left_eye", "left")))  # type: ignore[arg-type]


def no_slot() -> dict[str, bytes]:
    one = item(pose(node("nose"), slot_names=["9"]))
    one["item"]["slots"] += [{"slot_name": "1", "source_files": [{"file_name": "b"}]}]
    return {"a.json": json.dumps(one).encode()}


def no_item() -> dict[str, bytes]:
    one = item(pose(node("nose"))) | {"item": {"slots": []}}
    return {"a.json": json.dumps(one).encode()}


def not_drawn() -> dict[str, bytes]:
    line = made("l1", line={"path": [{"x": 1, "y": 2}]})
    return drawn(pose(node("nose")), line)


def frames_between() -> dict[str, bytes]:
    frames = {"0": at(node("nose")), "4": at(node("nose"))}
    return drawn(film(frames), type="video")


def hidden_frame() -> dict[str, bytes]:
    frames = {"0": at(node("nose")), "1": at(node("nose"))}
    return drawn(film(frames, hidden_areas=[[1, 2]]), type="video")


def frame_without_number() -> dict[str, bytes]:
    return drawn(film({"0": at(node("nose")), "x": at(node("nose"))}), type="video")
