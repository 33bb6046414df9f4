"""Weeks: ISO's, in UTC, also where the year turns."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.weeks import (
    EARLY,
    LATE,
    Clock,
    clock_of,
    jumps,
    timeline,
    week_codes,
    week_name,
    week_names,
)
from posegate.transforms.model.schema import TIME

moments = st.datetimes(
    datetime(1970, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)
)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        ("2026-02-09", "2026-W07"),
        ("2024-12-30", "2025-W01"),
        ("2027-01-03", "2026-W53"),
        ("2021-01-03", "2020-W53"),
    ],
)
def test_a_day_belongs_to_the_iso_week(day: str, week: str) -> None:
    column = pa.array([datetime.fromisoformat(f"{day}T23:59:59+00:00")], TIME)
    assert week_names(column).to_pylist() == [week]


@given(st.lists(st.none() | moments, max_size=9))
def test_weeks_are_those_of_the_calendar(times: list[datetime | None]) -> None:
    expected = [
        t.isocalendar()[0] * 100 + t.isocalendar()[1] if t else 0 for t in times
    ]
    assert week_codes(pa.array(times, TIME)).tolist() == expected


def test_a_row_without_a_time_has_the_week_given_or_none() -> None:
    column = pa.array([None, datetime(2026, 2, 9, tzinfo=UTC)], TIME)
    assert week_names(column, Clock("2026-W01")).to_pylist() == ["2026-W01", "2026-W07"]
    assert week_names(column).to_pylist() == ["", "2026-W07"]
    assert week_names(column.slice(0, 0)).to_pylist() == []
    assert week_name(0) == ""


@given(moments)
def test_names_stand_in_the_order_of_time(moment: datetime) -> None:
    column = pa.array([moment, moment + timedelta(weeks=1)], TIME)
    first, second = week_names(column).to_pylist()
    assert first < second


CLOCK = clock_of(date(2026, 3, 1), date(2026, 11, 21), years=10, grace=1)


@pytest.mark.parametrize(
    ("moment", "week", "jump"),
    [
        ("2026-02-25T10:00:00", "2026-W09", 0),
        ("2026-03-02T23:59:59", "2026-W10", 0),
        ("2026-03-03T00:00:00", "", LATE),
        ("2099-01-01T00:00:00", "", LATE),
        ("2016-03-01T00:00:00", "2016-W09", 0),
        ("2016-02-29T00:00:00", "", EARLY),
        ("1970-01-01T00:00:00", "", EARLY),
    ],
)
def test_a_clock_that_jumped_has_no_week(moment: str, week: str, jump: int) -> None:
    column = pa.array([datetime.fromisoformat(f"{moment}+00:00"), None], TIME)
    assert week_names(column, CLOCK).to_pylist() == [week, "2026-W09"]
    assert jumps(column, CLOCK).tolist() == [jump, 0]


def test_a_delivery_that_does_not_say_when_it_came_is_no_younger_than_its_run() -> None:
    clock = clock_of(None, date(2026, 11, 21), years=10, grace=0)
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (21, 22)]
    column = pa.array([*days, None], TIME)
    assert week_names(column, clock).to_pylist() == ["2026-W47", "", ""]


@given(st.dates(), st.integers(1, 100), st.integers(0, 366))
def test_any_day_bounds_a_clock(day: date, years: int, grace: int) -> None:
    clock = clock_of(day, date(2026, 11, 21), years, grace)
    assert clock.since is not None
    assert clock.until is not None
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert clock.since <= noon
    assert noon < clock.until or day == date.max


@given(st.lists(st.none() | moments, max_size=9))
def test_without_bounds_no_clock_jumps(times: list[datetime | None]) -> None:
    assert not jumps(pa.array(times, TIME), Clock()).any()


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ([], []),
        (["2026-W07"] * 2, ["2026-W07"]),
        (
            ["2027-W02", "2026-W52"],
            ["2026-W52", "2026-W53", "2027-W01", "2027-W02"],
        ),
        (["2025-W52", "2026-W01"], ["2025-W52", "2026-W01"]),
        (["2022-W10", "2026-W01"], ["2022-W10", "2026-W01"]),
    ],
    ids=str,
)
def test_weeks_are_consecutive_across_the_year_but_for_long_pauses(
    weeks, expected
) -> None:
    assert timeline(weeks, [10] * len(weeks)) == expected


def test_weeks_beyond_a_pause_that_hold_next_to_nothing_are_left_out() -> None:
    weeks = ["1970-W01", "2026-W07", "2026-W08", "2099-W01"]
    assert timeline(weeks, [3, 5000, 5000, 2]) == ["2026-W07", "2026-W08"]
