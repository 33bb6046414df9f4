"""Faults of poses in 3-D, planted into one frame of a piece of a trial, or all of it.

A fault takes the piece and a row and gives the piece changed, or None where it cannot
be planted there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from bodies_3d import Trial

from posegate.transforms.kernels.joints import Body, axes, dot
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import Skeleton

PIECE = 60
"""Rows of a piece: a track's medians are of all of them."""

Plant = Callable[[np.random.Generator, Trial, int, Skeleton], Trial | None]


@dataclass(frozen=True)
class Fault:
    """What is planted, how strongly, and how; `whole` into all rows of the piece."""

    name: str
    strength: str
    plant: Plant
    whole: bool = False


def side_of(rng: np.random.Generator) -> str:
    """Left or right."""
    return str(rng.choice(["left", "right"]))


def at(skeleton: Skeleton, side: str, *parts: str) -> list[int] | None:
    """Where parts of a side stand, None if one is not there."""
    names = [f"{side} {part}" for part in parts]
    known = skeleton.body
    return [known[name] for name in names] if set(names) <= known.keys() else None


def turned(
    xyz: Floats, joint: int, end: int, beyond: Sequence[int], way: Floats
) -> Floats:
    """A segment laid along a unit vector (3,), what hangs on it along with it."""
    size = np.linalg.norm(xyz[end] - xyz[joint])
    moved = xyz[joint] + size * way - xyz[end]
    xyz = xyz.copy()
    xyz[[end, *beyond]] += moved
    return xyz


def knee(
    degrees: float, rng: np.random.Generator, piece: Trial, row: int, of: Skeleton
) -> Trial | None:
    """A knee bent forwards by so much, of a pelvis that is known."""
    side = side_of(rng)
    found = at(of, side, "hip", "knee", "ankle")
    if found is None or "left shoulder" not in of.body or "right hip" not in of.body:
        return None
    hip, joint, ankle = found
    ahead = axes(Body(piece.xyz[row : row + 1], of.body), "hip").forward[0]
    foot = [k for part in ("toe", "heel") for k in at(of, side, part) or ()]
    return bent(piece, row, (hip, joint, ankle), foot, ahead, degrees)


def elbow(
    degrees: float, rng: np.random.Generator, piece: Trial, row: int, of: Skeleton
) -> Trial | None:
    """An elbow bent backwards by so much: away from where it was bent to."""
    side = side_of(rng)
    found = at(of, side, "shoulder", "elbow", "wrist")
    if found is None:
        return None
    shoulder, joint, wrist = found
    upper = piece.xyz[row, joint] - piece.xyz[row, shoulder]
    lower = piece.xyz[row, wrist] - piece.xyz[row, joint]
    upper /= np.linalg.norm(upper)
    away = lower @ upper * upper - lower
    hand = at(of, side, "palm") or []
    return bent(piece, row, (shoulder, joint, wrist), hand, away, degrees)


def bent(
    piece: Trial,
    row: int,
    limb: tuple[int, int, int],
    beyond: Sequence[int],
    towards: Floats,
    degrees: float,
) -> Trial | None:
    """A limb's lower part bent by so much from the upper's line, towards a vector."""
    start, joint, end = limb
    upper = piece.xyz[row, joint] - piece.xyz[row, start]
    upper = upper / np.linalg.norm(upper)
    across = towards - dot(towards, upper) * upper
    size = np.linalg.norm(across)
    if not size > 0:
        return None
    angle = np.radians(degrees)
    way = np.cos(angle) * upper + np.sin(angle) * across / size
    xyz = piece.xyz.copy()
    xyz[row] = turned(xyz[row], joint, end, beyond, way)
    return replace(piece, xyz=xyz)


