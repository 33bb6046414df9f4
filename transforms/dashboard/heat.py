"""The heat map of annotators by keypoints, a table: readable without any colour."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from posegate.transforms.dashboard.display import (
    Shown,
    at,
    clip,
    decimal,
    finite,
    first,
)

UNIT = "\N{MULTIPLICATION SIGN} \N{GREEK SMALL LETTER SIGMA}·s"
STEPS = (0.75, 1.0, 1.25, 1.5, 2.0)
"""Multiples of sigma·s; about 1 is what two careful people differ by."""
CELLS = 3_000
"""What a page has room for: a skeleton of 136 keypoints shows fewer annotators."""
LEAST = 10
"""Fewer points than this are greyed: a third of their mean is noise."""


Pairs = list[tuple[float | None, int]]
"""(mean error, number of points) of each keypoint of one annotator."""


class Cell(NamedTuple):
    """One annotator's error on one keypoint."""

    shown: str
    look: str
    title: str


class HeatRow(NamedTuple):
    """One annotator; `n` is the number of points compared, over all keypoints."""

    annotator: str
    cells: list[Cell]
    n: int


def rows(heat: Mapping[str, Any], most: int = 40) -> Shown:
    """The annotators, worst keypoint first; one without enough points comes last."""
    keypoints = list(heat.get("keypoints") or ())
    found = [
        (name, _pairs(at(heat.get("value"), i), at(heat.get("n"), i), len(keypoints)))
        for i, name in enumerate(heat.get("annotators") or ())
    ]
    found.sort(key=lambda each: -_worst(each[1]))
    room = max(CELLS // max(len(keypoints), 1), 10)
    shown = first(found, min(most, room))
    return shown._replace(rows=[_row(name, keypoints, p) for name, p in shown.rows])


def _pairs(values: Any, numbers: Any, keypoints: int) -> Pairs:
    return [
        (finite(at(values, k)), int(finite(at(numbers, k)) or 0))
        for k in range(keypoints)
    ]


def _worst(pairs: Pairs) -> float:
    return max((v for v, n in pairs if v is not None and n >= LEAST), default=-1.0)


def _row(annotator: str, keypoints: list[str], pairs: Pairs) -> HeatRow:
    cells = [cell(name, *pair) for name, pair in zip(keypoints, pairs, strict=True)]
    return HeatRow(annotator, cells, sum(n for _, n in pairs))


def cell(keypoint: str, value: float | None, n: int) -> Cell:
    """'1.8' on the colour of its step; grey where n is too small, blank where 0."""
    if value is None:
        return Cell("", "none", f"{clip(keypoint, 24)}: nothing to compare")
    words = f"{clip(keypoint, 24)}: {decimal(value)} {UNIT} over {n:,} points"
    if n < LEAST:
        return Cell(decimal(value, 1), "few", f"{words}, too few to judge")
    return Cell(decimal(value, 1), f"h{sum(value >= step for step in STEPS)}", words)


def legend() -> list[tuple[str, str]]:
    """(look, words) of every colour."""
    edges = [f"{step:g}" for step in STEPS]
    middle = [f"{a} to {b}" for a, b in pairwise(edges)]
    words = [f"under {edges[0]}", *middle, f"{edges[-1]} and more"]
    return [
        *((f"h{i}", word) for i, word in enumerate(words)),
        ("few", f"fewer than {LEAST} points"),
        ("none", "none"),
    ]
