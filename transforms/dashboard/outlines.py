"""Outlines of masks in a drawing: rings of corners, holes left open."""

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from posegate.transforms.dashboard.display import Place, at, finite, place
from posegate.transforms.dashboard.svg import tag

CORNERS = 400
"""How many of an outline are drawn; `kernels.contours` leaves fewer."""

Shape = list[list[Place]]


def shapes_of(outline: Any) -> list[Shape]:
    """The shapes of an outline, without what is no place and rings of two and less."""
    left = CORNERS
    shapes = []
    for rings in outline or ():
        known = []
        for ring in rings or ():
            some = [p for each in (ring or ())[:left] if (p := place(each)) is not None]
            left -= len(some)
            if len(some) > 2:
                known.append(some)
        if known:
            shapes.append(known)
    return shapes


def corners(shapes: Sequence[Shape]) -> list[Place]:
    """All of them."""
    return [corner for rings in shapes for ring in rings for corner in ring]


def paths(
    shapes: Sequence[Shape], fit: Callable[[Place], Place], look: str
) -> list[Markup]:
    """A path for each shape; what an even number of its rings encloses is a hole."""
    return [
        tag(
            "path",
            d="".join(_closed([fit(corner) for corner in ring]) for ring in rings),
            fill_rule="evenodd",
            class_=look,
        )
        for rings in shapes
    ]


def _closed(ring: Sequence[Place]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z"


def rectangle(box: Any) -> list[Shape]:
    """A box (x, y, w, h) as a shape; none unless all four are finite."""
    x, y, w, h = (finite(at(box, i)) for i in range(4))
    if x is None or y is None or w is None or h is None:
        return []
    return [[[(x, y), (x + w, y), (x + w, y + h), (x, y + h)]]]
