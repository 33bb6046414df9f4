"""Which unit a body's 3-D positions are in, where a file does not say."""

import numpy as np

from posegate.transforms.model.poses import Floats

_LEAST, _MOST = (
    0.05,
    4.0,
)  # m; a hand is 0.1 to 0.2, a man with raised arms 2.5


def unit_of(xyz: Floats) -> str | None:
    """`m` or `mm` by the size of the objects: (N, K, 3); None where it is neither.

    The size is the diagonal of an object's box, the median over the objects; NaN are
    left out. None, too, where no object has two points.
    """
    turned = np.ascontiguousarray(xyz.transpose(2, 1, 0))  # (3, K, N) reduces faster
    known = np.isfinite(turned)
    low = np.where(known, turned, np.inf).min(axis=1, initial=np.inf)  # (3, N)
    high = np.where(known, turned, -np.inf).max(axis=1, initial=-np.inf)
    spans = np.where(high >= low, high - low, 0.0)
    with np.errstate(over="ignore"):  # of what is no place: it is left out
        sizes = np.sqrt((spans**2).sum(axis=0))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not len(sizes):
        return None
    size = float(np.median(sizes))
    for unit, factor in (("m", 1.0), ("mm", 1000.0)):
        if _LEAST * factor <= size <= _MOST * factor:
            return unit
    return None
