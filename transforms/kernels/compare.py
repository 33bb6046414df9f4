"""Instances with their references: the agreement table of a bucket of whole frames."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from posegate.transforms.kernels import measures, taxonomy, worst
from posegate.transforms.kernels.buckets import Ints, runs
from posegate.transforms.kernels.couples import (
    Blocks,
    Couples,
    contradiction,
    couple,
    decisive,
    refusals,
    reviewed,
)
from posegate.transforms.kernels.geometry import where
from posegate.transforms.kernels.meeting import KINDS, ranges
from posegate.transforms.kernels.panels import of_panel, panel
from posegate.transforms.kernels.predictions import of_predictions
from posegate.transforms.kernels.score import score_of
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.kernels.weeks import Clock, week_names
from posegate.transforms.model.columns import joined
from posegate.transforms.model.finding import human
from posegate.transforms.model.poses import Floats, Poses
from posegate.transforms.model.schema import agreement
from posegate.transforms.model.skeleton import Skeleton

OF_JUDGED = ("instance", "image", "video", "annotator")
PLACED = ("part", "row", "annotated_at", "attributes")
OF_REFERENCE = ("instance", "annotator", "area_source", "attributes")
"""What the table says, or is asked, of either side as its row has it."""


@dataclass(frozen=True)
class How:
    """How pairs are measured: what `policy.Agreement` and `policy.Sampling` say of it.

    `low` is the score below which two references of one instance contradict each other.
    """

    strata: tuple[str, ...] = ("annotator",)
    low: float = 0.0
    pck: str = "torso"
    fraction: float = 0.2
    variants: bool = False


@dataclass(frozen=True)
class Compared:
    """What comparing whole frames gives.

    `pairs` is the table `schema.agreement`, ordered by part, row and kind; `spare` the
    (part, row) of second annotations, which no split needs beside the first; `worst`
    the pairs to be drawn; `refused` counts what was not compared, `panel` what three
    people and more agree on (see `panels.of_panel`), `predictions` how people differ
    from models (see `predictions.of_predictions`); `contested` are the rows of gold
    that other gold contradicts, and those whose reviews contradict each other.
    """

    pairs: pa.RecordBatch
    spare: pa.RecordBatch
    worst: list[worst.Ranked]
    refused: list[Sum]
    panel: list[Sum]
    predictions: list[Sum]
    contested: "Contested"
    disputed: "Contested"


class Contested(NamedTuple):
    """Rows whose references contradict each other, and (C,) their symmetric OKS."""

    rows: pa.RecordBatch
    doubt: Floats


def compare(
    rows: pa.RecordBatch, skeleton: Skeleton, clock: Clock, how: How | None = None
) -> Compared:
    """The pairs among the rows of whole frames, by the points that people placed.

    Args:
      rows: canonical columns, with `part` and `row`, of every annotator of each frame;
        perhaps with `couples.HAND_IN` and `TURN`.
      clock: how times become weeks.
    """
    how = how or How()
    rows, blocks = Blocks.of(rows)
    every = Poses.of(rows)
    poses = human(every)
    doubt = contradiction(rows, poses, blocks, skeleton, how.low)
    met = blocks.meet(rows)
    fair = couple(rows, poses, blocks, met, skeleton).without(np.isfinite(doubt))
    found, settled = reviewed(rows, poses, blocks, fair, skeleton, how.low)
    couples = by_place(rows, decisive(found))
    pairs = table(rows, poses, blocks, couples, skeleton, clock, how)
    score = score_of(skeleton).of(pairs)
    shown = worst.of_pairs(
        rows, poses, couples.judged, couples.reference, score, skeleton
    )
    contested = np.flatnonzero(np.isfinite(doubt))
    seats = panel(rows, poses, blocks, skeleton)
    return Compared(
        pairs=pairs,
        spare=spare(rows, blocks, couples),
        worst=list(shown),
        refused=refusals(blocks, met, settled, len(contested)),
        panel=list(of_panel(rows, poses, seats, skeleton, clock, how.low)),
        predictions=list(of_predictions(rows, every, blocks, skeleton, clock, how.low)),
        contested=Contested(rows.take(pa.array(contested)), doubt[contested]),
        disputed=Contested(rows.take(pa.array(settled.judged)), settled.doubt),
    )


def by_place(rows: pa.RecordBatch, couples: Couples) -> Couples:
    """The couples by part, row and kind of the judged."""
    part, row = (rows[name].to_numpy()[couples.judged] for name in ("part", "row"))
    order = np.lexsort((couples.kind, row, part))
    return Couples(couples.judged[order], couples.reference[order], couples.kind[order])


def table(
    rows: pa.RecordBatch,
    poses: Poses,
    blocks: Blocks,
    couples: Couples,
    skeleton: Skeleton,
    clock: Clock,
    how: How,
) -> pa.RecordBatch:
    """The agreement of each pair (`schema.agreement`), in the couples' order."""
    one, other = couples.judged, couples.reference
    light = rows.select([*PLACED, *OF_JUDGED])
    judged = light.take(pa.array(one))
    reference = rows.select(OF_REFERENCE).take(pa.array(other))
    columns = {
        **{name: judged[name] for name in ("part", "row", *OF_JUDGED)},
        "reference": reference["instance"],
        "reference_annotator": reference["annotator"],
        "kind": pa.array(KINDS, pa.string()).take(pa.array(couples.kind)),
        "week": week_names(judged["annotated_at"], clock),
        "stratum": joined(rows, how.strata).take(pa.array(one)),
        "area_source": reference["area_source"],
        "people": pa.array(people(blocks, one, other)),
        **measures.measure(poses, one, other, skeleton, how.pck, how.fraction),
        **measures.of_masks(blocks.outlines, one, other, skeleton),
        **measures.categories(judged, reference),
        "mistake": mistakes(poses, blocks, couples, skeleton),
    }
    if how.variants:
        columns |= measures.variants(poses, rows, one, other, skeleton)
    schema = agreement(len(skeleton.keypoints))
    nothing = pa.nulls(len(one), pa.float64())
    return pa.RecordBatch.from_arrays(
        [
            columns.get(name, nothing).cast(schema.field(name).type)
            for name in schema.names
        ],
        schema=schema,
    )


