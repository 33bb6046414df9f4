"""The worst instances drawn: what was delivered over what it should be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from markupsafe import Markup

from posegate.transforms.dashboard.display import (
    Place,
    Shown,
    at,
    clip,
    decimal,
    finite,
    first,
    place,
)
from posegate.transforms.dashboard.outlines import (
    corners,
    paths,
    rectangle,
    shapes_of,
)
from posegate.transforms.dashboard.svg import drawing, tag

WIDTH, HEIGHT, MARGIN = 180, 190, 16
POINTS = 800
"""What a page has room for: with 136 keypoints each, fewer instances are drawn."""
FAR = 6.0
"""Points further than this many median distances from the middle are drawn at the
edge: one coordinate of 1e9 must not shrink the person to a dot."""
FAR_OF_MASKS = 20.0
"""The same of corners, which crowd where an outline is ragged."""


class Figure(NamedTuple):
    """One instance: its drawing and its caption."""

    why: str
    parts: str
    instance: str
    image: str
    annotator: str
    oks: str
    source: str
    referenced: bool
    picture: Markup


def figures(
    worst: Sequence[Mapping[str, Any]], skeleton: Mapping[str, Any], most: int = 18
) -> Shown:
    """The first `most` instances; `worst` is sorted already."""
    keypoints = len(skeleton.get("keypoints") or ())
    shown = first(worst, min(most, max(POINTS // max(keypoints, 1), 6)))
    return shown._replace(rows=[figure(each, skeleton) for each in shown.rows])


def figure(each: Mapping[str, Any], skeleton: Mapping[str, Any]) -> Figure:
    """One instance; an empty drawing where it has no finite point, mask or box."""
    rules = each.get("rules") or []
    position, referenced = each.get("position"), bool(each.get("reference_xy"))
    return Figure(
        why=", ".join(rules) or ("low agreement" if referenced else "to be reviewed"),
        parts=", ".join(each.get("keypoints") or ()),
        instance=each.get("instance") or "",
        image=each.get("image") or "",
        annotator=each.get("annotator") or "",
        oks=decimal(each.get("oks")),
        source=f"{each.get('source') or ''}"
        + (f", record {position}" if position is not None else ""),
        referenced=referenced,
        picture=_picture(each, skeleton),
    )


def _picture(each: Mapping[str, Any], skeleton: Mapping[str, Any]) -> Markup:
    delivered = _places(each.get("xy"))
    reference = _places(each.get("reference_xy"))
    posed = [p for p in (*delivered, *reference) if p is not None]
    mine, theirs = (shapes_of(each.get(s)) for s in ("outline", "reference_outline"))
    box = [] if posed else rectangle(each.get("bbox"))
    known = [*posed, *corners([*mine, *theirs, *box])]
    if not known:
        return Markup("")
    fit = _fit(known, FAR if posed else FAR_OF_MASKS)
    faint = " faint" if posed else ""
    return drawing(
        WIDTH,
        HEIGHT,
        _title(each, "Skeleton" if posed else "Outline", any([*reference, *theirs])),
        *paths(box, fit, "box"),
        *paths(theirs, fit, f"outline reference{faint}"),
        *paths(mine, fit, f"outline delivered{faint}"),
        *_skeletons(each, skeleton, fit, delivered, reference),
        class_="figure",
    )


def _title(each: Mapping[str, Any], what: str, over: Any) -> str:
    return f"{what} of instance {clip(each.get('instance'), 60)} as delivered" + (
        f" over {each.get('over') or 'its reference'}" if over else ""
    )


def _skeletons(
    each: Mapping[str, Any], skeleton: Mapping[str, Any], fit: "Fit",
    delivered: Sequence[Place | None], reference: Sequence[Place | None],
) -> list[Markup]:  # fmt: skip
    names = skeleton.get("keypoints") or []
    broken = _among(names, each.get("keypoints"))
    theirs = _among(names, each.get("reference_keypoints"))
    limbs = skeleton.get("limbs") or ()
    flags = each.get("visibility") or ()
    return [
        *_limbs(limbs, reference, fit, theirs, "reference"),
        *_joints(reference, fit, theirs, (), names, "reference"),
        *_limbs(limbs, delivered, fit, broken, "delivered"),
        *_joints(delivered, fit, broken, flags, names, "delivered"),
    ]


def _among(names: Sequence[str], some: Any) -> set[int]:
    """Where some keypoints stand."""
    return {i for i, name in enumerate(names) if name in (some or ())}


def _places(xy: Any) -> list[Place | None]:
    return [place(point) for point in xy or ()]


@dataclass(frozen=True)
class Fit:
    """From px of the image to the drawing: kept in the frame, same scale both ways."""

    left: float
    top: float
    right: float
    bottom: float
    scale: float

    def __call__(self, point: Place) -> Place:
        x = min(max(point[0], self.left), self.right)
        y = min(max(point[1], self.top), self.bottom)
        return (
            WIDTH / 2 + (x - (self.left + self.right) / 2) * self.scale,
            HEIGHT / 2 + (y - (self.top + self.bottom) / 2) * self.scale,
        )


def _fit(points: Sequence[Place], farthest: float) -> Fit:
    """The frame of all points but those that lie far away."""
    cx, cy = median(p[0] for p in points), median(p[1] for p in points)
    far = [max(abs(x - cx), abs(y - cy)) for x, y in points]
    reach = farthest * (median(far) or max(far) or 1.0)
    near = [p for p, d in zip(points, far, strict=True) if d <= reach]
    left, right = min(p[0] for p in near), max(p[0] for p in near)
    top, bottom = min(p[1] for p in near), max(p[1] for p in near)
    room = (WIDTH - 2 * MARGIN) / max(right - left, 1e-9)
    scale = min(room, (HEIGHT - 2 * MARGIN) / max(bottom - top, 1e-9))
    return Fit(left, top, right, bottom, min(scale, 1e6))


def _limbs(
    limbs: Any, places: Sequence[Place | None], fit: Fit, broken: Any, look: str
) -> list[Markup]:
    drawn = []
    for limb in limbs:
        i, j = (int(finite(at(limb, side)) or 0) for side in (0, 1))
        a, b = at(places, i), at(places, j)
        if a is None or b is None:
            continue
        (x1, y1), (x2, y2) = fit(a), fit(b)
        bad = " broken" if i in broken or j in broken else ""
        drawn.append(
            tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=f"limb {look}{bad}")
        )
    return drawn


def _joints(
    places: Sequence[Place | None], fit: Fit, broken: Any, flags: Any,
    names: Sequence[str], look: str,
) -> list[Markup]:  # fmt: skip
    return [
        _joint(fit(place), i in broken, at(flags, i) == 1, at(names, i) or str(i), look)
        for i, place in enumerate(places)
        if place is not None
    ]


def _joint(place: Place, broken: bool, hidden: bool, name: str, look: str) -> Markup:
    x, y = place
    bad, hollow = " broken" * broken, " occluded" * hidden
    dot = tag(
        "circle",
        tag("title", f"{clip(name, 24)}, {look}{', occluded' if hidden else ''}"),
        cx=x,
        cy=y,
        r=3.4 if broken else 2.2,
        class_=f"joint {look}{bad}{hollow}",
    )
    ring = tag("circle", cx=x, cy=y, r=7, class_="ring") if broken else Markup("")
    return ring + dot
