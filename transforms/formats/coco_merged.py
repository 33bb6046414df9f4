"""Whether a COCO file is one that has merged the people of an image into one.

Label Studio's own export makes one annotation of all points of a task: where two people
were drawn, the later one's points win. Nothing in a record shows it; the whole does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from posegate.transforms.formats.build import FARTHEST
from posegate.transforms.kernels.geometry import both
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
    tight: int = 0
    """Records without an area whose box is their keypoints' own, so that an area made
    of it is too small."""
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
        guessed = np.array([each is None for each in measured], np.bool_)
        self.possible &= bool(guessed.all())
        if not guessed.any():
            return
        seen = (flags > 0) & both(np.abs(xy) <= FARTHEST)
        tight = guessed & (_off(xy, seen, box) <= NEAR)
        self.tight += int(tight.sum())
        if not self.possible:
            return
        self.records += len(images)
        self._images.update(images.tolist())
        shown = np.isin(flags, (Visibility.UNLABELLED, Visibility.VISIBLE)).all()
        whole = not (xy[seen] % 1 > 0).any()
        rows = seen.any(axis=1)
        self.possible = (
            len(self._images) == self.records
            and bool(shown and whole and rows.any())
            and bool((tight | ~rows).all())
        )

    @property
    def found(self) -> int:
        """The records of a file of which all this is true; 0 of any other."""
        return self.records if self.possible else 0


def _off(xy: Floats, seen: Bools, box: Floats) -> Floats:
    """(N,) [px] how far a box is from that of its labelled keypoints at most.

    Infinity for fewer than two of them.
    """
    low = np.where(seen[:, :, None], xy, np.inf).min(axis=1)
    high = np.where(seen[:, :, None], xy, -np.inf).max(axis=1)
    some = seen.sum(axis=1) > 1
    off = np.full(len(xy), np.inf)
    corners = np.hstack([low, high - low])[some]
    off[some] = np.abs(corners - box[some]).max(axis=1, initial=0.0)
    return off
