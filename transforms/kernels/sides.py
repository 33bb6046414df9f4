"""Left and right exchanged: somebody's mistake, or a whole vendor's reading of them.

Subject-left is the person's own left, image-left the left of the picture. The two are
the same of somebody seen from behind, and exchanged of somebody who faces the camera:
who goes by the image is wrong of the one and right of the other.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.body import LEAST, pairs
from posegate.transforms.kernels.geometry import length
from posegate.transforms.kernels.sums import WORK
from posegate.transforms.model.poses import Bools, Floats, scalars
from posegate.transforms.model.skeleton import Skeleton

ROUNDED = 0.999
"""Less than 1, by more than what sums of lengths lose in rounding."""

MOST_OF_THEM = 0.5
"""Share of an instance's pairs from which on it is drawn the wrong way round."""


def exchanged(
    xy: Floats, true: Floats, both: Bools, scale: Floats, skeleton: Skeleton
) -> Floats:
    """Share of left-right pairs that lie nearer the other way round: (M,).

    (M, K, 2) [px] twice, (M, K) what both label, (M,) [px]. Of pairs that lie far
    enough apart to tell; NaN without any.
    """
    found = pairs(skeleton)
    if not found:
        return np.full(len(xy), np.nan)
    left, right = np.array(found).T
    here, there = true.take(left, axis=1), true.take(right, axis=1)
    apart = length(here - there)  # (M, P)
    told = both[:, left] & both[:, right] & (apart > LEAST * scale[:, None])
    wrong = np.zeros(told.shape, np.bool_)
    # The other way is at least twice `apart` less this one long: next to nobody needs
    # four more lengths to be told.
    off = reach(xy.take(left, axis=1) - here) + reach(xy.take(right, axis=1) - there)
    row, pair = np.nonzero(told & (off > ROUNDED * apart))
    one, other = left[pair], right[pair]
    straight, crossed = (
        length(xy[row, one] - true[row, a]) + length(xy[row, other] - true[row, b])
        for a, b in ((one, other), (other, one))
    )
    wrong[row, pair] = crossed < straight
    number = told.sum(axis=1)
    share = wrong.sum(axis=1) / np.maximum(number, 1)
    return np.where(number > 0, share, np.nan)


def reach(offset: Floats) -> Floats:
    """|x| + |y|, which no length exceeds: (…, 2) [px] -> (…) [px]; NaN where either is.

    A tenth of the time of `length`.
    """
    return np.abs(offset[..., 0]) + np.abs(offset[..., 1])


def work(table: pa.RecordBatch) -> Floats:
    """(N, H) what pairs (`schema.agreement`) say of sides, for `sums.of_work`."""
    share, facing = (scalars(table[name]) for name in ("exchanged", "facing"))
    trusted = np.asarray(
        pc.is_in(table["kind"], value_set=pa.array(["gold", "review"]))
    )
    wrong = np.where(np.isfinite(share), (share > MOST_OF_THEM) * 1.0, np.nan)
    out = np.full((len(share), len(WORK)), np.nan)
    for name, here in (("inverted_front", facing > 0), ("inverted_back", facing < 0)):
        out[:, WORK.index(name)] = np.where(trusted & here, wrong, np.nan)
    return out
