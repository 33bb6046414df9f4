"""What people do, in weekly sums: made of frames that stand together in videos.

100 annotators, 40 weeks of about 30 frames, in videos of five on the average; everybody
has levels of their own, and better and worse weeks. A tenth of them change one habit in
week 20.
"""

from collections.abc import Mapping

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.stream_sums import UNIT
from posegate.transforms.kernels.sums import SHIFTING, WORK
from posegate.transforms.model.poses import Floats

PEOPLE, WEEKS, LATE, CHANGED = 100, 40, 20, 10
FRAMES, LENGTH, ABSENT = 30.0, 5.0, 0.1

SHARES = {"visible": (0.75, 0.15), "labelled": (0.9, 0.12), "pace": (3.0, 0.6)}
"""The middle of each of `SHIFTING`, and how much instances differ."""

RATES = {"untouched": 0.05, "inverted_front": 0.02, "inverted_back": 0.02}
"""How often rare things happen."""

OWN, WEEKLY = 0.3, 0.2
"""How much of what instances differ by people do, and weeks."""

ALIKE = {
    **{"visible": 0.6, "labelled": 0.5, "pace": 0.1},
    **{"untouched": 0.4, "inverted_front": 0.5, "inverted_back": 0.5},
}
"""Correlation of the frames of a video; of a rare thing, of whether it happens."""

CHANGES = {
    **{"visible": 0.10, "labelled": -0.08, "pace": -0.3},
    **{"untouched": 3.0, "inverted_front": 3.0, "inverted_back": 3.0},
}
"""What is added; of rare things, the factor of their rates."""


def worked(seed: int, alike: Mapping[str, float], changed: bool) -> Ints:
    """(PEOPLE, WEEKS, WORK, 4) fixed point: n, sum, sum of squares, crowd.

    `alike` is the correlation of each habit in a video, 0 where it is not named.
    """
    rng = np.random.default_rng(seed)
    volume = rng.lognormal(np.log(FRAMES), 0.6, PEOPLE)
    n = rng.poisson(np.repeat(volume, WEEKS))
    n[rng.random(PEOPLE * WEEKS) < ABSENT] = 0
    cell = np.repeat(np.arange(PEOPLE * WEEKS), n)  # (N,) of each frame
    first = np.diff(cell, prepend=-1) > 0
    video = np.cumsum(first | (rng.random(len(cell)) < 1 / LENGTH)) - 1
    size = np.bincount(video)
    of_video = cell[np.flatnonzero(np.diff(video, prepend=-1))]
    crowd = np.bincount(of_video, np.square(size), PEOPLE * WEEKS)
    late = (cell // WEEKS < CHANGED) & (cell % WEEKS >= LATE) & changed
    table = np.zeros((PEOPLE * WEEKS, len(WORK), 4))
    for i, name in enumerate(WORK):
        of = SHIFTING if name in SHIFTING else RATES
        made = shifted if of is SHIFTING else happened
        x = made(rng, name, alike.get(name, 0.0), cell, video, late)
        sums = [np.bincount(cell, each, PEOPLE * WEEKS) for each in (x, x**2)]
        table[:, i] = np.stack([n, *sums, crowd if of is SHIFTING else n], axis=1)
    return np.rint(table.reshape(PEOPLE, WEEKS, len(WORK), 4) * UNIT).astype(np.int64)


def shifted(
    rng: np.random.Generator,
    name: str,
    alike: float,
    cell: Ints,
    video: Ints,
    late: Floats,
) -> Floats:
    """(N,) shares or times of frames."""
    middle, spread = SHARES[name]
    own = rng.normal(0, OWN, PEOPLE)[cell // WEEKS]
    week = rng.normal(0, WEEKLY, PEOPLE * WEEKS)[cell]
    together = np.sqrt(alike) * rng.standard_normal(video[-1] + 1)[video]
    alone = np.sqrt(1 - alike) * rng.standard_normal(len(cell))
    x: Floats = middle + spread * (own + week + together + alone)
    return x + CHANGES[name] * late


def happened(
    rng: np.random.Generator,
    name: str,
    alike: float,
    cell: Ints,
    video: Ints,
    late: Floats,
) -> Floats:
    """(N,) 0 or 1 of frames: if alike, with a chance of their video (beta)."""
    own = rng.gamma(4, 0.25, PEOPLE)[cell // WEEKS]
    rate = np.minimum(RATES[name] * own * np.where(late, CHANGES[name], 1), 0.9)
    if alike:
        start = np.flatnonzero(np.diff(video, prepend=-1))
        more = (1 - alike) / alike
        rate = rng.beta(rate[start] * more, (1 - rate[start]) * more)[video]
    x: Floats = (rng.random(len(cell)) < rate).astype(float)
    return x
