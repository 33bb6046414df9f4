"""Whether the numbers of an instance can belong to one object in one frame."""

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.geometry import (
    both,
    bounding_box,
    larger,
    squared_length,
)
from posegate.transforms.model.poses import Bools, Bytes, Floats
from posegate.transforms.model.rule import rule
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton

BODY = tuple(
    f"{side}_{joint}"
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
)
"""The joints of trunk, arms and legs."""


@rule("structure.outside-frame", severity="review")
def outside_frame(
    xy: Floats, labelled: Bools, visible: Bools, size: Floats, occluded: float
) -> Floats:
    """A keypoint lies outside the image.

    Pixels beyond the outer edge of the border pixels, whose centres are 0 and w - 1: a
    frame spans -0.5 to w - 0.5. Where a project has hidden points guessed beyond the
    border, `occluded` [fraction of the longer side] says how far out they may be.
    """
    frame = size[:, None, :]  # (N, 1, 2)
    beyond = larger(np.maximum(-0.5 - xy, xy - frame + 0.5))  # (N, K)
    allowed = np.where(visible, 0, occluded * larger(frame))
    return np.where(labelled, beyond - allowed, np.nan)


@rule("structure.outside-box", severity="review")
def outside_box(xy: Floats, visible: Bools, bbox: Floats) -> Floats:
    """A visible keypoint lies outside the instance's own box.

    Fraction of the box's longer side. The trace of people swapped in a crowd, or of a
    box that belongs to another instance. Occluded points are never blamed: a box goes
    round what is seen, and a third of COCO's occluded points lie outside theirs.
    """
    low, extent = bbox[:, None, :2], bbox[:, None, 2:]  # (N, 1, 2)
    beyond = larger(np.maximum(low - xy, xy - low - extent))  # (N, K)
    side = larger(extent)
    return np.where(visible & (side > 0), beyond / side, np.nan)


@rule("structure.box-outside-frame", severity="note")
def box_outside_frame(bbox: Floats, size: Floats) -> Floats:
    """The box reaches beyond the image.

    Pixels. Some projects draw the whole object, hidden part included; elsewhere it is
    a box of another image, or of the image before it was resized.
    """
    low, extent = bbox[:, :2], bbox[:, 2:]
    return np.maximum(-low, low + extent - size).max(axis=1)


@rule("structure.area-exceeds-box", severity="review")
def area_exceeds_box(area: Floats, bbox: Floats) -> Floats:
    """The area is larger than the box that should contain it.

    Area over width x height. OKS divides by the area, so one that is too large flatters
    every score of the instance.
    """
    box = bbox[:, 2] * bbox[:, 3]
    return np.where(box > 0, area / box, np.nan)


@rule("structure.not-finite", severity="reject")
def not_finite(xy: Floats, labelled: Bools) -> Bools:
    """A keypoint marked as labelled has no position.

    A coordinate is missing, infinite or not a number.
    """
    return labelled & ~both(np.isfinite(xy))


@rule("structure.box-too-small", severity="review")
def box_too_small(xy: Floats, labelled: Bools, bbox: Floats, fewest: float) -> Floats:
    """The box is far smaller than the pose that it should surround.

    The longer side of the keypoints' own box over that of the instance's; of instances
    with at least `fewest` keypoints. Where the area comes from the box, OKS calls every
    such annotation a bad one.
    """
    own = bounding_box(xy, labelled)
    side = larger(own[:, 2:]) / larger(bbox[:, 2:])
    return np.where(labelled.sum(axis=1) >= fewest, side, np.nan)


@rule("structure.area-too-small", severity="review")
def area_too_small(xy: Floats, labelled: Bools, scale: Floats, fewest: float) -> Floats:
    """The area is far too small for the pose.

    RMS distance of the keypoints from their centre, over the square root of the area;
    of instances with at least `fewest` keypoints. OKS divides by the area, so one that
    is too small makes every score of the instance bad.
    """
    count = labelled.sum(axis=1)
    return np.where(count >= fewest, spread(xy, labelled, count) / scale, np.nan)


