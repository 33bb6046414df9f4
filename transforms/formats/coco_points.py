"""The numbers of a batch of annotations: keypoints, flags, boxes and areas."""

import math
from collections.abc import Callable, Sequence
from itertools import chain

import msgspec
import numpy as np
import numpy.typing as npt

from posegate.transforms.formats.coco_images import Categories, Match
from posegate.transforms.formats.coco_records import Annotation, Numbers
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bools, Bytes, Floats

FARTHEST = 1e6  # px: COCO's own are below 640; this is beyond any image there is
BOX_SHARE = 0.53
"""A person's segment fills about this part of its box: what COCO's tools use for boxes
without a segment."""
_SAME = 1e-3  # of w * h: vendors round areas to a few digits


def numbers(lists: Sequence[Numbers], width: int) -> Floats:
    """N lists of `width` numbers as (N, width); too large for a double gives inf."""
    count = len(lists) * width
    try:
        flat = np.fromiter(chain.from_iterable(lists), np.float64, count)
    except OverflowError:
        doubles = map(_double, chain.from_iterable(lists))
        flat = np.fromiter(doubles, np.float64, count)
    return flat.reshape(-1, width)


def one(values: Sequence[float | None]) -> Floats:
    """(N,) numbers, NaN for None."""
    return numbers([[math.nan if v is None else v for v in values]], len(values))[0]


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def points(
    records: Sequence[Annotation],
    categories: Categories,
    scored: Bools,
    remarks: Remarks,
) -> tuple[Floats, Bytes]:
    """Positions (N, K, 2) [px] and flags (N, K) in the skeleton's order.

    Where the flag is 0 the position is NaN, unless the record gives one other than
    (0, 0), which is kept for the rules to see. `scored` (N,) says whose third values
    are a model's scores: above 0 counts as visible. Refused rows are all 0.
    """
    k = len(categories.skeleton.keypoints)
    lists = [record.keypoints for record in records]
    sizes = np.fromiter(map(len, lists), np.int64, len(lists))
    wrong = sizes != 3 * k
    if wrong.any():
        remarks.refuse(wrong, "coco.keypoint-count", lambda i: _count(sizes[i], k))
        lists = [
            [0] * (3 * k) if bad else x for x, bad in zip(lists, wrong, strict=True)
        ]
    table = numbers(lists, 3 * k).reshape(-1, k, 3)
    table = _ordered(table, records, categories, remarks)
    xy = table[:, :, :2].copy()
    flag = _flags(table[:, :, 2], lists, scored, remarks)
    far = ~both(np.abs(xy) <= FARTHEST)
    remarks.refuse(_rows(far), "coco.coordinate", lambda i: _far(xy[i], far[i]))
    nowhere = (flag == 0) & both(xy == 0)
    stale = (flag == 0) & ~nowhere
    remarks.repair(_rows(stale), "coco.unlabelled-with-position")
    xy[nowhere] = np.nan
    said = one([record.num_keypoints for record in records])
    differs = np.isfinite(said) & (said != (flag > 0).sum(axis=1))
    remarks.repair(differs, "coco.num-keypoints")
    return xy, flag


def _rows(bad: Bools) -> Bools:
    """(N, …) -> (N,): anything in the row."""
    return np.asarray(bad.any(axis=1))


def _count(size: int, k: int) -> str:
    return f"keypoints has {size} numbers, not 3 x {k}; deliver the skeleton's"


def _far(xy: Floats, far: Bools) -> str:
    k = int(far.argmax())
    x, y = xy[k]
    return f"keypoint {k} is at ({x:g}, {y:g}), beyond {FARTHEST:g} px; place it again"


def _ordered(
    table: Floats,
    records: Sequence[Annotation],
    categories: Categories,
    remarks: Remarks,
) -> Floats:
    """(N, K, 3) in the skeleton's order; refuses what is of another skeleton."""
    numbered: dict[object, int] = {}
    ids = [record.category_id for record in records]
    which = np.array([numbered.setdefault(id, len(numbered)) for id in ids], np.int64)
    for id, number in numbered.items():
        match = categories.find(id)  # type: ignore[arg-type]
        rows = which == number
        if match.refusal is not None:
            remarks.refuse(rows, match.refusal, _said(match))
        if match.repair is not None:
            remarks.repair(rows, match.repair)
        if match.order is not None:
            table[rows] = table[rows][:, match.order]
    return table


def _said(match: Match) -> Callable[[int], str]:
    return lambda _: match.detail


def _flags(
    flag: Floats, lists: Sequence[Numbers], scored: Bools, remarks: Remarks
) -> Bytes:
    """(N, K) visibility 0..3; 0 in refused rows."""
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
    if float in set(map(type, chain.from_iterable(x[2::3] for x in lists))):
        floats = np.array([float in set(map(type, x[2::3])) for x in lists], np.bool_)
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
    records: Sequence[Annotation], box: Floats, remarks: Remarks
) -> tuple[Floats, npt.NDArray[np.object_]]:
    """(N,) [px^2] and where each is from; NaN and None where nothing tells.

    The segment's area where the record gives one (or a polygon to measure); else
    `BOX_SHARE` of the box: so too where the vendor wrote the box's own area, which
    would inflate OKS.
    """
    area = one([record.area for record in records])
    area[~((area > 0) & (area <= FARTHEST**2))] = np.nan
    drawn = np.array([is_drawn(r.segmentation) for r in records], np.bool_)
    whole = box[:, 2] * box[:, 3]
    absent = np.isnan(area)
    remarks.repair(absent, "coco.area-missing")
    for i in np.flatnonzero(absent & drawn).tolist():
        area[i] = polygon_area(records[i].segmentation)
    said = [record.area_source for record in records]
    measured = np.array([each == "segment" for each in said], np.bool_)
    boxed = ~drawn & ~measured & (np.abs(area - whole) <= _SAME * whole)
    remarks.repair(boxed, "coco.area-is-bbox")
    guessed = boxed | np.isnan(area)
    area[guessed] = BOX_SHARE * whole[guessed]
    area[~(area > 0)] = np.nan
    source = np.where(guessed, "0.53-bbox", "segment").astype(object)
    source[np.isnan(area)] = None
    return area, source


def is_drawn(segmentation: msgspec.Raw) -> bool:
    """Whether a segmentation is more than null or empty brackets."""
    return len(segmentation) > 4 or bytes(segmentation) not in _EMPTY


_EMPTY = (b"", b"null", b"[]", b"{}", b'""', b"[[]]", b"[ ]")


def polygon_area(segmentation: msgspec.Raw) -> float:
    """The area [px^2] inside polygons, by the shoelace formula; NaN for anything else.

    Overlapping polygons count twice; COCO's are the disjoint visible parts.
    """
    try:
        polygons = msgspec.json.decode(segmentation, type=list[list[float]])
    except msgspec.ValidationError:
        return math.nan
    total = 0.0
    for polygon in polygons:
        x, y = np.array(polygon[: len(polygon) // 2 * 2]).reshape(-1, 2).T
        total += abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return total if total > 0 else math.nan
