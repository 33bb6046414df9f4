"""Files of one object each, whose points are lines of x and y; parsed many at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context
from posegate.transforms.formats.lines import points_of, tables
from posegate.transforms.formats.per_file import TOGETHER, Collected, image_of, whole
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.schema import Visibility

_XY = {"x": pa.float64(), "y": pa.float64()}


class Malformed(Exception):
    """Why a file is no object: a code and a sentence."""


@dataclass(frozen=True)
class Body:
    """A file's lines of points, and the codes of what was mended to find them."""

    lines: list[bytes]
    repairs: tuple[str, ...] = ()


@dataclass
class PointFiles:
    """How a format's files are read.

    `body` takes a file apart, or raises Malformed; `said` is what its name says, as
    fields of `Rows`. `shift` [px] is added to coordinates. `name`.missing-point is a
    point at (-1, -1) or (0, 0), or without a number. Where files are `negated`, points
    that `turned` tells are occluded, at the positive coordinates.
    """

    context: Context
    build: Build
    name: str
    endings: Sequence[str]
    body: Callable[[bytes], Body]
    said: Callable[[str], dict[str, Any]] = lambda _: {}
    shift: float = 0.0
    negated: bool = False
    _held: list[tuple[str, bytes, Body]] = field(default_factory=list)

    def read(self) -> Iterator[pa.RecordBatch]:
        """The shard's batches."""
        for file, data in whole(self.build):
            self.build.images()
            try:
                self._held.append((file.name, data, self.body(data)))
            except Malformed as wrong:
                code, detail = wrong.args
                self.build.refuse(file.name, 0, code, detail, data)
            if len(self._held) >= TOGETHER:
                self._flush()
            yield from self.build.ready()
        self._flush()
        yield from self.build.rest()

    def _flush(self) -> None:
        """Makes rows of the files that are held."""
        held, self._held = self._held, []
        k = len(self.context.skeleton.keypoints)
        sound = [each for each in held if len(each[2].lines) == k]
        found = Collected()
        for (source, data, body), xy in zip(sound, self._parsed(sound, k), strict=True):
            if isinstance(xy, int):
                self._refuse(source, data, body, xy)
                continue
            image = image_of(self.context, source, self.endings)
            found.add(
                xy, image, source, raw=data, repairs=body.repairs, **self.said(source)
            )
        if found:
            self._add(found)
        for source, data, body in held:
            if len(body.lines) != k:
                self._refuse(source, data, body, points_of(body.lines))

    def _parsed(
        self, held: Sequence[tuple[str, bytes, Body]], k: int
    ) -> Sequence[Floats | int]:
        """(K, 2) of each file, or which of its lines is no point."""
        lines = [line for _, _, body in held for line in body.lines]
        table = next((t for _, t in tables(lines, _XY, " ")), None) if lines else None
        if (
            table is None
            or len(table) != len(lines)
            or any(column.null_count for column in table.columns)
        ):
            return [points_of(body.lines) for _, _, body in held]
        xy = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], axis=1)
        return list(xy.reshape(-1, k, 2))

    def _add(self, found: Collected) -> None:
        xy = np.stack(found.xy)
        gone = both(xy == -1) | both(xy == 0) | ~both(np.isfinite(xy))
        hidden = turned(xy, gone) if self.negated else np.zeros_like(gone)
        xy = np.where(hidden[:, :, None], -xy, xy)
        found.xy = np.where(gone[:, :, None], np.nan, xy + self.shift)
        rows = found.rows()
        rows.visibility[hidden] = Visibility.OCCLUDED
        away = np.asarray(hidden.any(axis=1))
        rows.remarks.repair(away, f"{self.name}.negated")
        missing = np.asarray(gone.any(axis=1))
        rows.remarks.repair(missing, f"{self.name}.missing-point")
        self.build.add(rows)

    def _refuse(
        self, source: str, data: bytes, body: Body, found: Floats | int
    ) -> None:
        """A file that has a line that is no point, or another number of points."""
        if isinstance(found, int):
            code = "malformed"
            line = body.lines[found][:40]
            detail = f"point {found} is {line!r}, which is not x and y"
        else:
            code, skeleton = "other-skeleton", self.context.skeleton
            detail = (
                f"it has {len(found)} points, {skeleton.name} has "
                f"{len(skeleton.keypoints)}; deliver it apart"
            )
        self.build.refuse(source, 0, code, detail, data)


def turned(xy: Floats, gone: Bools) -> Bools:
    """Which points have both signs turned round: (N, K, 2), (N, K) -> (N, K).

    As they stand they would lie farther from the face's other points than those are
    wide or high; a face that reaches beyond the corner of its image has none such. None
    where a face has no other points.
    """
    negative = both(xy < 0) & ~gone
    others = np.where((negative | gone)[..., None], np.nan, xy)
    low = np.fmin.reduce(others, axis=1, keepdims=True)
    high = np.fmax.reduce(others, axis=1, keepdims=True)
    return negative & (xy < low - (high - low)).any(axis=-1)
