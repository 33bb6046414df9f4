"""What is summed of the pairs of one annotator, keypoint and week: integers.

Fixed point, so that any sharding and any order of deliveries give the same bits.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.geometry import length, where
from posegate.transforms.kernels.sums import Sum, code
from posegate.transforms.model.poses import Bools, Floats

UNIT = 1 << 20
"""Sums hold round(x * UNIT) of every x, counts too."""

PLAIN = ("n", "log", "log2", "q", "q2", "gross", "px", "scale")
IMAGE = ("wx", "wy", "wx2", "wxwy", "wy2", "hx", "hy", "hx2", "hy2")
BODY = (
    *("body_n", "body_wx", "body_wy", "body_wx2", "body_wy2"),
    *("body_hx", "body_hy", "body_hx2", "body_hy2"),
)
HARD = ("scale", "hidden", "crowd")
"""What makes an instance hard: ln s, the share of its keypoints that the reference
calls occluded, ln of the people in the image."""

CROSS = tuple((a, b) for i, a in enumerate(HARD) for b in HARD[i:])
DIFFICULTY = (
    *HARD[1:],
    *(f"{a}_{b}" for a, b in CROSS),
    *(f"{a}_{of}" for of in ("log", "gross") for a in HARD),
)
STATISTICS = (*PLAIN, *IMAGE, *BODY, *DIFFICULTY)
"""With q = error / (sigma s): `n` pairs; `log`, `log2` of q between LEAST_Q and RADIUS;
`q`, `q2` of q up to RADIUS; `gross` how many exceed RADIUS; `px` error up to MOST_PX;
`scale` ln s. The offset over sigma s in the axes of the image: `wx` … `wy2` shortened
to RADIUS, which tell an effect; `hx` … `hy2` shortened to NEAR, which test it. `body_…`
the same in the axes of the body, of the `body_n` pairs that have them. Then sums and
products of what makes an instance hard (`HARD`), with one another, `log` and `gross`.
"""

RADIUS = 3.0
NEAR = 1.5
"""Where offsets are shortened before they are tested. Slips are then worth two thirds
of a sigma s more than an honest error, not five times one: in the simulated fleet the
tails of a week of eight pairs are honest (1.0 of what they should be at p = .001,
against 1.6 with RADIUS), and .6 sigma is found within four weeks in 72 % instead of 62.
"""

LEAST_Q = 0.05
MOST_PX = 1e6  # a broken coordinate must not overflow the sum


def of_streams(
    who: tuple[pa.Array, pa.Array, pa.Array],
    error: Floats,
    both: Bools,
    scale: Floats,
    sigma: Floats,
    body: Floats | None = None,
    hard: Floats | None = None,
) -> Iterator[Sum]:
    """`sums` of N pairs under ("weekly", annotator, week, kind), three (N,) columns.

    What has no week takes part in nothing.
    """
    group, names = code(*who)
    dated = np.array([bool(week) for _, week, _ in names], np.bool_)
    kept = np.where(dated[group], group, -1)
    table = grouped_sums(kept, len(names), error, both, scale, sigma, body, hard)
    for (annotator, week, kind), cells in zip(names, table, strict=True):
        if week:
            yield ("weekly", annotator, week, kind), cells


def sums(
    error: Floats,
    both: Bools,
    scale: Floats,
    sigma: Floats,
    body: Floats | None = None,
    hard: Floats | None = None,
) -> Ints:
    """Sums over pairs: (N, K, 2) [px], (N, K), (N,) [px], (K,) -> (K, S) fixed point.

    `error` is annotator minus reference, `scale` the root of the object's area, `body`
    (N, K, 2) the error in axes of the body, NaN where it has none, `hard` (N, 2) the
    share that is occluded and ln of the people in the image. A pair without a scale and
    a keypoint without a finite error count nowhere.
    """
    each = _contributions(error, both, scale, sigma, body, hard)
    return np.stack([added.sum(axis=0) for added in each], axis=-1)


def grouped_sums(
    group: Ints,
    groups: int,
    error: Floats,
    both: Bools,
    scale: Floats,
    sigma: Floats,
    body: Floats | None = None,
    hard: Floats | None = None,
) -> Ints:
    """`sums` of each group: (N,) numbers from 0 -> (groups, K, S).

    Rows with a negative group (no annotator, no week) count nowhere.
    """
    order = np.argsort(group, kind="stable")
    order = order[group[order] >= 0]
    out = np.zeros((groups, both.shape[1], len(STATISTICS)), np.int64)
    if len(order):
        ranked = group[order]
        first = np.flatnonzero(np.diff(ranked, prepend=-1))
        turned, known = (None if x is None else x[order] for x in (body, hard))
        each = _contributions(
            error[order], both[order], scale[order], sigma, turned, known
        )
        for place, added in enumerate(each):
            out[ranked[first], :, place] = np.add.reduceat(added, first, axis=0)
    return out


def _contributions(
    error: Floats,
    both: Bools,
    scale: Floats,
    sigma: Floats,
    body: Floats | None,
    hard: Floats | None,
) -> Iterator[Ints]:
    """What each pair adds, one statistic at a time: S times (N, K) fixed point."""
    usable = (scale > 0) & np.isfinite(scale)  # (N,)
    counted = both & np.isfinite(error).all(axis=-1) & usable[:, None]  # (N, K)
    unit = sigma * np.where(usable, scale, 1.0)[:, None]  # (N, K) [px]
    px, error = _lengths(error, counted)
    plain = list(_plain(px, unit, scale))
    for each in plain:
        yield _fixed(each, counted)
    (wx, wy), (hx, hy) = _offsets(error, px, unit)
    squares = wx * wx, wx * wy, wy * wy
    for each in (wx, wy, *squares, hx, hy, hx * hx, hy * hy):
        yield _fixed(each, counted)
    if body is None:
        yield from (np.zeros(counted.shape, np.int64) for _ in BODY)
    else:
        turned = counted & np.isfinite(body).all(axis=-1)
        px, body = _lengths(body, turned)
        (wx, wy), (hx, hy) = _offsets(body, px, unit)
        wide, near = (wx, wy, wx * wx, wy * wy), (hx, hy, hx * hx, hy * hy)
        for each in (np.ones_like(unit), *wide, *near):
            yield _fixed(each, turned)
    known = dict(zip(PLAIN, plain, strict=True))
    for each in _difficulty(known, hard):
        yield _fixed(each, counted)


def _difficulty(plain: Mapping[str, Floats], hard: Floats | None) -> Iterator[Floats]:
    """What makes instances hard, and its products, in the order of `DIFFICULTY`."""
    shape = plain["n"].shape
    x = {"scale": np.where(np.isfinite(plain["scale"]), plain["scale"], 0.0)}
    for i, name in enumerate(HARD[1:]):
        column = np.zeros(shape[0]) if hard is None else np.nan_to_num(hard[:, i])
        x[name] = np.broadcast_to(column[:, None], shape)
    yield from (x[name] for name in HARD[1:])
    yield from (x[a] * x[b] for a, b in CROSS)
    yield from (x[a] * plain[of] for of in ("log", "gross") for a in HARD)


def _lengths(error: Floats, counted: Bools) -> tuple[Floats, Floats]:
    """(N, K) [px] and (N, K, 2) [px] of the errors that count; 0 of the others."""
    known = where(counted, error, 0.0)
    return length(known), known


def _plain(px: Floats, unit: Floats, scale: Floats) -> Iterator[Floats]:
    """What has no direction, in the order of `PLAIN`."""
    with np.errstate(over="ignore"):
        q = px / unit
    log = np.log(np.clip(q, LEAST_Q, RADIUS))
    short = np.minimum(q, RADIUS)
    size = np.log(np.where(scale > 0, scale, 1.0))[:, None] * np.ones_like(q)
    ones = np.ones_like(q)
    yield from (ones, log, log * log, short, short * short, ones * (q > RADIUS))
    yield from (np.minimum(px, MOST_PX), size)


def _offsets(
    error: Floats, px: Floats, unit: Floats
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Offsets over sigma s, up to RADIUS and up to NEAR: (N, K) each."""
    with np.errstate(over="ignore"):  # then it is gross, and has no direction
        q = px / unit
    wide, near = (limit / np.maximum(q, limit) / unit for limit in (RADIUS, NEAR))
    x, y = error[..., 0], error[..., 1]
    return (x * wide, y * wide), (x * near, y * near)


