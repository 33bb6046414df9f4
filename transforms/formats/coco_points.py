"""The numbers of a batch of annotations: keypoints, flags, boxes and areas."""

import math
from collections.abc import Callable, Sequence
from itertools import chain

import msgspec
import numpy as np
import numpy.typing as npt

from posegate.transforms.formats.build import FARTHEST
from posegate.transforms.formats.coco_categories import Categories, Match
from posegate.transforms.formats.coco_parts import add_parts, is_body, mend_scores
from posegate.transforms.formats.coco_records import Annotation, Numbers, Wide
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.formats.values import numbers, one
from posegate.transforms.kernels.geometry import both
from posegate.transforms.kernels.masks import unpacked
from posegate.transforms.model.poses import Bools, Bytes, Floats

_SAME = 1e-3  # of w * h: vendors round areas to a few digits


def points(
    records: Sequence[Annotation],
    categories: Categories,
    scored: Bools,
    remarks: Remarks,
) -> tuple[Floats, Bytes]:
    """Positions (N, K, 2) [px] and flags (N, K) in the skeleton's order.

    Where the flag is 0 the position is NaN, unless the record gives one other than
    (0, 0) and (-1, -1), Animal Kingdom's for none: it is kept for the rules to see.
    `scored` (N,) says whose third values
    are a model's scores: above 0 counts as visible. Refused rows are all 0.
    """
    k = len(categories.skeleton.keypoints)
    lists = _lists(records, k)
    table = _table(lists, records, categories, remarks)
    floats = _written_as_floats(lists)
    parted = np.zeros(len(records), np.bool_)
    if is_body(k):
        if isinstance(records[0], Wide):
            parted = add_parts(table, records, remarks)
        mend_scores(table, remarks)
    xy = table[:, :, :2].copy()
    flag = _flags(table[:, :, 2], floats, scored, remarks)
    nowhere = (flag == 0) & (both(xy == 0) | both(xy == -1))
    stale = (flag == 0) & ~nowhere
    remarks.repair(_rows(stale), "coco.unlabelled-with-position")
    xy[nowhere] = np.nan
    said = one([record.num_keypoints for record in records])
    differs = np.isfinite(said) & (said != (flag > 0).sum(axis=1))
    if parted.any():  # which counts the body's alone
        differs &= ~parted | (said != (flag[:, :17] > 0).sum(axis=1))
    remarks.repair(differs, "coco.num-keypoints")
    return xy, flag


def _lists(records: Sequence[Annotation], k: int) -> list[Numbers]:
    """Each record's list; HumanArt has one of its own for its 21 keypoints."""
    if k == 21 and isinstance(records[0], Wide):
        given = [getattr(r, "keypoints_21", None) or r.keypoints for r in records]
    else:
        given = [record.keypoints for record in records]
    return [] if not given else [x or [] for x in given]


def _rows(bad: Bools) -> Bools:
    """(N, …) -> (N,): anything in the row."""
    return np.asarray(bad.any(axis=1))


def _table(
    lists: Sequence[Numbers],
    records: Sequence[Annotation],
    categories: Categories,
    remarks: Remarks,
) -> Floats:
    """(N, K, 3) in the skeleton's order; refuses what is of another skeleton."""
    n, k = len(lists), len(categories.skeleton.keypoints)
    sizes = np.fromiter(map(len, lists), np.int64, n)
    ids = [record.category_id for record in records]
    numbered = {id: number for number, id in enumerate(dict.fromkeys(ids))}
    which = np.array(list(map(numbered.__getitem__, ids)), np.int64)
    matches = [categories.find(id) for id in numbered]
    for number, match in enumerate(matches):
        rows = which == number
        if match.refusal is not None:
            remarks.refuse(rows, match.refusal, _said(match))
        for code in match.repairs:
            remarks.repair(rows, code)
    if (sizes == 3 * k).all() and all(match.places is None for match in matches):
        return numbers(lists, 3 * k).reshape(-1, k, 3)
    table = np.zeros((n, k, 3))
    for number, match in enumerate(matches):
        rest = which == number
        if match.refusal is None:
            for places in _layouts(match, k):
                rows = rest & (sizes == 3 * len(places))
                some = numbers(
                    [lists[i] for i in np.flatnonzero(rows).tolist()], 3 * len(places)
                )
                kept = places >= 0
                given = some.reshape(-1, len(places), 3)[:, kept]
                table[np.ix_(rows, places[kept])] = given
                if kept.sum() < k:
                    remarks.repair(rows, "coco.keypoints-absent")
                rest &= ~rows
            _without(rest, records, sizes, match, k, remarks)
    return table


def _layouts(match: Match, k: int) -> list[npt.NDArray[np.intp]]:
    """Where the triplets of a record may belong: as it is named, or all in order."""
    named = [] if match.places is None else [match.places]
    return [*named, np.arange(k)] if match.whole else named


def _without(
    rest: Bools,
    records: Sequence[Annotation],
    sizes: npt.NDArray[np.int64],
    match: Match,
    k: int,
    remarks: Remarks,
) -> None:
    """Sorts out the records whose list is of no length that could be.

    One of a category without keypoints may have none: a box or a mask.
    """
    absent = rest & np.array([not record.keypoints for record in records])
    if not match.named and match.name:
        remarks.repair(absent, "coco.no-keypoints")
    else:
        remarks.refuse(
            absent,
            "coco.keypoints-missing",
            lambda _: "it has no keypoints; deliver them",
        )
    m = k if match.places is None else len(match.places)
    remarks.refuse(
        rest & ~absent,
        "coco.keypoint-count",
        lambda i: f"keypoints has {sizes[i]} numbers, not 3 x {m}; deliver all of them",
    )