def exchanged(
    parts: Sequence[str],
    rng: np.random.Generator,
    piece: Trial,
    row: int | slice,
    of: Skeleton,
) -> Trial | None:
    """Left and right of some parts; all of the skeleton's pairs if none is named."""
    pairs = [
        (of.body[f"left {p}"], of.body[f"right {p}"])
        for p in parts
        if f"left {p}" in of.body and f"right {p}" in of.body
    ]
    if parts and len(pairs) < min(len(parts), 2):
        return None
    xyz = piece.xyz.copy()
    for a, b in pairs or of.flip_pairs:
        xyz[row, a], xyz[row, b] = piece.xyz[row, b], piece.xyz[row, a]
    return (
        None
        if np.array_equal(xyz, piece.xyz, equal_nan=True)
        else replace(piece, xyz=xyz)
    )


def stretched(
    parts: tuple[str, str],
    by: float,
    rng: np.random.Generator,
    piece: Trial,
    row: int | slice,
    of: Skeleton,
) -> Trial | None:
    """A limb's last bone, longer by a share."""
    side = side_of(rng)
    found = at(of, side, *parts)
    if found is None:
        return None
    joint, end = found
    xyz = piece.xyz.copy()
    xyz[row, end] += by * (xyz[row, end] - xyz[row, joint])
    return replace(piece, xyz=xyz)


def off(
    metres: float, rng: np.random.Generator, piece: Trial, row: int, of: Skeleton
) -> Trial | None:
    """A joint so far away from where it is, in any direction."""
    seen = np.flatnonzero(np.isfinite(piece.xyz[row]).all(axis=1))
    known = [k for k in seen if k in of.body.values()]
    if not known:
        return None
    way = rng.normal(0, 1, 3)
    xyz = piece.xyz.copy()
    xyz[row, rng.choice(known)] += metres * way / np.linalg.norm(way)
    return replace(piece, xyz=xyz)


def called(
    factor: float,
    unit: str,
    rng: np.random.Generator,
    piece: Trial,
    row: int | slice,
    of: Skeleton,
) -> Trial | None:
    """Lengths in another unit than is said."""
    return replace(piece, xyz=factor * piece.xyz, unit=unit)


LOWER = ("hip", "knee", "ankle", "toe", "heel")
UPPER = ("ear", "shoulder", "elbow", "wrist", "palm")

SWAPS = {
    "whole body": (),
    "lower body": LOWER,
    "upper body": UPPER,
    "legs below the hips": LOWER[1:],
    "arms below the shoulders": UPPER[2:],
    "hips": ("hip",),
}


def faults() -> list[Fault]:
    """All that is planted."""
    return [
        *(Fault("knee bent forwards", f"{d}°", partial(knee, d)) for d in ANGLES),
        *(Fault("elbow bent backwards", f"{d}°", partial(elbow, d)) for d in ANGLES),
        *(
            Fault("left and right exchanged", name, partial(exchanged, parts))
            for name, parts in SWAPS.items()
        ),
        Fault("left and right exchanged, all frames", "whole body",
              partial(exchanged, ()), True),
        *(
            Fault(f"{name} stretched", f"{by:.0%}", partial(stretched, parts, by))
            for name, parts in (("forearm", ARM), ("shank", LEG))
            for by in (0.1, 0.2, 0.3)
        ),
        *(
            Fault("one side's shank stretched, all frames", f"{by:.0%}",
                  partial(stretched, LEG, by), True)
            for by in (0.1, 0.2, 0.3)
        ),
        *(Fault("joint off", f"{d:g} m", partial(off, d)) for d in (0.05, 0.1, 0.2)),
        *(
            Fault("unit", name, partial(called, factor, unit), True)
            for name, factor, unit in UNITS
        ),
    ]  # fmt: skip


ANGLES = (10, 20, 30, 45, 60)
ARM, LEG = ("elbow", "wrist"), ("knee", "ankle")
UNITS = (
    ("mm called m", 1000.0, "m"),
    ("cm called m", 100.0, "m"),
    ("ten times too large", 10.0, "m"),
    ("ten times too small", 0.1, "m"),
    ("m called mm", 1.0, "mm"),
)
