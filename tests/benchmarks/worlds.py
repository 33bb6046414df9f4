"""The made fleet in other worlds: without gold, with people who are harder, and with
frames of one video that are alike."""

import numpy as np
import planted_habits as habits
from planted_fleet import (
    ANNOTATORS,
    WARM,
    WEEKS,
    Made,
    Score,
    World,
    episodes,
    made,
    score,
)

from posegate.transforms.kernels import sources
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.drift import Parameters, fleet
from posegate.transforms.kernels.people import HABITS, HOLDING, people
from posegate.transforms.kernels.stream_sums import DIFFICULTY, STATISTICS
from posegate.transforms.kernels.streams import History, watch
from posegate.transforms.kernels.sums import WORK
from posegate.transforms.kernels.weeks import timeline
from posegate.transforms.model.poses import Bools

SEED, VOLUME, LATE = 60, 60.0, 30

MODELS = {
    "model, noise x1.5": World(model=1.5),
    "model, noise x3": World(model=3.0),
    "x1.5, bias differs by week": World(model=1.5, content=0.2),
    "x1.5, other version": World(model=1.5, version=LATE),
}
"""What annotators are held against; four times as many instances as have gold."""


def without_gold(settings: Parameters) -> tuple[list[tuple[str, Score]], str]:
    """(world, score) of each model, and how plainly another version is told."""
    rows, told = [], [0, 0]
    for name, world in MODELS.items():
        one = made(SEED, volume=VOLUME, world=world)
        seen = watch(beside_model(one), settings).seen
        if seen is None:
            raise ValueError(f"the world '{name}' has no streams; give it pairs")
        rows.append((name, score(seen.alarms.alarm, one)))
        if world.version < WEEKS:
            since = seen.shared[world.version :]
            told = [int(since[:weeks].any(axis=0).sum()) for weeks in (2, WEEKS)]
    return rows, (
        f"  another version is told of the model on {told[1]} of 17 keypoints, on "
        f"{told[0]} within two weeks"
    )


def beside_model(one: Made) -> History:
    """A made fleet's history, as it is folded of sums against a model."""
    return History(
        tuple(f"a{a:03d}" for a in range(ANNOTATORS)),
        tuple(timeline(["2026-W01", f"2026-W{WEEKS:02d}"], [1, 1])),
        sources.less_model(one.weekly),
        np.zeros((ANNOTATORS, WEEKS, len(WORK), 4), np.int64),
        source=sources.PRELABEL,
        raw=one.weekly,
    )


def harder(settings: Parameters) -> list[tuple[str, float, float, int]]:
    """(what, false alarms a week on keypoints, on persons, found) where a fifth of the
    annotators are given harder people, unadjusted and adjusted."""
    rows = []
    for name, drifting in (("nobody drifts", 0.0), ("a tenth drift", 0.1)):
        one = made(SEED, drifting, world=World(hard=0.2))
        for how, weekly in (("as they are", blind(one)), ("adjusted", one.weekly)):
            nothing = np.zeros((ANNOTATORS, WEEKS, len(WORK), 4), np.int64)
            found = people(weekly, nothing, settings)
            alarm = found.alarms.alarm[..., [HABITS.index(h) for h in HOLDING]]
            seen = score(fleet(weekly, settings, found.careless).alarms.alarm, one)
            of_persons = int(begun(alarm).sum()) / (WEEKS - WARM)
            rows.append((f"{name}, {how}", seen.false, of_persons, seen.found))
    return rows


ALIKE_SEEDS = range(4)


def alike(settings: Parameters) -> list[list[str]]:
    """Rows of habits where frames of a video are independent, and alike: false alarms a
    week where nobody changes, and the share of changes found within 4 / 12 weeks."""
    rows = []
    for name, how in (("independent", {}), ("alike", habits.ALIKE)):
        false, late = np.zeros(len(HABITS)), []
        for seed in ALIKE_SEEDS:
            calm, changed = (
                alarms_of(habits.worked(seed + more, how, bool(more)), settings)
                for more in (0, 100)
            )
            false += begun(calm)
            since = changed[: habits.CHANGED, habits.LATE :]
            late.append(np.where(since.any(axis=1), since.argmax(axis=1) + 1, 99))
        week = len(ALIKE_SEEDS) * (habits.WEEKS - WARM)
        rows.append([f"frames of a video {name}", f"{false.sum() / week:.2f}"])
        for place in range(HABITS.index("visible"), len(HABITS)):
            weeks = np.concatenate(late)[:, place]
            found = " / ".join(f"{(weeks <= most).mean():.2f}" for most in (4, 12))
            rows[-1].append(f"{false[place] / week:.2f}, {found}")
    return rows


def begun(alarm: Bools) -> Ints:
    """How many episodes of alarms each habit has: (A, W, H) -> (H,)."""
    each = [
        [len(list(episodes(np.flatnonzero(own)))) for own in person.T]
        for person in alarm
    ]
    return np.sum(each, axis=0)


def alarms_of(work: Ints, settings: Parameters) -> Bools:
    """(A, W, H) alarms of work alone."""
    shape = (*work.shape[:2], len(settings.sigma), len(STATISTICS))
    return people(np.zeros(shape, np.int64), work, settings).alarms.alarm


def blind(one: Made) -> Ints:
    """The sums without what makes instances hard."""
    weekly = one.weekly.copy()
    weekly[..., [STATISTICS.index(name) for name in DIFFICULTY]] = 0
    return weekly
