"""How far each of a panel stands from the consensus of the others, the own point left
out: the nearest to a truth where nobody has placed gold."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from posegate.transforms.kernels import consensus, measures, oks
from posegate.transforms.kernels.body import body_error
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.geometry import length
from posegate.transforms.kernels.stream_sums import MOST_PX, of_streams
from posegate.transforms.kernels.sums import Sum, code, fixed
from posegate.transforms.model.poses import Bools, Floats, Poses
from posegate.transforms.model.skeleton import Skeleton

KIND = "consensus"
"""The kind of reference, as in the weekly sums."""

OTHERS = 2
"""Fewer others are no consensus."""


class Apart(NamedTuple):
    """M people's rows, the `middle` (M, K, 2) of the others who placed the point, which
    points at least `OTHERS` placed (M, K), and `scale` (M,) [px]."""

    row: Ints
    middle: Floats
    known: Bools
    scale: Floats


def of_seat(poses: Poses, seats: Ints, seat: int) -> Apart:
    """The people of one seat of M panels, (M, R) rows or -1, from all the others."""
    there = seats >= 0  # (M, R)
    row = np.where(there, seats, 0)
    m, r = seats.shape
    k = poses.labelled.shape[1]
    present = poses.labelled[row] & there[..., None]  # (M, R, K)
    present[:, seat] = False
    xy = np.moveaxis(poses.xy[row], 2, 1).reshape(m * k, r, 2)
    flat = np.moveaxis(present, 2, 1).reshape(m * k, r)
    middle = consensus.geometric_median(xy, flat).reshape(m, k, 2)
    known = present.sum(axis=1) >= OTHERS
    own = row[:, seat]
    return Apart(own, middle, known, np.sqrt(measures.area(poses)[own]))


def error(one: Apart, poses: Poses) -> Floats:
    """(M, K, 2) [px] from the consensus; NaN where one of the two is missing."""
    both = one.known & poses.labelled[one.row]
    return np.where(both[..., None], poses.xy[one.row] - one.middle, np.nan)


def distances(
    one: Apart, poses: Poses, who: pa.Array, skeleton: Skeleton
) -> Iterator[Sum]:
    """("consensus", annotator) (K, 3) [n, px, error / (sigma s)]; nobody nameless."""
    px = length(error(one, poses))
    q = np.full_like(px, np.nan)
    if skeleton.sigmas is not None:
        q = px / (skeleton.sigma * one.scale[:, None])
    known = np.isfinite(px)
    cut = (fixed(np.where(known, np.minimum(v, MOST_PX), 0)) for v in (px, q))
    each = np.stack([known.astype(np.int64), *cut], axis=2)  # (M, K, 3)
    group, names = code(who)
    total = np.zeros((len(names), *each.shape[1:]), np.int64)
    np.add.at(total, group, each)
    for (name,), cell in zip(names, total, strict=True):
        if name:
            yield (KIND, name, "", ""), cell


def streams(
    one: Apart,
    poses: Poses,
    who: pa.Array,
    week: pa.Array,
    skeleton: Skeleton,
    low: float,
) -> Iterator[Sum]:
    """The weekly sums (`stream_sums.of_streams`) of people whose OKS with the consensus
    is `low` and more: what is drawn as somebody else is no drift."""
    off = error(one, poses)
    alike = oks.symmetric(
        poses.xy[one.row],
        poses.labelled[one.row] & one.known,
        one.middle,
        one.known,
        one.scale**2,
        skeleton.sigma,
    ).oks_loc
    kept = np.flatnonzero(alike >= low)
    turned = body_error(
        off[kept], one.middle[kept], one.known[kept], one.scale[kept], skeleton
    )
    some = pa.array(kept)
    kind = pa.array([KIND] * len(kept), pa.string())
    yield from of_streams(
        (who.take(some), week.take(some), kind),
        off[kept],
        np.asarray(np.isfinite(off[kept]).all(axis=2)),
        one.scale[kept],
        skeleton.sigma,
        turned,
    )
