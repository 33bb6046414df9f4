"""How people differ from what a model placed before them: evidence without gold.

A model sees every instance, gold a few; but it errs more, and anew with every version.
So what all people show against it in a week is the model's, and taken off (`sources`).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels import measures, meeting, oks
from posegate.transforms.kernels.body import body_error
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.couples import Blocks, crowded
from posegate.transforms.kernels.geometry import length
from posegate.transforms.kernels.stream_sums import of_streams
from posegate.transforms.kernels.sums import WORK, Sum, of_work
from posegate.transforms.kernels.weeks import Clock, week_names
from posegate.transforms.model.finding import human
from posegate.transforms.model.poses import Bools, Floats, Poses
from posegate.transforms.model.skeleton import Skeleton

KIND = "prelabel"
"""The kind of reference, as in the weekly sums; a named model's follows a colon."""

UNTOUCHED = 0.5
"""Pixels within which a point stands where the model put it: one honest point in three
hundred does (simulated with sigmas of COCO at 150 px of scale)."""

SAME = 0.5
"""Part of the OKS asked of people that a model must reach to have seen the same."""


class Beside(NamedTuple):
    """M people's rows and the models' (M,), the `error` (M, K, 2) and `turned` in axes
    of the body [px], NaN unless both placed a point; `scale` (M,) [px], OKS (M,)."""

    row: Ints
    model: Ints
    error: Floats
    turned: Floats
    scale: Floats
    alike: Floats


def of_predictions(
    rows: pa.RecordBatch,
    poses: Poses,
    blocks: Blocks,
    skeleton: Skeleton,
    clock: Clock,
    low: float,
) -> Iterator[Sum]:
    """What is counted of people beside models; nothing without sigmas.

    ("weekly", annotator, week, "prelabel:" model) (K, S), as `stream_sums.of_streams`;
    ("work", annotator, week) of instances left as the model made them.

    Args:
      poses: of all rows, with the points that models placed.
      clock: how times become weeks.
      low: the OKS asked of people.
    """
    one, other = meeting.predicted(blocks.frame, blocks.role)
    fair = ~crowded(blocks.lengths, one, other)
    if skeleton.sigmas is None or not fair.any():
        return
    both = mixed(poses, blocks)
    row, model, _ = blocks.pair(rows, both, one[fair], other[fair], skeleton)
    found = beside(both, row, model, skeleton)
    weeks = week_names(rows["annotated_at"], clock).take(pa.array(row))
    who = rows["annotator"].fill_null("").take(pa.array(row))
    yield from _untouched(found, who, weeks)
    kept = np.flatnonzero(found.alike >= SAME * low)
    some = pa.array(kept)
    yield from of_streams(
        (who.take(some), weeks.take(some), kinds(rows, row[kept], model[kept])),
        found.error[kept],
        np.asarray(np.isfinite(found.error[kept]).all(axis=2)),
        found.scale[kept],
        skeleton.sigma,
        found.turned[kept],
    )


def mixed(poses: Poses, blocks: Blocks) -> Poses:
    """Of people what they placed themselves, of models all."""
    machine = (blocks.role[blocks.of_row] == meeting.MACHINE)[:, None]
    own = human(poses)
    return replace(
        poses,
        visibility=np.where(machine, poses.visibility, own.visibility),
        xy=np.where(machine[..., None], poses.xy, own.xy),
    )


def beside(poses: Poses, row: Ints, model: Ints, skeleton: Skeleton) -> Beside:
    """M people against the models' rows of the same objects."""
    xy, true = poses.xy[row], poses.xy[model]
    seen, placed = poses.labelled[row], poses.labelled[model]
    size = measures.area(poses)
    scale2 = np.sqrt(size[row] * size[model])
    error = np.where((seen & placed)[..., None], xy - true, np.nan)
    turned = body_error(error, true, placed, np.sqrt(scale2), skeleton)
    score = oks.symmetric(xy, seen, true, placed, scale2, skeleton.sigma)
    return Beside(row, model, error, turned, np.sqrt(scale2), score.oks_loc)


def kinds(rows: pa.RecordBatch, row: Ints, model: Ints) -> pa.Array:
    """(M,) the kind of reference with the model's name, if it has one of its own: some
    tools write the name of who let it run."""
    person, name = (rows["annotator"].take(pa.array(i)) for i in (row, model))
    named = pc.binary_join_element_wise(pa.scalar(KIND), name, ":")
    own = pc.fill_null(pc.not_equal(name, pc.fill_null(person, "")), False)
    return pc.if_else(own, named, KIND)


def _untouched(found: Beside, who: pa.Array, weeks: pa.Array) -> Iterator[Sum]:
    """Instances all of whose points, of at least two, stand where the model put them;
    of several models the nearest counts."""
    away = length(found.error)  # (M, K)
    both: Bools = np.isfinite(away)
    left = (~both | (away < UNTOUCHED)).all(axis=1) & (both.sum(axis=1) >= 2)
    order = np.lexsort((~left, found.row))
    _, first = np.unique(found.row[order], return_index=True)
    chosen = order[first]
    values = np.full((len(chosen), len(WORK)), np.nan)
    values[:, WORK.index("untouched")] = left[chosen]
    some = pa.array(chosen)
    yield from of_work(who.take(some), weeks.take(some), values)
