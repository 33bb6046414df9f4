"""Who is compared with whom: the people of a frame, one to one.

A block is one person's rows of one frame; see `meeting` for which of them meet.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels import measures, meeting, oks, pairing
from posegate.transforms.kernels.buckets import Ints, runs
from posegate.transforms.kernels.geometry import iou
from posegate.transforms.kernels.meeting import KINDS, encounters, ranges
from posegate.transforms.kernels.outlines import Outlines
from posegate.transforms.kernels.settling import Candidates, Settled, rivals, settle
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.model.poses import Bools, Floats, Poses
from posegate.transforms.model.schema import Role
from posegate.transforms.model.skeleton import Skeleton

MOST = 1 << 20
"""Combinations of people in one frame: a thousand with a thousand. More is no frame but
one file name given to many, and would not fit into memory."""


HAND_IN, TURN = "hand_in", "turn"
"""Columns that rows may have beside the canonical ones: with which hand-in a review
came, 0 for the delivery itself; and in which turn an instance is to be reviewed."""


def told(rows: pa.RecordBatch, name: str) -> Ints:
    """(N,) one of these columns; 0 everywhere where there is none."""
    if name not in rows.schema.names:
        return np.zeros(rows.num_rows, np.int64)
    return np.asarray(rows[name]).astype(np.int64)


@dataclass(frozen=True)
class Couples:
    """M pairs: rows of the judged, rows of their references, and the kinds."""

    judged: Ints
    reference: Ints
    kind: Ints

    def without(self, references: Bools) -> "Couples":
        """Those whose reference is not among some rows (N,)."""
        kept = ~references[self.reference]
        return Couples(self.judged[kept], self.reference[kept], self.kind[kept])


class Met(NamedTuple):
    """M encounters of blocks (see `meeting.encounters`), and which are refused."""

    one: Ints
    other: Ints
    kind: Ints
    own: Bools
    full: Bools


@dataclass(frozen=True)
class Blocks:
    """One person's rows of one frame, B times: frame, role, first row and number; and
    of all N rows their masks, and a number for each one's id (`numbered`)."""

    frame: Ints
    role: Ints
    starts: Ints
    lengths: Ints
    outlines: Outlines
    id: Ints

    @classmethod
    def of(cls, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, "Blocks"]:
        """The rows by frame, then person, then place, and their blocks.

        So nothing depends on how rows arrived. What a person reviewed in one hand-in
        is another block than what they reviewed in the next.
        """
        frame, who = ranked(rows["image"]), meeting.who(rows)
        role = meeting.role_codes(rows["role"])
        review = role == meeting.ROLES.index(Role.REVIEW)
        came = np.where(review, told(rows, HAND_IN), 0)
        place = (rows[name].to_numpy() for name in ("row", "part"))
        order = np.lexsort((*place, came, who, frame))
        starts, lengths = runs(frame[order], who[order], came[order])
        rows, role = rows.take(pa.array(order)), role[order]
        return rows, cls(
            frame=frame[order][starts],
            role=role[starts],
            starts=starts,
            lengths=lengths,
            outlines=Outlines.of(rows),
            id=numbered(rows["id"]),
        )

    @property
    def of_row(self) -> Ints:
        """(N,) the block of each row."""
        return np.repeat(np.arange(len(self.starts)), self.lengths)

    def meet(self, rows: pa.RecordBatch) -> "Met":
        """Who is compared with whom, and who would be but for what they are."""
        one, other, kind = encounters(self.frame, self.role)
        own = own_reference(rows, self.starts[one], self.starts[other], kind)
        full = crowded(self.lengths, one, other)
        return Met(one, other, kind, own, full)

    def pair(
        self,
        rows: pa.RecordBatch,
        poses: Poses,
        one: Ints,
        other: Ints,
        skeleton: Skeleton,
    ) -> tuple[Ints, Ints, Ints]:
        """The people of M blocks one to one with those of M others: rows, rows, and
        which of the M."""
        left = ranges(self.starts[one], self.lengths[one])
        right = ranges(self.starts[other], self.lengths[other])
        number = np.arange(len(one))
        a, b = pairing.pair(
            np.repeat(number, self.lengths[one]),
            np.repeat(number, self.lengths[other]),
            people(poses, self.id, left),
            people(poses, self.id, right),
            self._alike(left, right, skeleton),
        )
        return left[a], right[b], np.repeat(number, self.lengths[one])[a]

    def _alike(self, left: Ints, right: Ints, skeleton: Skeleton) -> pairing.Alike:
        if skeleton.masked:
            return partial(pairing.by_table, partial(self._overlap, left, right))
        sigma = None if skeleton.sigmas is None else skeleton.sigma
        return partial(pairing.scores, sigma=sigma)

    def _overlap(self, left: Ints, right: Ints, a: Ints, b: Ints) -> Floats:
        return self.outlines.table(left[a], right[b])


