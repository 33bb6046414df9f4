"""What a reader makes of a batch of records, before it is a canonical batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain, repeat
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

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
    are any scalars but those `taken` elsewhere; `more` those that come as columns. What
    the record does not say (None) is looked up in the job table, then in
    `delivery.toml`.
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
    more: Mapping[str, Sequence[str | None] | pa.Array] = field(default_factory=dict)
    remarks: Remarks = field(default_factory=lambda: Remarks(0))

    def __post_init__(self) -> None:
        if self.remarks.n != len(self.position):
            self.remarks = Remarks(len(self.position))

    def __len__(self) -> int:
        return len(self.position)


@dataclass(slots=True)
class Record:
    """One record of a format that is read record by record: a tool's JSON or XML.

    `points` is (x, y, visibility) by the keypoint's index, with a fourth value, the
    `Origin`, where it is not PLACED, and z in `depths`; `raw` may wait to be asked for;
    the other fields are those of `Rows`. A `refusal` (code, sentence) sends it to
    quarantine.
    """

    position: int
    image: str
    points: dict[int, tuple[float, ...]] = field(default_factory=dict)
    source: str | None = None
    raw: bytes | Callable[[], bytes] = b""
    id: Id = None
    depths: dict[int, float] | None = None
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


_NAMES = tuple(field.name for field in fields(Record))
_FIELDS = attrgetter(*_NAMES)


def gathered(records: Sequence[Record], keypoints: int) -> Rows:
    """The records as columns; `keypoints` is K."""
    n, k = len(records), keypoints
    each = zip(*map(_FIELDS, records), strict=True) if records else repeat(())
    said: dict[str, Any] = dict(zip(_NAMES, each, strict=False))
    table = _table(said.pop("points"), k)
    areas, depths, raw = said.pop("area"), said.pop("depths"), said.pop("raw")
    unit = next((unit for unit in said.pop("unit") if unit), None)
    boxes = list(map(_box, said.pop("bbox")))
    repairs, refusals = said.pop("repairs"), said.pop("refusal")
    rows = Rows(
        position=np.array(said.pop("position"), np.int64),
        xy=table[:, :, :2].copy(),
        visibility=table[:, :, 2].astype(np.uint8),
        origin=table[:, :, 3].astype(np.uint8),
        z=_heights(depths, k),
        unit=unit,
        raw=lambda i: raw[i] if isinstance(raw[i], bytes) else raw[i](),
        bbox=np.array(boxes, np.float64).reshape(n, 4),
        model=np.array(said.pop("model"), np.bool_),
        **said,
    )
    if any(area is not None for area in areas):
        rows.area = np.array([np.nan if a is None else a for a in areas], np.float64)
        rows.area_source = ["segment" if a is not None else None for a in areas]
    _remark(repairs, refusals, rows.remarks)
    return rows


def _table(points: Sequence[Mapping[int, tuple[float, ...]]], k: int) -> Floats:
    """(N, K, 4) x, y, visibility, origin of each keypoint; unlabelled if not given."""
    table = np.full((len(points), k, 4), np.nan)
    table[:, :, 2:] = Visibility.UNLABELLED, Origin.PLACED
    counts = np.fromiter(map(len, points), np.int64, len(points))
    at = np.fromiter(chain.from_iterable(points), np.int64, int(counts.sum()))
    given = list(chain.from_iterable(each.values() for each in points))
    rows = np.repeat(np.arange(len(points)), counts)
    widths = np.fromiter(map(len, given), np.int64, len(given))
    for width in np.unique(widths).tolist():
        some = [p for p in given if len(p) == width] if np.ptp(widths) else given
        flat = np.fromiter(chain.from_iterable(some), np.float64, width * len(some))
        here = widths == width
        table[rows[here], at[here], :width] = flat.reshape(-1, width)
    return table


def _heights(depths: Sequence[Mapping[int, float] | None], k: int) -> Floats | None:
    """(N, K) z of each keypoint, NaN where it has none; None where no record has."""
    if not any(depths):
        return None
    z = np.full((len(depths), k), np.nan)
    for i, given in enumerate(depths):
        for at, depth in (given or {}).items():
            z[i, at] = depth
    return z


def _box(given: Sequence[float] | None) -> Sequence[float]:
    return (np.nan,) * 4 if given is None or len(given) != 4 else given


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