def _said(match: Match) -> Callable[[int], str]:
    return lambda _: match.detail


def _written_as_floats(lists: Sequence[Numbers]) -> Bools:
    """(N,) whether any flag is written with a point: 2.0, or a score."""
    if float not in set(map(type, chain.from_iterable(x[2::3] for x in lists))):
        return np.zeros(len(lists), np.bool_)
    return np.array([float in set(map(type, x[2::3])) for x in lists], np.bool_)


def _flags(flag: Floats, floats: Bools, scored: Bools, remarks: Remarks) -> Bytes:
    """(N, K) visibility 0..3; 0 in refused rows."""
    if scored.any():
        flag = np.where(scored[:, None], np.where(flag > 0, 2.0, 0.0), flag)
        remarks.repair(scored, "coco.score-as-visibility")
    bad = ~np.isin(flag, (0.0, 1.0, 2.0, 3.0))
    remarks.refuse(
        _rows(bad),
        "coco.visibility",
        lambda i: (
            f"visibility {flag[i][bad[i]][0]:g} of keypoint {bad[i].argmax()} is "
            "none of 0, 1, 2 (and 3); export flags, not scores"
        ),
    )
    remarks.repair(floats & ~scored, "coco.visibility-float")
    flag[bad] = 0
    return flag.astype(np.uint8)


def boxes(records: Sequence[Annotation], remarks: Remarks) -> Floats:
    """(N, 4) [px: x, y, w, h]; NaN where there is none."""
    lists = [record.bbox or [] for record in records]
    sizes = np.fromiter(map(len, lists), np.int64, len(lists))
    absent = sizes == 0
    remarks.repair(absent, "coco.bbox-missing")
    odd = ~absent & (sizes != 4)
    remarks.refuse(
        odd,
        "coco.bbox",
        lambda i: f"bbox has {sizes[i]} numbers, not x, y, width, height",
    )
    none = [math.nan] * 4
    if (absent | odd).any():
        lists = [x if len(x) == 4 else none for x in lists]
    box = numbers(lists, 4)
    far = ~absent & ~odd & ~(np.abs(box) <= FARTHEST).all(axis=1)
    remarks.refuse(
        far, "coco.bbox", lambda i: f"bbox {lists[i]} is beyond {FARTHEST:g} px"
    )
    remarks.refuse(
        _rows(box[:, 2:] < 0),
        "coco.bbox-negative",
        lambda i: f"bbox {lists[i]} has a negative size; give x, y, width, height",
    )
    remarks.repair(_rows(box[:, 2:] == 0), "coco.bbox-empty")
    return box


def areas(
    records: Sequence[Annotation],
    segmentations: Sequence[bytes | None],
    box: Floats,
    remarks: Remarks,
) -> tuple[Floats, list[str | None]]:
    """(N,) [px^2] and where each is from; NaN where only the box can tell.

    The segment's area where the record gives one, or a mask to measure. A vendor that
    wrote the box's own area would inflate OKS: that is none.
    """
    area = one([record.area for record in records])
    said = [record.area_source for record in records]
    measured = np.array([each == "segment" for each in said], np.bool_)
    guessed = ~measured & np.array([each is not None for each in said], np.bool_)
    area[guessed | ~((area > 0) & (area <= FARTHEST**2))] = np.nan
    drawn = np.array([each is not None for each in segmentations], np.bool_)
    whole = box[:, 2] * box[:, 3]
    absent = np.isnan(area)
    remarks.repair(absent & ~guessed, "coco.area-missing")
    for i in np.flatnonzero(absent & drawn).tolist():
        area[i] = mask_area(segmentations[i] or b"")
    boxed = ~drawn & ~measured & (np.abs(area - whole) <= _SAME * whole)
    remarks.repair(boxed, "coco.area-is-bbox")
    area[boxed] = np.nan
    return area, [None if isnan else "segment" for isnan in np.isnan(area).tolist()]


def outlines(records: Sequence[Annotation]) -> list[bytes | None]:
    """(N,) the segmentations; None for null or empty brackets."""
    given = [bytes(record.segmentation) for record in records]
    return [None if len(each) < 5 and each in _EMPTY else each for each in given]


_EMPTY = (b"", b"null", b"[]", b"{}", b'""', b"[[]]", b"[ ]")


class _Rle(msgspec.Struct):
    counts: str | list[int]


def mask_area(segmentation: bytes) -> float:
    """The area [px^2] of polygons or of COCO's runs; NaN for anything else."""
    try:
        polygons = msgspec.json.decode(segmentation, type=list[list[float]])
    except (msgspec.ValidationError, msgspec.DecodeError):
        return runs_area(segmentation)
    return polygon_area(polygons)


def runs_area(segmentation: bytes) -> float:
    """The pixels inside COCO's runs, compressed or not; NaN for anything else."""
    try:
        counts = msgspec.json.decode(segmentation, type=_Rle).counts
        runs = unpacked(counts) if isinstance(counts, str) else counts
    except (msgspec.DecodeError, ValueError):
        return math.nan
    total = float(sum(runs[1::2]))
    return total if total > 0 and min(runs) >= 0 else math.nan


def polygon_area(polygons: Sequence[Sequence[float]]) -> float:
    """The area [px^2] inside polygons, by the shoelace formula; NaN where it is none.

    Overlapping polygons count twice; COCO's are the disjoint visible parts.
    """
    total = 0.0
    for polygon in polygons:
        x, y = np.array(polygon[: len(polygon) // 2 * 2]).reshape(-1, 2).T
        total += abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return total if total > 0 else math.nan
