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
