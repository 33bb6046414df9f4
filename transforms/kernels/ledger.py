"""The order of review, and which reviews count.

    order    1   2   3   4 │ 5   6   7        4 asked for, 3 in reserve
    reviewed x   x   x   x │ x       x        5 counts, 7 does not: 6 is missing

What a rule finds is reviewed too, and is worse than the rest. Such a review counts only
where the sample asked for it: so the reserve counts from its first instance on without
a gap, and only once all that was asked for is there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from posegate.transforms.kernels import sampling
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.sampling import Design
from posegate.transforms.kernels.settling import UNASKED
from posegate.transforms.model.grammar import numbered
from posegate.transforms.model.poses import Bools, Floats

ACCEPT, RESERVE, MONITOR, PARTIAL = PURPOSES = (
    "accept",
    "reserve",
    "monitor",
    "partial",
)
"""What an instance is drawn for. `partial`: some of its keypoints are looked at."""


class Purpose(NamedTuple):
    """Of each of N units: whether it is drawn, what for, how probable that was, and
    whether it stands in reserve for the test, whatever else it is for."""

    known: Bools
    names: npt.NDArray[np.str_]
    probability: Floats
    reserve: Bools


def places(order: Ints, other: Ints, design: Design) -> Purpose:
    """What the units of one stratum are drawn for: twice (N,) their ranking.

    A unit that is drawn for several purposes has the first of accept, monitor and
    partial. The reserve begins behind both `accept` and `partial`: a review of some
    keypoints says nothing of the instance. `probability` is that of being drawn for
    accept or monitor; for some keypoints; or up to the end of the reserve.
    """
    n = len(order)
    rank, rank_other = np.empty(n, np.int64), np.empty(n, np.int64)
    rank[order] = rank_other[other] = np.arange(n)
    first = max(int(design.accept[0]), int(design.partial[0]))
    last = min(n, first + int(design.reserve[0]))
    accept, monitor = rank < design.accept[0], rank_other < design.monitor[0]
    reserve = (rank >= first) & (rank < last)
    partial = rank < design.partial[0]
    which = np.select([accept, monitor, partial, reserve], [0, 2, 3, 1], -1)
    drawn = float(design.probability()[0])
    share = np.array([last, design.partial[0]]) / max(n, 1)
    chance = np.array([drawn, share[0], drawn, share[1], 0.0])
    names = np.array([*PURPOSES, ""])
    return Purpose(which >= 0, names[which], chance[which], reserve)


@dataclass(frozen=True)
class Order:
    """The order of review: `part`, `row` (M,) and how many of them are asked for; what
    comes after is in reserve."""

    part: Ints
    row: Ints
    asked: int

    def place(self, part: Ints, row: Ints) -> Ints:
        """(N,) the place of each row, from 1; 0 for one that has none."""
        own, wanted = _keys(self.part, self.row), _keys(part, row)
        if not len(own):
            return np.zeros(len(wanted), np.int64)
        order = np.argsort(own, kind="stable")
        near = order[np.minimum(np.searchsorted(own[order], wanted), len(own) - 1)]
        return np.where(own[near] == wanted, near + 1, 0)

    def reach(self, part: Ints, row: Ints) -> "Reach":
        """How far it is reviewed, given the rows that have a reference: (N,), (N,)."""
        place = self.place(part, row)
        done = np.zeros(len(self.part), bool)
        done[place[place > 0] - 1] = True
        lacking = int((~done[: self.asked]).sum())
        gap = np.flatnonzero(~done[self.asked :])
        run = int(gap[0]) if len(gap) else len(done) - self.asked
        counted = self.asked + (0 if lacking else run)
        beyond = np.flatnonzero(done[counted:]) + counted + 1
        return Reach(self.asked, lacking, counted, tuple(beyond.tolist()))


def _keys(part: Ints, row: Ints) -> Ints:
    """(N,) one number for a place."""
    return (np.asarray(part, np.int64) << 32) | np.asarray(row, np.int64)


NOT_DRAWN = "not-drawn"
"""The purpose of a review that nothing asked for."""


def purposes(
    kind: npt.NDArray[np.str_],
    part: Ints,
    row: Ints,
    drawn: Iterable[tuple[int, pa.RecordBatch]],
    order: Order,
    reach: "Reach",
) -> npt.NDArray[np.str_]:
    """What each pair counts for: (N,) kinds, parts and rows of the judged -> (N,).

    Gold lies where it lies and feeds the test as what was drawn for it does; so do two
    annotators, who feed none. A review counts for what its instance was drawn for.
    """
    review = kind == "review"
    found = np.where(review, NOT_DRAWN, ACCEPT).astype("<U9")
    for number, rows in drawn:
        here = np.flatnonzero(review & (part == number))
        if not len(here):
            continue
        columns = (rows[name].to_pylist() for name in ("row", "purpose"))
        purpose = dict(zip(*columns, strict=True))
        said = [purpose.get(r, NOT_DRAWN) for r in row[here].tolist()]
        found[here] = np.where(found[here] == NOT_DRAWN, said, found[here])
    position = order.place(part, row)
    found[review & (position > 0) & (position <= reach.counted)] = ACCEPT
    found[found == RESERVE] = NOT_DRAWN
    return found


def turns(
    part: Ints, row: Ints, drawn: Iterable[tuple[int, pa.RecordBatch]], order: Order
) -> Ints:
    """(N,) when each row is to be reviewed: its place in the order; then what was drawn
    for something else; `UNASKED` for the rest."""
    asked = np.zeros(len(part), bool)
    for number, rows in drawn:
        here = np.flatnonzero(part == number)
        asked[here] |= np.isin(row[here], rows["row"].to_numpy())
    place = order.place(part, row)
    return np.where(place > 0, place, np.where(asked, UNASKED - 1, UNASKED))


DECIDE = "{n} more, if {it is|all are} good, {accepts|accept} it"
"""Said alike by the verdict and the dashboard, of so many reviews."""


class Reach(NamedTuple):
    """Of the `asked` first in the order `lacking` have no reference; no review beyond
    the place `counted` counts. The places `done` beyond it have a reference already,
    as gold lies anywhere: nobody is asked for these."""

    asked: int
    lacking: int
    counted: int
    done: tuple[int, ...] = ()

    def wanted(self, more: int) -> int:
        """The last place of the order to be asked for, where so many more decide."""
        if not more:
            return self.asked
        last = self.counted + max(0, more - self.lacking)
        for place in self.done:
            last += place <= last
        return last

    def told(self, more: int) -> str:
        """How many more reviews decide if all are good, and which these are."""
        said = numbered(DECIDE, more)
        if not self.asked:
            return f"{said} (see review/)."
        if self.lacking >= more:
            which = f"the first {more}" if more > 1 else "the first"
            has = numbered("{has|have}", more)
            return f"{said}: {which} by `order` in review/ that {has} none yet."
        return (
            f"{said}: those in review/ with an `order` up to {self.wanted(more)}, the "
            "reserve of the sample included, since the test wants more than its quota."
        )


def in_order(chosen: pa.RecordBatch) -> Order:
    """Rows for the test in the order of review: what is asked for before the reserve,
    one of every video per pass, by their draw within the pass.

    Frames of a video resemble each other: taken one by one they tell less than their
    number, and the test's risks rise (beta .24 for .05 with 12 a video).
    """
    reserve = chosen["reserve"].to_numpy(zero_copy_only=False)
    part = chosen["part"].to_numpy().astype(np.int64)
    row = chosen["row"].to_numpy()
    cluster, u = chosen["cluster"].to_numpy(), chosen["draw"].to_numpy()
    keys = _keys(part, row)
    turns = []
    for some in (np.flatnonzero(~reserve), np.flatnonzero(reserve)):
        order = sampling.round_robin(cluster[some], u[some], keys[some])
        turns.append(some[order])
    order = np.concatenate(turns)
    return Order(part[order], row[order], int((~reserve).sum()))
