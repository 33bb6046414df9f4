"""What each rule costs: microseconds of one core per instance."""

import argparse
import time
from collections.abc import Sequence

import masked
import numpy as np
import pyarrow as pa
from detection import Ground
from people import DATA, batch, of_points
from table import table

from posegate.transforms.kernels.outlines import Outlines
from posegate.transforms.model.finding import check
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.rule import Bound
from posegate.transforms.model.skeleton import Skeleton, load

INSTANCES = 8_000
SPATIAL = "halpe_26"
SKELETONS = ("coco_17", "300w_68", "coco_wholebody_133")
TARGET = 25.0
"""Microseconds that all rules of single frames may take of 17 points."""


def run(options: argparse.Namespace) -> str:
    """A row a rule, a column a skeleton; the least of the turns, for others compute."""
    n = options.instances or INSTANCES
    columns = [costs(load(name), n, options.repeat) for name in SKELETONS]
    columns.append(costs(load(SPATIAL), n, options.repeat, space=True))
    ids = list(dict.fromkeys(id for column in columns for id in column))
    body = [
        [id, *(f"{column[id]:.2f}" if id in column else "-" for column in columns)]
        for id in ids
    ]
    together = columns[0]["all together"]
    said = f"  all, 17 points: {together:.1f} us  (target < {TARGET:.0f})\n"
    costly = table(["us per instance", *SKELETONS, f"{SPATIAL} 3-D"], body)
    return costly + "\n" + said + of_masks(options.repeat)


def of_masks(turns: int) -> str:
    """Microseconds per mask of COCO's people: the rules of masks, and agreement."""
    if not DATA.is_dir():
        return f"  no {DATA.name} here, so masks were not timed\n"
    skeleton = load("mask")
    rows = masked.batch(masked.masked(skeleton), skeleton)
    rules = [each for each in masked.rules(skeleton) if not each.rule.beside]
    judged = cost(rows, skeleton, rules, turns)
    every = np.arange(rows.num_rows)
    start = time.process_time()
    Outlines.of(rows).overlap(every, every)
    area = time.process_time() - start
    start = time.process_time()
    Outlines.of(rows).agreement(every, every)
    both = time.process_time() - start
    one = 1e6 / rows.num_rows
    return (
        f"  rules of masks: {judged:.0f} us a mask, read once; IoU {one * area:.0f}, "
        f"with boundary IoU {one * both:.0f} us a mask, reading included\n"
    )


def costs(
    skeleton: Skeleton, n: int, turns: int, space: bool = False
) -> dict[str, float]:
    """Microseconds per instance, by rule; what all need anyway counts once.

    In 3-D, if `space`, each rule of joint angles is charged for computing them all,
    which they do once together.
    """
    ground = Ground(skeleton.name, crowd(n, len(skeleton.keypoints)), skeleton, ())
    rows = batch(ground.people, skeleton)
    if space:
        rows = deepened(rows, ground.people.xy)
    rules = [each for each in ground.rules if not each.rule.beside]
    bare = cost(rows, skeleton, (), turns)
    each = {
        bound.rule.id: max(cost(rows, skeleton, (bound,), turns) - bare, 0.0)
        for bound in rules
    }
    return {
        "reading the batch": bare,
        **each,
        "all together": cost(rows, skeleton, rules, turns),
    }


def deepened(rows: pa.RecordBatch, xy: Floats) -> pa.RecordBatch:
    """The same people in millimetres, with a third coordinate."""
    z = pa.array((xy[..., 0] * 0.5 + xy[..., 1] * 0.3).tolist(), pa.list_(pa.float64()))
    said = {"z": z, "unit": pa.array(["mm"] * rows.num_rows)}
    arrays = [said.get(name, rows[name]) for name in rows.schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)


def cost(
    rows: pa.RecordBatch, skeleton: Skeleton, rules: Sequence[Bound], turns: int
) -> float:
    """The least of so many turns."""
    best = np.inf
    for _ in range(turns + 1):
        start = time.process_time()
        check(rules, rows, skeleton, part=0, first_row=0)
        best = min(best, time.process_time() - start)
    return 1e6 * best / rows.num_rows


def crowd(n: int, k: int):  # type: ignore[no-untyped-def]
    """So many people of K points, one in ten of them not labelled."""
    random = np.random.default_rng(0)
    xy = random.normal(0, 1, (1, k, 2)) * 40 + random.normal(0, 4, (n, k, 2)) + 300
    return of_points(xy, random.random((n, k)) > 0.1)
