"""How far outlines of objects agree: as areas, and along their edge."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pycocotools import mask as rle

from posegate.transforms.kernels import masks
from posegate.transforms.kernels.masks import Rle
from posegate.transforms.model.poses import Bools, Floats, scalars

Ints = npt.NDArray[np.int64]

NOWHERE: Rle = {"size": [0, 0], "counts": b"0"}
"""Stands for no mask where something is asked for: it is of no image's size."""


class Outlines:
    """The masks of N rows; each is read when first asked for, and kept as runs."""

    def __init__(self, segmentation: pa.Array, size: Floats) -> None:
        """COCO's JSON of each row, null for none, and (N, 2) [px] of its image."""
        self._given = segmentation
        self._drawn = np.asarray(segmentation.is_valid()).astype(bool)
        self._size = size
        self._read: dict[int, Rle | None] = {}
        self._edges: dict[int, Rle] = {}

    @classmethod
    def of(cls, rows: pa.RecordBatch) -> "Outlines":
        """Of canonical rows; an image's size is what any of its rows says."""
        size = np.stack([scalars(rows[name]) for name in ("width", "height")], axis=1)
        if rows["segmentation"].null_count == rows.num_rows:
            return cls(rows["segmentation"], size)
        named = rows["image"].dictionary_encode()
        image = named.indices.to_numpy()
        known = np.full((len(named.dictionary), 2), np.nan)
        np.fmax.at(known, image, size)
        return cls(rows["segmentation"], np.where(size > 0, size, known[image]))

    def __getitem__(self, row: int) -> Rle | None:
        """The mask of a row; None where there is none that can be read."""
        if row not in self._read:
            given = self._given[row].as_py()
            self._read[row] = masks.read(given, *self._size[row].tolist())
        return self._read[row]

    def edge(self, row: int) -> Rle | None:
        """The edge of a row's mask (`masks.edge`); None where there is no mask."""
        mask = self[row]
        if mask is None:
            return None
        if row not in self._edges:
            self._edges[row] = masks.edge(mask)
        return self._edges[row]

    def there(self, rows: Ints) -> Bools:
        """(M,) whether some rows have a mask with something in it."""
        there = self._drawn[rows]
        for i in np.flatnonzero(there).tolist():
            mask = self[int(rows[i])]
            there[i] = mask is not None and rle.area(mask) > 0
        return there

    def agreement(self, one: Ints, other: Ints) -> tuple[Floats, Floats]:
        """(M,) IoU and boundary IoU of rows with others of their image.

        NaN unless both have a mask, of one size, and one of them something in it.
        """
        border = np.full(len(one), np.nan)
        for i in np.flatnonzero(self._drawn[one] & self._drawn[other]).tolist():
            border[i] = iou(self.edge(int(one[i])), self.edge(int(other[i])))
        return self.overlap(one, other), border

    def overlap(self, one: Ints, other: Ints) -> Floats:
        """(M,) the IoU alone."""
        area = np.full(len(one), np.nan)
        for i in np.flatnonzero(self._drawn[one] & self._drawn[other]).tolist():
            area[i] = iou(self[int(one[i])], self[int(other[i])])
        return area

    def area(self, rows: Ints) -> Floats:
        """(M,) [px] of the masks of some rows; NaN where there is none."""
        found = np.full(len(rows), np.nan)
        for i in np.flatnonzero(self._drawn[rows]).tolist():
            mask = self[int(rows[i])]
            found[i] = np.nan if mask is None else rle.area(mask)
        return found

    def uncovered(self, rows: Ints) -> float:
        """Share of an image that none of its masks covers; NaN without any of them."""
        found = [mask for r in rows.tolist() if (mask := self[r]) is not None]
        if not found or any(mask["size"] != found[0]["size"] for mask in found):
            return np.nan
        high, wide = found[0]["size"]
        return 1 - float(rle.area(rle.merge(found))) / (high * wide)

    def table(self, one: Ints, other: Ints) -> Floats:
        """(A, B) IoU of each of some rows with each of others; 0 where one has none."""
        left, right = (
            [self[r] or NOWHERE for r in some.tolist()] for some in (one, other)
        )
        found = ious(left, right)
        return np.where(found > 0, found, 0.0)


def ious(left: Sequence[Rle], right: Sequence[Rle]) -> Floats:
    """(A, B) IoU of masks, -1 where their images differ in size; of empty ones 0."""
    if not left or not right:
        return np.zeros((len(left), len(right)))
    return np.asarray(rle.iou(list(left), list(right), [0] * len(right)))


def iou(a: Rle | None, b: Rle | None) -> float:
    """Area of both over area of either; NaN where one is missing or both are empty."""
    if a is None or b is None or a["size"] != b["size"]:
        return np.nan
    if not (rle.area(a) or rle.area(b)):
        return np.nan
    return float(rle.iou([a], [b], [0])[0, 0])


def dice(iou: Floats) -> Floats:
    """Twice the area of both over the sum of the areas, from IoU: 2 J / (1 + J)."""
    return 2 * iou / (1 + iou)
