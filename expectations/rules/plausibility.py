"""Whether a pose is one that people take, by a model fitted to real people.

The model weighs all joints together, where the rules of `anatomy` look at one pair or
one limb. It sees what a sum of small oddities says, but cannot say it in one sentence.
"""

import numpy as np

from posegate.expectations.pose_models import load_model
from posegate.expectations.rules.anatomy import ARMS, LEGS, TRUNK
from posegate.transforms.kernels.pose_model import (
    JOINTS,
    MOVED,
    Odds,
    any_exchange,
    judge,
)
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.rule import rule
from posegate.transforms.model.skeleton import Skeleton

HELD = (*JOINTS[:5], "left_hip", "right_hip")
"""Joints that are where their neighbours say, so that less is a mistake there."""


def joints_of(skeleton: Skeleton) -> tuple[list[int], list[int]]:
    """Which of the model's joints a skeleton has, and where they stand in it."""
    known = [i for i, name in enumerate(JOINTS) if name in skeleton.joints]
    return known, [skeleton.joint(JOINTS[i]) for i in known]


def as_read(
    xy: Floats, labelled: Bools, visible: Bools, skeleton: Skeleton
) -> tuple[Floats, Bools, Bools]:
    """Poses of a skeleton with the model's joints: (N, 17, 2), (N, 17), (N, 17)."""
    known, there = joints_of(skeleton)
    pose = np.zeros((len(xy), len(JOINTS), 2))
    flags = np.zeros((2, *pose.shape[:2]), bool)
    pose[:, known] = xy[:, there]
    flags[0, :, known], flags[1, :, known] = labelled[:, there].T, visible[:, there].T
    return pose, flags[0], flags[1]


def odds(xy: Floats, labelled: Bools, visible: Bools, skeleton: Skeleton) -> Odds:
    """What the model says of poses of a skeleton: (N, K, 2), (N, K), (N, K)."""
    return judge(load_model(), *as_read(xy, labelled, visible, skeleton))


@rule(
    "anatomy.exchanged-joints",
    severity="review",
    of="person",
    space=False,
    needs=(*TRUNK, *ARMS, *LEGS),
    given={"odds": odds},
)
def exchanged_joints(
    odds: Odds, labelled: Bools, fewest: float, skeleton: Skeleton
) -> Floats:
    """Joints were exchanged: left for right, or two neighbours of a limb.

    Log odds that some exchange explains the pose better than none, under a model of
    poses; the keypoints named are those of the likeliest one. Of people with at least
    `fewest` labelled keypoints.
    """
    known, there = joints_of(skeleton)
    moved = MOVED[odds.exchanged.argmax(axis=1)]  # (N, 17)
    enough = labelled[:, there].sum(axis=1) >= fewest
    out = np.full(labelled.shape, np.nan)
    total = np.where(enough, any_exchange(odds.exchanged), np.nan)
    out[:, there] = np.where(moved[:, known], total[:, None], np.nan)
    return np.where(labelled, out, np.nan)


@rule(
    "anatomy.misplaced-joint",
    severity="review",
    of="person",
    space=False,
    needs=(*TRUNK, *ARMS, *LEGS),
    given={"odds": odds},
)
def misplaced_joint(
    odds: Odds, labelled: Bools, fewest: float, held: float, skeleton: Skeleton
) -> Floats:
    """A joint stands where the others do not let it.

    Log odds under a model of poses, given all other joints, and `held` more at the head
    and the hips, which their neighbours hold; of people with at least `fewest` labelled
    keypoints. Wrists and ankles move freely and are found only when they are far off.
    """
    known, there = joints_of(skeleton)
    enough = labelled[:, there].sum(axis=1, keepdims=True) >= fewest
    out = np.full(labelled.shape, np.nan)
    more = np.where([name in HELD for name in JOINTS], held, 0.0)[known]
    out[:, there] = np.where(enough, odds.misplaced[:, known] + more, np.nan)
    return out


RULES = (exchanged_joints, misplaced_joint)
