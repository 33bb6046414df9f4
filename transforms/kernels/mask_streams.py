"""Drift of masks: how far off outlines are, as if they were keypoints.

A class of objects stands in the place of a keypoint. What of a mask is wrong, as a part
of all that it or its reference covers (1 - IoU), is a vector of that length:

    along x   what is too much less what is too little: wider outlines, or tighter ones
    along y   the rest, which lies on both sides: shifted, ragged

in px, as a ring of that area is wide around a disc as large as the object. So the
question whether an offset moved is whether outlines grew wider or tighter, and whether
errors grew is that of 1 - IoU; baselines, variances and multiple tests are the same.

Boundary IoU is no stream of its own. Of 400 masks of people in COCO val2017, one in
seven of which lacks a part, outlines made coarser by 3 % of the scale (mean IoU .93 for
.94) move ln of the ring by .46 of its standard deviation, ln(1 - boundary IoU) by .35;
ragged ones by .97 and .76 (tests/transforms/kernels/test_boundary_real.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import stable_hash
from posegate.transforms.kernels.score import category_names
from posegate.transforms.kernels.stream_sums import of_streams
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.model.poses import Bools, Floats, scalars
from posegate.transforms.model.skeleton import Skeleton

ROUND = 2 * np.sqrt(np.pi)
"""The edge of a disc over the root of its area."""

SIGMA = 0.03
"""Usual width of a ring over the root of the object's area: that of an IoU of .9."""

KIND = "outline"
"""The statistic of which these are the sums: (KIND, annotator, week, kind + `IN` +
class), one row each."""

IN = "\x1f"

OBJECT = "object"
"""The class where nobody says one."""


def of_masks(pairs: pa.RecordBatch, fair: Bools, hard: Floats) -> Iterator[Sum]:
    """(KIND, annotator, week, kind and class) (1, S), as `stream_sums.of_streams`.

    Of N pairs (`schema.agreement`) those that are `fair`: what misses its object is a
    defect of that instance. `hard` (N, 2) as `pair_sums.hard`.
    """
    error, scale = errors(pairs), scalars(pairs["scale"])
    rows = np.flatnonzero(fair & np.isfinite(error).all(axis=1))
    some = pairs.take(pa.array(rows))
    named = pc.binary_join_element_wise(some["kind"], classes(some), IN)
    sums = of_streams(
        (some["annotator"], some["week"], named),
        error[rows, None],
        np.ones((len(rows), 1), bool),
        scale[rows],
        np.array([SIGMA]),
        hard=hard[rows],
    )
    for (_, *names), cells in sums:
        annotator, week, kind = names
        yield (KIND, annotator, week, kind), cells


def classes(pairs: pa.RecordBatch) -> pa.Array:
    """(N,) the reference's category, else the own one."""
    return plain(pc.coalesce(pairs["reference_category"], pairs["category"]))


def plain(categories: pa.Array) -> pa.Array:
    """(N,) names of classes, but for capitals and blanks; `OBJECT` for none."""
    name = category_names(categories.cast(pa.string()))
    return pc.if_else(pc.fill_null(pc.not_equal(name, ""), False), name, OBJECT)


def errors(pairs: pa.RecordBatch) -> Floats:
    """(N, 2) [px] how much too wide outlines are, and how far off besides; NaN without
    an IoU. The second has no direction: a hash of the instance gives it one."""
    iou, ratio, scale = (
        scalars(pairs[name]) for name in ("mask_iou", "mask_ratio", "scale")
    )
    net = (ratio - 1) / (ratio + 1) * (1 + iou)
    rest = np.sqrt(np.maximum((1 - iou) ** 2 - net**2, 0.0))
    side = np.where(stable_hash(pairs["instance"]) % np.uint64(2) == 0, 1.0, -1.0)
    return np.stack([net, rest * side], axis=1) * (scale / ROUND)[:, None]


def outlined(skeleton: Skeleton, names: Sequence[str]) -> Skeleton:
    """The skeleton whose keypoints are the classes of masks; itself of keypoints."""
    if not skeleton.masked or not names:
        return skeleton
    return replace(skeleton, keypoints=tuple(names), sigmas=(SIGMA,) * len(names))


def known(tables: Sequence[pa.Table]) -> list[str]:
    """The classes of all weekly sums (`streams.WEEKLY`), in order."""
    found = [pc.unique(each["keypoint"]).to_pylist() for each in tables]
    return sorted({name for some in found for name in some})


def direction(dx: float, dy: float) -> str:
    """What an offset says, in words of outlines."""
    if abs(dx) < abs(dy):
        return "off"
    return "wider" if dx > 0 else "tighter"
