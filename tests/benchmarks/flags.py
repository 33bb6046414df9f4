"""Who marks more as visible than before: asked of the person, or of every keypoint?

300 people, 52 weeks, some 60 instances a week of 17 keypoints. Whether a point is
visible depends on the person, the keypoint, the week and the instance (standard
deviations of its logit below). A fifth of the people change at some time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from planted_fleet import ABSENT, ANNOTATORS, STARTS, WARM, WEEKS, episodes

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.drift import Parameters
from posegate.transforms.kernels.people import HABITS, people
from posegate.transforms.kernels.stream_sums import STATISTICS
from posegate.transforms.kernels.sums import WORK, fixed
from posegate.transforms.model.poses import Bools, Floats

KEYPOINTS, VOLUME, SEEDS = 17, 60.0, (70, 71, 72)
USUAL = 0.75
PERSON, JOINT, WEEK, WEEK_OF_JOINT, INSTANCE = 0.3, 0.3, 0.25, 0.15, 0.7
"""Standard deviations of the logit."""

CHANGES = {
    "all keypoints, .75 to .80": (KEYPOINTS, 0.80),
    "all keypoints, .75 to .85": (KEYPOINTS, 0.85),
    "two keypoints, .75 to .85": (2, 0.85),
    "two keypoints, .75 to .95": (2, 0.95),
    "one keypoint, .75 to .95": (1, 0.95),
}
EACH = 12
"""People to whom each happens."""


@dataclass(frozen=True)
class Flagged:
    """Weekly sums of flags of every keypoint (A, W, K, 2): n, visible; of every
    instance's share (A, W, 3): n, total, squares; and who changes (A,) how, and when.
    """

    joints: Floats
    shares: Floats
    kind: Ints
    start: Ints


def flagged(seed: int, each: int = EACH) -> Flagged:
    """A made fleet; every change happens to `each` people."""
    rng = np.random.default_rng(seed)
    a, k = ANNOTATORS, KEYPOINTS
    kind = np.full(a, -1)
    kind[: each * len(CHANGES)] = np.repeat(np.arange(len(CHANGES)), each)
    start = rng.integers(*STARTS, a)
    usual = logit(USUAL) + rng.normal(0, PERSON, (a, 1)) + rng.normal(0, JOINT, (a, k))
    moved = np.zeros((a, k))
    for number, (joints, rate) in enumerate(CHANGES.values()):
        for person in np.flatnonzero(kind == number):
            some = rng.choice(k, joints, replace=False)
            moved[person, some] = logit(rate) - logit(USUAL)
    volume = rng.lognormal(np.log(VOLUME), 0.8, a)
    joints_, shares = np.zeros((a, WEEKS, k, 2)), np.zeros((a, WEEKS, 3))
    for week in range(WEEKS):
        n = rng.poisson(volume).clip(0, 800)
        n[rng.random(a) < ABSENT] = 0
        who = np.repeat(np.arange(a), n)
        mean = usual + np.where((start <= week)[:, None], moved, 0.0)
        mean = mean + rng.normal(0, WEEK, (a, 1)) + rng.normal(0, WEEK_OF_JOINT, (a, k))
        each = mean[who] + rng.normal(0, INSTANCE, (len(who), 1))
        seen = rng.random(each.shape) < 1 / (1 + np.exp(-each))
        share = seen.mean(axis=1)
        joints_[:, week, :, 0] = n[:, None]
        np.add.at(joints_[:, week, :, 1], who, seen)
        for place, values in enumerate((np.ones(len(who)), share, share**2)):
            np.add.at(shares[:, week, place], who, values)
    return Flagged(joints_, shares, kind, start)


def logit(p: float) -> float:
    """ln of the odds."""
    return float(np.log(p / (1 - p)))


def compared(settings: Parameters) -> list[list[str]]:
    """(asked of, false alarms a week, the same where nobody changes, found in 4 / 12
    weeks of each change)."""
    fleets = [flagged(seed) for seed in SEEDS]
    quiet = [flagged(seed, 0) for seed in SEEDS]
    rows = []
    for name, joints in (("the person", False), ("and every keypoint", True)):
        changed = [alarms(made, settings, joints) for made in fleets]
        still = [alarms(made, settings, joints) for made in quiet]
        false = [weekly_false(changed, fleets), weekly_false(still, quiet)]
        rows.append([name, *false, *found(changed, fleets)])
    return rows


def alarms(made: Flagged, settings: Parameters, joints: bool) -> Bools:
    """(A, W, 1 or 1 + K) of the person's flags, and of those of every keypoint."""
    work = np.zeros((ANNOTATORS, WEEKS, len(WORK), 4))
    work[:, :, WORK.index("visible")] = made.shares[..., [0, 1, 2, 0]]
    nothing = np.zeros((ANNOTATORS, WEEKS, KEYPOINTS, len(STATISTICS)), np.int64)
    flags = fixed(made.joints[..., [0, 1, 1, 0]]) if joints else None
    alarm = people(nothing, fixed(work), settings, flags).alarms.alarm
    own = [HABITS.index("visible"), *range(len(HABITS), alarm.shape[2])]
    return np.asarray(alarm[..., own])


def weekly_false(alarmed: Sequence[Bools], fleets: Sequence[Flagged]) -> str:
    """False alarms a week, on average."""
    false = sum(
        bool(made.kind[a] < 0 or week < made.start[a])
        for alarm, made in zip(alarmed, fleets, strict=True)
        for a, k in np.argwhere(alarm[:, WARM:].any(axis=1)).tolist()
        for week in episodes(np.flatnonzero(alarm[a, :, k]))
    )
    return f"{false / (WEEKS - WARM) / len(fleets):.2f}"


def found(alarmed: Sequence[Bools], fleets: Sequence[Flagged]) -> list[str]:
    """Of each change, who is found within 4 / 12 weeks by any alarm of theirs."""
    kind = np.concatenate([made.kind for made in fleets])
    start = np.concatenate([made.start for made in fleets])
    anywhere = np.concatenate([alarm.any(axis=2) for alarm in alarmed])
    since = anywhere & (np.arange(WEEKS) >= start[:, None])
    delay = np.where(since.any(axis=1), since.argmax(axis=1) - start + 1, 99)
    some = [delay[kind == each] for each in range(len(CHANGES))]
    return [" / ".join(f"{(d <= most).mean():.2f}" for most in (4, 12)) for d in some]