@rule("structure.coincident-joints", severity="review", needs=BODY, below=True)
def coincident_joints(
    xy: Floats, labelled: Bools, scale: Floats, skeleton: Skeleton
) -> Floats:
    """Two joints of the body lie in the same place.

    Distance to the nearest other joint, over the square root of the area. Clasped hands
    and legs seen from the side can bring two together, hence no rejection; points of a
    face may touch and are not compared.
    """
    body = [skeleton.joint(name) for name in BODY]
    joints = np.where(labelled[:, body, None], xy[:, body], np.nan)  # (N, J, 2)
    nearest = np.full(joints.shape[:2], np.inf)  # (N, J), squared
    for step in range(1, len(body) // 2 + 1):
        square = squared_length(joints - np.roll(joints, -step, axis=1))
        nearest = np.fmin(nearest, square)
        nearest = np.fmin(nearest, np.roll(square, step, axis=1))
    out = np.full(labelled.shape, np.nan)
    out[:, body] = np.sqrt(nearest) / scale[:, None]
    return out


@rule("structure.collapsed", severity="reject", below=True)
def collapsed(xy: Floats, labelled: Bools, scale: Floats, fewest: float) -> Floats:
    """All keypoints lie in one place.

    RMS distance from their centre, over the square root of the area; of instances with
    at least `fewest` keypoints. Without an area, only where the distance is nought.
    """
    count = labelled.sum(axis=1)
    size = spread(xy, labelled, count)
    relative = np.where((size == 0) & np.isnan(scale), 0, size / scale)
    return np.where(count >= fewest, relative, np.nan)


@rule("structure.coincident-points", severity="review")
def coincident_points(xy: Floats, labelled: Bools, fewest: float) -> Floats:
    """Many keypoints lie exactly where another one does.

    Share of the labelled keypoints whose position another one has, too; of instances
    with at least `fewest`. A tool that puts what is missing in one place, or a limb
    that was never placed, leaves such a trace on any object.
    """
    count = labelled.sum(axis=1)
    far = np.arange(labelled.shape[1]) * -1e6 - 1e9  # each unlabelled point by itself
    place = np.where(labelled, xy[..., 0] + 1j * xy[..., 1], far)
    place.sort(axis=1)
    same = (np.diff(place, axis=1) == 0).sum(axis=1)
    return np.where(count >= fewest, same / count, np.nan)


@rule("structure.too-few-keypoints", severity="note", below=True)
def too_few_keypoints(
    labelled: Bools, origin: Bytes, scale: Floats, large: float
) -> Floats:
    """Few keypoints are labelled for an object of this size.

    Number of keypoints of an instance larger than `large` [px, square root of the
    area] that lacks any. Points that a tool interpolated or predicted count as
    labelled.
    """
    known = labelled | (origin > Origin.CORRECTED)
    some_missing = (scale > large) & ~known.all(axis=1)
    return np.where(some_missing, known.sum(axis=1), np.nan)


@rule("structure.incomplete", severity="note")
def incomplete(labelled: Bools, origin: Bytes) -> Floats:
    """Keypoints are missing that the project wants labelled.

    Share of the skeleton's keypoints without a label. Points that a tool interpolated
    or predicted count as labelled.
    """
    return 1 - (labelled | (origin > Origin.CORRECTED)).mean(axis=1)


def spread(xy: Floats, labelled: Bools, count: Ints) -> Floats:
    """RMS distance from the centre: (N, K, 2) [px], (N, K), (N,) -> (N,) [px]."""
    seen = labelled[..., None]
    centre = np.where(seen, xy, 0).sum(axis=1) / count[:, None]  # (N, 2)
    squares = np.where(seen, (xy - centre[:, None]) ** 2, 0).sum(axis=(1, 2))
    return np.sqrt(squares / count)


RULES = (
    not_finite,
    outside_frame,
    outside_box,
    box_outside_frame,
    box_too_small,
    area_exceeds_box,
    area_too_small,
    coincident_joints,
    coincident_points,
    collapsed,
    too_few_keypoints,
    incomplete,
)
