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

from posegate.transforms.kernels import apart, partners
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.drift import Parameters, fleet
from posegate.transforms.kernels.partners import Met, Partners, folded
from posegate.transforms.kernels.stream_sums import STATISTICS
from posegate.transforms.kernels.streams import to_work
from posegate.transforms.kernels.sums import Key, Sum
from posegate.transforms.kernels.weeks import timeline
from posegate.transforms.model import skeleton as skeletons
from posegate.transforms.model.poses import Bools, Floats, Poses

SEED, SEATS = 60, 3
LOW = 0.75
"""The OKS with the consensus below which a pose is of somebody else."""

NAMES = [f"{a:03d}" for a in range(ANNOTATORS)]
TIMES = timeline(["2026-W01", f"2026-W{WEEKS:02d}"], [1, 1])

FIGURE = np.array(
    [
        *[(0.0, -1.10), (0.04, -1.14), (-0.04, -1.14), (0.09, -1.12), (-0.09, -1.12)],
        *[(0.26, -0.77), (-0.26, -0.77), (0.36, -0.39), (-0.36, -0.39)],
        *[(0.39, -0.01), (-0.39, -0.01), (0.16, 0.0), (-0.16, 0.0)],
        *[(0.18, 0.52), (-0.18, 0.52), (0.19, 1.03), (-0.19, 1.03)],
    ]
)
"""Of somebody who stands and faces the camera, in roots of the area (COCO-17)."""


def panelled(
    seed: int, pool: int, drifting: float = 0.1, volume: float = 15
) -> tuple[Made, Met]:
    """A fleet of which three annotate every frame, any three of a pool of people, and
    who meets whom."""
    rng = np.random.default_rng(seed)
    skeleton = skeletons.load("coco_17")
    k = len(skeleton.keypoints)
    team = hired(rng, volume, k)
    kind, start = planted(rng, drifting, k)
    weekly = np.zeros((ANNOTATORS, WEEKS, k, len(STATISTICS)), np.int64)
    met: dict[Key, Ints] = {}
    for week in range(WEEKS):
        seats = mixed(rng, team) if pool == ANNOTATORS else pooled(rng, team, pool)
        e, _ = errors(
            rng, team, np.where(start <= week, kind, ""), skeleton.sigma, seats.ravel()
        )
        for (_, name, *_), cells in summed(rng, e, seats):
            weekly[int(name), week] += cells
        names = np.array(NAMES, object)[seats]
        dated = np.full(names.shape, TIMES[week], object)
        met |= partners.counted(names, dated, np.ones(names.shape, np.bool_))
    return Made(weekly, kind, start, team.bias), folded(to_work(met), NAMES, TIMES)


def mixed(rng: np.random.Generator, team: Team) -> Ints:
    """(F, 3) who sits together by chance, everybody as often as they work."""
    n = rng.poisson(team.volume * rng.lognormal(0, 0.3, ANNOTATORS)).clip(0, 800)
    n[rng.random(ANNOTATORS) < ABSENT] = 0
    who = rng.permutation(np.repeat(np.arange(ANNOTATORS), n))
    seats = np.sort(who[: len(who) // SEATS * SEATS].reshape(-1, SEATS), axis=1)
    return seats[(np.diff(seats, axis=1) > 0).all(axis=1)]


def pooled(rng: np.random.Generator, team: Team, pool: int) -> Ints:
    """(F, 3) any three of each pool, as often as they work on the average."""
    teams = np.arange(ANNOTATORS).reshape(-1, pool)
    n = rng.poisson(team.volume[teams].mean(axis=1) * pool / SEATS).clip(0, 800)
    people = np.repeat(teams, n, axis=0)  # (F, pool)
    return np.sort(rng.permuted(people, axis=1)[:, :SEATS], axis=1)


def summed(rng: np.random.Generator, e: Floats, seats: Ints) -> Iterator[Sum]:
    """The sums of a week: errors (3 F, K, 2) [sigma s] of those in the seats (F, 3)."""
    skeleton = skeletons.load("coco_17")
    frames, k = len(seats), e.shape[1]
    scale = rng.lognormal(np.log(SCALE), SCALE_OF_PERSON, frames).repeat(SEATS)
    shown = (rng.random((frames, k)) < SEEN).repeat(SEATS, axis=0)
    n = len(scale)
    facing = np.where(rng.random(frames) < 0.5, -1.0, 1.0).repeat(SEATS)
    figure = FIGURE * np.stack([facing, np.ones(n)], axis=1)[:, None]  # (3 F, K, 2)
    poses = Poses(
        xy=(figure + e * skeleton.sigma[:, None]) * scale[:, None, None],
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


POOLS = {"any three": ANNOTATORS, "any of four": 4, "always the same": SEATS}


def consensus(settings: Parameters) -> tuple[list[tuple[str, Score]], list[str]]:
    """(who sits together, score) of a fleet each, and what else there is to say."""
    rows, said = [], []
    for name, pool in POOLS.items():
        one, met = panelled(SEED, pool)
        near = Partners.of(met, settings.windows)
        found = fleet(one.weekly, settings, partners=near).alarms.alarm
        rows.append((name, score(found, one)))
        quiet, _ = panelled(SEED, pool, drifting=0.0)
        none = score(fleet(quiet.weekly, settings, partners=near).alarms.alarm, quiet)
        told = score(fleet(one.weekly, settings).alarms.alarm, one)
        said.append(
            f"  {name}: {none.false:.2f} false alarms a week if nobody drifts; "
            f"{told.false:.2f}, and {told.found} found, if echoes of a change in those "
            "who share frames were told as well"
        )
    others = score(found & ~beside(one.kind)[:, None], one).false
    said.append(
        f"  {name}: of {rows[-1][1].false:.2f} false alarms a week "
        f"{rows[-1][1].false - others:.2f} name one of three of whom another changed"
    )
    return rows, said


def beside(kind: np.ndarray) -> Bools:  # type: ignore[type-arg]
    """(A, K) where somebody of the same three changes, but not oneself."""
    changed = kind != ""
    any_of = changed.reshape(-1, SEATS, kind.shape[1]).any(axis=1)
    return any_of.repeat(SEATS, axis=0) & ~changed
