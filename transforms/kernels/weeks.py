"""ISO weeks, the clock by which annotators are followed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels.buckets import Ints

UNDATED = ""
"""The week of an instance without a time: it takes part in nothing that drifts."""

EARLY, LATE = -1, 1
"""What a time is that no clock can have meant."""


class Clock(NamedTuple):
    """How times become weeks: `week` is that of an instance without a time of its own;
    before `since` and from `until` on nobody can have worked. None is no bound."""

    week: str = UNDATED
    since: datetime | None = None
    until: datetime | None = None


UNTOLD = Clock()
"""Of a delivery of which nobody says when it came."""


def clock_of(received: date | None, today: date, years: int, grace: int) -> Clock:
    """The clock of a delivery that was received on a day, or is judged `today`.

    Nothing of it was made more than `grace` days later, or so many `years` before.
    """
    last = received or today
    midnight = datetime.combine(last, time(), UTC)
    code = last.isocalendar()
    before = min(years * 365.25, (last - date.min).days)
    after = min(1 + grace, (date.max - last).days)
    return Clock(
        week_name(code.year * 100 + code.week) if received else UNDATED,
        midnight - timedelta(days=before),
        midnight + timedelta(days=after),
    )


def jumps(times: pa.Array, clock: Clock) -> Ints:
    """(N,) `EARLY` or `LATE` where a time lies beyond the clock's bounds, else 0."""
    out = np.zeros(len(times), np.int64)
    bounds = (pc.less, clock.since, EARLY), (pc.greater_equal, clock.until, LATE)
    for beyond, bound, mark in bounds:
        if bound is not None:
            found = beyond(times, pa.scalar(bound, times.type))
            out[np.asarray(pc.fill_null(found, False))] = mark
    return out


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


def week_names(times: pa.Array, clock: Clock = UNTOLD) -> pa.Array:
    """The week of each time, as strings: (N,); the clock's where there is none, and
    `UNDATED` where it is of a clock that jumped."""
    distinct, where = np.unique(week_codes(times), return_inverse=True)
    names = [week_name(c) or clock.week for c in distinct.tolist()]
    where = np.where(jumps(times, clock) == 0, where, len(names))
    return pa.array([*names, UNDATED], pa.string()).take(pa.array(where))


PAUSE = 52
"""Weeks without anybody's work that are no longer drawn as such."""

ODD = 0.01
"""Share of all pairs below which weeks beyond a pause are a clock that jumped."""


def timeline(weeks: Sequence[str], pairs: Sequence[int]) -> list[str]:
    """The weeks to judge, in order: those without work included, but for long pauses.

    A clock that jumps dates a few instances in 1970 or 2099: stretches beyond a pause
    that hold next to nothing are left out.

    Args:
      weeks: of every row, as often as there are rows.
      pairs: how much each row counts.
    """
    total: dict[date, int] = {}
    for week, n in zip(weeks, pairs, strict=True):
        monday = date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
        total[monday] = total.get(monday, 0) + abs(n) + 1
    stretches: list[list[date]] = []
    for monday in sorted(total):
        if not stretches or (monday - stretches[-1][-1]).days > 7 * PAUSE:
            stretches.append([])
        stretches[-1].append(monday)
    least = ODD * sum(total.values())
    return [
        week
        for stretch in stretches
        if sum(total[monday] for monday in stretch) >= least
        for week in consecutive(stretch[0], stretch[-1])
    ]


def consecutive(first: date, last: date) -> list[str]:
    """Every ISO week from the first to the last Monday."""
    count = (last - first).days // 7 + 1
    days = (first + timedelta(weeks=i) for i in range(count))
    return [f"{y:04d}-W{w:02d}" for y, w, _ in (d.isocalendar() for d in days)]
