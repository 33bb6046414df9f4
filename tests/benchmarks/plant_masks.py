"""Faults that people make with masks, planted into clean ones one at a time, seeded.

A fault takes masks (`masked.Masked`) and gives those that it could be planted in,
changed. Only what is said is changed: area and box stay as they were, unless a fault
says that they follow.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from pycocotools import mask as rle

from posegate.transforms.kernels import masks
from posegate.transforms.kernels.geometry import iou
from posegate.transforms.kernels.pairing import combinations

Rng = np.random.Generator
Polygons = list[list[float]]


@dataclass(frozen=True)
class Planted:
    """What is planted, how strongly, and how; `paired` faults change two people, who
    stand one after the other, `renamed` ones the category as well."""

    name: str
    strength: str
    plant: Callable[[Rng, Any], Any]
    paired: bool = False
    renamed: bool = False


def changed(some: Any, change: Callable[[int], Any]) -> Any:
    """Those whose mask becomes another; None where it cannot."""
    made = [change(i) for i in range(len(some))]
    kept = np.array([each is not None for each in made], bool)
    return replace(some, masks=tuple(made)).take(kept)


def followed(some: Any) -> Any:
    """Area and box as a tool computes them of the masks."""
    found = [painted(some, i) for i in range(len(some))]
    area = np.array([rle.area(each) for each in found], float)
    bbox = np.array([masks.box(each) for each in found], float).reshape(-1, 4)
    kept = area > 0
    return replace(some, people=replace(some.people, area=area, bbox=bbox)).take(kept)


def painted(some: Any, i: int) -> masks.Rle:
    """A mask as runs of its image."""
    found = masks.drawn(some.masks[i], *some.people.size[i].tolist())
    assert found is not None
    return found


def coco_json(found: masks.Rle) -> dict[str, Any]:
    """Runs as COCO writes them."""
    return {"size": found["size"], "counts": found["counts"].decode()}


def moved(polygons: Polygons, by: np.ndarray) -> Polygons:
    """All corners, moved by so many pixels."""
    return [(np.reshape(p, (-1, 2)) + by).ravel().tolist() for p in polygons]


def shifted(far: float, follow: bool, rng: Rng, some: Any) -> Any:
    """The mask lies `far` scales aside, in any direction."""
    turn = rng.uniform(0, 2 * np.pi, len(some))
    by = far * some.people.scale[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1)
    made = changed(some, lambda i: moved(some.masks[i], by[i]))
    return followed(made) if follow else made


def holed(radius: float, rng: Rng, some: Any) -> Any:
    """A disc of `radius` scales is missing, somewhere wholly inside."""

    def change(i: int) -> Any:
        found = painted(some, i)
        inside = masks.cropped(found)
        far = max(1, round(radius * some.people.scale[i]))
        core = np.argwhere(masks.eroded(inside, far + 1))
        if not len(core):
            return None
        y, x = core[rng.integers(len(core))]
        rows, columns = np.ogrid[: inside.shape[0], : inside.shape[1]]
        disc = (rows - y) ** 2 + (columns - x) ** 2 <= far**2
        return coco_json(masks.placed(inside & ~disc, found))

    return followed(changed(some, change))


def stroked(long: int, rng: Rng, some: Any) -> Any:
    """A stroke of one pixel by `long` beside the mask, half a box away at most."""

    def change(i: int) -> Any:
        x, y, w, h = some.people.bbox[i]
        wide = some.people.size[i, 0]
        left, top = round(x + w + 2), round(y + rng.uniform(0, h))
        if left + long > wide or h < 2:
            return None
        right, low = left + long, top + 1
        stroke = [left, top, right, top, right, low, left, low]
        return [*some.masks[i], [float(v) for v in stroke]]

    return followed(changed(some, change))


def strayed(far: float, rng: Rng, some: Any) -> Any:
    """A part of 9 by 9 px lies `far` scales from the box, right or left of it."""

    def change(i: int) -> Any:
        x, y, w, _ = some.people.bbox[i]
        step = far * some.people.scale[i]
        able = [
            left
            for left in (x - step - 9, x + w + step)
            if 0 <= left <= some.people.size[i, 0] - 9
        ]
        if not able or y + 9 > some.people.size[i, 1]:
            return None
        left, top = able[rng.integers(len(able))], y
        part = [left, top, left + 9, top, left + 9, top + 9, left, top + 9]
        return [*some.masks[i], [float(v) for v in part]]

    return followed(changed(some, change))


def tangled(rng: Rng, some: Any) -> Any:
    """Two corners of the largest polygon change places."""

    def change(i: int) -> Any:
        sizes = [len(p) for p in some.masks[i]]
        which = int(np.argmax(sizes))
        points = np.reshape(some.masks[i][which], (-1, 2)).copy()
        if len(points) < 8:
            return None
        a, b = rng.choice(len(points), 2, replace=False)
        points[[a, b]] = points[[b, a]]
        return [
            points.ravel().tolist() if k == which else p
            for k, p in enumerate(some.masks[i])
        ]

    return followed(changed(some, change))


def halved(follow: bool, rng: Rng, some: Any) -> Any:
    """The right half of the mask's box is missing."""

    def change(i: int) -> Any:
        found = painted(some, i)
        inside = masks.cropped(found)
        if inside.shape[1] < 4:
            return None
        inside[:, inside.shape[1] // 2 :] = False
        return coco_json(masks.placed(inside, found))

    made = changed(some, change)
    return followed(made) if follow else made


def boxed(rng: Rng, some: Any) -> Any:
    """The mask is the box itself."""

    def change(i: int) -> Any:
        x, y, w, h = some.people.bbox[i].tolist()
        return [[x, y, x + w, y, x + w, y + h, x, y + h]]

    return followed(changed(some, change))


def trembled(px: float, rng: Rng, some: Any) -> Any:
    """Every coordinate is off by a normal error of so many pixels."""
    return changed(
        some,
        lambda i: [(np.array(p) + rng.normal(0, px, len(p))).tolist()
                   for p in some.masks[i]],
    )  # fmt: skip


def resized(rng: Rng, some: Any) -> Any:
    """Runs of the image at half its size."""

    def change(i: int) -> Any:
        wide, high = some.people.size[i] // 2
        found = masks.drawn([[v / 2 for v in p] for p in some.masks[i]], wide, high)
        return None if found is None else coco_json(found)

    return changed(some, change)


def dropped(rng: Rng, some: Any) -> Any:
    """There is a box and no mask."""
    return replace(some, masks=(None,) * len(some))


def pointed(far: float, rng: Rng, some: Any) -> Any:
    """A visible keypoint lies `far` scales aside, in any direction."""
    able = some.people.flags > 1
    rows = np.flatnonzero(able.any(axis=1))
    draw = np.where(able[rows], rng.random(able[rows].shape), -1).argmax(axis=1)
    turn = rng.uniform(0, 2 * np.pi, len(rows))
    xy = some.people.xy.copy()
    step = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    xy[rows, draw] += far * some.people.scale[rows, None] * step
    return replace(some, people=replace(some.people, xy=xy)).take(rows)


def exchanged(follow: bool, rng: Rng, some: Any) -> Any:
    """Two people of an image whose boxes overlap have each other's mask."""
    _, frame = np.unique(some.people.image, return_inverse=True)
    i, j, _ = combinations(frame, frame)
    box = some.people.bbox
    near = (i < j) & (iou(box[i], box[j]) > 0.1)
    rows = np.stack([i[near], j[near]], axis=1)
    other = rows[:, ::-1].ravel()
    made = replace(some.take(rows.ravel()), masks=tuple(some.masks[k] for k in other))
    return followed(made) if follow else made


def twice(px: float, rng: Rng, some: Any) -> Any:
    """Everybody is outlined again, every corner off by so many pixels."""
    again = trembled(px, rng, some)
    both = np.arange(2 * len(some)).reshape(2, -1).T.ravel() % len(some)
    made = [some.masks[k // 2] if k % 2 == 0 else again.masks[k // 2]
            for k in range(2 * len(some))]  # fmt: skip
    return replace(some.take(both), masks=tuple(made))


def itself(rng: Rng, some: Any) -> Any:
    """Nothing but the category is another."""
    return some


def faults(points: bool) -> list[Planted]:
    """What the rules are to find; with keypoints, also what these give away."""
    made = [
        *(Planted("mask shifted", f"{s} s, box stays", partial(shifted, s, False))
          for s in (0.1, 0.25, 0.5)),
        Planted("right half missing", "area and box stay", partial(halved, False)),
        *(Planted("hole", f"radius {s} s", partial(holed, s)) for s in (0.1, 0.15)),
        *(Planted("stray stroke", f"1 x {n} px", partial(stroked, n))
          for n in (12, 30)),
        *(Planted("stray part", f"{s} s away", partial(strayed, s)) for s in (1, 2, 4)),
        Planted("two corners exchanged", "", tangled),
        Planted("runs of the image at half its size", "", resized),
        Planted("two people's masks exchanged", "boxes stay",
                partial(exchanged, False), paired=True),
    ]  # fmt: skip
    if not points:
        doubled = [
            Planted("outlined twice", f"{px} px", partial(twice, px), paired=True)
            for px in (0.5, 1.0)
        ]
        return [*made, Planted("no mask", "", dropped), *doubled]
    return [
        *made,
        *(Planted("mask shifted", f"{s} s, box follows", partial(shifted, s, True))
          for s in (0.1, 0.25, 0.5)),
        Planted("right half missing", "area and box follow", partial(halved, True)),
        *(Planted("keypoint moved", f"{s} s", partial(pointed, s))
          for s in (0.25, 0.5, 1.0)),
        Planted("two people's masks exchanged", "boxes follow",
                partial(exchanged, True), paired=True),
    ]  # fmt: skip


def against_gold() -> list[Planted]:
    """What a pair with gold is to find, and what it is to let pass."""
    return [
        *(Planted("every corner off", f"{px} px", partial(trembled, px))
          for px in (1.0, 2.0, 3.0)),
        *(Planted("mask shifted", f"{s} s", partial(shifted, s, True))
          for s in (0.1, 0.25, 0.5)),
        Planted("right half missing", "", partial(halved, True)),
        Planted("the box as a mask", "", boxed),
        Planted("another category", "", itself, renamed=True),
    ]  # fmt: skip
