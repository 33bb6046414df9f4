"""Which rows must meet: a frame annotated by more than one, an id used twice.

frame  who  self        frame  who          block a  block b   kind
  7     A    1            7    A  <- block     A       gold    gold
  7     A    2            7    B               B       gold    gold
  7     B    3            7    gold            A       B       second
  7    gold  4                                 B       A       second
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import (
    Hashes,
    Ints,
    from_hex,
    runs,
    stable_hash,
)
from posegate.transforms.kernels.pairing import combinations
from posegate.transforms.model.poses import Bools
from posegate.transforms.model.schema import Role

ROLES = (Role.PRODUCTION, Role.GOLD, Role.REVIEW, Role.PRELABEL)
"""The roles that meet, as numbers 0, 1, 2, 3; prelabels only as evidence of drift."""

MACHINE = ROLES.index(Role.PRELABEL)

KINDS = ("gold", "review", "second")

KEYS = pa.schema(
    [
        pa.field("frame", pa.uint64(), nullable=False),
        pa.field("who", pa.uint64(), nullable=False),
        pa.field("self", pa.uint64(), nullable=False),
        pa.field("role", pa.uint8(), nullable=False),
        pa.field("part", pa.int32(), nullable=False),
        pa.field("row", pa.int32(), nullable=False),
    ]
)
"""What of a row travels to find out whom it meets: 33 bytes."""


def who(batch: pa.RecordBatch) -> Hashes:
    """(N,) a hash of annotator and role: the same for one person's rows of a frame."""
    named = pc.binary_join_element_wise(
        pc.fill_null(batch["annotator"], ""), batch["role"], "\x1f"
    )
    return stable_hash(named)


def role_codes(column: pa.Array) -> Ints:
    """(N,) the place in `ROLES`; -1 for a role that pairs with nothing."""
    found = pc.index_in(column, value_set=pa.array([r.value for r in ROLES]))
    return np.asarray(found.fill_null(-1)).astype(np.int64)


def keys(batch: pa.RecordBatch, judged: Bools, part: int, first: int) -> pa.RecordBatch:
    """The keys (`KEYS`) of the rows that may meet: people, and models' predictions."""
    role = role_codes(batch["role"])
    rows = np.flatnonzero(judged & (role >= 0))
    kept = batch.select(["image", "annotator", "role", "instance"]).take(pa.array(rows))
    return pa.RecordBatch.from_arrays(
        [
            pa.array(stable_hash(kept["image"])),
            pa.array(who(kept)),
            pa.array(from_hex(kept["instance"])),
            pa.array(role[rows].astype(np.uint8)),
            pa.array(np.full(len(rows), part, np.int32)),
            pa.array((rows + first).astype(np.int32)),
        ],
        schema=KEYS,
    )


@dataclass(frozen=True)
class Meeting:
    """What a bucket of keys shows: the frames in it, and rows as (part, row) arrays.

    `frames` are those with a person's row; `shared` the rows of frames that production
    and somebody else, or a model, annotated; `repeated` those of people whose id an
    earlier row of the frame has already.
    """

    frames: int
    shared: pa.RecordBatch
    repeated: pa.RecordBatch


def meet(bucket: pa.RecordBatch) -> Meeting:
    """Finds the frames that several people annotated, in keys of whole frames."""
    frame, person, self_, role, part, row = (
        bucket[name].to_numpy() for name in KEYS.names
    )
    order = np.lexsort((row, part, person, frame))
    frame, person, role = frame[order], person[order], role[order]
    starts, lengths = runs(frame)
    blocks, _ = runs(frame, person)
    if not len(starts):
        return Meeting(0, _places(part, row, order), _places(part, row, order))
    several = np.add.reduceat(_mark(blocks, len(frame)), starts) > 1
    first = np.minimum.reduceat(role, starts)
    together = np.repeat(several & (first == 0), lengths)
    people = np.flatnonzero(bucket["role"].to_numpy() != MACHINE)
    again = _repeats(
        *(x[people] for x in (bucket["frame"].to_numpy(), self_, part, row))
    )
    return Meeting(
        frames=int((first != MACHINE).sum()),
        shared=_places(part, row, order[together]),
        repeated=_places(part, row, people[again]),
    )


def _mark(positions: Ints, n: int) -> Ints:
    marks = np.zeros(n, np.int64)
    marks[positions] = 1
    return marks


def _repeats(frame: Hashes, self_: Hashes, part: Ints, row: Ints) -> Ints:
    """Rows whose (frame, self) stands in an earlier (part, row) already."""
    order = np.lexsort((row, part, self_, frame))
    starts, _ = runs(frame[order], self_[order])
    later = np.ones(len(order), bool)
    later[starts] = False
    return order[later]


def _places(part: Ints, row: Ints, chosen: Ints) -> pa.RecordBatch:
    """(part, row), ascending."""
    part, row = part[chosen], row[chosen]
    order = np.lexsort((row, part))
    return pa.RecordBatch.from_arrays(
        [pa.array(part[order]), pa.array(row[order].astype(np.int64))],
        names=["part", "row"],
    )


def encounters(frame: Ints, role: Ints) -> tuple[Ints, Ints, Ints]:
    """Which blocks to compare: a block is one person's rows of one frame.

    Args:
      frame: (B,) the frame of each block, ascending.
      role: (B,) its role, as in `ROLES`.

    Returns:
      (M,) the block judged (production), (M,) its reference, (M,) the kind, as in
      `KINDS`. A block meets every gold and review block of its frame, for reviewers may
      share a frame's people; and the frame's next production block, in a circle.
    """
    made = np.flatnonzero(role == 0)
    trusted = np.flatnonzero((role > 0) & (role != MACHINE))
    one, other, _ = combinations(frame[made], frame[trusted])
    starts, lengths = runs(frame[made])
    follower = np.roll(made, -1)
    follower[starts + lengths - 1] = made[starts]
    paired = follower != made
    return (
        np.r_[made[one], made[paired]],
        np.r_[trusted[other], follower[paired]],
        np.r_[role[trusted[other]] - 1, np.full(paired.sum(), 2)].astype(np.int64),
    )


def predicted(frame: Ints, role: Ints) -> tuple[Ints, Ints]:
    """Which blocks to hold against a model's: (M,) production, (M,) of every model.

    Args:
      frame, role: of B blocks, as in `encounters`.
    """
    made, machine = np.flatnonzero(role == 0), np.flatnonzero(role == MACHINE)
    one, other, _ = combinations(frame[made], frame[machine])
    return made[one], machine[other]


def ranges(starts: Ints, lengths: Ints) -> Ints:
    """The numbers of all stretches in turn: [2, 9], [2, 3] -> 2 3 9 10 11."""
    if not len(starts):
        return np.empty(0, np.int64)
    ends = np.cumsum(lengths)
    return np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
