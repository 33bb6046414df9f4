"""What moved with everybody: a new tool, a new instruction, another kind of footage.

A resize that shifts all points, or a guideline read anew, shows in every annotator
alike. That is said of all, and taken off before a person is blamed. A annotators, W
weeks, K keypoints.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posegate.transforms.kernels.discoveries import alarms
from posegate.transforms.kernels.evidence import p_apart, together
from posegate.transforms.kernels.scan import Shift
from posegate.transforms.model.poses import Bools, Floats

LEAST_PEOPLE = 5
"""Fewer cannot be told from the persons they are."""

CLIP, CLIPPED_VARIANCE = 2.0, 0.7737
"""How many standard errors one person counts at the most, and what that leaves of a
standard normal's variance: one who drifts far does not speak for all."""


@dataclass(frozen=True)
class Everybody:
    """`alarm` (W, K) where everybody moved; `moved` (L, W, K, 2) by how much at each
    length, the median person's, 0 where there is no alarm."""

    alarm: Bools
    moved: Floats

    @property
    def told(self) -> Floats:
        """(W, K, 2) how far, over the longest time that can be judged."""
        out = np.zeros(self.moved.shape[1:])
        for each in self.moved:  # longer ones last
            out = np.where(each.any(axis=-1, keepdims=True), each, out)
        return out


def everybody(
    shifts: Sequence[tuple[Shift, Shift]], action: float, watch: float, quarantine: int
) -> Everybody:
    """Did all people move alike? Of every length a shift along x and along y, each
    against the person's own past alone (`scan.shifts`).

    A tenth of the rate at which persons are found: it excuses them, and it is no news
    unless it is plain.
    """
    p = together([p_common(x.score, y.score) for x, y in shifts])
    found = alarms(p[None], action / 10, watch, quarantine).alarm[0]  # (W, K)
    moved = np.zeros((len(shifts), *found.shape, 2))
    weeks, keypoints = np.nonzero(found)
    for length, pair in enumerate(shifts):
        for axis, each in enumerate(pair):
            some = each.delta[:, weeks, keypoints]  # (A, M)
            moved[length, weeks, keypoints, axis] = middle(some)
    return Everybody(found, moved)


def p_common(x: Floats, y: Floats) -> Floats:
    """p of scores that point one way: (A, W, K) twice -> (W, K); NaN of too few."""
    people = np.isfinite(x).sum(axis=0)
    sums = [np.nan_to_num(np.clip(each, -CLIP, CLIP)).sum(axis=0) for each in (x, y)]
    square = sums[0] ** 2 + sums[1] ** 2
    t2 = square / np.maximum(people * CLIPPED_VARIANCE, 1.0)
    return p_apart(np.where(people >= LEAST_PEOPLE, t2, np.nan))


def middle(values: Floats) -> Floats:
    """Median over people, NaN left out: (A, M) -> (M,); 0 of too few."""
    some = np.isfinite(values).sum(axis=0) >= LEAST_PEOPLE
    return (
        np.nanmedian(np.where(some, values, 0.0), axis=0) if values.size else some * 0.0
    )
