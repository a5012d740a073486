"""Periods of months and years, and deadlines in working days (工作日)."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

SATURDAY = 5
MONTHS = 12


@dataclass(frozen=True)
class Period:
    """Years and months; nothing at all means at once."""

    years: int = 0
    months: int = 0

    def after(self, start: date) -> date:
        """The same day of the month that many months later, or that month's last day."""
        total = start.year * MONTHS + start.month - 1 + self.years * MONTHS + self.months
        year, month = total // MONTHS, total % MONTHS + 1
        return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True)
class Year:
    """How one year departs from Monday to Friday."""

    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()


@dataclass(frozen=True)
class WorkingDays:
    """The published years."""

    years: Mapping[int, Year] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Whether people work that day; Monday to Friday when the year is not published."""
        year = self.years.get(day.year, Year())
        return day in year.work or (day.weekday() < SATURDAY and day not in year.off)

    def deadline(self, start: date, days: int) -> Deadline:
        """The last of so many working days; the day it starts from does not count."""
        day, provisional = start, False
        while days:
            day += timedelta(days=1)
            provisional = provisional or day.year not in self.years
            days -= self.is_working(day)
        return Deadline(day, provisional)


@dataclass(frozen=True)
class Deadline:
    """A last day; provisional while the calendar of a year that it crosses is not published."""

    on: date
    provisional: bool