def couple(
    rows: pa.RecordBatch, poses: Poses, blocks: Blocks, met: Met, skeleton: Skeleton
) -> Couples:
    """Who is compared with whom, one to one within each pair of annotators."""
    fair = ~(met.own | met.full)
    one, other, kind = met.one[fair], met.other[fair], met.kind[fair]
    judged, reference, which = blocks.pair(rows, poses, one, other, skeleton)
    return Couples(judged, reference, kind[which])


def decisive(couples: Couples) -> Couples:
    """Of each instance's gold and review the first, gold before the review."""
    second = couples.kind == KINDS.index("second")
    order = np.lexsort((couples.reference, couples.kind, second, couples.judged))
    first, _ = runs(couples.judged[order], second[order])
    kept = order[first]
    return Couples(couples.judged[kept], couples.reference[kept], couples.kind[kept])


def reviewed(
    rows: pa.RecordBatch,
    poses: Poses,
    blocks: Blocks,
    couples: Couples,
    skeleton: Skeleton,
    low: float,
) -> tuple[Couples, Settled]:
    """The couples with each review at one instance, and what became of the others."""
    review = couples.kind == KINDS.index("review")
    some = np.flatnonzero(review)
    one, other = couples.judged[some], couples.reference[some]
    gold = np.zeros(len(poses.xy), bool)
    gold[couples.judged[couples.kind == KINDS.index("gold")]] = True
    id = blocks.id
    near = iou(poses.bbox[one], poses.bbox[other]) >= pairing.SAME_BOX
    given = Candidates(
        judged=one,
        review=other,
        named=(id[one] == id[other]) & (id[one] >= 0) & near,
        hand_in=told(rows, HAND_IN),
        turn=told(rows, TURN),
        known=gold,
    )
    of, first, second = rivals(one, other)
    score = alike(poses, blocks, first, second, skeleton)
    bad = score < low
    settled = settle(given, (of[bad], first[bad], second[bad], score[bad]))
    kept = ~review
    kept[some[settled.kept]] = True
    left = Couples(couples.judged[kept], couples.reference[kept], couples.kind[kept])
    return left, settled


def contradiction(
    rows: pa.RecordBatch, poses: Poses, blocks: Blocks, skeleton: Skeleton, low: float
) -> Floats:
    """(N,) the score (`alike`) of gold with other gold that it contradicts, else NaN.

    Of two people's gold in a frame, each object with each; of one person's, or of
    nobody's by name, what has the same id: below `low` neither says what is right.
    Without sigmas there is no OKS, and nothing is contested.
    """
    doubt = np.full(len(poses.xy), np.nan)
    gold = np.flatnonzero(blocks.role == meeting.ROLES.index(Role.GOLD))
    if not len(gold) or (skeleton.sigmas is None and not skeleton.masked):
        return doubt
    one, other, _ = pairing.combinations(blocks.frame[gold], blocks.frame[gold])
    once = (one < other) & ~crowded(blocks.lengths[gold], one, other)
    a, b, _ = blocks.pair(rows, poses, gold[one[once]], gold[other[once]], skeleton)
    again, first = _same_id(blocks, gold)
    a, b = np.concatenate([a, again]), np.concatenate([b, first])
    score = alike(poses, blocks, a, b, skeleton)
    bad = score < low
    for rows_of in (a[bad], b[bad]):
        np.fmin.at(doubt, rows_of, score[bad])
    return doubt


