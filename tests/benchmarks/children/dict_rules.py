"""Rules of the gate for one row that is a dict: the same ids, measures and limits.

`IDS` are all of them. The others of the gate are left out: they need a fitted model, a
face or a hand, a third coordinate, tracks or pairs. What is compared with these runs
the same ones, and no more (`ingest alike`).
"""

from collections.abc import Iterator, Sequence
from functools import partial
from math import hypot, isnan, sqrt
from typing import Any

from posegate.expectations.rules.structure import BODY
from posegate.transforms.kernels.segments import SEGMENTS
from posegate.transforms.model.skeleton import Skeleton

IDS = (
    *("visibility.unlabelled-with-position", "visibility.labelled-at-origin"),
    *("structure.outside-frame", "structure.outside-box"),
    *("structure.box-outside-frame", "structure.area-exceeds-box"),
    *("structure.too-few-keypoints", "structure.collapsed"),
    *("structure.coincident-joints", "anatomy.limb-length"),
    *("anatomy.left-right-face", "anatomy.left-right-body"),
)
"""The rules that a dict of a row is checked against."""

Point = tuple[float, float]
Row = dict[str, Any]
Broken = Iterator[tuple[str, int | None, float | None]]


def check(row: Row, skeleton: Skeleton) -> Iterator[Row]:
    """The findings of one row."""
    xy = list(zip(row["xy"][::2], row["xy"][1::2], strict=True))
    place = {name: i for i, name in enumerate(skeleton.keypoints)}
    for rule, keypoint, value in (
        *of_points(row, xy),
        *of_box(row),
        *of_all(row, xy),
        *of_joints(row, xy, place),
        *of_limbs(row, xy, place),
        *of_sides(row, xy, place),
    ):
        yield {
            "instance": row["instance"],
            "annotator": row["annotator"],
            "image": row["image"],
            "rule": rule,
            "keypoint": None if keypoint is None else skeleton.keypoints[keypoint],
            "value": value,
            "source": row["source"],
            "position": row["position"],
        }


def of_points(row: Row, xy: Sequence[Point]) -> Broken:
    """Where single points are."""
    width, height = row["width"], row["height"]
    left, top, w, h = row["bbox"]
    side = max(w, h)
    for k, ((x, y), flag) in enumerate(zip(xy, row["visibility"], strict=True)):
        if not flag:
            if not isnan(x):
                yield "visibility.unlabelled-with-position", k, None
            continue
        if x == 0 and y == 0:
            yield "visibility.labelled-at-origin", k, None
        beyond = max(-0.5 - x, -0.5 - y, x - width + 0.5, y - height + 0.5)
        if beyond > 0:
            yield "structure.outside-frame", k, beyond
        if flag >= 2 and side > 0:
            outside = max(left - x, top - y, x - left - w, y - top - h) / side
            if outside > 0.05:
                yield "structure.outside-box", k, outside


def of_box(row: Row) -> Broken:
    """The box, the frame and the area."""
    left, top, w, h = row["bbox"]
    beyond = max(-left, -top, left + w - row["width"], top + h - row["height"])
    if beyond > 1:
        yield "structure.box-outside-frame", None, beyond
    if w * h > 0 and row["area"] / (w * h) > 1.01:
        yield "structure.area-exceeds-box", None, row["area"] / (w * h)


def of_all(row: Row, xy: Sequence[Point]) -> Broken:
    """All points together."""
    scale = sqrt(row["area"])
    labelled = [p for p, flag in zip(xy, row["visibility"], strict=True) if flag]
    n = len(labelled)
    if n < 5 and scale > 96:
        yield "structure.too-few-keypoints", None, n
    if n >= 3:
        cx = sum(x for x, _ in labelled) / n
        cy = sum(y for _, y in labelled) / n
        squares = sum((x - cx) ** 2 + (y - cy) ** 2 for x, y in labelled)
        spread = sqrt(squares / n) / scale
        if spread < 0.05:
            yield "structure.collapsed", None, spread


def of_joints(row: Row, xy: Sequence[Point], place: dict[str, int]) -> Broken:
    """Each joint of the body and its nearest."""
    flags, scale = row["visibility"], sqrt(row["area"])
    joints = [k for k in map(place.__getitem__, BODY) if flags[k]]
    for k in joints:
        x, y = xy[k]
        gaps = [hypot(x - xy[o][0], y - xy[o][1]) for o in joints if o != k]
        if gaps and min(gaps) / scale < 0.01:
            yield "structure.coincident-joints", k, min(gaps) / scale


def of_limbs(row: Row, xy: Sequence[Point], place: dict[str, int]) -> Broken:
    """The statures that limbs imply."""
    flags = row["visibility"]
    tall = []
    for joints, share in SEGMENTS.items():
        for side in ("left", "right"):
            a, b = (place[f"{side}_{joint}"] for joint in joints)
            if flags[a] and flags[b]:
                length = hypot(xy[a][0] - xy[b][0], xy[a][1] - xy[b][1])
                tall.append(length / share)
    if len(tall) < 8:
        return
    tall.sort()
    middle = (tall[(len(tall) - 1) // 2] + tall[len(tall) // 2]) / 2
    if middle and tall[-1] / middle > 1.85:
        yield "anatomy.limb-length", None, tall[-1] / middle


def of_sides(row: Row, xy: Sequence[Point], place: dict[str, int]) -> Broken:
    """Which way pairs of joints face."""
    flags = row["visibility"]
    side = partial(facing, row, xy, place, up(row, xy, place))
    shoulders, hips = side("shoulder"), side("hip")
    seen = flags[place["left_eye"]] >= 2 and flags[place["right_eye"]] >= 2
    if seen and (turned := -side("eye")) > 0.02:
        yield "anatomy.left-right-face", None, turned
    sign = 1 if shoulders > 0 else -1
    if abs(shoulders) > 0.15 and -hips * sign > 0.12:
        yield "anatomy.left-right-body", None, -hips * sign


def up(row: Row, xy: Sequence[Point], place: dict[str, int]) -> Point:
    """From hips to shoulders, of length 1; upright where one of the four is missing."""
    names = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    trunk = [place[name] for name in names]
    if not all(row["visibility"][k] for k in trunk):
        return 0.0, -1.0
    a, b, c, d = (xy[k] for k in trunk)
    x, y = a[0] + b[0] - c[0] - d[0], a[1] + b[1] - c[1] - d[1]
    length = hypot(x, y)
    return (x / length, y / length) if length else (0.0, -1.0)


def facing(
    row: Row, xy: Sequence[Point], place: dict[str, int], axis: Point, joint: str
) -> float:
    """Which way a pair faces, over the scale; NaN where one of it is missing."""
    left, right = place[f"left_{joint}"], place[f"right_{joint}"]
    if not (row["visibility"][left] and row["visibility"][right]):
        return float("nan")
    x, y = xy[left][0] - xy[right][0], xy[left][1] - xy[right][1]
    return (axis[0] * y - axis[1] * x) / sqrt(row["area"])
