"""The instances worth a look, as the dashboard draws them."""

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.contours import Shape, outline
from posegate.transforms.model.poses import Bools, Floats, Poses
from posegate.transforms.model.skeleton import Skeleton

Ranked = tuple[float, str, str]
"""Rank (smallest first), instance, and the drawing's facts as JSON."""

SHOWN = 12

FAR = 3.0
"""Sigma s from which on a keypoint is marked: one in ninety of a typical annotator."""

EACH = 3
"""How many instances of a batch may stand for one rule."""


def facts(rows: pa.RecordBatch, poses: Poses, row: int) -> dict[str, object]:
    """What is drawn of one row, without any verdict on it."""
    text = ("instance", "image", "annotator", "source", "position")
    return {
        **{name: rows[name][row].as_py() for name in text},
        "xy": points(poses.xy[row], poses.labelled[row]),
        "visibility": poses.visibility[row].tolist(),
        "outline": outlined(rows, row),
        "bbox": box(poses.bbox[row]),
    }


def outlined(rows: pa.RecordBatch, row: int) -> list[Shape]:
    """The outline of a row's mask; empty without one, or where none is read."""
    if "segmentation" not in rows.schema.names:
        return []
    return outline(rows["segmentation"][row].as_py())


def box(bbox: Floats) -> list[float] | None:
    """(4,) x, y, w, h to a hundredth of a pixel; None where there is no box."""
    return np.round(bbox, 2).tolist() if np.isfinite(bbox).all() else None


def points(xy: Floats, labelled: Bools) -> list[list[float] | None]:
    """(K, 2), (K,) -> positions to a hundredth of a pixel, None where not labelled."""
    return [
        [x, y] if seen else None
        for (x, y), seen in zip(
            np.round(xy, 2).tolist(), labelled.tolist(), strict=True
        )
    ]


def of_pairs(
    rows: pa.RecordBatch,
    poses: Poses,
    judged: Ints,
    reference: Ints,
    score: Floats,
    skeleton: Skeleton,
) -> Iterator[Ranked]:
    """The pairs that agree least: rows of N, of their references, and scores (M,)."""
    for pair in np.argsort(score, kind="stable")[:SHOWN].tolist():
        if not np.isfinite(score[pair]):
            return
        one, other = int(judged[pair]), int(reference[pair])
        drawn = facts(rows, poses, one) | {
            "oks": float(score[pair]),
            "rules": [],
            "reference_xy": points(poses.xy[other], poses.labelled[other]),
            "reference_outline": outlined(rows, other),
            "keypoints": far(poses, one, other, skeleton),
        }
        yield float(score[pair]), str(drawn["instance"]), json.dumps(drawn)


def far(poses: Poses, one: int, other: int, skeleton: Skeleton) -> list[str]:
    """The keypoints that lie farther than `FAR` from the reference's."""
    both = poses.labelled[one] & poses.labelled[other]
    away = np.hypot(*(poses.xy[one] - poses.xy[other]).T)
    if skeleton.sigmas is None:
        limit = np.full(len(both), 0.2) * poses.scale[other]
    else:
        limit = FAR * skeleton.sigma * poses.scale[other]
    marked = both & (away > limit)
    return [skeleton.keypoints[k] for k in np.flatnonzero(marked)]


def of_findings(
    rows: pa.RecordBatch, first: int, findings: pa.RecordBatch
) -> Iterator[Ranked]:
    """Instances that a rejecting rule found among N rows from row `first` on.

    Args:
      findings: the part's findings, by row.
    """
    row = findings["row"].to_numpy()
    reject = np.asarray(findings["severity"].to_pylist(), object) == "reject"
    here = np.flatnonzero(reject & (row >= first) & (row < first + rows.num_rows))
    if not len(here):
        return
    rules = findings["rule"].to_pylist()
    keypoints = findings["keypoint"].to_pylist()
    poses = Poses.of(rows)
    times: dict[str, int] = {}
    for number in chosen(here, row, rules, times):
        mine = [i for i in here if row[i] == row[number]]
        drawn = facts(rows, poses, int(row[number]) - first) | {
            "oks": None,
            "rules": sorted({rules[i] for i in mine}),
            "reference_xy": None,
            "keypoints": sorted({keypoints[i] for i in mine if keypoints[i]}),
        }
        rank = float(times[rules[number]])
        yield rank, str(drawn["instance"]), json.dumps(drawn)


def chosen(
    here: Ints, row: Ints, rules: Sequence[str], times: dict[str, int]
) -> Iterator[int]:
    """The first findings of each rule, each of another row."""
    drawn: set[int] = set()
    for number in here.tolist():
        rule, place = rules[number], int(row[number])
        if times.get(rule, 0) < EACH and place not in drawn:
            times[rule] = times.get(rule, 0) + 1
            drawn.add(place)
            yield number
