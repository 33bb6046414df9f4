"""What a pair is judged by: OKS of keypoints, IoU of masks."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.model.poses import Bools, Floats, scalars
from posegate.transforms.model.skeleton import Skeleton


class Score(NamedTuple):
    """A number from 0 to 1 of each pair, by columns of `schema.agreement`.

    `trusted` is the column against gold and reviews, `between` that of two annotators.
    """

    name: str
    trusted: str
    between: str

    def of(self, pairs: pa.RecordBatch) -> Floats:
        """(N,) the score of each pair; NaN where there is none."""
        second = np.asarray(pc.equal(pairs["kind"], "second"))
        return np.where(
            second, scalars(pairs[self.between]), scalars(pairs[self.trusted])
        )

    def bad(self, pairs: pa.RecordBatch, low: float) -> Bools:
        """(N,) nonconforming: a score below `low`, or of another category."""
        score = self.of(pairs)
        return np.isfinite(score) & ((score < low) | confused(pairs))


OKS = Score("OKS", "oks", "oks_sym")
IOU = Score("IoU", "mask_iou", "mask_iou")


def score_of(skeleton: Skeleton) -> Score:
    """What instances of a skeleton are judged by."""
    return IOU if skeleton.masked else OKS


def confused(pairs: pa.RecordBatch) -> Bools:
    """(N,) both sides say a category, and not the same one (but for capitals)."""
    sides = ("category", "reference_category")
    own, other = (category_names(pairs[name]) for name in sides)
    return np.asarray(pc.not_equal(own, other).fill_null(False))


def category_names(categories: pa.Array) -> pa.Array:
    """(N,) names of categories, but for capitals and blanks around them."""
    return pc.utf8_lower(pc.utf8_trim_whitespace(categories))