def _fixed(values: Floats, counted: Bools) -> Ints:
    with np.errstate(invalid="ignore"):
        return np.rint(np.where(counted, values, 0.0) * UNIT).astype(np.int64)


def by_statistic(weekly: Ints) -> dict[str, Floats]:
    """Each statistic as a number: (A, W, K, S) fixed point -> (A, W, K) each.

    One annotator at a time, whose sums the cache of a processor holds.
    """
    out = np.empty((weekly.shape[-1], *weekly.shape[:-1]))
    for a, own in enumerate(weekly):
        out[:, a] = np.moveaxis(own, -1, 0)
    out /= UNIT
    return dict(zip(STATISTICS, out, strict=True))


def contract(weekly: Ints, limit_px: float = 8.0) -> Bools:
    """Mean error above a limit in two consecutive weekly reports: (A, W, K, S) ->
    (A, W, K), true in the second week.

    W consecutive weeks; a week without pairs is a report that exceeds nothing. It
    mostly measures person size and the kind of joint: kept because contracts name it.
    """
    n = weekly[..., STATISTICS.index("n")] / UNIT
    px = weekly[..., STATISTICS.index("px")] / UNIT
    above = px > limit_px * n  # (A, W, K), false where n = 0
    again = np.zeros_like(above)
    again[:, 1:] = above[:, 1:] & above[:, :-1]
    return again
