"""InterHand2.6M's frames."""

import json
from typing import Any

import numpy as np

SKELETON = "interhand3d_42"
PLAIN = "json"


def sample(n: int) -> dict[str, bytes]:
    """n frames of two captures."""
    half = max(n // 2, 1)
    captures = {"0": range(half), "13": range(half, n)}
    content = {c: {str(i + 7): frame(i) for i in some} for c, some in captures.items()}
    return {"InterHand2.6M_train_joint_3d.json": json.dumps(content).encode()}


def frame(i: int, **changes: Any) -> dict[str, Any]:
    points = np.random.default_rng(i).uniform(-500, 500, (42, 3)).round(4)
    return {
        "world_coord": points.tolist(),
        "joint_valid": [[1]] * 42,
        "hand_type": "interacting",
        "hand_type_valid": True,
    } | changes


def packed(*frames: dict[str, Any]) -> dict[str, bytes]:
    content = {"5": {str(i): each for i, each in enumerate(frames)}}
    return {"a_joint_3d.json": json.dumps(content).encode()}


def whole() -> dict[str, bytes]:
    return sample(2)


def one_hand() -> dict[str, bytes]:
    """The left hand is not there."""
    return packed(frame(0, joint_valid=[1] * 21 + [0] * 21, hand_type="right"))


def short() -> dict[str, bytes]:
    return packed(frame(0), frame(1, joint_valid=[1] * 41), frame(2))


def images(*changes: dict[str, Any]) -> dict[str, bytes]:
    """Two images of a frame of one capture, by a camera each, with cameras and joints.

    One camera looks along z from where the room begins, the other along x.
    """
    joints = frame(0, world_coord=[[10.0 + i, 20, 1000] for i in range(42)])
    pictures = [
        {"id": i, "file_name": f"Capture5/a/cam{name}/image7.jpg", "width": 334,
         "height": 512, "capture": 5, "subject": 3, "seq_name": "a", "camera": name,
         "frame_idx": 7}
        for i, name in enumerate(("400001", "400002"))
    ]  # fmt: skip
    hands = [
        {"id": i + 100, "image_id": i, "bbox": [1.0, 2, 30, 40],
         "joint_valid": [[1]] * 42, "hand_type": "interacting", "hand_type_valid": 1}
        for i in range(2)
    ]  # fmt: skip
    for i, change in enumerate(changes):
        hands[i] |= change
    cameras = {
        "campos": {"400001": [0, 0, 0], "400002": [-990, 0, 1000]},
        "camrot": {
            "400001": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            "400002": [[0, 0, -1], [0, 1, 0], [1, 0, 0]],
        },
        "focal": {"400001": [1000, 1200], "400002": [1000, 1200]},
        "princpt": {"400001": [100, 200], "400002": [100, 200]},
    }
    said = {
        "data": {"images": pictures, "annotations": hands},
        "joint_3d": {"5": {"7": joints}},
        "camera": {"5": cameras},
    }
    return {
        f"annotations/InterHand2.6M_val_{what}.json": json.dumps(each).encode()
        for what, each in said.items()
    }


def without(what: str) -> dict[str, bytes]:
    return {name: data for name, data in images().items() if what not in name}


def without_joints() -> dict[str, bytes]:
    return without("joint_3d")


def without_cameras() -> dict[str, bytes]:
    return without("camera")


def of_no_image() -> dict[str, bytes]:
    return images({"image_id": 9})


def no_image() -> dict[str, bytes]:
    files = images()
    name = next(name for name in files if "data" in name)
    document = json.loads(files[name])
    document["images"][0]["file_name"] = 7
    return files | {name: json.dumps(document).encode()}
