"""The made fleet without gold, three people a frame: each against the other two.

Every frame goes through the code that the gate compares panels with, one person's
point left out of the consensus that it is held against.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from planted_fleet import (
    ABSENT,
    ANNOTATORS,
    SCALE,
    SCALE_OF_PERSON,
    SEEN,
    WEEKS,
    Made,
    Score,
    Team,
    errors,
    hired,
    planted,
    score,
)

from posegate.transforms.kernels import apart
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.drift import Parameters, fleet
from posegate.transforms.kernels.stream_sums import STATISTICS
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.model import skeleton as skeletons
from posegate.transforms.model.poses import Bools, Floats, Poses

SEED, SEATS = 60, 3
LOW = 0.75
"""The OKS with the consensus below which a pose is of somebody else."""

NAMES = [f"{a:03d}" for a in range(ANNOTATORS)]


def panelled(seed: int, fixed: bool, drifting: float = 0.1, volume: float = 15) -> Made:
    """A fleet of which three annotate every frame: any three, or always the same."""
    rng = np.random.default_rng(seed)
    skeleton = skeletons.load("coco_17")
    k = len(skeleton.keypoints)
    team = hired(rng, volume, k)
    kind, start = planted(rng, drifting, k)
    weekly = np.zeros((ANNOTATORS, WEEKS, k, len(STATISTICS)), np.int64)
    for week in range(WEEKS):
        seats = together(rng, team) if fixed else mixed(rng, team)
        e, _ = errors(
            rng, team, np.where(start <= week, kind, ""), skeleton.sigma, seats.ravel()
        )
        for (_, name, *_), cells in summed(rng, e, seats):
            weekly[int(name), week] += cells
    return Made(weekly, kind, start, team.bias)


def mixed(rng: np.random.Generator, team: Team) -> Ints:
    """(F, 3) who sits together by chance, everybody as often as they work."""
    n = rng.poisson(team.volume * rng.lognormal(0, 0.3, ANNOTATORS)).clip(0, 800)
    n[rng.random(ANNOTATORS) < ABSENT] = 0
    who = rng.permutation(np.repeat(np.arange(ANNOTATORS), n))
    seats = np.sort(who[: len(who) // SEATS * SEATS].reshape(-1, SEATS), axis=1)
    return seats[(np.diff(seats, axis=1) > 0).all(axis=1)]


def together(rng: np.random.Generator, team: Team) -> Ints:
    """(F, 3) the same three always, as often as they work on the average."""
    teams = np.arange(ANNOTATORS).reshape(-1, SEATS)
    n = rng.poisson(team.volume[teams].mean(axis=1)).clip(0, 800)
    return np.repeat(teams, n, axis=0)


def summed(rng: np.random.Generator, e: Floats, seats: Ints) -> Iterator[Sum]:
    """The sums of a week: errors (3 F, K, 2) [sigma s] of those in the seats (F, 3)."""
    skeleton = skeletons.load("coco_17")
    frames, k = len(seats), e.shape[1]
    scale = rng.lognormal(np.log(SCALE), SCALE_OF_PERSON, frames).repeat(SEATS)
    shown = (rng.random((frames, k)) < SEEN).repeat(SEATS, axis=0)
    n = len(scale)
    poses = Poses(
        xy=e * (skeleton.sigma * scale[:, None])[..., None],
        visibility=np.where(shown, 2, 0).astype(np.uint8),
        origin=np.zeros((n, k), np.uint8),
        bbox=np.full((n, 4), np.nan),
        area=scale**2,
        size=np.full((n, 2), np.nan),
        z=np.broadcast_to(np.nan, (n, k)),
        metre=np.broadcast_to(np.nan, n),
    )
    who = pa.array(NAMES).take(pa.array(seats.ravel()))
    week = pa.array(["2026-W01"] * n)
    rows = np.arange(n).reshape(seats.shape)
    for seat in range(SEATS):
        one = apart.of_seat(poses, rows, seat)
        own = pa.array(one.row)
        yield from apart.streams(
            one, poses, who.take(own), week.take(own), skeleton, LOW
        )


def consensus(settings: Parameters) -> tuple[list[tuple[str, Score]], list[str]]:
    """(who sits together, score) of a fleet each, and what else there is to say."""
    rows, said = [], []
    for name, fixed in (("any three", False), ("always the same three", True)):
        one = panelled(SEED, fixed)
        found = fleet(one.weekly, settings).alarms.alarm
        rows.append((name, score(found, one)))
        quiet = panelled(SEED, fixed, drifting=0.0)
        none = score(fleet(quiet.weekly, settings).alarms.alarm, quiet).false
        said.append(f"  {name}, nobody drifts: {none:.2f} false alarms a week")
    beside = score(found & ~neighbours(one.kind)[:, None], one).false
    said.append(
        f"  always the same three: {beside:.2f} false alarms a week but for those on a "
        "keypoint on which one of the three changed: two of three cannot be told apart"
    )
    return rows, said


def neighbours(kind: np.ndarray) -> Bools:  # type: ignore[type-arg]
    """(A, K) where somebody of the same three changes, but not oneself."""
    changed = kind != ""
    any_of = changed.reshape(-1, SEATS, kind.shape[1]).any(axis=1)
    return any_of.repeat(SEATS, axis=0) & ~changed
