"""Whether the points of a face can be those of one face.

Rules apply to skeletons in which a face is found (`Skeleton.face`): the 68 points of
300-W, also inside a whole body, and the 98 of WFLW.

         right eye of the person, left in the image
              1   2
          0 <───────> 3      EAR = (|1 5| + |2 4|) / (2 |0 3|)
              5   4
"""

import numpy as np

from posegate.transforms.kernels.geometry import length
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.rule import rule
from posegate.transforms.model.skeleton import Skeleton


def known(xy: Floats, labelled: Bools) -> Floats:
    """Positions, NaN where not labelled: (N, K, 2), (N, K) -> (N, K, 2)."""
    return np.where(labelled[..., None], xy, np.nan)


def openings(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """How far each eye is open at two places, over its width: (N, eyes, 2).

    From the upper lid to the lower, across the line of the corners; below 0 where the
    lower lid lies above the upper. NaN where one of the six points is missing.
    """
    assert skeleton.face
    eyes = known(xy, labelled)[:, skeleton.face.eyes]  # (N, 2, 6, 2)
    axis = eyes[:, :, 3] - eyes[:, :, 0]
    gap = eyes[:, :, [5, 4]] - eyes[:, :, [1, 2]]  # (N, 2, 2, 2)
    across = axis[..., None, 0] * gap[..., 1] - axis[..., None, 1] * gap[..., 0]
    return across / np.square(length(axis))[..., None]


def aspect_ratios(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """The eye aspect ratio, right and left (Soukupova and Cech 2016): (N, 2)."""
    assert skeleton.face
    eyes = known(xy, labelled)[:, skeleton.face.eyes]
    open_ = length(eyes[:, :, 1] - eyes[:, :, 5]) + length(
        eyes[:, :, 2] - eyes[:, :, 4]
    )
    return open_ / (2 * length(eyes[:, :, 3] - eyes[:, :, 0]))


def widths(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """From corner to corner of the right and the left eye: (N, 2) [px]."""
    assert skeleton.face
    eyes = known(xy, labelled)[:, skeleton.face.eyes]
    return length(eyes[:, :, 3] - eyes[:, :, 0])


def size(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """RMS distance of the face's points from their mean: (N,) [px]."""
    points = known(xy, labelled)[:, region(skeleton)]
    count = np.isfinite(points[..., 0]).sum(axis=1)
    mean = np.nansum(points, axis=1) / np.maximum(count, 1)[:, None]
    squares = np.nansum(np.square(points - mean[:, None]), axis=(1, 2))
    return np.sqrt(squares / np.where(count > 1, count, np.nan))


def region(skeleton: Skeleton) -> list[int]:
    """Where the points of the face stand."""
    assert skeleton.face
    first = min(skeleton.face.outline)
    return list(range(first, first + (98 if len(skeleton.face.outline) > 17 else 68)))


def mirrored(skeleton: Skeleton) -> tuple[list[int], list[int]]:
    """The points of the face that mirror one another: right ones, left ones."""
    assert skeleton.face
    other = dict(skeleton.flip_pairs) | {b: a for a, b in skeleton.flip_pairs}
    right = [point for point in skeleton.face.right if point in other]
    return right, [other[point] for point in right]


def spread(mine: Floats, there: list[int], k: int) -> Floats:
    """Values of some keypoints as (N, K), NaN elsewhere."""
    out = np.full((len(mine), k), np.nan)
    out[:, there] = mine
    return out


@rule("face.left-right", severity="review", needs=("face",))
def left_right(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """The left and the right side of the face are swapped.

    Which way the face is mirrored: from the person's right to the left, across from
    brow to chin, over the product of both lengths. A face seen from outside has one
    sign only, in any pose.
    """
    assert skeleton.face
    points = known(xy, labelled)
    right, left = mirrored(skeleton)
    over = np.nansum(points[:, left] - points[:, right], axis=1)
    down = points[:, skeleton.face.middle[-1]] - points[:, skeleton.face.middle[0]]
    cross = over[:, 0] * down[:, 1] - over[:, 1] * down[:, 0]
    return -cross / (length(over) * length(down))


def across(
    xy: Floats, labelled: Bools, skeleton: Skeleton
) -> tuple[Floats, Floats, Floats]:
    """From each right point of the face to its left twin, over the size of the face.

    (N, P) along their common direction, (N, P) aside from it, (N,) how many there are.
    All these lines are nearly parallel, in whatever way the head is turned.
    """
    points = known(xy, labelled)
    right, left = mirrored(skeleton)
    gap = points[:, left] - points[:, right]  # (N, P, 2)
    common = np.nansum(gap, axis=1)
    common = (common / length(common)[:, None])[:, None]  # (N, 1, 2)
    along = (gap * common).sum(axis=2)
    aside = gap[..., 1] * common[..., 0] - gap[..., 0] * common[..., 1]
    extent = size(xy, labelled, skeleton)[:, None]
    return along / extent, aside / extent, np.isfinite(along).sum(axis=1)


def of_pairs(values: Floats, skeleton: Skeleton, k: int) -> Floats:
    """Values of mirrored pairs (N, P) at both ends: (N, K), NaN elsewhere."""
    right, left = mirrored(skeleton)
    return np.fmax(spread(values, right, k), spread(values, left, k))


@rule("face.mirror-symmetry", severity="review", needs=("face",))
def mirror_symmetry(
    xy: Floats, labelled: Bools, fewest: float, skeleton: Skeleton
) -> Floats:
    """Two points that mirror one another do not lie across the face.

    How far the line between them leaves the direction that such lines have in common,
    over the size of the face; of faces with at least `fewest` pairs.
    """
    _, aside, count = across(xy, labelled, skeleton)
    off = np.where((count >= fewest)[:, None], np.abs(aside), np.nan)
    return of_pairs(off, skeleton, labelled.shape[1])


@rule("face.pair-exchanged", severity="review", needs=("face",))
def pair_exchanged(
    xy: Floats, labelled: Bools, fewest: float, skeleton: Skeleton
) -> Floats:
    """A point of the right and one of the left of the face changed places.

    How far the two lie the wrong way round, over the size of the face; of faces with at
    least `fewest` pairs.
    """
    along, _, count = across(xy, labelled, skeleton)
    off = np.where((count >= fewest)[:, None], -along, np.nan)
    return of_pairs(off, skeleton, labelled.shape[1])


@rule("face.contour-order", severity="review", needs=("face",))
def contour_order(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """The outline of the face turns back: its points are out of order.

    Degrees by which the line along the chin changes direction at a point.
    """
    assert skeleton.face
    outline = list(skeleton.face.outline)
    steps = np.diff(known(xy, labelled)[:, outline], axis=1)  # (N, M - 1, 2)
    before, after = steps[:, :-1], steps[:, 1:]
    cross = before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0]
    turn = np.degrees(np.abs(np.arctan2(cross, (before * after).sum(axis=2))))
    moves = (length(before) > 0) & (length(after) > 0)
    turn = np.where(moves, turn, np.nan)
    return spread(turn, outline[1:-1], labelled.shape[1])


@rule("face.lids-exchanged", severity="review", needs=("face",))
def lids_exchanged(xy: Floats, labelled: Bools, skeleton: Skeleton) -> Floats:
    """The upper and the lower lid of an eye are exchanged.

    How far the lower lid lies above the upper, over the width of the eye.
    """
    assert skeleton.face
    crossed = -openings(xy, labelled, skeleton)  # (N, 2, 2)
    k = labelled.shape[1]
    out = np.full((len(xy), k), np.nan)
    for eye, points in enumerate(skeleton.face.eyes):
        upper, lower = [points[1], points[2]], [points[5], points[4]]
        out[:, upper] = out[:, lower] = crossed[:, eye]
    return out


def frontal(xy: Floats, labelled: Bools, narrow: float, skeleton: Skeleton) -> Floats:
    """The eye aspect ratios, NaN for an eye that is seen from the side: (N, 2).

    One that is narrower than `narrow` times the other: a ratio grows without bounds as
    its eye turns away.
    """
    width = widths(xy, labelled, skeleton)
    aside = width < narrow * width[:, ::-1]
    return np.where(aside, np.nan, aspect_ratios(xy, labelled, skeleton))


@rule("face.eye-aspect-ratio", severity="review", needs=("face",))
def eye_aspect_ratio(
    xy: Floats, labelled: Bools, narrow: float, skeleton: Skeleton
) -> Floats:
    """An eye is open wider than eyes open.

    The larger of the two eye aspect ratios; an eye narrower than `narrow` times the
    other is seen from the side and not judged. What lies above is a lid that was placed
    on the brow, or a corner inside the eye.
    """
    return np.fmax.reduce(frontal(xy, labelled, narrow, skeleton), axis=1)


@rule("face.eyes-differ", severity="note", needs=("face",))
def eyes_differ(
    xy: Floats, labelled: Bools, narrow: float, skeleton: Skeleton
) -> Floats:
    """One eye is much wider open than the other.

    The difference of the two eye aspect ratios, where neither is narrower than `narrow`
    times the other. People wink; for a judgement on drowsiness it is worth a look.
    """
    right, left = frontal(xy, labelled, narrow, skeleton).T
    return np.abs(right - left)


@rule("face.eye-too-small-for-ratio", severity="note", needs=("face",))
def eye_too_small_for_ratio(
    xy: Floats, labelled: Bools, error_px: float, skeleton: Skeleton
) -> Floats:
    """An eye is so small that the annotator's own error decides its aspect ratio.

    The standard error of the worse ratio if every point is off by `error_px` [px, RMS
    distance], independently: error / width x sqrt(1/2 + ratio^2), by propagation.
    """
    ratio, width = (f(xy, labelled, skeleton) for f in (aspect_ratios, widths))
    return np.fmax.reduce(error_px / width * np.sqrt(0.5 + np.square(ratio)), axis=1)


RULES = (
    left_right,
    mirror_symmetry,
    pair_exchanged,
    contour_order,
    lids_exchanged,
    eye_aspect_ratio,
    eyes_differ,
    eye_too_small_for_ratio,
)
