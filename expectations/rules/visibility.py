"""Whether the visibility flag and the position of a keypoint agree."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bools, Bytes, Floats
from posegate.transforms.model.rule import rule
from posegate.transforms.model.schema import Visibility

BLUR = ("blur", "blurred", "motion_blur")
SHARP = ("", "0", "false", "no", "none", "low", "sharp")


@rule("visibility.unlabelled-with-position", severity="review")
def unlabelled_with_position(xy: Floats, labelled: Bools) -> Bools:
    """A keypoint marked as not labelled still has a position.

    Readers disagree about such points: some drop them, some train on them. Either the
    flag is wrong, or the export forgot to clear the position.
    """
    return ~labelled & both(np.isfinite(xy))


@rule("visibility.labelled-at-origin", severity="reject")
def labelled_at_origin(xy: Floats, labelled: Bools) -> Bools:
    """A keypoint marked as labelled lies at exactly (0, 0).

    That is how formats write a missing point; with a flag above 0 it is scored and
    trained on as a point in the corner of the image.
    """
    return labelled & both(xy == 0)


def blurred(attributes: pa.Array) -> Bools:
    """(N,): an attribute says that the object is blurred by motion.

    `blur` or `motion_blur`, with a value other than a denial or nought.
    """
    said = np.zeros(len(attributes), bool)
    for name in BLUR:
        value = pc.map_lookup(attributes, name, "first")
        denied = pc.is_in(pc.utf8_lower(value), value_set=pa.array(SHARP))
        yes = pc.and_(pc.is_valid(value), pc.invert(denied))
        said |= yes.to_numpy(zero_copy_only=False)
    return said


@rule("visibility.blurred-but-visible", severity="note", given={"blurred": blurred})
def blurred_but_visible(
    blurred: Bools, labelled: Bools, visibility: Bytes, fewest: float
) -> Floats:
    """The object is blurred by motion, yet all its keypoints are marked as visible.

    Share of the labelled keypoints with flag 2, of objects that an attribute calls
    blurred and that have at least `fewest`: some joint of a blurred body must be a
    guess, so a flag of 1 or 3 is missing somewhere.
    """
    count = labelled.sum(axis=1)
    share = (labelled & (visibility == Visibility.VISIBLE)).sum(axis=1) / count
    return np.where(blurred & (count >= fewest), share, np.nan)


@rule("visibility.tier-not-agreed", severity="review")
def tier_not_agreed(labelled: Bools, visibility: Bytes) -> Floats:
    """A visibility flag belongs to a scheme of more tiers than was agreed.

    The flag of a labelled keypoint: 1 occluded, 2 visible, and in schemes of four tiers
    3, certain in spite of partial occlusion. COCO's three tiers end at 2; tools that
    know only these drop or misread a 3.
    """
    return np.where(labelled, visibility, np.nan)


RULES = (
    *(unlabelled_with_position, labelled_at_origin, blurred_but_visible),
    tier_not_agreed,
)
