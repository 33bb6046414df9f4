"""What becomes of each instance, given what the branches found and the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.mask_streams import plain
from posegate.transforms.kernels.sums import code
from posegate.transforms.kernels.verdict import Ending
from posegate.transforms.kernels.weeks import Clock, week_names
from posegate.transforms.model.columns import column, joined
from posegate.transforms.model.finding import annotated, crowds
from posegate.transforms.model.poses import Bools, dense
from posegate.transforms.model.schema import DECISIONS

APPROVED = "approved"

REASONS = {
    "not-production": "excluded",
    "crowd": "excluded",
    "unlabelled": "excluded",
    "second-annotation": "excluded",
    "rejecting-rule": "rework",
    "low-agreement": "rework",
    "finding-to-review": "held",
    "drift-alarm": "held",
    "delivery-rejected": "held",
    "delivery-on-hold": "held",
}
"""Why an instance is not approved, and what it is instead; the first one wins."""


@dataclass(frozen=True)
class Alarm:
    """A stream in drift alarm; `keypoint` is its number in the skeleton, and `category`
    the class of masks that it is of in its place."""

    annotator: str
    keypoint: int
    since: str
    category: str | None = None


@dataclass(frozen=True)
class Facts:
    """Rows of a part (ascending) that something was found about."""

    rejected: Ints
    low: Ints
    spare: Ints
    unreviewed: Ints


def decide(
    batch: pa.RecordBatch,
    first: int,
    facts: Facts,
    verdict: Ending,
    alarms: Sequence[Alarm],
    clock: Clock,
    masked: bool = False,
) -> pa.RecordBatch:
    """A row of `schema.DECISIONS` for each of N canonical rows from row `first` on.

    Where they are `masked`, what is not labelled is what has no mask.
    """
    production = np.asarray(pc.equal(batch["role"], "production"))
    k = batch.schema.field("visibility").type.list_size
    labelled = dense(batch["visibility"], k) > 0
    n = batch.num_rows
    holds: Mapping[str, Bools] = {
        "not-production": ~production,
        "crowd": crowds(batch),
        "unlabelled": ~annotated(batch, masked),
        "second-annotation": among(facts.spare, first, n),
        "rejecting-rule": among(facts.rejected, first, n),
        "low-agreement": among(facts.low, first, n),
        "finding-to-review": among(facts.unreviewed, first, n),
        "drift-alarm": alarmed(batch, labelled, alarms, clock),
        "delivery-rejected": np.full(n, verdict == "reject"),
        "delivery-on-hold": np.full(n, verdict == "hold"),
    }
    table = np.stack([holds[reason] for reason in REASONS])  # (R, N)
    verdicts = pa.array([*REASONS.values(), APPROVED])
    chosen = np.where(table.any(axis=0), table.argmax(axis=0), len(REASONS))
    return pa.RecordBatch.from_arrays(
        [
            batch["instance"],
            verdicts.take(pa.array(chosen)),
            listed(table, list(REASONS)),
        ],
        schema=DECISIONS,
    )


def among(rows: Ints, first: int, n: int) -> Bools:
    """(n,) whether row `first + i` is one of the rows."""
    marks = np.zeros(n, bool)
    here = rows[(rows >= first) & (rows < first + n)]
    marks[here - first] = True
    return marks


def alarmed(
    batch: pa.RecordBatch, labelled: Bools, alarms: Sequence[Alarm], clock: Clock
) -> Bools:
    """(N,) whether the row has a keypoint of its annotator, or is of a class, that is
    in alarm."""
    out = np.zeros(batch.num_rows, bool)
    if not alarms:
        return out
    weeks = np.asarray(week_names(batch["annotated_at"], clock).to_pylist())
    annotator = np.asarray(pc.fill_null(batch["annotator"], "").to_pylist())
    named = np.asarray(plain(column(batch, "attributes.category")).to_pylist())
    for alarm in alarms:
        since = (weeks >= alarm.since) | (weeks == "")
        here = (
            labelled[:, alarm.keypoint]
            if alarm.category is None
            else named == alarm.category
        )
        out |= (annotator == alarm.annotator) & since & here
    return out


def listed(table: Bools, names: Sequence[str]) -> pa.Array:
    """(R, N) marks -> N lists of the names marked."""
    row, which = np.nonzero(table.T)
    offsets = np.r_[0, np.cumsum(table.sum(axis=0))]
    values = pa.array(names, pa.string()).take(pa.array(which))
    assert len(row) == offsets[-1]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


GROUPS = pa.schema(
    [
        pa.field("group", pa.string(), nullable=False),
        pa.field("stratum", pa.string(), nullable=False),
        pa.field("instances", pa.int64(), nullable=False),
    ]
)


def group_of(batch: pa.RecordBatch, names: Sequence[str]) -> pa.Array:
    """What must not be split: the first of the columns that is there, else the image.

    The hash that an exporter puts into an image's name does not make it another image.
    """
    known = [column(batch, name) for name in names]
    plain = pc.replace_substring_regex(batch["image"], r"\.rf\.[0-9A-Za-z]+", "")
    original = pc.coalesce(column(batch, "attributes.original"), plain)
    return pc.coalesce(*known, original)


def groups(
    batch: pa.RecordBatch,
    approved: Bools,
    group: Sequence[str],
    stratify: Sequence[str],
) -> pa.RecordBatch:
    """How many approved instances each group has of each stratum (`GROUPS`)."""
    kept = batch.filter(pa.array(approved))
    which, names = code(group_of(kept, group), joined(kept, stratify))
    return pa.RecordBatch.from_arrays(
        [
            pa.array([g for g, _ in names], pa.string()),
            pa.array([s for _, s in names], pa.string()),
            pa.array(np.bincount(which, minlength=len(names)).astype(np.int64)),
        ],
        schema=GROUPS,
    )
