"""ISO weeks, the clock by which annotators are followed."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import Ints

UNDATED = ""
"""The week of an instance without a time: it takes part in nothing that drifts."""


def week_codes(times: pa.Array) -> Ints:
    """(N,) ISO year * 100 + ISO week of each time in UTC; 0 where there is none."""
    calendar = pc.iso_calendar(times)
    year, week = calendar.field("iso_year"), calendar.field("iso_week")
    code = pc.add(pc.multiply(year, 100), week)
    known = np.asarray(times.is_valid())
    return np.where(known, np.asarray(code.fill_null(0)), 0).astype(np.int64)


def week_name(code: int) -> str:
    """202607 -> "2026-W07"; 0 -> `UNDATED`."""
    return f"{code // 100:04d}-W{code % 100:02d}" if code else UNDATED


def week_names(times: pa.Array, default: str = UNDATED) -> pa.Array:
    """The week of each time, as strings: (N,); `default` where there is none."""
    distinct, where = np.unique(week_codes(times), return_inverse=True)
    names = pa.array([week_name(c) or default for c in distinct.tolist()], pa.string())
    return names.take(pa.array(where))
