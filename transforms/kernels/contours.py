"""Outlines of masks to be drawn: few corners, whatever the mask.

pixels   . # #      rings   (1 0) (3 0) (3 2) (1 2)   clockwise round what is
         . # #                                        inside, the other way round
                                                      holes
"""

import heapq
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from posegate.transforms.kernels import masks
from posegate.transforms.kernels.mask_shapes import parsed
from posegate.transforms.kernels.masks import Rle
from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]

Shape = list[list[list[float]]]
"""Rings of [x, y] [px]; what an even number of them encloses is outside."""

CORNERS = 128
"""How many a mask may have in a drawing, whose lines are about 150 px long."""

RINGS = 24
"""How many rings: the longest; each has at least three corners."""

SIDE = 512
"""Cells that the longer side of a mask's box is looked at in."""

STEPS = 8192
"""Sides of cells that a boundary may have; where it has more, cells are larger."""

EDGES = (((0, 0), (-1, 0)), ((0, 1), (0, 1)), ((1, 1), (1, 0)), ((1, 0), (0, -1)))
"""Where a cell's sides begin, clockwise from the top, and its neighbours: rows first"""


def outline(segmentation: bytes | None) -> list[Shape]:
    """What is drawn of COCO's JSON: a shape for each polygon, or one of the runs.

    Polygons are left as they are, and thinned where they have more than `CORNERS`
    together. Empty where there is no mask, none that can be read, or nothing inside.
    """
    shape = None if segmentation is None else parsed(segmentation)
    if isinstance(shape, list):
        good = [p for p in shape if masks.is_polygon(p)]
        rings = [np.array(p, np.float64).reshape(-1, 2) for p in good]
        return [[ring] for ring in rounded(thinned(rings))]
    mask = of_its_own_size(shape)
    rings = boundary(mask) if mask is not None else []
    return [rounded(thinned(rings))] if rings else []


def of_its_own_size(shape: object) -> Rle | None:
    """Runs of the image's size that they say themselves; None where they are none."""
    match shape:
        case {"size": [int(high), int(wide)], "counts": _}:
            return masks.drawn(shape, wide, high)
    return None


def rounded(rings: Sequence[Floats]) -> Shape:
    """To a hundredth of a pixel."""
    return [np.round(ring, 2).tolist() for ring in rings]


