"""Nine of the rules for one row that is a dict: the same ids and limits."""

from collections.abc import Iterator
from math import hypot, isnan, sqrt
from typing import Any

from posegate.expectations.rules.anatomy import STATURE
from posegate.transforms.model.skeleton import Skeleton

Point = tuple[float, float]
Finding = dict[str, Any]


def check(row: dict[str, Any], skeleton: Skeleton) -> Iterator[Finding]:
    """The findings of one row."""
    xy = list(zip(row["xy"][::2], row["xy"][1::2], strict=True))
    flags = row["visibility"]
    labelled = [p for p, flag in zip(xy, flags, strict=True) if flag]
    for rule, keypoint, value in (
        *of_points(row, xy),
        *of_box(row),
        *of_all(row, labelled),
        *of_limbs(xy, flags, skeleton),
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


Broken = Iterator[tuple[str, int | None, float | None]]


def of_points(row: dict[str, Any], xy: list[Point]) -> Broken:
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


def of_box(row: dict[str, Any]) -> Broken:
    """The box, the frame and the area."""
    left, top, w, h = row["bbox"]
    beyond = max(-left, -top, left + w - row["width"], top + h - row["height"])
    if beyond > 1:
        yield "structure.box-outside-frame", None, beyond
    if w * h > 0 and row["area"] / (w * h) > 1.01:
        yield "structure.area-exceeds-box", None, row["area"] / (w * h)


def of_all(row: dict[str, Any], labelled: list[Point]) -> Broken:
    """All points together."""
    scale = sqrt(row["area"])
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


def of_limbs(xy: list[Point], flags: list[int], skeleton: Skeleton) -> Broken:
    """The statures that limbs imply."""
    tall = []
    for joints, share in STATURE.items():
        for side in ("left", "right"):
            a, b = (skeleton.index(f"{side}_{joint}") for joint in joints.split())
            if flags[a] and flags[b]:
                length = hypot(xy[a][0] - xy[b][0], xy[a][1] - xy[b][1])
                tall.append(length / share)
    if len(tall) < 8:
        return
    tall.sort()
    middle = (tall[(len(tall) - 1) // 2] + tall[len(tall) // 2]) / 2
    if middle and tall[-1] / middle > 1.85:
        yield "anatomy.limb-length", None, tall[-1] / middle
