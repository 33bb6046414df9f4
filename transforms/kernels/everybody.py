"""What moved with everybody: a new tool, a new instruction, another kind of footage.

A resize that shifts all points, or a guideline read anew, shows in every annotator
alike. It is taken off before a person is blamed, and said of all if it is large enough
to act on. A annotators, W weeks, K keypoints.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posegate.transforms.kernels.discoveries import alarms
from posegate.transforms.kernels.evidence import together
from posegate.transforms.kernels.scan import Shift
from posegate.transforms.model.poses import Bools, Floats

LEAST_PEOPLE = 5
"""Fewer cannot be told from the persons they are."""

CLIP, CLIPPED_VARIANCE = 2.0, 0.7737
"""How many standard errors one person counts at the most, and what that leaves of a
standard normal's variance: one who drifts far does not speak for all."""

PRACTICAL = 0.5
"""Part of a lasting offset's margin from which on a shift of all is news. At a margin
of .5 sigma s that is .25, .8 % of OKS: in 50 simulated teams of 12 in 16 quiet weeks
nobody is told anything then, where 10 would be told a move of any size; that a model
is another one is told on 17 of 17 keypoints."""

UNLIKE = 0.03
"""How unlike people answer to what moves all, as a part of it (standard deviation): an
offset about another middle is shortened otherwise. Without it .40 false alarms a week
in the simulated fleet beside a model of which another version comes, with it .12."""


@dataclass(frozen=True)
class Everybody:
    """`alarm` (W, K) where everybody moved, `plain` (W, K) where also far enough to act
    on, to the end of that alarm; `moved` (L, W, K, 2) by how much at each length, the
    median person's, and `told` (W, K, 2) at that which tells most clearly; 0 where
    there is no alarm [sigma s]."""

    alarm: Bools
    plain: Bools
    moved: Floats
    told: Floats

    def unlike(self, length: int) -> Floats:
        """(W, K) variance between people of what moved them all."""
        return UNLIKE**2 * np.square(self.moved[length]).sum(axis=-1)


def everybody(
    shifts: Sequence[tuple[Shift, Shift]],
    action: float,
    watch: float,
    quarantine: int,
    margin: float,
) -> Everybody:
    """Did all people move alike? Of every length a shift along x and along y, each
    against the person's own past alone (`scan.shifts`).

    A tenth of the rate at which persons are found, for it excuses them; `margin`
    [sigma s] is that of a lasting offset.
    """
    t2 = np.stack([t2_common(x.score, y.score) for x, y in shifts])  # (L, W, K)
    p = together(list(np.exp(-t2 / 2)))  # chi-square of 2
    found = alarms(p[None], action / 10, watch, quarantine).alarm[0]  # (W, K)
    moved = np.zeros((len(shifts), *found.shape, 2))
    weeks, keypoints = np.nonzero(found)
    for length, pair in enumerate(shifts):
        for axis, each in enumerate(pair):
            some = each.delta[:, weeks, keypoints]  # (A, M)
            moved[length, weeks, keypoints, axis] = middle(some)
    best = np.nan_to_num(t2, nan=-1.0).argmax(axis=0)  # (W, K)
    told = np.take_along_axis(moved, best[None, ..., None], axis=0)[0]
    far = np.linalg.norm(told, axis=-1) >= PRACTICAL * margin
    return Everybody(found, until_calm(found, found & far), moved, told)


def until_calm(alarm: Bools, plain: Bools) -> Bools:
    """What is plain once stays so while the alarm lasts: (W, K) twice -> (W, K)."""
    out = plain.copy()
    for week in range(1, len(out)):
        out[week] |= alarm[week] & out[week - 1]
    return out


def t2_common(x: Floats, y: Floats) -> Floats:
    """How plainly scores point one way, a chi-square of 2 if they do not: (A, W, K)
    twice -> (W, K); NaN of too few.

    Where people scatter about their mean more than they should, by that. Nothing is
    learnt from other keypoints and weeks: a new model moves all of them at once.
    """
    people = np.isfinite(x).sum(axis=0)
    number = np.maximum(people, 2)
    clipped = [np.nan_to_num(np.clip(each, -CLIP, CLIP)) for each in (x, y)]
    square = sum(each.sum(axis=0) ** 2 for each in clipped)
    total = sum(np.square(each).sum(axis=0) for each in clipped)
    scatter = (total - square / number) / (2 * (number - 1))
    t2 = square / (number * np.maximum(scatter, CLIPPED_VARIANCE))
    return np.where(people >= LEAST_PEOPLE, t2, np.nan)


def middle(values: Floats) -> Floats:
    """Median over people, NaN left out: (A, M) -> (M,); 0 of too few."""
    some = np.isfinite(values).sum(axis=0) >= LEAST_PEOPLE
    return (
        np.nanmedian(np.where(some, values, 0.0), axis=0) if values.size else some * 0.0
    )