def boundary(mask: Rle) -> list[Floats]:
    """The rings of a mask: (C, 2) [px] at the pixels' outer sides; none if it is empty.

    Of a mask wider or higher than `SIDE` pixels only every second, third … is asked,
    and of one with a ragged boundary half as many again and again.
    """
    x, y, w, h = masks.box(mask)
    pace = max(1, -(-max(w, h) // SIDE))
    inside = sampled(mask, pace)
    while sides(inside) > STEPS:
        pace *= 2
        inside = inside[::2, ::2]
    low, high = np.array([x, y]), np.array([x + w, y + h])
    return [np.minimum(low + pace * ring, high) for ring in traced(inside)]


def sampled(mask: Rle, pace: int) -> Bools:
    """Whether the middles of cells are inside: of `pace` pixels a side, in its box.

    No pixel is painted for it: an image of any size takes the same memory.
    """
    x, y, w, h = masks.box(mask)
    high = mask["size"][0]
    columns = x + np.minimum(np.arange(0, w, pace) + pace // 2, w - 1)
    rows = y + np.minimum(np.arange(0, h, pace) + pace // 2, h - 1)
    ends = np.cumsum(masks.unpacked(mask["counts"].decode()))
    run = np.searchsorted(ends, columns * high + rows[:, None], "right")
    return np.asarray(run % 2 == 1)


def sides(inside: Bools) -> int:
    """How many sides of cells lie between inside and outside."""
    padded = np.pad(inside, 1)
    return sum(int((np.diff(padded, axis=axis)).sum()) for axis in (0, 1))


def traced(inside: Bools) -> list[Ints]:
    """The rings round cells: (C, 2) x and y of their corners, in cells.

    Where two cells touch at a corner only, a ring goes round each.
    """
    high, wide = inside.shape
    padded = np.pad(inside, 1)
    leaves = np.zeros((4, (high + 1) * (wide + 1)), np.bool_)
    for side, ((down, along), (below, beside)) in enumerate(EDGES):
        beyond = padded[1 + below : 1 + below + high, 1 + beside : 1 + beside + wide]
        y, x = np.nonzero(inside & ~beyond)
        leaves[side, (y + down) * (wide + 1) + x + along] = True
    turn, start = np.nonzero(leaves)
    stop = start + np.array([1, wide + 1, -1, -wide - 1])[turn]
    right, left = (turn + 1) % 4, (turn + 3) % 4
    after = np.where(leaves[turn, stop], turn, left)
    after = np.where(leaves[right, stop], right, after)
    number = np.cumsum(leaves).reshape(leaves.shape) - 1
    bends = after != turn
    found = [np.array(each) for each in cycles(number[after, stop].tolist())]
    ends = [stop[each[bends[each]]] for each in found]
    return [np.stack([at % (wide + 1), at // (wide + 1)], axis=1) for at in ends]


def cycles(following: list[int]) -> Iterator[list[int]]:
    """The cycles of a permutation, each from its least element on."""
    seen = [False] * len(following)
    for first in range(len(following)):
        cycle: list[int] = []
        at = first
        while not seen[at]:
            seen[at] = True
            cycle.append(at)
            at = following[at]
        if cycle:
            yield cycle


def thinned(rings: Sequence[Floats]) -> list[Floats]:
    """At most `RINGS` rings of `CORNERS` corners together: as they are if they fit.

    A corner is added where the ring is farthest from what is drawn of it, again and
    again: Douglas and Peucker's way, with a number of corners instead of a distance.
    """
    if len(rings) > RINGS:
        long = np.argsort([-np.ptp(ring, axis=0).sum() for ring in rings])
        rings = [rings[i] for i in sorted(long[:RINGS].tolist())]
    if sum(map(len, rings)) <= CORNERS:
        return list(rings)
    closed = [np.concatenate([ring, ring[:1]]) for ring in rings]
    kept = [begun(ring) for ring in closed]
    heap = [
        bulge(closed[i], i, *chord)
        for i, some in enumerate(kept)
        for chord in zip(some, [*some[1:], len(rings[i])], strict=True)
    ]
    heapq.heapify(heap)
    room = CORNERS - sum(map(len, kept))
    while room > 0 and heap:
        away, i, start, stop, at = heapq.heappop(heap)
        if away < 0:
            kept[i].append(at)
            room -= 1
            heapq.heappush(heap, bulge(closed[i], i, start, at))
            heapq.heappush(heap, bulge(closed[i], i, at, stop))
    return [ring[sorted(some)] for ring, some in zip(closed, kept, strict=True)]


def begun(closed: Floats) -> list[int]:
    """Three corners, far from one another, of a closed ring (C + 1, 2) of C > 2."""
    far = 1 + int(np.hypot(*(closed[1:-1] - closed[0]).T).argmax())
    chords = [bulge(closed, 0, 0, far), bulge(closed, 0, far, len(closed) - 1)]
    third = min(chord for chord in chords if chord[4] > 0)[4]
    return sorted([0, far, third])


def bulge(
    closed: Floats, ring: int, start: int, stop: int
) -> tuple[float, int, int, int, int]:
    """Which corner between two is farthest from the line that joins them.

    Minus its distance [px], the ring, the two, and the corner: 0 where none is between.
    """
    between = closed[start + 1 : stop]
    if not len(between):
        return 0.0, ring, start, stop, 0
    along, there = closed[stop] - closed[start], between - closed[start]
    length = float(along @ along)
    part = np.clip(there @ along / length, 0, 1) if length else np.zeros(len(there))
    away = np.hypot(*(there - part[:, None] * along).T)
    at = int(away.argmax())
    return -float(away[at]), ring, start, stop, start + 1 + at
