"""What masks look like: their parts, their holes, where they end; without painting any.

A mask is a list of runs down its columns. Runs of neighbouring columns that touch
belong together, and so do the gaps between them: the parts of all masks of a batch, and
their holes, are the connected components of one graph.

    column  3 4 5        runs   3: 1-4       4: 1-2 3-4       5: 1-4
    row 1   # # #        gaps   3: 0-1 4-5   4: 0-1 2-3 4-5   5: 0-1 4-5, and around
        2   #   #        the gap 2-3 of column 4 touches no other one: a hole
        3   # # #
"""

from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from posegate.transforms.kernels import masks
from posegate.transforms.kernels.masks import Rle
from posegate.transforms.kernels.meeting import ranges
from posegate.transforms.kernels.polygons import blocks, crossings
from posegate.transforms.model.poses import Bools, Floats

Ints = npt.NDArray[np.int64]


NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class Runs:
    """R stretches of pixels in columns: of mask `of`, from `top` to before `end`.

    Ordered by mask, column and row; each (R,).
    """

    of: Ints
    x: Ints
    top: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.of)

    @property
    def pixels(self) -> Ints:
        """(R,) how many there are in each."""
        return self.end - self.top

    def hold(self, of: Ints, xy: Floats) -> Bools:
        """(P,) whether the pixel nearest to a point, (P, 2) [px], is in a mask."""
        if not len(self):
            return np.zeros(len(of), bool)
        high, wide = int(self.end.max()) + 2, int(self.x.max()) + 2
        near = np.clip(np.rint(xy), -1, [wide - 1, high - 1]).astype(np.int64)
        column = of * (wide + 1) + near[:, 0] + 1
        own = self.of * (wide + 1) + self.x + 1
        at = np.searchsorted(
            own * (high + 1) + self.top, column * (high + 1) + near[:, 1], "right"
        )
        run = np.maximum(at - 1, 0)
        return (at > 0) & (own[run] == column) & (near[:, 1] < self.end[run])

    def distance(self, run: Ints, xy: Floats) -> Floats:
        """(P,) [px] of points from runs, whose pixels reach half a pixel around."""
        across = np.abs(xy[:, 0] - self.x[run]) - 0.5
        above, below = self.top[run] - xy[:, 1], xy[:, 1] - self.end[run] + 1
        down = np.maximum(above, below) - 0.5
        far: Floats = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
        return far

    def groups(self, slack: int) -> Ints:
        """(R,) a number for each connected group; diagonal neighbours touch if `slack`
        is 1, and do not if it is 0."""
        high = int(self.end.max(initial=0)) + 4
        wide = int(self.x.max(initial=0)) + 4
        column = (self.of * wide + self.x + 1) * high + 2
        after = column + high
        first = np.searchsorted(column + self.end, after + self.top - slack, "right")
        last = np.searchsorted(column + self.top, after + self.end + slack, "left")
        count = np.maximum(last - first, 0)
        one, other = np.repeat(np.arange(len(self)), count), ranges(first, count)
        edges = coo_array((np.ones(len(one), bool), (one, other)), (len(self),) * 2)
        return connected_components(edges, directed=False)[1].astype(np.int64)


