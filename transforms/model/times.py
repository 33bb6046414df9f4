"""Times as vendors write them, as one column."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from posegate.transforms.model.poses import Bools
from posegate.transforms.model.schema import TIME

_MILLISECONDS = 1e11  # in seconds the year 5138, in milliseconds 1973
_EARLIEST, _LATEST = (
    0,
    4102444800,
)  # 1970 to 2100 [s]: what else is no annotation's time
_NONE = np.iinfo(np.int64).min


def times(values: Sequence[object]) -> tuple[pa.Array, Bools, Bools]:
    """ISO 8601 texts or epoch numbers (seconds, or milliseconds) as a TIME column.

    Returns:
      (N,) the times, null where there is none; (N,) whether a value was there that is
      no time between 1970 and 2100; (N,) whether UTC was assumed for want of a zone.
    """
    none = np.zeros(len(values), np.bool_)
    if all(value is None for value in values):
        return pa.nulls(len(values), TIME), none, none
    if (quick := _zoned(values)) is not None:
        return quick, none, none
    parsed = [_time(value) for value in values]
    micros = np.array([p[0] for p in parsed], np.int64)
    column = pa.array(micros, pa.int64(), mask=micros == _NONE).cast(TIME)
    given = np.array([v is not None and v != "" for v in values], np.bool_)
    assumed = np.array([p[1] for p in parsed], np.bool_)
    return column, given & (micros == _NONE), assumed


def _zoned(values: Sequence[object]) -> pa.Array | None:
    """The column at once, if every value is a text with a zone and of our time."""
    try:
        column = pa.array(values, pa.string()).cast(TIME)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    seconds: npt.NDArray[np.int64] = column.drop_null().cast(pa.int64()).to_numpy()
    seconds = seconds // 1_000_000
    return column if ((seconds >= _EARLIEST) & (seconds < _LATEST)).all() else None


def _time(value: object) -> tuple[int, bool]:
    """Microseconds since 1970, or `_NONE`; whether the zone was assumed."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            return _NONE, False
        assumed = moment.tzinfo is None
        moment = moment.replace(tzinfo=UTC) if assumed else moment
        seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) >= 1000 * _LATEST:  # maybe more than a double holds
            return _NONE, False
        assumed = False
        seconds = value / 1000 if abs(value) >= _MILLISECONDS else float(value)
    else:
        return _NONE, False
    if not _EARLIEST <= seconds < _LATEST:
        return _NONE, False
    return round(seconds * 1_000_000), assumed
