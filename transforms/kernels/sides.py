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
    straight, crossed = (
        length(xy[:, left] - true[:, a]) + length(xy[:, right] - true[:, b])
        for a, b in ((left, right), (right, left))
    )  # (M, P)
    clear = length(true[:, left] - true[:, right]) > LEAST * scale[:, None]
    told = both[:, left] & both[:, right] & clear
    wrong = (told & (crossed < straight)).sum(axis=1)
    number = told.sum(axis=1)
    return np.where(number > 0, wrong / np.maximum(number, 1), np.nan)


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