def alike(
    poses: Poses, blocks: Blocks, one: Ints, other: Ints, skeleton: Skeleton
) -> Floats:
    """(P,) the score of rows with others, neither of which is the reference: symmetric
    OKS, NaN without sigmas, or IoU of masks."""
    if skeleton.masked:
        return blocks.outlines.overlap(one, other)
    if skeleton.sigmas is None or not len(one):
        return np.full(len(one), np.nan)
    size = measures.area(poses)
    return oks.symmetric(
        poses.xy[one],
        poses.labelled[one],
        poses.xy[other],
        poses.labelled[other],
        np.sqrt(size[one] * size[other]),
        skeleton.sigma,
    ).oks_sym


def _same_id(blocks: Blocks, some: Ints) -> tuple[Ints, Ints]:
    """Rows of some blocks that repeat an id of their block, and the row before each."""
    id, block = blocks.id, blocks.of_row
    here = np.flatnonzero(np.isin(block, some) & (id >= 0))
    here = here[np.lexsort((here, id[here], block[here]))]
    before, after = here[:-1], here[1:]
    same = (block[before] == block[after]) & (id[before] == id[after])
    return after[same], before[same]


def own_reference(rows: pa.RecordBatch, one: Ints, other: Ints, kind: Ints) -> Bools:
    """(M,) whether two blocks, by their first rows, are a person and their own gold or
    review: who errs alike twice agrees with themselves, and would hide a drift. Where
    nobody is named, nobody is suspected."""
    annotator = numbered(rows["annotator"])
    same = (annotator[one] >= 0) & (annotator[one] == annotator[other])
    return same & (kind != KINDS.index("second"))


def numbered(names: pa.Array) -> Ints:
    """(N,) a number for each name, the same for the same one; -1 for null."""
    codes = names.dictionary_encode().indices.fill_null(-1)
    return codes.to_numpy(zero_copy_only=False).astype(np.int64)


def ranked(names: pa.Array) -> Ints:
    """(N,) the place of each name among all that there are, in their order."""
    coded = names.dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place[coded.indices.to_numpy()]


def crowded(lengths: Ints, one: Ints, other: Ints) -> Bools:
    """(M,) whether two blocks have too many people to try each with each."""
    return lengths[one] * lengths[other] > MOST


def refusals(blocks: Blocks, met: Met, settled: Settled, contested: int) -> list[Sum]:
    """How many reviews, frames and rows of gold are left out, if any.

    ("refused", "own-review") and ("refused", "replaced-review") reviews, ("refused",
    "crowded-frame") frames, ("refused", "own-gold") and ("refused", "contested-gold")
    rows; and in how many instances ("refused", "disputed-review") reviews contradict
    each other.
    """
    own, full = np.unique(met.other[met.own]), met.one[met.full]
    gold = blocks.role[own] == meeting.ROLES.index(Role.GOLD)
    counted = {
        "own-gold": int(blocks.lengths[own[gold]].sum()),
        "own-review": int(blocks.lengths[own[~gold]].sum()),
        "crowded-frame": len(np.unique(blocks.frame[full])),
        "contested-gold": contested,
        "replaced-review": len(settled.replaced),
        "disputed-review": len(settled.judged),
    }
    return [
        (("refused", name, "", ""), np.array([n])) for name, n in counted.items() if n
    ]


def people(poses: Poses, id: Ints, chosen: Ints) -> pairing.People:
    """Some rows, as one side of a pairing; `id` (N,) is a number for each one's."""
    return pairing.People(
        xy=poses.xy[chosen],
        labelled=poses.labelled[chosen],
        bbox=poses.bbox[chosen],
        area=poses.area[chosen],
        id=id[chosen],
    )
