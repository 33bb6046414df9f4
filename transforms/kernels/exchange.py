"""Whether two people of an image exchanged a limb: A's wrist drawn as B's, B's as A's.

    odds that a joint of the limb is misplaced, in A and in B, as they are drawn
  - the same with the limb exchanged

Above 0 the pose model (`pose_model`) takes the exchanged reading for the better one. It
knows nothing of boxes or masks: two bodies are enough.
"""

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.pose_model import JOINTS, PoseModel, judge
from posegate.transforms.model.poses import Bools, Floats

LIMBS: dict[str, tuple[int, ...]] = {
    "left wrist": (9,),
    "right wrist": (10,),
    "left forearm": (7, 9),
    "right forearm": (8, 10),
    "left ankle": (15,),
    "right ankle": (16,),
    "left leg": (13, 15),
    "right leg": (14, 16),
}
"""What people take for somebody else's, by the model's joints.

Not half a body: the model has no opinion of bodies torn apart, and the boxes tell.
"""

PART_OF = np.array([[i in limb for i in range(len(JOINTS))] for limb in LIMBS.values()])
"""(L, 17): which joints a limb has."""


def exchanged(
    model: PoseModel,
    xy: Floats,
    labelled: Bools,
    visible: Bools,
    first: Ints,
    second: Ints,
) -> Floats:
    """Log odds of each limb's exchange between two poses: (P, L).

    (N, 17, 2) and two (N, 17) of all poses, (P,) and (P,) of which two are compared.
    NaN where one of the two has not the whole limb.
    """
    before = judge(model, xy, labelled, visible).misplaced  # (N, 17)
    drawn = before[first] + before[second]  # (P, 17); NaN where one has no such joint
    out = np.full((len(first), len(LIMBS)), np.nan)
    for number, limb in enumerate(PART_OF):
        known = np.flatnonzero(np.isfinite(drawn[:, limb]).all(axis=1))
        if len(known):
            one, other = first[known], second[known]
            after = _taken(model, xy, labelled, visible, one, other, limb)
            after += _taken(model, xy, labelled, visible, other, one, limb)
            out[known, number] = (drawn[known][:, limb] - after).sum(axis=1)
    return out


def _taken(
    model: PoseModel,
    xy: Floats,
    labelled: Bools,
    visible: Bools,
    to: Ints,
    of: Ints,
    limb: Bools,
) -> Floats:
    """Log odds that each joint of a limb is misplaced once it is another's: (P, J)."""
    pose = np.where(limb[:, None], xy[of], xy[to])
    flags = [np.where(limb, each[of], each[to]) for each in (labelled, visible)]
    return judge(model, pose, *flags).misplaced[:, limb]
