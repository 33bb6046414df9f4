"""Small batches of a reader's rows, made one: a file or a video each has few.

What a batch costs is the same for one row as for hundreds.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from posegate.transforms.formats import maps, values
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.formats.rows import Rows
from posegate.transforms.model.poses import Bools, Bytes, Floats

_TEXTS = ("image", "source", "id", "video", "track", "annotator", "job")
_NUMBERS = {
    "frame": pa.int64(),
    "fps": pa.float64(),
    "lead_time_s": pa.float32(),
    "width": pa.int32(),
    "height": pa.int32(),
}
_LISTS = ("segmentation", "annotated_at", "role", "attributes")
_SINGLE = (str, int, float, type(None))


def fits(a: Rows, b: Rows) -> bool:
    """Whether rows can be of one batch: these fields have one value for all."""
    return _alike(a) == _alike(b)


def _alike(rows: Rows) -> tuple[object, ...]:
    flat = rows.z is None
    return rows.section, rows.unit, flat, rows.taken, tuple(rows.more)


def weight(rows: Rows) -> int:
    """Bytes of coordinates and outlines; of the file rows keep about as much."""
    return rows.xy.nbytes + sum(map(len, filter(None, rows.segmentation or ())))


def joined(parts: Sequence[Rows]) -> Rows:
    """Parts that fit, one after another."""
    if len(parts) == 1:
        return parts[0]
    first, said = parts[0], dict[str, Any]()
    for name in _TEXTS:
        said[name] = _column(parts, name, values.column_of)
    for name, kind in _NUMBERS.items():
        said[name] = _column(parts, name, partial(values.typed, kind=kind))
    for name in _LISTS:
        said[name] = _list(parts, name)
    if first.z is not None:
        said["z"] = np.concatenate([part.z for part in parts if part.z is not None])
    if any(part.area is not None for part in parts):
        said["area"] = np.concatenate([_filled(part, "area", ()) for part in parts])
        said["area_source"] = pa.concat_arrays([_area_source(part) for part in parts])
    if any(part.bbox is not None for part in parts):
        said["bbox"] = np.concatenate([_filled(part, "bbox", (4,)) for part in parts])
    return Rows(
        position=np.concatenate([part.position for part in parts]),
        xy=np.concatenate([part.xy for part in parts]),
        visibility=np.concatenate([part.visibility for part in parts]),
        origin=np.concatenate([_origin(part) for part in parts]),
        model=_model(parts),
        more={name: _more(parts, name) for name in first.more},
        raw=_raw(parts),
        section=first.section,
        unit=first.unit,
        taken=first.taken,
        remarks=_remarks(parts),
        **said,
    )


def _column(
    parts: Sequence[Rows], name: str, read: Callable[[Any, int], pa.Array]
) -> Any:
    """One value for all where there is one, else (N,)."""
    given = [getattr(part, name) for part in parts]
    one = given[0]
    if isinstance(one, _SINGLE) and all(
        type(value) is type(one) and value == one for value in given
    ):
        return one
    pairs = zip(given, parts, strict=True)
    return pa.concat_arrays([read(value, len(part)) for value, part in pairs])


def _list(parts: Sequence[Rows], name: str) -> list[Any] | None:
    """(N,) values, None for parts that have none; None where no part has any."""
    given = [getattr(part, name) for part in parts]
    if values.empty(given):
        return None
    out: list[Any] = []
    for value, part in zip(given, parts, strict=True):
        out += [None] * len(part) if value is None else value
    return out


def _filled(part: Rows, name: str, shape: tuple[int, ...]) -> Floats:
    given = getattr(part, name)
    return np.full((len(part), *shape), np.nan) if given is None else given


def _area_source(part: Rows) -> pa.Array:
    said = None if part.area is None else part.area_source
    return values.column_of(said, len(part))


def _origin(part: Rows) -> Bytes:
    shape = part.visibility.shape
    return np.broadcast_to(np.asarray(part.origin, np.uint8), shape)


def _model(parts: Sequence[Rows]) -> Bools | None:
    if all(part.model is None for part in parts):
        return None
    none = [np.zeros(len(p), np.bool_) if p.model is None else p.model for p in parts]
    return np.concatenate(none)


def _more(parts: Sequence[Rows], name: str) -> pa.Array | str:
    """(N,) texts, or one for all."""
    given = [part.more[name] for part in parts]
    one = given[0]
    if isinstance(one, str) and all(isinstance(g, str) and g == one for g in given):
        return one
    pairs = zip(given, parts, strict=True)
    return pa.concat_arrays([maps.column(each, len(part)) for each, part in pairs])


def _raw(parts: Sequence[Rows]) -> Callable[[int], bytes]:
    starts = [0, *accumulate(map(len, parts))]

    def raw(i: int) -> bytes:
        at = bisect_right(starts, i) - 1
        return parts[at].raw(i - starts[at])

    return raw


def _remarks(parts: Sequence[Rows]) -> Remarks:
    """What is wrong with all of them, by their place in the whole."""
    out = Remarks(sum(map(len, parts)))
    start = 0
    for part in parts:
        for i, reason in part.remarks.reasons.items():
            out.reasons[start + i] = reason
        for code, mended in part.remarks.repairs.items():
            known = out.repairs.setdefault(code, np.zeros(out.n, np.bool_))
            known[start : start + len(part)] = mended
        start += len(part)
    return out
