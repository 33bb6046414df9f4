"""Which scenes a week holds: stills and clips, how many people, what is doubled."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from posegate.pipelines.demo.spec import PEOPLE_PER_FRAME, Purpose, Spec, stream
from posegate.transforms.model.poses import Bytes

Ints = npt.NDArray[np.int64]

SCENES = 1024
"""Scenes in a block: about 4,500 instances, so that arrays stay small."""

CLIPS = 0.15  # with 6 to 18 frames each, two thirds of the instances are in clips
PEOPLE = (0.6, 0.3, 0.1)  # 1, 2, 3 in a frame


@dataclass(frozen=True)
class Plan:
    """One block of a week's scenes.

    `people` and `frames` (S,); `doubled` (F,): 0 not, 1 gold, 2 second annotator, one
    entry per frame in scene order. `scene0`, `frame0` and `row0` count what the week's
    earlier blocks hold (`row0`: records of primary annotators).
    """

    week: int
    block: int
    people: Ints
    frames: Ints
    doubled: Bytes
    scene0: int
    frame0: int
    row0: int

    @cached_property
    def scene(self) -> Ints:
        """(F,): the scene of a frame, counted in the block."""
        return np.repeat(np.arange(len(self.frames)), self.frames)

    @cached_property
    def moment(self) -> Ints:
        """(F,): the number of the frame in its scene."""
        first = np.cumsum(self.frames) - self.frames
        return np.arange(len(self.doubled)) - first[self.scene]

    @cached_property
    def frame(self) -> Ints:
        """(N,): the frame of an instance, counted in the block; rising."""
        return np.repeat(np.arange(len(self.doubled)), self.people[self.scene])

    @cached_property
    def track(self) -> Ints:
        """(N,): the person of an instance, counted in the block."""
        first = np.cumsum(self.people) - self.people  # (S,)
        seats = self.people[self.scene]  # (F,)
        start = np.cumsum(seats) - seats
        seat = np.arange(int(seats.sum())) - start[self.frame]
        return first[self.scene][self.frame] + seat


def draw(spec: Spec, week: int, block: int) -> tuple[Ints, Ints, Bytes]:
    """(people, frames, doubled) of a full block."""
    rng = stream(spec.seed, week, block, Purpose.PLAN)
    people = rng.choice(np.arange(1, PEOPLE_PER_FRAME + 1), SCENES, p=PEOPLE)
    frames = np.where(rng.random(SCENES) < CLIPS, rng.integers(6, 19, SCENES), 1)
    chance, kind = rng.random((2, int(frames.sum())))
    doubled = np.where(chance < spec.doubled, np.where(kind < spec.gold, 1, 2), 0)
    return people, frames, doubled.astype(np.uint8)


def fit(
    people: Ints, frames: Ints, doubled: Bytes, left: int
) -> tuple[Ints, Ints, Bytes]:
    """The scenes that fit in `left` records, filled up with stills of one person."""
    starts = np.cumsum(frames) - frames
    extra = np.add.reduceat((doubled > 0).astype(np.int64), starts)
    total = np.cumsum(people * (frames + extra))
    if total[-1] <= left:
        return people, frames, doubled
    keep = int(np.searchsorted(total, left, "right"))
    fill = left - (int(total[keep - 1]) if keep else 0)
    ones = np.ones(fill, np.int64)
    return (
        np.concatenate([people[:keep], ones]),
        np.concatenate([frames[:keep], ones]),
        np.concatenate([doubled[: starts[keep]], np.zeros(fill, np.uint8)]),
    )


def plans(spec: Spec, week: int) -> Iterator[Plan]:
    """The blocks of a week; their records are exactly the week's quota."""
    left, block, scene0, frame0, row0 = spec.quota(week), 0, 0, 0, 0
    while left:
        people, frames, doubled = fit(*draw(spec, week, block), left)
        plan = Plan(week, block, people, frames, doubled, scene0, frame0, row0)
        yield plan
        seats = people[plan.scene]
        left -= int((seats * (1 + (doubled > 0))).sum())
        block, scene0 = block + 1, scene0 + len(people)
        frame0, row0 = frame0 + len(doubled), row0 + int(seats.sum())
