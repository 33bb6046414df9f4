"""How large errors are, for the question whether they grew.

A model that people are held against comes in versions. Beside another one the same
errors look larger or smaller, to each as much as their own habits have it; so with a
version the past begins anew, and only what came since is held against what is now.

    version 1                      │ version 2
    ├────────── past ──────┤ now   │ ├── past, so far the fleet's ──┤ now

A annotators, W weeks, K keypoints.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels import scan
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.difficulty import Adjusted
from posegate.transforms.kernels.scan import Quantity, shift
from posegate.transforms.model.poses import Bools, Floats

LOG_VARIANCE = 0.41
"""Of ln of a Rayleigh variable: what a pair varies by where no baseline tells."""


class Regime(NamedTuple):
    """What is held against one version: `where` (W, K), its pairs `n` (A, W, K), and
    ln of their errors."""

    where: Bools
    n: Floats
    size: Quantity


def versions(plain: Bools) -> Ints:
    """How often the model changed so far: (W, K), where it is said to -> (W, K)."""
    before = np.vstack([np.zeros_like(plain[:1]), plain[:-1]])
    return np.cumsum(plain & ~before, axis=0)


def regimes(
    n: Floats, given: Adjusted, baseline: int, version: Ints | None
) -> tuple[Regime, ...]:
    """ln of the errors' size, less what the difficulty of the instances explains, and
    what an annotator's other keypoints show that week, by version (W, K) of the model.

    A hard week is hard for all keypoints, and a careless annotator careless with all
    (`people` finds those): what is left is the keypoint's own. In the simulated fleet
    that leaves half of the variance between weeks and a quarter of that between
    annotators.
    """
    common = _common(n, given.log, given.log2)
    squared = given.log2 - 2 * common * given.log + n * common**2
    sums = n, given.log - n * common, squared
    found = []
    version = np.zeros(n.shape[1:], np.int64) if version is None else version
    most = int(version.max(initial=0))
    for number in range(most + 1):
        where = version == number
        own, log, squares = (
            np.where(where, each, 0.0) if most else each for each in sums
        )
        size = scan.quantity(own, log, squares, baseline, LOG_VARIANCE)
        found.append(Regime(where, own, size))
    return tuple(found)


def merged(some: Sequence[Regime], values: Sequence[Floats]) -> Floats:
    """(A, W, K) of each regime, where it is."""
    out = values[0]
    for regime, each in zip(some[1:], values[1:], strict=True):
        out = np.where(regime.where, each, out)
    return out


def grown(
    some: Sequence[Regime], windows: Sequence[int], baseline: int, least: float
) -> list[Floats]:
    """By how many standard errors they grew, at every length: (A, W, K) each."""
    scores = [
        [shift(span, each.size).score for span in spans]
        for each in some
        for spans in [scan.spans(each.n, windows, baseline, least)]
    ]
    return [merged(some, list(of)) for of in zip(*scores, strict=True)]


def factor(some: Sequence[Regime], weeks: Ints) -> Floats:
    """By which errors grew in so many weeks: (A, W, K) twice; NaN for 0."""
    deltas = [shift(scan.span_of(each.n, weeks), each.size).delta for each in some]
    return np.exp(merged(some, deltas))


def _common(n: Floats, total: Floats, squares: Floats) -> Floats:
    """What the other keypoints of an annotator's week have in common: (A, W, K).

    Shrunk by one factor for the whole fleet: where keypoints are few, their mean says
    little of the next one.
    """
    pairs = np.maximum(n.sum(axis=(0, 1)), 1.0)
    grand = total.sum(axis=(0, 1)) / pairs  # (K,)
    within = float(np.mean(squares.sum(axis=(0, 1)) / pairs - grand**2))
    rest = total - n * grand
    others = n.sum(axis=2, keepdims=True) - n
    mean = (rest.sum(axis=2, keepdims=True) - rest) / np.maximum(others, 1.0)
    known = others > 0
    if not known.any():
        return np.zeros_like(n)
    noise = within / float(np.median(others[known]))
    spread = float(np.mean(mean[known] ** 2 - within / others[known]))
    weight = max(spread, 0.0) / max(max(spread, 0.0) + noise, 1e-12)
    return np.where(known, weight * mean, 0.0)
