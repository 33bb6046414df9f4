"""Weekly sums of all deliveries: as tables, and as arrays to judge drift on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.drift import Parameters, Streams, fleet
from posegate.transforms.kernels.stream_sums import STATISTICS, UNIT, contract
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.policy import Drift

WEEKLY = pa.schema(
    [
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("week", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("keypoint", pa.string(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in STATISTICS),
    ]
)
"""One row an annotator, ISO week, kind of reference and keypoint: immutable sums in
fixed point (`stream_sums.UNIT` = 1.0), refolded over all deliveries."""


def to_table(sums: Mapping[Key, Ints], keypoints: Sequence[str]) -> pa.Table:
    """The ("weekly", …) sums of a delivery as `WEEKLY` rows, in order of key."""
    keys = sorted(key for key in sums if key[0] == "weekly")
    if not keys:
        return WEEKLY.empty_table()
    k = len(keypoints)
    cells = np.concatenate([sums[key] for key in keys])  # (groups * K, S)
    columns = [[key[i] for key in keys for _ in range(k)] for i in (1, 2, 3)]
    return pa.table(
        [
            *(pa.array(column, pa.string()) for column in columns),
            pa.array(list(keypoints) * len(keys), pa.string()),
            *(pa.array(column) for column in cells.T),
        ],
        schema=WEEKLY,
    )


@dataclass(frozen=True)
class History:
    """(A, W, K, S) sums of A annotators in W consecutive weeks, and their names."""

    annotators: tuple[str, ...]
    weeks: tuple[str, ...]
    sums: Ints


def refold(tables: Sequence[pa.Table], keypoints: Sequence[str]) -> History:
    """All deliveries' weekly sums, added up: any order, any split into deliveries.

    Where gold or reviews were used anywhere, only they count: a second annotator's own
    bias would be held against the first.
    """
    table = pa.concat_tables([WEEKLY.empty_table(), *tables]).combine_chunks()
    kind = np.asarray(table["kind"].to_pylist(), object)
    known = np.isin(table["keypoint"].to_pylist(), keypoints)
    trusted = np.isin(kind, ["gold", "review"])
    kept = known & (trusted if trusted.any() else True)
    table = table.filter(pa.array(kept, pa.bool_()))
    annotators = sorted(set(table["annotator"].to_pylist()))
    weeks = consecutive(table["week"].to_pylist())
    place = [
        numbered(table[name].to_pylist(), names)
        for name, names in (
            ("annotator", annotators),
            ("week", weeks),
            ("keypoint", list(keypoints)),
        )
    ]
    shape = (len(annotators), len(weeks), len(keypoints), len(STATISTICS))
    sums = np.zeros(shape, np.int64)
    if table.num_rows:
        values = np.stack([table[name].to_numpy() for name in STATISTICS], axis=1)
        np.add.at(sums, tuple(place), values)
    return History(tuple(annotators), tuple(weeks), sums)


def numbered(values: Sequence[str], names: Sequence[str]) -> Ints:
    """(N,) the place of each value among the names."""
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[value] for value in values], np.int64)


def consecutive(weeks: Sequence[str]) -> list[str]:
    """Every ISO week from the first to the last, those without work included."""
    if not weeks:
        return []
    monday = {
        week: date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
        for week in set(weeks)
    }
    first, last = min(monday.values()), max(monday.values())
    count = (last - first).days // 7 + 1
    days = (first + timedelta(weeks=i) for i in range(count))
    return [f"{y:04d}-W{w:02d}" for y, w, _ in (d.isocalendar() for d in days)]


@dataclass(frozen=True)
class Watched:
    """All weeks of all annotators, and what every stream showed; `seen` is None where
    there is no stream."""

    history: History
    seen: Streams | None


def watch(history: History, settings: Parameters) -> Watched:
    """Judges a history, if there is any."""
    some = history.sums.size and settings.sigma
    return Watched(history, fleet(history.sums, settings) if some else None)


NUMBERS = (
    *("p", "p_bias", "p_noise", "p_slips", "adjusted", "t2", "z"),
    *("offset_x_px", "offset_y_px", "offset_error_px", "body_x_px", "body_y_px"),
    *("noise", "mean_px"),
)

JUDGED = pa.schema(
    [
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

`weeks` is how many weeks the change has lasted, at the length that shows it best;
`offset` how far the stream moved in that time, in axes of the image, `body` in those of
the body, with its standard error; `noise` the factor by which errors grew; `adjusted`
the p value after the multiple test. `contract` is the customer's rule: mean error above
the limit in this weekly report and the one before."""


def judged(watched: Watched, keypoints: Sequence[str], limit_px: float) -> pa.Table:
    """All weeks of all streams, as `JUDGED` rows by annotator, week and keypoint."""
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
        *(pa.array(list(n), pa.string()).take(pa.array(i)) for n, i in names),
        pa.array(seen.n[a, w, k].astype(np.int64)),
        pa.array(seen.weeks[a, w, k]),
        *(pa.array(each, mask=np.isnan(each)) for each in numbers),
        *(pa.array(each[a, w, k]) for each in alarms),
    ]
    return pa.table(columns, schema=JUDGED)


def parameters(settings: Drift, sigmas: tuple[float, ...] | None) -> Parameters:
    """The drift section of a policy, as the kernel takes it."""
    return Parameters(
        sigma=sigmas or (),
        windows=settings.windows,
        decay=settings.lambda_,
        baseline=settings.baseline_weeks,
        action=settings.q,
        watch=settings.watch,
        quarantine=settings.quarantine_weeks,
    )
