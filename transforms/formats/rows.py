"""What a reader makes of a batch of records, before it is a canonical batch."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain, repeat
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from posegate.transforms.formats.maps import Texts
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.formats.values import Id
from posegate.transforms.model.poses import Bools, Bytes, Floats
from posegate.transforms.model.schema import Origin, Visibility

Column = Any
"""(N,) values as a sequence or Arrow column, or one (text, number, None) for all."""


@dataclass
class Rows:
    """N records of a skeleton of K keypoints, in the order of their file.

    `xy` (N, K, 2) [px, or `unit`] in the skeleton's order, NaN where nothing is given;
    `visibility` (N, K); `z` (N, K) or None in 2-D; `origin` (N, K) or one for all;
    `bbox` (N, 4) [px]; `area` (N,) [px^2] with `area_source`, or None where the format
    has no areas: then they are 0.53 of the box, or of the keypoints' own. `position`
    (N,) is each record's ordinal in its `source`, or in the list of it that `section`
    names; `raw(i)` its bytes. `model` (N,) are a model's, not a person's. `attributes`
    are any scalars but those `taken` elsewhere; `more` those that come as columns of
    texts, or as one for all. What the record does not say (None) is looked up in the
    job table, then in `delivery.toml`.
    """

    position: npt.NDArray[np.int64]
    image: Column
    xy: Floats
    visibility: Bytes
    source: Column = None
    section: str = ""
    raw: Callable[[int], bytes] = lambda _: b""
    id: Column = None
    origin: Bytes | Origin = Origin.PLACED
    z: Floats | None = None
    unit: str | None = None
    bbox: Floats | None = None
    area: Floats | None = None
    area_source: Column = None
    segmentation: Sequence[bytes | None] | None = None
    width: Column = None
    height: Column = None
    video: Column = None
    frame: Column = None
    fps: Column = None
    track: Column = None
    annotator: Column = None
    annotated_at: Sequence[object] | None = None
    lead_time_s: Column = None
    role: Sequence[str | None] | None = None
    job: Column = None
    model: Bools | None = None
    attributes: Sequence[Mapping[str, Any] | None] | None = None
    taken: frozenset[str] = frozenset()
    more: Mapping[str, Texts] = field(default_factory=dict)
    remarks: Remarks = field(default_factory=lambda: Remarks(0))

    def __post_init__(self) -> None:
        if self.remarks.n != len(self.position):
            self.remarks = Remarks(len(self.position))

    def __len__(self) -> int:
        return len(self.position)


@dataclass(slots=True)
class Record:
    """One record of a format that is read record by record: a tool's JSON or XML.

    Its points are columns: `keypoints` are the indices of those that are given, each
    once, `x` and `y` theirs in this order, and `z` where there are depths.
    `visibility` and `origin` are of each, or one for all. What is UNLABELLED has no
    place, whatever `x` and `y` say. Records of a tool share one tuple of `keypoints`
    best (`Labels.places` gives the same for the same names), and take over the lists
    that they were decoded to, or have `array("d")`, which are held and gathered at the
    least cost; `place` is for points that were put together one by one.

    `raw` may wait to be asked for; the other fields are those of `Rows`. A `refusal`
    (code, sentence) sends it to quarantine.
    """

    position: int
    image: str
    keypoints: Sequence[int] = ()
    x: Sequence[float] = ()
    y: Sequence[float] = ()
    visibility: Sequence[int] | int = Visibility.VISIBLE
    origin: Sequence[int] | int = Origin.PLACED
    z: Sequence[float] | None = None
    source: str | None = None
    raw: bytes | Callable[[], bytes] = b""
    id: Id = None
    unit: str | None = None
    bbox: Sequence[float] | None = None
    area: float | None = None
    segmentation: bytes | None = None
    width: int | None = None
    height: int | None = None
    video: str | None = None
    frame: int | None = None
    fps: float | None = None
    track: Id = None
    annotator: Id = None
    annotated_at: object = None
    lead_time_s: float | None = None
    role: str | None = None
    job: Id = None
    model: bool = False
    attributes: dict[str, Any] | None = None
    repairs: tuple[str, ...] | list[str] = ()
    refusal: tuple[str, str] | None = None

    def place(self, points: Mapping[int, Sequence[float]]) -> None:
        """Takes points by their keypoint: x, y, visibility, and perhaps the origin."""
        self.keypoints, each = tuple(points), points.values()
        self.x = [point[0] for point in each]
        self.y = [point[1] for point in each]
        self.visibility = [int(point[2]) for point in each]
        if any(len(point) > 3 for point in each):
            self.origin = [
                int(point[3]) if len(point) > 3 else Origin.PLACED for point in each
            ]

    def labelled(self) -> list[tuple[float, float]]:
        """Where its points are, but for those that are not labelled."""
        flags = self.visibility
        each = repeat(flags) if isinstance(flags, int) else flags
        return [
            (x, y)
            for x, y, seen in zip(self.x, self.y, each, strict=False)
            if seen != Visibility.UNLABELLED
        ]


_NAMES = tuple(field.name for field in fields(Record))
_FIELDS = attrgetter(*_NAMES)


def gathered(records: Sequence[Record], keypoints: int) -> Rows:
    """The records as columns; `keypoints` is K."""
    each = zip(*map(_FIELDS, records), strict=True) if records else repeat(())
    said: dict[str, Any] = dict(zip(_NAMES, each, strict=False))
    at = _Places(said.pop("keypoints"), keypoints)
    flags = at.flags(said.pop("visibility"), Visibility.UNLABELLED)
    xy = np.stack([at.numbers(said.pop("x")), at.numbers(said.pop("y"))], axis=2)
    xy[flags == Visibility.UNLABELLED] = np.nan
    areas, raw = said.pop("area"), said.pop("raw")
    unit = next((unit for unit in said.pop("unit") if unit), None)
    repairs, refusals = said.pop("repairs"), said.pop("refusal")
    rows = Rows(
        position=np.array(said.pop("position"), np.int64),
        xy=xy,
        visibility=flags,
        origin=at.flags(said.pop("origin"), Origin.PLACED),
        z=at.depths(said.pop("z")),
        unit=unit,
        raw=lambda i: raw[i] if isinstance(raw[i], bytes) else raw[i](),
        bbox=_boxes(said.pop("bbox")),
        model=np.array(said.pop("model"), np.bool_),
        **said,
    )
    if any(area is not None for area in areas):
        rows.area = np.array([np.nan if a is None else a for a in areas], np.float64)
        rows.area_source = ["segment" if a is not None else None for a in areas]
    _remark(repairs, refusals, rows.remarks)
    return rows


class _Places:
    """Where the values of N records' points belong in a table (N, K)."""

    def __init__(self, keypoints: Sequence[Sequence[int]], k: int) -> None:
        self._shape = len(keypoints), k
        self._counts = np.fromiter(map(len, keypoints), np.int64, len(keypoints))
        self._total = int(self._counts.sum())
        at = np.fromiter(chain.from_iterable(keypoints), np.int64, self._total)
        self._at = np.repeat(np.arange(len(keypoints)) * k, self._counts) + at

    def numbers(self, given: Sequence[Sequence[float]]) -> Floats:
        """(N, K) of lists of each record's, NaN where it has none."""
        table = np.full(self._shape, np.nan)
        packed = [each for each in given if isinstance(each, array)]
        if len(packed) == len(given):
            flat = np.frombuffer(b"".join(packed), np.float64)
        else:
            flat = np.fromiter(chain.from_iterable(given), np.float64, self._total)
        table.reshape(-1)[self._at] = flat
        return table

    def flags(self, given: Sequence[Sequence[int] | int], otherwise: int) -> Bytes:
        """(N, K) of lists of each record's, or one value for all of its points."""
        table = np.full(self._shape, otherwise, np.uint8)
        alike = [isinstance(each, int) for each in given]
        if all(alike):
            one = np.fromiter(given, np.uint8, len(given))
            table.reshape(-1)[self._at] = np.repeat(one, self._counts)
            return table
        pairs = zip(given, self._counts.tolist(), strict=True)
        lists = (repeat(v, n) if isinstance(v, int) else v for v, n in pairs)
        flat = np.fromiter(chain.from_iterable(lists), np.uint8, self._total)
        table.reshape(-1)[self._at] = flat
        return table

    def depths(self, given: Sequence[Sequence[float] | None]) -> Floats | None:
        """`numbers`, where any record has them."""
        if not any(given):
            return None
        pairs = zip(given, self._counts.tolist(), strict=True)
        return self.numbers([[np.nan] * n if z is None else z for z, n in pairs])


def _boxes(given: Sequence[Sequence[float] | None]) -> Floats | None:
    """(N, 4), NaN where there is none, or no box; None where no record has any."""
    if given.count(None) == len(given):
        return None
    none = (np.nan,) * 4
    each = [box if box is not None and len(box) == 4 else none for box in given]
    return np.array(each, np.float64)


def _remark(
    repairs: Sequence[Sequence[str]],
    refusals: Sequence[tuple[str, str] | None],
    remarks: Remarks,
) -> None:
    where: dict[str, list[int]] = {}
    for i, codes in enumerate(repairs):
        for code in codes:
            where.setdefault(code, []).append(i)
    for i, refusal in enumerate(refusals):
        if refusal is not None:
            remarks.reasons.setdefault(i, refusal)
    for code, rows in where.items():
        mended = np.zeros(remarks.n, np.bool_)
        mended[rows] = True
        remarks.repair(mended, code)