def runs_of(found: list[Rle | None]) -> Runs:
    """The runs of masks; none of those that are not there or empty."""
    tables = [np.empty((0, 2), np.int64)]
    for mask in found:
        ends = np.cumsum(masks.unpacked(mask["counts"].decode()) if mask else NOTHING)
        tables.append(ends[: len(ends) // 2 * 2].reshape(-1, 2))
    start, stop = np.concatenate(tables).T
    of = np.repeat(np.arange(len(found)), [len(inside) for inside in tables[1:]])
    high = np.array([mask["size"][0] if mask else 0 for mask in found], np.int64)[of]
    first, last = start // high, (stop - 1) // high
    pieces = last - first + 1
    piece = np.repeat(np.arange(len(of)), pieces)
    x = ranges(first, pieces)
    top = np.where(x == first[piece], start[piece] % high[piece], 0)
    end = np.where(x == last[piece], (stop[piece] - 1) % high[piece] + 1, high[piece])
    return Runs(of[piece], x, top, end)


@dataclass(frozen=True)
class Parts:
    """P connected parts of masks: of which, area (P,) [px] and box (P, 4) [px: left,
    top, right, bottom, the last two beyond what is inside]."""

    of: Ints
    area: Ints
    box: Ints


@dataclass(frozen=True)
class Shapes:
    """The masks of N rows.

    `given` (N,): something is written; `there` (N,): it is a mask of the image, with
    something in it. `polygons` are (C, 2) corners [px] each, `polygon_of` (G,) whose.
    """

    given: Bools
    there: Bools
    runs: Runs
    polygons: tuple[Floats, ...]
    polygon_of: Ints

    @classmethod
    def of(cls, segmentation: pa.Array, size: Floats) -> "Shapes":
        """Of COCO's JSON, null for none, and (N, 2) [px] of the images."""
        given = np.asarray(segmentation.is_valid())
        found: list[Rle | None] = [None] * len(given)
        polygons: list[Floats] = []
        owner: list[int] = []
        for row in np.flatnonzero(given).tolist():
            shape = parsed(segmentation[row].as_py())
            found[row] = masks.drawn(shape, *size[row].tolist())
            if isinstance(shape, list):
                good = [p for p in shape if masks.is_polygon(p)]
                polygons += [np.array(p, float).reshape(-1, 2) for p in good]
                owner += [row] * len(good)
        runs = runs_of(found)
        there = np.bincount(runs.of, minlength=len(found)) > 0
        return cls(given, there, runs, tuple(polygons), np.array(owner, np.int64))

    def __len__(self) -> int:
        return len(self.given)

    @cached_property
    def area(self) -> Floats:
        """(N,) [px]; NaN without a mask."""
        pixels = np.bincount(self.runs.of, self.runs.pixels, len(self))
        return self.known(pixels.astype(np.float64))

    @cached_property
    def scale(self) -> Floats:
        """(N,) [px] the square root of the area; NaN without a mask."""
        return np.sqrt(self.area)

    @cached_property
    def crossings(self) -> Floats:
        """(G,) how many pairs of edges of each polygon cross."""
        return crossings(self.polygons).astype(np.float64)

    @cached_property
    def box(self) -> Floats:
        """(N, 4) [px: x, y, w, h] of what is inside; NaN without a mask."""
        edges = spanned(self.runs, self.runs.of, len(self)).astype(float)
        edges[:, 2:] -= edges[:, :2]
        return np.where(self.there[:, None], edges, np.nan)

    @cached_property
    def parts(self) -> Parts:
        """The connected parts of all masks; pixels that touch at a corner are."""
        group = self.runs.groups(slack=1)
        number = int(group.max(initial=-1)) + 1
        of = np.zeros(number, np.int64)
        of[group] = self.runs.of
        area = np.bincount(group, self.runs.pixels, number).astype(np.int64)
        return Parts(of, area, spanned(self.runs, group, number))

    @cached_property
    def holes(self) -> Floats:
        """(N,) [px] in the largest hole of each; NaN without a mask."""
        gaps = gaps_of(self.runs)
        group = gaps.groups(slack=0)
        first = np.flatnonzero(np.diff(gaps.of, prepend=-1))
        outside = np.zeros(int(group.max(initial=-1)) + 1, bool)
        outside[group[first]] = True
        area = np.bincount(group, gaps.pixels, len(outside))
        largest = np.zeros(len(self))
        np.maximum.at(largest, gaps.of, np.where(outside, 0, area)[group])
        return self.known(largest)

    @cached_property
    def largest(self) -> Ints:
        """(N,) the number of each mask's largest part; -1 without a mask."""
        out = np.full(len(self), -1, np.int64)
        order = np.argsort(self.parts.area, kind="stable")
        out[self.parts.of[order]] = order
        return out

    def away(self, xy: Floats, wanted: Bools) -> Floats:
        """(N, K) [px] how far points lie outside the mask, 0 inside.

        NaN of those that are not `wanted`, or not finite, or have no mask.
        """
        out = np.full(wanted.shape, np.nan)
        asked = wanted & self.there[:, None] & np.isfinite(xy).all(axis=2)
        row, point = np.nonzero(asked)
        outside = ~self.runs.hold(row, xy[row, point])
        out[row, point] = 0.0
        row, point = row[outside], point[outside]
        start = np.searchsorted(self.runs.of, row)
        count = np.searchsorted(self.runs.of, row, "right") - start
        for some in blocks(count):
            place = xy[row[some], point[some]]
            each = np.repeat(np.arange(len(place)), count[some])
            far = self.runs.distance(ranges(start[some], count[some]), place[each])
            first = np.cumsum(count[some]) - count[some]
            out[row[some], point[some]] = np.minimum.reduceat(far, first)
        return out

    def known(self, values: Floats) -> Floats:
        """(N,) the values of those that have a mask, else NaN."""
        return np.where(self.there, values, np.nan)

    def worst(self, of: Ints, values: Floats, largest: bool) -> Floats:
        """(N,) the largest or least value of what belongs to each row; NaN of none."""
        out = np.full(len(self), np.nan)
        (np.fmax if largest else np.fmin).at(out, of, values)
        return out


def parsed(text: bytes) -> object:
    """What a segmentation's JSON says; None where it is none."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None


def spanned(runs: Runs, group: Ints, number: int) -> Ints:
    """(G, 4) [px] left, top, right, bottom of groups of runs; 0 of empty ones."""
    low = np.full((number, 2), np.iinfo(np.int64).max)
    high = np.zeros((number, 2), np.int64)
    for axis, (start, stop) in enumerate(((runs.x, runs.x + 1), (runs.top, runs.end))):
        np.minimum.at(low[:, axis], group, start)
        np.maximum.at(high[:, axis], group, stop)
    return np.concatenate([np.minimum(low, high), high], axis=1)


def gaps_of(runs: Runs) -> Runs:
    """What lies between and around the runs of each mask, in a box a pixel larger.

    The first gap of each mask is outside of it. Rows count from one above the image.
    """
    number = int(runs.of.max(initial=-1)) + 1
    left, top, right, bottom = spanned(runs, runs.of, number).T
    wide = np.where(right > left, right - left + 2, 0)
    of = np.repeat(np.arange(number), wide)
    x = ranges(left, wide)  # columns count from one left of the image
    high = int(bottom.max(initial=0)) + 4
    across = int(right.max(initial=0)) + 4

    def ordered(rows: Ints, ends: Ints) -> Ints:
        every = np.concatenate([runs.of, of]), np.concatenate([runs.x + 1, x])
        key = (every[0] * across + every[1]) * high + np.concatenate([rows, ends])
        return np.sort(key)

    start = ordered(runs.end + 1, top[of])
    stop = ordered(runs.top + 1, bottom[of] + 2)
    column, row = np.divmod(start, high)
    return Runs(column // across, column % across, row, stop % high)
