"""What several people who annotated the same object say together."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]

STEPS = 500
"""Weiszfeld's steps; three people need some thirty to 1e-7 px."""


def geometric_median(xy: Floats, present: Bools) -> Floats:
    """The point nearest to all together: (N, R, 2) [px], (N, R) -> (N, 2) [px].

    Of R people's points that are present, the one with the least sum of distances:
    a gross error of one of three moves it hardly at all (rms .45 sigma where the mean
    has .83). Weiszfeld's iteration with the step of Vardi and Zhang (2000) at a data
    point. NaN where nobody is present; two people give their midpoint, which decides
    nothing between them.
    """
    counted = present[..., None]
    n = present.sum(axis=1)
    points = np.where(counted, xy, 0.0)
    at = points.sum(axis=1) / np.maximum(n, 1)[:, None]  # (N, 2)
    for _ in range(STEPS):
        after = _step(points, present, at)
        moved = np.abs(after - at).max(initial=0.0)
        at = after
        if moved < 1e-9:
            break
    central = _central(points, present)  # (N, R)
    own = np.take_along_axis(points, central.argmax(axis=1)[:, None, None], 1)[:, 0]
    at = np.where(central.any(axis=1, keepdims=True), own, at)
    return np.where(n[:, None] > 0, at, np.nan)


def _central(points: Floats, present: Bools) -> Bools:
    """Which data points are the median themselves: (N, R, 2), (N, R) -> (N, R).

    Where the pull of the others is no more than the point's own weight. The iteration
    comes near such a point only slowly. Of two people both are: nobody is.
    """
    offset = points[:, None] - points[:, :, None]  # (N, R, R, 2)
    away = np.hypot(offset[..., 0], offset[..., 1])
    other = present[:, None] & (away > 0)
    unit = np.where(other, 1 / np.where(away > 0, away, 1.0), 0.0)
    pull = (offset * unit[..., None]).sum(axis=2)  # (N, R, 2)
    weight = (present[:, None] & (away == 0)).sum(axis=2)
    few = (present.sum(axis=1) == 2)[:, None]
    return present & ~few & (np.hypot(pull[..., 0], pull[..., 1]) <= weight + 1e-12)


def _step(points: Floats, present: Bools, at: Floats) -> Floats:
    """One step of the iteration: (N, R, 2), (N, R), (N, 2) -> (N, 2)."""
    away = np.hypot(*np.moveaxis(points - at[:, None], 2, 0))  # (N, R)
    here = present & (away < 1e-12)
    weight = np.where(present & ~here, 1 / np.where(away < 1e-12, 1.0, away), 0.0)
    total = weight.sum(axis=1, keepdims=True)  # (N, 1)
    mean = (weight[..., None] * points).sum(axis=1) / np.where(total > 0, total, 1.0)
    pull = (mean - at) * total
    force = np.hypot(pull[:, 0], pull[:, 1])[:, None]  # (N, 1)
    held = here.sum(axis=1)[:, None]
    keep = np.where(held > 0, np.minimum(held / np.where(force > 0, force, 1), 1), 0.0)
    keep = np.where((force == 0) | (total == 0), 1.0, keep)
    return (1 - keep) * mean + keep * at


class Truth(NamedTuple):
    """What Dawid and Skene make of U units labelled by R people with L labels.

    `posterior` (U, L), `confusion` (R, L, L): how often a person says the column where
    the row is true, `prior` (L,).
    """

    posterior: Floats
    confusion: Floats
    prior: Floats


def dawid_skene(
    unit: Ints,
    person: Ints,
    label: Ints,
    levels: int,
    times: Ints | None = None,
    steps: int = 100,
) -> Truth:
    """The likeliest labels, and everybody's confusions: each (A,) one answer.

    Expectation maximisation of Dawid and Skene (1979, Applied Statistics 28), begun
    with the shares of each unit's labels; one count is spread over each row of a
    confusion, so that somebody with few answers is not thought infallible. `times` (U,)
    says how many units a pattern of answers stands for. Three of seven people who call
    occluded points visible win a majority vote on 21 % of these; here on 4 %.
    """
    units, people = int(unit.max(initial=-1)) + 1, int(person.max(initial=-1)) + 1
    weight = np.ones(units) if times is None else np.asarray(times, np.float64)
    posterior = np.zeros((units, levels))
    np.add.at(posterior, (unit, label), 1.0)
    posterior /= np.maximum(posterior.sum(axis=1, keepdims=True), 1.0)
    confusion, prior = _maximise(posterior, unit, person, label, people, weight)
    for _ in range(steps):
        with np.errstate(divide="ignore"):
            logs = np.tile(np.log(prior), (units, 1))
        np.add.at(logs, unit, np.log(confusion[person, :, label]))
        logs -= logs.max(axis=1, keepdims=True)
        after = np.exp(logs)
        after /= after.sum(axis=1, keepdims=True)
        moved = np.abs(after - posterior).max(initial=0.0)
        posterior = after
        confusion, prior = _maximise(posterior, unit, person, label, people, weight)
        if moved < 1e-9:
            break
    return Truth(posterior, confusion, prior)


def _maximise(
    posterior: Floats,
    unit: Ints,
    person: Ints,
    label: Ints,
    people: int,
    weight: Floats,
) -> tuple[Floats, Floats]:
    """Confusions (R, L, L) and prior (L,) that fit the posteriors best."""
    levels = posterior.shape[1]
    heavy = posterior * weight[:, None]
    answers = np.full((people, levels, levels), 1 / levels)  # person, label, truth
    np.add.at(answers, (person, label), heavy[unit])
    confusion = np.swapaxes(answers, 1, 2)  # person, truth, label
    confusion = confusion / confusion.sum(axis=2, keepdims=True)
    total = heavy.sum()
    prior = heavy.sum(axis=0) / total if total else np.full(levels, 1 / levels)
    return confusion, prior
