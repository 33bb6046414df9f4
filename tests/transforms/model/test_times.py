"""Times in whatever form vendors write them become one column in UTC."""

from datetime import UTC, datetime

import pytest

from posegate.transforms.model.times import times

MOMENT = datetime(2026, 2, 14, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-14T09:30:00Z",
        "2026-02-14T09:30:00.000000+00:00",
        "2026-02-14T15:00:00+05:30",
        MOMENT.timestamp(),
        int(MOMENT.timestamp() * 1000),
    ],
)
@pytest.mark.parametrize("beside", [None, 0, "2020-01-01T00:00:00Z"])
def test_every_form_is_the_same_moment(value: object, beside: object) -> None:
    column, bad, assumed = times([value, beside])
    assert column[0].as_py() == MOMENT
    assert not bad.any()
    assert not assumed.any()


def test_a_time_without_a_zone_is_taken_for_utc_and_told() -> None:
    column, bad, assumed = times(["2026-02-14 09:30", "2026-02-14T09:30:00Z", None])
    assert column.to_pylist() == [MOMENT, MOMENT, None]
    assert assumed.tolist() == [True, False, False]
    assert not bad.any()


@pytest.mark.parametrize(
    "value", ["soon", "0001-01-01T00:00:00Z", "2150-01-01T00:00:00Z", -1, True, 1e300]
)
def test_what_is_no_time_is_null_and_told(value: object) -> None:
    column, bad, _ = times([value])
    assert column.to_pylist() == [None]
    assert bad.tolist() == [True]


def test_none_and_empty_texts_are_null_without_complaint() -> None:
    column, bad, _ = times([None, ""])
    assert column.null_count == 2
    assert not bad.any()


def test_no_times_give_an_empty_column() -> None:
    assert len(times([])[0]) == 0


def test_a_number_of_hundreds_of_digits_is_no_time() -> None:
    column, bad, _ = times([10**400, -(10**400)])
    assert column.null_count == 2
    assert bad.all()
