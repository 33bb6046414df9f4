"""Who shares frames with whom: of people who only meet each other one cannot tell who
moved.

    always the same three, each held against the middle of the other two

               ann moves by 1    or bo and cy move by -1
      ann           1                 1
      bo          -1/2              -1 + 1/2
      cy          -1/2              -1 + 1/2

A change shows in those who share frames with whoever changed, only less; so what shows
less clearly than in a close partner is taken for an echo, and said of nobody. In made
fleets of which always the same three share frames `./run bench fleet` counts how often
the wrong one is named. A annotators, W weeks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.scan import halves, running
from posegate.transforms.kernels.sums import ONE, Key, Sum, code
from posegate.transforms.model.poses import Bools, Floats

KIND = "met"
"""Of sums: ("met", annotator, week, other) [objects]; all of theirs with themselves."""

MET = "met:"
"""Before a partner's name: the habit of sharing objects with them."""

CLOSE = 0.3
"""Share of somebody's objects from which on a partner is close: of pools of three to
seven of whom any three share a frame all are. In a made fleet of such pools of 3, 4, 5
and 6 people there are 2.7, 1.6, .6 and .4 false alarms a week if echoes count, else .1,
.3, .2 and .3; in pools of 10 there are .2 either way."""

MOSTLY = 0.6
"""Share from which on it is said with whom: of pools of three and four."""


def counted(
    who: npt.NDArray[np.object_], weeks: npt.NDArray[np.object_], there: Bools
) -> Iterator[Sum]:
    """The sums of O objects as R people see them: names and weeks (O, R), and which
    are `there`; what has no name or week takes part in nothing."""
    known = there & (who != "") & (weeks != "")
    o, one, other = np.nonzero(known[:, :, None] & known[:, None, :])
    columns = who[o, one], weeks[o, one], who[o, other]
    group, names = code(*(pa.array(each.tolist(), pa.string()) for each in columns))
    number = np.bincount(group, minlength=len(names)).tolist()
    for (name, week, partner), n in zip(names, number, strict=True):
        yield (KIND, name, week, partner), np.array([n])


def rows(sums: Mapping[Key, Ints]) -> list[list[object]]:
    """The ("met", …) sums as rows of annotator, week, habit and fixed-point moments."""
    return [
        [key[1], key[2], MET + key[3], *[int(sums[key][0]) * ONE] * 3]
        for key in sorted(key for key in sums if key[0] == KIND)
    ]


class Met(NamedTuple):
    """P pairs of which the `other` was close to `who` (P,) in some week, by number:
    `n` (P, W) objects a week that they shared, of `own` (P, W) that `who` had."""

    who: Ints
    other: Ints
    n: Floats
    own: Floats


def folded(worked: pa.Table, annotators: Sequence[str], weeks: Sequence[str]) -> Met:
    """All deliveries' rows added up: annotator, week, habit and n."""
    met = worked.filter(pc.starts_with(worked["habit"], MET))
    names = pc.utf8_slice_codeunits(met["habit"], len(MET))
    places = ((met["annotator"], annotators), (names, annotators), (met["week"], weeks))
    who, other, week = (
        np.asarray(
            pc.fill_null(
                pc.index_in(column, value_set=pa.array(list(some), pa.string())), -1
            )
        ).astype(np.int64)
        for column, some in places
    )
    known = (who >= 0) & (other >= 0) & (week >= 0)
    who, other, week = who[known], other[known], week[known]
    n = met["n"].to_numpy()[known] / ONE
    own = np.zeros((len(annotators), len(weeks)))
    alone = who == other
    np.add.at(own, (who[alone], week[alone]), n[alone])
    pair, cell = np.unique(who * len(annotators) + other, return_inverse=True)
    # whoever is close in several weeks together is so in one of them
    ever = np.zeros(len(pair), np.bool_)
    np.logical_or.at(ever, cell, ~alone & (n >= CLOSE * own[who, week]))
    place = np.cumsum(ever) - 1
    kept = ever[cell]
    shared = np.zeros((int(ever.sum()), len(weeks)))
    np.add.at(shared, (place[cell[kept]], week[kept]), n[kept])
    one, partner = np.divmod(pair[ever], max(len(annotators), 1))
    return Met(one, partner, shared, own[one])


class Partners(NamedTuple):
    """P pairs, in which weeks the `other` is `close` to `who` (P, W), and the `share`
    (P,) of the objects that `who` had lately."""

    who: Ints
    other: Ints
    close: Bools
    share: Floats

    @classmethod
    def of(cls, met: Met, windows: Sequence[int]) -> "Partners":
        """Who is close in the last weeks, of any length that changes are looked for;
        the share is of the longest, up to the last week."""
        close, share = np.zeros(met.n.shape, np.bool_), np.zeros(met.n.shape)
        n, own = (running(each[..., None]) for each in (met.n, met.own))
        for weeks in windows:
            lately, all_of = (halves(each, weeks)[0][..., 0] for each in (n, own))
            share = lately / np.maximum(all_of, 1.0)
            close |= share >= CLOSE
        return cls(met.who, met.other, close, share[:, -1])

    def echoes(self, p: Floats, clear: Floats) -> Bools:
        """Where a close partner's change is plainer: (A, W, N) p values -> (A, W, N).

        `clear` (A, W, N) says so where both p are too small for a number; a NaN is no
        change.
        """
        pair, week = np.nonzero(self.close)
        own, theirs = (self.who[pair], week), (self.other[pair], week)
        out = np.zeros(p.shape, np.bool_)
        plainer = p[theirs] < p[own]
        plainer |= (p[theirs] == p[own]) & (clear[theirs] > clear[own])
        np.logical_or.at(out, own, plainer)
        return out

    def beside(self, some: Bools) -> Bools:
        """Who has a close partner among some: (A, W) -> (A, W)."""
        pair, week = np.nonzero(self.close)
        out = np.zeros_like(some)
        np.logical_or.at(out, (self.who[pair], week), some[self.other[pair], week])
        return out

    def circle(self, annotator: int) -> list[int]:
        """Who shares most of somebody's objects lately."""
        mostly = (self.share >= MOSTLY) & (self.who == annotator)
        return sorted(self.other[mostly].tolist())


_NONE = np.zeros(0, np.int64)
NOBODY = Partners(_NONE, _NONE, np.zeros((0, 0), np.bool_), np.zeros(0))
"""Where nobody is held against partners."""
