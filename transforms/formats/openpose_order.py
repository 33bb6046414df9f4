"""In which order OpenPose writes the keypoints that a project names."""

import numpy as np
import numpy.typing as npt

from posegate.transforms.model.naming import Naming
from posegate.transforms.model.skeleton import Skeleton, load

MODELS = (
    "openpose_body_25",
    "openpose_body_25b",
    "openpose_coco_18",
    "openpose_mpi_15",
    "openpose_body_19",
    "openpose_body_23",
    "openpose_face_70",
    "openpose_hand_21",
)
"""BODY_25 and BODY_25B have as many keypoints: only names tell them apart."""


def order_of(skeleton: Skeleton) -> npt.NDArray[np.intp] | slice:
    """(K,) where each of the project's keypoints stands in OpenPose's list.

    A slice of all, that is the list as it is, where no model of OpenPose's has these
    names.
    """
    naming = Naming(skeleton)
    for name in MODELS:
        order = naming.order(load(name).keypoints)
        if order is not None:
            return order
    return slice(None)


def of_count(k: int) -> tuple[str, ...]:
    """The models of so many keypoints."""
    return tuple(name for name in MODELS if len(load(name).keypoints) == k)
