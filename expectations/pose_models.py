"""Fitted models of poses, as they ship: `models/<name>.npz`."""

from functools import cache
from importlib import resources

import numpy as np

from posegate.transforms.kernels.pose_model import PoseModel


@cache
def load_model(name: str = "person") -> PoseModel:
    """A shipped model; `models/<name>.md` says what it was fitted to, and how."""
    file = resources.files("posegate.expectations") / "models" / f"{name}.npz"
    with file.open("rb") as stream, np.load(stream) as arrays:
        layers = range(len(arrays.files) // 2)
        weights = tuple(arrays[f"w{i}"].astype(np.float32) for i in layers)
        biases = tuple(arrays[f"b{i}"].astype(np.float32) for i in layers)
    return PoseModel(weights, biases)
