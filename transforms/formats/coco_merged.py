"""Whether a COCO file is one that has merged the people of an image into one.

Label Studio's own export makes one annotation of all points of a task: where two people
were drawn, the later one's points win. Nothing in a record shows it; the whole does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from posegate.transforms.kernels.json_scan import Ints
from posegate.transforms.model.poses import Bools, Bytes, Floats
from posegate.transforms.model.schema import Visibility

NEAR = 1.0
"""px between a box and its keypoints' own, by rounding."""


@dataclass
class Merged:
    """Every record so far: the only one of its image, in whole px, all of it visible,
    without an area, in a box that is its keypoints' own."""

    possible: bool = True
    records: int = 0
    _images: set[int] = field(default_factory=set)

    def look(
        self,
        images: Ints,
        xy: Floats,
        flags: Bytes,
        box: Floats,
        measured: Sequence[str | None],
    ) -> None:
        """Takes in a batch: (N,), (N, K, 2) [px], (N, K), (N, 4) [px], (N,)."""
        if not self.possible:
            return
        self.records += len(images)
        self._images.update(images.tolist())
        self.possible = (
            len(self._images) == self.records
            and not any(measured)
            and bool(np.isin(flags, (Visibility.UNLABELLED, Visibility.VISIBLE)).all())
            and _tight(xy, flags > 0, box)
        )

    @property
    def found(self) -> int:
        """The records of a file of which all this is true; 0 of any other."""
        return self.records if self.possible else 0


def _tight(xy: Floats, seen: Bools, box: Floats) -> bool:
    """Whether all boxes are those of whole px that are labelled."""
    given = np.where(seen[:, :, None], xy, np.nan)
    rows = seen.any(axis=1)
    if not rows.any() or (given[rows] % 1 > 0).any():
        return False
    low = np.where(seen[:, :, None], xy, np.inf).min(axis=1)[rows]
    high = np.where(seen[:, :, None], xy, -np.inf).max(axis=1)[rows]
    off = np.abs(np.hstack([low, high - low]) - box[rows])
    return bool((off <= NEAR).all())
