"""FreiHAND's lists."""

import json

import numpy as np

SKELETON = "freihand_21"
PLAIN = "json"


def sample(n: int) -> dict[str, bytes]:
    """n hands and their cameras."""
    random = np.random.default_rng(7)
    hands = random.uniform(-0.1, 0.1, (n, 21, 3)) + np.array([0, 0, 0.7])
    cameras = [[[480.5, 0, 112], [0, 480.5, 112], [0, 0, 1]] for _ in range(n)]
    return {
        "training_xyz.json": json.dumps(hands.tolist()).encode(),
        "training_K.json": json.dumps(cameras).encode(),
    }


def whole() -> dict[str, bytes]:
    return sample(2)


def alone() -> dict[str, bytes]:
    return {"training_xyz.json": sample(2)["training_xyz.json"]}


def short() -> dict[str, bytes]:
    hands = json.loads(sample(3)["training_xyz.json"])
    hands[1] = hands[1][:20]
    return {"training_xyz.json": json.dumps(hands).encode()}