def people(blocks: Blocks, one: Ints, other: Ints) -> Ints:
    """(M,) how many people the two of each pair annotated in the image at the most."""
    lengths = blocks.lengths[blocks.of_row]
    return np.maximum(lengths[one], lengths[other])


def mistakes(
    poses: Poses, blocks: Blocks, couples: Couples, skeleton: Skeleton
) -> pa.Array:
    """The kind of error of each keypoint; none without sigmas."""
    one, other = couples.judged, couples.reference
    if skeleton.sigmas is None:
        none = np.full((len(one), len(skeleton.keypoints)), taxonomy.NONE, np.int8)
        return measures.listed(none)
    size, block = measures.area(poses), blocks.of_row[other]
    side = taxonomy.flip(len(skeleton.keypoints), skeleton.flip_pairs)

    def objects(chosen: Ints) -> taxonomy.Objects:
        return taxonomy.Objects(poses.xy[chosen], poses.labelled[chosen], size[chosen])

    def kinds(some: slice) -> Ints:
        owner, mate = mates(blocks, block[some], other[some])
        seen = poses.labelled[one[some]]
        placed = where(seen, poses.xy[one[some]], np.nan)
        own, others = objects(other[some]), objects(mate)
        return taxonomy.classify(placed, own, owner, others, skeleton.sigma, side)

    found = [kinds(some).astype(np.int8) for some in measures.blocks(len(one))]
    return measures.listed(np.concatenate(found))


def mates(blocks: Blocks, block: Ints, row: Ints) -> tuple[Ints, Ints]:
    """The other rows of the blocks of M rows: (Q,) which of the M, and the row."""
    owner = np.repeat(np.arange(len(row)), blocks.lengths[block])
    mate = ranges(blocks.starts[block], blocks.lengths[block])
    apart = mate != row[owner]
    return owner[apart], mate[apart]


def spare(rows: pa.RecordBatch, blocks: Blocks, couples: Couples) -> pa.RecordBatch:
    """(part, row) of paired second annotations: all but the frame's first annotator's.

    The first is the one whose block comes first, so it is the same person for every
    object of the frame.
    """
    second = couples.judged[couples.kind == KINDS.index("second")]
    made = np.flatnonzero(blocks.role == 0)
    first = np.zeros(len(blocks.starts), bool)
    first[made[runs(blocks.frame[made])[0]]] = True
    extra = np.unique(second[~first[blocks.of_row[second]]])
    return rows.select(["part", "row"]).take(pa.array(extra))
