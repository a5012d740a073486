"""Months and dates are those of Asia/Shanghai."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from pydantic import BaseModel, ValidationError

from shared.clock import SHANGHAI, Month, date_of, month_of, now, today


class Form(BaseModel):
    month: Month


def test_the_day_changes_at_sixteen_hours_utc() -> None:
    assert date_of(datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)) == date(2026, 10, 31)
    assert date_of(datetime(2026, 10, 31, 16, 0, tzinfo=UTC)) == date(2026, 11, 1)


def test_the_month_and_the_year_change_at_shanghai_midnight_whatever_zone_the_moment_is_written_in() -> None:
    newyork = timezone(timedelta(hours=-5))
    assert month_of(datetime(2026, 12, 31, 10, 59, 59, tzinfo=newyork)) == Month(2026, 12)
    assert month_of(datetime(2026, 12, 31, 11, 0, tzinfo=newyork)) == Month(2027, 1)


def test_today_is_shanghai_s_and_now_is_aware() -> None:
    before = now().astimezone(SHANGHAI).date()
    assert before <= today() <= now().astimezone(SHANGHAI).date()
    assert now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("month", "days", "last"),
    [
        ("2024-02", 29, date(2024, 2, 29)),
        ("2026-02", 28, date(2026, 2, 28)),
        ("2000-02", 29, date(2000, 2, 29)),
        ("2026-12", 31, date(2026, 12, 31)),
    ],
)
def test_a_month_knows_its_days(month: str, days: int, last: date) -> None:
    parsed = Month.parse(month)
    assert (parsed.days, parsed.last, parsed.first) == (days, last, last.replace(day=1))


def test_months_follow_each_other_across_years_and_sort() -> None:
    december = Month.parse("2026-12")
    assert str(december.next()) == "2027-01"
    assert december.next().previous() == december
    assert sorted([Month(2027, 1), december, Month(2026, 2)]) == [Month(2026, 2), december, Month(2027, 1)]


HOSTILE = [
    "", "2026-1", "2026-13", "2026-00", "1899-12", "2200-01", "2026/10", "2026-10-01",
    " 2026-10", "2026-10\n", "２０２６-10", "2026-1０", "20٢6-10", "2026-10\0",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_anything_but_four_digits_dash_two_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        Month.parse(text)
    with pytest.raises(ValidationError):
        Form(month=text)
    with pytest.raises(ValidationError):
        Form.model_validate({"month": text})


@pytest.mark.parametrize("value", [202610, None, 2026.10, ["2026-10"], True])
def test_what_is_not_text_is_no_month(value: object) -> None:
    with pytest.raises(ValidationError):
        Form.model_validate({"month": value})


def test_a_month_goes_through_json_and_its_schema_says_how_it_is_written() -> None:
    form = Form.model_validate_json('{"month": "2026-10"}')
    assert form.month == Month(2026, 10)
    assert form.model_dump_json() == '{"month":"2026-10"}'
    assert Form(month=Month(2026, 10)) == form
    assert Form.model_json_schema()["properties"]["month"]["type"] == "string"
