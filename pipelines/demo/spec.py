"""What a made delivery should be like, and the random streams that make it so."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from pathlib import Path

import numpy as np

FIRST_MONDAY = date.fromisocalendar(2026, 10, 1)
"""Weeks are counted from here, so that the same seed gives the same bytes any day."""

PEOPLE_PER_FRAME = 3
HABITS = 4
"""Annotators with something planted: two biases, doubled noise, misused flag."""


@dataclass(frozen=True)
class Spec:
    """What to make.

    Attributes:
      folder: where `project.toml`, `planted.parquet` and `deliveries/` go.
      instances: records in all shards of all deliveries, broken ones included.
      seed: the same seed and numbers give the same files, byte for byte.
      weeks: one delivery for each consecutive ISO week.
      annotators: production annotators.
      shard: the most instances in one file; a frame is never cut in two.
      clean: honest annotators only; nothing is planted.
      gzip: shards are `.json.gz`.
      doubled: share of the frames that gold or a second annotator also annotates.
      gold: share of those that go to gold.
      fault_rate: share of the instances that get a fault of their own.
      bias: strength of a biased annotator's offset [sigma of the keypoint x scale].
      burst: share of left/right swaps, and of collapsed points, in the bad week.
    """

    folder: Path
    instances: int = 2000
    seed: int = 7
    weeks: int = 10
    annotators: int = 12
    shard: int = 20_000
    clean: bool = False
    gzip: bool = False
    doubled: float = 0.10
    gold: float = 0.70
    fault_rate: float = 0.03
    bias: float = 1.2
    burst: float = 0.09

    def __post_init__(self) -> None:
        lowest = {
            "seed": 0,
            "weeks": 1,
            "annotators": HABITS,
            "shard": 2 * PEOPLE_PER_FRAME,
            "instances": 20 * max(1, self.weeks),
        }
        for name, low in lowest.items():
            if (value := getattr(self, name)) < low:
                raise ValueError(f"demo: {name} {value}: must be at least {low}")
        for name in ("doubled", "gold", "fault_rate", "burst"):
            if not 0 <= (share := getattr(self, name)) <= 1:
                raise ValueError(f"demo: {name} {share}: a share, from 0 to 1")
        if not 0 <= self.bias < 10:
            raise ValueError(f"demo: bias {self.bias}: must be from 0 to 10 sigma")
        if self.weeks > 520:
            raise ValueError(f"demo: weeks {self.weeks}: at most 520")

    @property
    def bad_week(self) -> int | None:
        """The week that carries a burst of faults; none if clean or the only one."""
        return None if self.clean or self.weeks == 1 else self.weeks // 2

    def monday(self, week: int) -> date:
        """The first day of a week, counted from 0."""
        return FIRST_MONDAY + timedelta(weeks=week)

    def sunday(self, week: int) -> date:
        """The last day of a week, when its delivery is handed over."""
        return self.monday(week) + timedelta(days=6)

    def delivery(self, week: int) -> str:
        """The delivery's name: the ISO week, as in `2026-W10`."""
        year, number, _ = self.monday(week).isocalendar()
        return f"{year}-W{number:02d}"

    def quota(self, week: int) -> int:
        """Records in that week's delivery; they add up to `instances`."""
        return self.instances * (week + 1) // self.weeks - self.instances * week // (
            self.weeks
        )


class Purpose(IntEnum):
    """What a random stream is for; numbers are part of what a seed means."""

    PLAN = 1
    TEAM = 2
    BODY = 3
    SCENE = 4
    SIGHT = 5
    PRIMARY = 6
    SECOND = 7
    FAULT = 8
    BROKEN = 9
    GOLD = 10
    ASSIGN = 11
    AGAIN = 12
    TIME = 13
    SECOND_TIME = 14
    GOLD_TIME = 15


def stream(seed: int, week: int, block: int, purpose: Purpose) -> np.random.Generator:
    """An independent stream: no state runs from one block or purpose to another."""
    entropy = np.random.SeedSequence((seed, week, block, int(purpose)))
    return np.random.Generator(np.random.Philox(entropy))
