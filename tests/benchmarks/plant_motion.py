"""Faults of tracks, planted into a piece of a film one at a time.

A fault takes a piece and gives the films that it becomes, and which rows of the first
of them are wrong: (first, last). Sizes are over stature, which `tall` says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from films import Film

from posegate.transforms.model.poses import Floats

Planted = tuple[list[Film], tuple[int, int]] | None
Plant = Callable[[np.random.Generator, Film, float], Planted]

PIECE = 90
"""Rows of a film that a fault is planted into: noise is estimated from all of them."""


@dataclass(frozen=True)
class Fault:
    """What is planted, how strongly, and how."""

    name: str
    strength: str
    plant: Plant


def placed(piece: Film, rng: np.random.Generator, rows: slice) -> int | None:
    """A keypoint that is placed in all of some rows."""
    known = np.flatnonzero(np.isfinite(piece.xy[rows]).all(axis=(0, 2)))
    return int(rng.choice(known)) if len(known) else None


def trembling(
    size: float, rng: np.random.Generator, piece: Film, tall: float
) -> Planted:
    """A keypoint is placed with so much noise on each axis, all along."""
    joint = placed(piece, rng, slice(None))
    if joint is None:
        return None
    xy = piece.xy.copy()
    xy[:, joint] += rng.normal(0, size * tall, (len(xy), 2))
    return [replace(piece, xy=xy)], (0, len(xy) - 1)


def leaping(size: float, rng: np.random.Generator, piece: Film, tall: float) -> Planted:
    """A keypoint lies so far aside in one frame."""
    at = int(rng.integers(10, len(piece) - 10))
    joint = placed(piece, rng, slice(at - 1, at + 2))
    if joint is None:
        return None
    xy, turn = piece.xy.copy(), rng.uniform(0, 2 * np.pi)
    xy[at, joint] += size * tall * np.array([np.cos(turn), np.sin(turn)])
    return [replace(piece, xy=xy)], (at, at)


def copied(rows: int, rng: np.random.Generator, piece: Film, _: float) -> Planted:
    """All points of a frame stand in so many rows."""
    at = int(rng.integers(10, len(piece) - 10 - rows))
    xy = piece.xy.copy()
    xy[at : at + rows] = xy[at]
    return [replace(piece, xy=xy)], (at, at + rows - 1)


def forgotten(
    rows: int, moving: float, rng: np.random.Generator, piece: Film, _: float
) -> Planted:
    """A keypoint stays where it is for so many rows, while the others move."""
    at = int(rng.integers(5, len(piece) - 5 - rows))
    some = slice(at, at + rows)
    step = np.hypot(*np.moveaxis(np.diff(piece.xy[some], axis=0), 2, 0))
    joint = placed(piece, rng, some)
    if joint is None or np.nanmedian(step) < moving:
        return None
    xy = piece.xy.copy()
    xy[some, joint] = xy[at, joint]
    return [replace(piece, xy=xy)], (at, at + rows - 1)


def interpolated(
    apart: int, whole: bool, rng: np.random.Generator, piece: Film, _: float
) -> Planted:
    """Keyframes so many rows apart, straight lines between: three stretches."""
    at = int(rng.integers(3, len(piece) - 3 - 3 * apart))
    xy = piece.xy.copy()
    joint = placed(piece, rng, slice(at, at + 3 * apart + 1))
    if joint is None:
        return None
    some: int | slice = slice(None) if whole else joint
    for start in range(at, at + 3 * apart, apart):
        a, b = xy[start, some].copy(), xy[start + apart, some].copy()
        for j in range(1, apart):
            xy[start + j, some] = np.round(a + (b - a) * j / apart)
    moved = np.abs(np.diff(xy[at : at + 3 * apart + 1 : apart, joint], axis=0))
    if moved.max() < 1.5 * apart:
        return None  # who stands still needs no line
    return [replace(piece, xy=xy)], (at, at + 3 * apart)


def flipped(
    rows: int,
    pairs: Sequence[tuple[int, int]],
    rng: np.random.Generator,
    piece: Film,
    tall: float,
) -> Planted:
    """Left and right change places in so many rows, of pairs that lie apart."""
    at = int(rng.integers(10, len(piece) - 10 - rows))
    some, xy = slice(at, at + rows), piece.xy.copy()
    apart = 0.0
    for a, b in pairs:
        apart = max(apart, float(np.nan_to_num(np.hypot(*(xy[at, a] - xy[at, b])))))
        xy[some, [a, b]] = xy[some, [b, a]]
    if apart < 0.06 * tall:
        return None
    return [replace(piece, xy=xy)], (at, at + rows - 1)


def switched(
    away: float, rows: int, rng: np.random.Generator, piece: Film, tall: float
) -> Planted:
    """The track goes to another person so far away; for `rows` or for good.

    The other one moves as this one did half a piece before.
    """
    at = int(rng.integers(10, len(piece) - 10 - min(rows, 10)))
    turn = rng.uniform(0, 2 * np.pi)
    step = away * tall * np.array([np.cos(turn), np.sin(turn)])
    other = np.roll(piece.xy, len(piece) // 2, axis=0)
    here, there = np.nanmean(piece.xy[at], axis=0), np.nanmean(other[at], axis=0)
    other = other + here - there + step
    xy, back = piece.xy.copy(), piece.xy.copy()
    xy[at : at + rows], back[:] = other[at : at + rows], other
    back[at : at + rows] = piece.xy[at : at + rows]
    return [replace(piece, xy=xy), replace(piece, xy=back, track="b")], (at - 1, at)


def renamed(missing: int, rng: np.random.Generator, piece: Film, _: float) -> Planted:
    """The person gets a new id, after so many frames without one."""
    at = int(rng.integers(20, len(piece) - 20 - missing))
    new = replace(piece.cut(at + missing, len(piece)), track="b")
    return [new, piece.cut(0, at)], (0, 0)


def dropped(missing: int, rng: np.random.Generator, piece: Film, _: float) -> Planted:
    """So many frames of the track are missing."""
    at = int(rng.integers(20, len(piece) - 20 - missing))
    kept = np.r_[0:at, at + missing : len(piece)]
    return [replace(piece, xy=piece.xy[kept], frame=piece.frame[kept])], (at, at)


def doubled(slip: float, rng: np.random.Generator, piece: Film, tall: float) -> Planted:
    """A frame is there twice, the second time so far aside."""
    at = int(rng.integers(20, len(piece) - 20))
    again = piece.xy[at] + rng.normal(0, slip * tall, piece.xy[at].shape)
    xy = np.insert(piece.xy, at + 1, again, axis=0)
    frame = np.insert(piece.frame, at + 1, piece.frame[at])
    return [replace(piece, xy=xy, frame=frame)], (at, at + 1)


def faults(pairs: Sequence[tuple[int, int]]) -> list[Fault]:
    """All that is planted; `pairs` are the skeleton's left and right."""
    found = [
        *(Fault("trembling", f"{by} H", partial(trembling, by))
          for by in (0.01, 0.02, 0.03, 0.05)),
        *(Fault("a point aside in one frame", f"{by} H", partial(leaping, by))
          for by in (0.05, 0.1, 0.2, 0.4)),
        *(Fault("a frame copied", f"{n} rows", partial(copied, n)) for n in (2, 3, 8)),
        *(Fault("a point forgotten", f"{n} rows", partial(forgotten, n, 3.0))
          for n in (5, 8, 15)),
        *(Fault("interpolated, a point", f"every {n}", partial(interpolated, n, False))
          for n in (4, 6, 12)),
        *(Fault("interpolated, all", f"every {n}", partial(interpolated, n, True))
          for n in (4, 6, 12)),
        *(Fault("another person", f"{by} H away", partial(switched, by, PIECE))
          for by in (0.1, 0.25, 0.5, 1.0)),
        *(Fault("another person, 3 rows", f"{by} H away", partial(switched, by, 3))
          for by in (0.25, 1.0)),
        *(Fault("a new id", f"{n} missing", partial(renamed, n)) for n in (0, 4, 12)),
        *(Fault("frames missing", str(n), partial(dropped, n)) for n in (1, 5)),
        *(Fault("a frame twice", f"{by} H", partial(doubled, by)) for by in (0.0, 0.1)),
    ]  # fmt: skip
    if pairs:
        found += [
            Fault("left for right", f"{n} rows", partial(flipped, n, pairs))
            for n in (1, 5)
        ]
    if len(pairs) == 8:  # COCO's: the last three are of the legs
        found.append(
            Fault("left for right, legs", "5 rows", partial(flipped, 5, pairs[-3:]))
        )
    return found


def moved_by(xy: Floats) -> Floats:
    """(T - 1,) [px]: how far the median keypoint goes from row to row."""
    step = np.hypot(*np.moveaxis(np.diff(xy, axis=0), 2, 0))
    return np.asarray(np.nanmedian(step, axis=1))
