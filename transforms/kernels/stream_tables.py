"""What every stream and every person showed, as tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from posegate.transforms.kernels.people import habit_names
from posegate.transforms.kernels.stream_sums import STATISTICS, UNIT, contract
from posegate.transforms.kernels.streams import Watched

NUMBERS = (
    *("p", "p_bias", "p_noise", "p_slips", "adjusted", "t2", "z"),
    *("offset_x_px", "offset_y_px", "offset_error_px", "body_x_px", "body_y_px"),
    *("noise", "mean_px"),
)

JUDGED = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("keypoint", pa.string(), nullable=False),
        pa.field("week", pa.string(), nullable=False),
        pa.field("n", pa.int64(), nullable=False),
        pa.field("weeks", pa.int64(), nullable=False),
        *(pa.field(name, pa.float64()) for name in NUMBERS),
        pa.field("watch", pa.bool_(), nullable=False),
        pa.field("alarm", pa.bool_(), nullable=False),
        pa.field("contract", pa.bool_(), nullable=False),
    ]
)
"""What every stream showed in a week in which it was seen; see `drift.Streams`.

`source` is what it was held against (`sources`).
`weeks` is how many weeks the change has lasted, at the length that shows it best;
`offset` how far the stream moved in that time, in axes of the image, `body` in those of
the body, with the standard error of the length of the longer; `noise` the factor by
which errors grew; `adjusted` the p value after the multiple test, 1 of a partner's echo
(`partners`). `contract` is the customer's rule: mean error above the limit in this
weekly report and the one before."""


def judged(watched: Watched, keypoints: Sequence[str], limit_px: float) -> pa.Table:
    """All weeks of all streams, as `JUDGED` rows by source, annotator, week and
    keypoint."""
    tables = [_judged(each, keypoints, limit_px) for each in watched.all]
    return pa.concat_tables(tables)


def _judged(watched: Watched, keypoints: Sequence[str], limit_px: float) -> pa.Table:
    history, seen = watched.history, watched.seen
    if seen is None:
        return JUDGED.empty_table()
    a, w, k = np.nonzero(seen.n > 0)
    names = (
        (history.annotators, a),
        (keypoints, k),
        (history.weeks, w),
    )
    px = history.sums[..., STATISTICS.index("px")] / UNIT
    every = (
        *(seen.p, seen.p_bias, seen.p_noise, seen.p_slips, seen.alarms.adjusted),
        *(seen.t2, seen.z, *np.moveaxis(seen.effect, -1, 0), seen.error),
        *(*np.moveaxis(seen.turned, -1, 0), seen.noise, px / np.maximum(seen.n, 1)),
    )
    numbers = [each[a, w, k] for each in every]
    alarms = (seen.alarms.watch, seen.alarms.alarm, contract(history.sums, limit_px))
    columns = [
        pa.array([history.source] * len(a), pa.string()),
        *(pa.array(list(n), pa.string()).take(pa.array(i)) for n, i in names),
        pa.array(seen.n[a, w, k].astype(np.int64)),
        pa.array(seen.weeks[a, w, k]),
        *(pa.array(each, mask=np.isnan(each)) for each in numbers),
        *(pa.array(each[a, w, k]) for each in alarms),
    ]
    return pa.table(columns, schema=JUDGED)


PERSONS = pa.schema(
    [
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("habit", pa.string(), nullable=False),
        pa.field("week", pa.string(), nullable=False),
        pa.field("weeks", pa.int64(), nullable=False),
        pa.field("p", pa.float64()),
        pa.field("adjusted", pa.float64()),
        pa.field("change", pa.float64()),
        pa.field("watch", pa.bool_(), nullable=False),
        pa.field("alarm", pa.bool_(), nullable=False),
    ]
)
"""What every person showed in a week in which a habit was judged; see `people.People`.
"""


def persons(watched: Watched) -> pa.Table:
    """All weeks of all people, as `PERSONS` rows by annotator, week and habit."""
    found = watched.people
    if found is None:
        return PERSONS.empty_table()
    a, w, h = np.nonzero(np.isfinite(found.p))
    history = watched.history
    names = (
        (history.annotators, a),
        (habit_names(history.keypoints), h),
        (history.weeks, w),
    )
    numbers = [x[a, w, h] for x in (found.p, found.alarms.adjusted, found.change)]
    return pa.table(
        [
            *(pa.array(list(n), pa.string()).take(pa.array(i)) for n, i in names),
            pa.array(found.weeks[a, w, h]),
            *(pa.array(each, mask=~np.isfinite(each)) for each in numbers),
            pa.array(found.alarms.watch[a, w, h]),
            pa.array(found.alarms.alarm[a, w, h]),
        ],
        schema=PERSONS,
    )
