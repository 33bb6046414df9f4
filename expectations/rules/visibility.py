"""Whether the visibility flag and the position of a keypoint agree."""

import numpy as np

from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.rule import rule


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


RULES = (unlabelled_with_position, labelled_at_origin)
