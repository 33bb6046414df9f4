"""Weeks: ISO's, in UTC, also where the year turns."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.weeks import week_codes, week_name, week_names
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
    assert week_names(column, "2026-W01").to_pylist() == ["2026-W01", "2026-W07"]
    assert week_names(column).to_pylist() == ["", "2026-W07"]
    assert week_names(column.slice(0, 0)).to_pylist() == []
    assert week_name(0) == ""


@given(moments)
def test_names_stand_in_the_order_of_time(moment: datetime) -> None:
    column = pa.array([moment, moment + timedelta(weeks=1)], TIME)
    first, second = week_names(column).to_pylist()
    assert first < second
