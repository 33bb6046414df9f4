"""Whether a mask can be the outline of one object, and of the one that has the points.

A rule here says nothing of an instance without a mask, nor of one that cannot be read,
but for the two that are about this. Lengths over scale are over the square root of the
mask's own area.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from posegate.transforms.kernels.mask_shapes import Shapes
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.rule import rule

Names = npt.NDArray[np.object_]


def shapes(segmentation: pa.Array, size: Floats) -> Shapes:
    """The masks of a batch, read once for all rules."""
    return Shapes.of(segmentation, size)


@rule("mask.missing", severity="review", of="mask", given={"shapes": shapes})
def missing(shapes: Shapes) -> Bools:
    """There is no mask where masks are what is delivered."""
    return ~shapes.given


@rule("mask.unreadable", severity="review", given={"shapes": shapes})
def unreadable(shapes: Shapes, size: Floats) -> Bools:
    """The mask cannot be painted into its image.

    Neither polygons of three corners and more nor runs that fill the image, of another
    image's size, wholly outside, or with nothing inside. Where the image's size is not
    known nothing can be said.
    """
    return shapes.given & ~shapes.there & (size > 0).all(axis=1)


@rule("mask.outside-frame", severity="review", given={"shapes": shapes})
def outside_frame(shapes: Shapes, size: Floats) -> Floats:
    """A polygon of the mask reaches beyond the image.

    Pixels beyond the image's outer edge, which in COCO's polygons is 0 and w. It is cut
    off where the mask is painted, but areas and boxes are often computed before.
    """
    of = shapes.polygon_of
    low = np.array([p.min(axis=0) for p in shapes.polygons]).reshape(-1, 2)
    high = np.array([p.max(axis=0) for p in shapes.polygons]).reshape(-1, 2)
    beyond = np.maximum(-low, high - size[of]).max(axis=1)
    return shapes.worst(of, beyond, largest=True)


@rule("mask.crosses-itself", severity="review", given={"shapes": shapes})
def crosses_itself(shapes: Shapes) -> Floats:
    """The outline crosses itself.

    Pairs of edges of one polygon that cross. Tools disagree about what is inside of
    such a polygon: corners were set out of order, or one was dragged across.
    """
    return shapes.worst(shapes.polygon_of, shapes.crossings, largest=True)


@rule("mask.hole", severity="review", given={"shapes": shapes})
def hole(shapes: Shapes) -> Floats:
    """The mask has a hole.

    Pixels of the largest hole over those of the mask and it. A part that was painted
    over, or the inside of a ring; outlines of people and animals rarely have one.
    """
    return shapes.holes / (shapes.area + shapes.holes)


@rule("mask.sliver", severity="review", below=True, given={"shapes": shapes})
def sliver(shapes: Shapes, longest: float) -> Floats:
    """A part of the mask is a thin line.

    Mean width [px] of the thinnest part that is at least `longest` px long: its area
    over the longer side of its box. A stroke that slipped, or what is left of a part
    that was erased.
    """
    parts = shapes.parts
    long = (parts.box[:, 2:] - parts.box[:, :2]).max(axis=1)
    wide = np.where(long >= longest, parts.area / long, np.nan)
    return shapes.worst(parts.of, wide, largest=False)


@rule("mask.parts-apart", severity="review", given={"shapes": shapes})
def parts_apart(shapes: Shapes) -> Floats:
    """A part of the mask lies far from the rest of it.

    Distance of its box from that of the largest part, along one axis, over scale. An
    object behind others falls into parts, but near one another; what is farther is a
    click in the wrong place, or two objects in one mask.
    """
    parts = shapes.parts
    main = parts.box[shapes.largest[parts.of]]
    before, behind = main[:, :2] - parts.box[:, 2:], parts.box[:, :2] - main[:, 2:]
    gap = np.maximum(before, behind).max(axis=1)
    return shapes.worst(parts.of, gap / shapes.scale[parts.of], largest=True)


@rule("mask.area-differs", severity="review", given={"shapes": shapes})
def area_differs(
    shapes: Shapes, area: Floats, area_source: Names, large: float
) -> Floats:
    """The area is not that of the mask.

    Their difference over the mask's; of masks larger than `large` [px, scale], where a
    row of pixels along the edge matters less. The area was not computed again when the
    mask was changed, or is of another instance.
    """
    known = (area_source == "segment") & (shapes.scale > large)
    return np.where(known, np.abs(area / shapes.area - 1), np.nan)


@rule("mask.box-differs", severity="review", given={"shapes": shapes})
def box_differs(shapes: Shapes, bbox: Floats) -> Floats:
    """The box is not that of the mask.

    Largest distance between their sides beyond a pixel, over the longer side of the
    mask's box. A mask and a box that do not belong to one another, or one of them was
    changed later.
    """
    own = shapes.box
    low = np.abs(own[:, :2] - bbox[:, :2])
    high = np.abs(own[:, :2] + own[:, 2:] - bbox[:, :2] - bbox[:, 2:])
    off = np.maximum(low, high).max(axis=1) - 1
    return np.maximum(off, 0) / own[:, 2:].max(axis=1)


@rule("mask.keypoint-outside", severity="review", given={"shapes": shapes})
def keypoint_outside(shapes: Shapes, xy: Floats, visible: Bools) -> Floats:
    """A visible keypoint lies outside the instance's own mask.

    Distance from the mask over scale. Two people's masks or limbs were exchanged, or
    either is in the wrong place. Occluded points are never blamed: a mask goes round
    what is seen.
    """
    return shapes.away(xy, visible) / shapes.scale[:, None]


RULES = (
    missing,
    unreadable,
    outside_frame,
    crosses_itself,
    hole,
    sliver,
    parts_apart,
    area_differs,
    box_differs,
    keypoint_outside,
)
