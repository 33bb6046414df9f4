"""Whether the points of a hand can be those of one hand.

Rules apply to skeletons in which a hand is found (`Skeleton.hands`): a wrist and five
fingers of four points each, alone or as part of a whole body.
"""

import numpy as np

from posegate.expectations.rules.face import known, spread
from posegate.transforms.kernels.geometry import length
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.rule import rule
from posegate.transforms.model.skeleton import Skeleton

BONES: tuple[tuple[float, ...], ...] = (
    (46.22, 31.57, 21.67 + 5.67),
    (68.12, 39.78, 22.38, 15.82 + 3.84),
    (64.60, 44.63, 26.33, 17.40 + 3.95),
    (58.00, 41.37, 25.65, 17.30 + 3.95),
    (53.69, 32.74, 18.11, 15.96 + 3.73),
)
"""Mean lengths [mm] of metacarpal and phalanges, the last with the pulp, from the thumb
on: radiographs of 66 adults (Buryanov and Kotiuk 2010)."""

SEGMENTS = tuple(bones[-3:] for bones in BONES)
"""What lies between the four points of a finger: the thumb's begin at the metacarpal's
base, the others' at the knuckle."""


@rule("hand.finger-order", severity="review", needs=("hand",))
def finger_order(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """Two neighbouring points of a finger are exchanged.

    The way along the finger from the wrist to the tip, over the way if the two changed
    places: a finger does not go back and forth.
    """
    points = known(xy, labelled)
    out = np.full(labelled.shape, np.nan)
    for hand in skeleton.hands:
        for chain in hand:
            finger = points[:, chain]  # (N, 5, 2)
            way = length(np.diff(finger, axis=1)).sum(axis=1)
            for i in (1, 2, 3):
                order = [0, 1, 2, 3, 4]
                order[i], order[i + 1] = i + 1, i
                other = length(np.diff(finger[:, order], axis=1)).sum(axis=1)
                both = [chain[i], chain[i + 1]]
                worse = (way / other)[:, None]
                out[:, both] = np.fmax(out[:, both], worse)
    return out


@rule("hand.segment-length", severity="review", needs=("hand",))
def segment_length(
    xy: Floats, labelled: Bools, fewest: float, skeleton: Skeleton
) -> Floats:
    """A segment of a finger is too long for this hand.

    Each segment, over its usual length, implies the size of the hand; this one's over
    the median of at least `fewest`. Foreshortening makes segments shorter, never
    longer.
    """
    points = known(xy, labelled)
    usual = np.concatenate([np.array(each) for each in SEGMENTS])
    out = np.full(labelled.shape, np.nan)
    for hand in skeleton.hands:
        near = [chain[i] for chain in hand for i in (1, 2, 3)]
        far = [chain[i] for chain in hand for i in (2, 3, 4)]
        implied = length(points[:, far] - points[:, near]) / usual  # (N, 15)
        count = np.isfinite(implied).sum(axis=1)
        ranked = np.sort(implied, axis=1)  # NaN last
        row = np.arange(len(ranked))
        middle = (ranked[row, (count - 1) // 2] + ranked[row, count // 2]) / 2
        enough = np.where(count >= fewest, middle, np.nan)
        out = np.fmax(out, spread(implied / enough[:, None], far, labelled.shape[1]))
    return out


@rule("hand.knuckle-order", severity="review", needs=("hand",))
def knuckle_order(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """Two fingers are exchanged: the knuckles do not follow one another.

    How far the line along the four knuckles, from the index to the little finger, turns
    back, over the length of that line.
    """
    points = known(xy, labelled)
    out = np.full(labelled.shape, np.nan)
    for hand in skeleton.hands:
        knuckles = [chain[1] for chain in hand[1:]]
        steps = np.diff(points[:, knuckles], axis=1)  # (N, 3, 2)
        across = steps.sum(axis=1, keepdims=True)
        way = length(steps).sum(axis=1, keepdims=True)
        back = -(steps * across).sum(axis=2) / length(across) / way  # (N, 3)
        out[:, knuckles[:-1]] = back
        out[:, knuckles[1:]] = np.fmax(out[:, knuckles[1:]], back)
    return out


RULES = (finger_order, segment_length, knuckle_order)
