"""Frames that three people and more annotated: each against the others' consensus.

frame 7   ann  bo  cy  dee        object   people       a keypoint's flags
          x1   x2  x3   -           x      ann bo cy    1 2 2  -> 1 occluded, 2 seen
          y1   y2  -    y4          y      ann bo dee
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from posegate.transforms.kernels import apart, consensus, jackknife, partners, raters
from posegate.transforms.kernels.buckets import Ints, runs
from posegate.transforms.kernels.couples import Blocks, crowded
from posegate.transforms.kernels.sums import Key, Sum
from posegate.transforms.kernels.weeks import UNTOLD, Clock, week_names
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.schema import Visibility
from posegate.transforms.model.skeleton import Skeleton

LEAST = 3
"""Fewer people have no consensus: two can only be brought to agree."""


class Panel(NamedTuple):
    """O objects as R people see them at most: `row` (O, R), -1 where one has not."""

    row: Ints


def panel(
    rows: pa.RecordBatch, poses: Poses, blocks: Blocks, skeleton: Skeleton
) -> Panel:
    """The objects of frames with three production annotators and more.

    Everybody is paired with the frame's first person: what that one did not see is on
    no panel.
    """
    made = np.flatnonzero(blocks.role == 0)
    starts, lengths = runs(blocks.frame[made])
    first = np.repeat(starts, lengths)
    place = np.arange(len(made)) - first  # within the frame
    kept = (np.repeat(lengths, lengths) >= LEAST) & (place > 0)
    one, anchor = made[kept], made[first[kept]]
    fair = ~crowded(blocks.lengths, one, anchor)
    one, anchor, place = one[fair], anchor[fair], place[kept][fair]
    own, theirs, which = blocks.pair(rows, poses, one, anchor, skeleton)
    objects, number = np.unique(theirs, return_inverse=True)
    width = int(lengths.max(initial=0))
    table = np.full((len(objects), width), -1, np.int64)
    table[:, :1] = objects[:, None]
    table[number.reshape(-1), place[which]] = own
    return Panel(table[(table >= 0).sum(axis=1) >= LEAST])


def of_panel(
    rows: pa.RecordBatch,
    poses: Poses,
    seats: Panel,
    skeleton: Skeleton,
    clock: Clock = UNTOLD,
    low: float = 0.0,
) -> Iterator[Sum]:
    """What is counted of panels.

    ("panel", occluded, seen) (`jackknife.GROUPS`,): keypoints that so many people flag
    each way, by group of videos;
    ("answers", pattern) [units]: who said what, for Dawid and Skene; ("consensus",
    annotator) (K, 3) [n, px, error / (sigma s)] from the consensus of the others;
    ("weekly", annotator, week, "consensus") (K, S), as `stream_sums.of_streams`, of
    those whose OKS with it is `low` and more; ("met", annotator, week, other)
    [objects], as `partners.counted`.

    Args:
      clock: how times become weeks.
    """
    if not len(seats.row):
        return
    there = seats.row >= 0  # (O, R)
    row = np.where(there, seats.row, 0)
    labelled = poses.labelled[row] & there[..., None]  # (O, R, K)
    flags = np.where(labelled, poses.visibility[row], 0)
    names = np.asarray(rows["annotator"].fill_null("").to_pylist(), object)[row]
    yield from _compositions(flags, jackknife.groups(rows)[seats.row.max(axis=1)])
    yield from _patterns(flags, np.where(there, names, ""))
    weeks = np.asarray(week_names(rows["annotated_at"], clock).to_pylist(), object)
    yield from partners.counted(names, weeks[row], there)
    yield from _apart(rows, poses, seats, skeleton, clock, low)


def _compositions(flags: Ints, group: Ints) -> Iterator[Sum]:
    hidden = (flags == Visibility.OCCLUDED).sum(axis=1)  # (O, K)
    seen = (flags > Visibility.OCCLUDED).sum(axis=1)
    where = np.broadcast_to(group[:, None], hidden.shape)
    told, times = np.unique(
        np.stack([each.ravel() for each in (hidden, seen, where)]),
        axis=1,
        return_counts=True,
    )
    found: dict[tuple[int, int], Ints] = {}
    for (a, b, g), n in zip(told.T.tolist(), times.tolist(), strict=True):
        if a + b:
            cell = found.setdefault((a, b), np.zeros(jackknife.GROUPS, np.int64))
            cell[g] = n
    for (a, b), cell in found.items():
        yield ("panel", str(a), str(b), ""), cell


def _patterns(flags: Ints, names: np.ndarray) -> Iterator[Sum]:
    counted: dict[str, int] = {}
    for people, each in zip(names.tolist(), flags.tolist(), strict=True):
        order = sorted(range(len(people)), key=people.__getitem__)
        for keypoint in zip(*(each[i] for i in order), strict=True):
            said = [
                f"{people[i]}\x1f{1 if flag == Visibility.OCCLUDED else 2}"
                for i, flag in zip(order, keypoint, strict=True)
                if flag and people[i]
            ]
            if len(said) >= LEAST:
                pattern = "\x1e".join(said)
                counted[pattern] = counted.get(pattern, 0) + 1
    for pattern, n in counted.items():
        yield ("answers", pattern, "", ""), np.array([n])


def _apart(
    rows: pa.RecordBatch,
    poses: Poses,
    seats: Panel,
    skeleton: Skeleton,
    clock: Clock,
    low: float,
) -> Iterator[Sum]:
    """Everybody from the others, in sums by person, and by person and week."""
    weeks = week_names(rows["annotated_at"], clock)
    for seat in range(seats.row.shape[1]):
        here = seats.row[:, seat] >= 0
        one = apart.of_seat(poses, seats.row[here], seat)
        who = rows["annotator"].fill_null("").take(pa.array(one.row))
        yield from apart.distances(one, poses, who, skeleton)
        if skeleton.sigmas is not None:
            dated = weeks.take(pa.array(one.row))
            yield from apart.streams(one, poses, who, dated, skeleton, low)


class Flags(NamedTuple):
    """How panels agree on occluded or seen: units, people a unit at most, the share of
    pairs of flags that are alike, and three coefficients; NaN where undefined."""

    units: int
    people: int
    alike: float
    fleiss: float
    alpha: float
    ac1: float


COEFFICIENTS = {
    "fleiss": raters.fleiss_kappa,
    "alpha": raters.krippendorff_alpha,
    "ac1": raters.ac1,
}


def compositions(sums: Mapping[Key, Ints]) -> tuple[Ints, Ints]:
    """Of all panels: how many flag occluded and seen (U, 2), and how often that is, by
    group of videos (G, U)."""
    cells = {key: cell for key, cell in sums.items() if key[0] == "panel"}
    counts = np.array([[int(a), int(b)] for _, a, b, _ in cells], np.int64)
    times = [
        np.zeros((0, jackknife.GROUPS), np.int64),
        *(c[None] for c in cells.values()),
    ]
    return counts.reshape(-1, 2), np.concatenate(times).T


def flags(sums: Mapping[Key, Ints]) -> Flags | None:
    """Agreement of all panels; None without any."""
    counts, grouped = compositions(sums)
    if not len(counts):
        return None
    times = grouped.sum(axis=0)
    return Flags(
        units=int(times.sum()),
        people=int(counts.sum(axis=1).max()),
        alike=raters.observed(counts, times),
        **{name: of(counts, times) for name, of in COEFFICIENTS.items()},
    )


def intervals(sums: Mapping[Key, Ints]) -> dict[str, tuple[float, float]]:
    """95 % interval of each coefficient; NaN where it is not known."""
    counts, grouped = compositions(sums)
    return {
        name: jackknife.interval(grouped, partial(of, counts))
        for name, of in COEFFICIENTS.items()
    }


class Habit(NamedTuple):
    """How often a person calls a hidden point visible, and a visible one hidden, by
    the consensus; over so many answers."""

    hidden_seen: float
    seen_hidden: float
    answers: int


def habits(sums: Mapping[Key, Ints]) -> dict[str, Habit]:
    """What Dawid and Skene make of everybody's answers; empty without panels."""
    patterns = sorted((k[1], int(v[0])) for k, v in sums.items() if k[0] == "answers")
    if not patterns:
        return {}
    units, who, labels, weights = [], [], [], []
    for unit, (pattern, n) in enumerate(patterns):
        for answer in pattern.split("\x1e"):
            name, flag = answer.split("\x1f")
            units.append(unit)
            who.append(name)
            labels.append(int(flag) - 1)
            weights.append(n)
    names, person = np.unique(np.array(who), return_inverse=True)
    made = consensus.dawid_skene(
        np.array(units),
        person.astype(np.int64),
        np.array(labels),
        2,
        np.array([n for _, n in patterns]),
    )
    answers = np.bincount(person, weights, len(names))
    return {
        name: Habit(float(c[0, 1]), float(c[1, 0]), int(n))
        for name, c, n in zip(names.tolist(), made.confusion, answers, strict=True)
    }
