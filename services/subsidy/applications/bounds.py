"""What a typed fact can mean 填报值的合理范围: of every number, amount, level and date the least and the most.

These are bounds of meaning, not of any law: a month has no 45 days, a home opens after its lease has begun.
What a pack asks for and nobody has bounded here keeps the bounds of its type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.subsidy.applications.columns import Asked
from shared.clock import Month
from shared.errors import FieldError
from shared.money import to_fen

Months = tuple[Month, Month | None]
Limit = int | Callable[[Month], int]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Bound:
    """The least and the most of a number, or of fen; ``whole``: also of the sum over all rows of an application."""

    least: int
    most: Limit
    whole: bool = False

    def limit(self, month: Month) -> int:
        """The most in a month."""
        return self.most(month) if callable(self.most) else self.most


def _days(month: Month) -> int:
    return month.days


BOUNDS: Mapping[str, Bound] = {
    "approved_beds": Bound(0, 20_000, whole=True),
    "assessed_level": Bound(0, 9),
    "assessed_level_mzt039": Bound(0, 9),
    "cost_fen": Bound(0, 100_000_000),
    "economic_status": Bound(0, 9),
    "economy_and_ability": Bound(0, 9),
    "family_care_months": Bound(0, 1_560),
    "from_day": Bound(1, _days),
    "grade": Bound(1, 5),
    "longest_break_days": Bound(0, 18_300),
    "opening_days": Bound(0, 7),
    "person_times": Bound(0, lambda month: 10_000 * month.days),
    "score": Bound(0, 100),
    "to_day": Bound(1, _days),
    "units": Bound(0, _days, whole=True),
    "verified_meals": Bound(0, lambda month: 10_000 * month.days),
}
"""By column. A bath or a day of respite: one a day at most, so no more in a month than it has days."""
BY_TYPE: Mapping[str, Bound] = {
    "number": Bound(0, 1_000_000),
    "level": Bound(0, 99),
    "money": Bound(0, 100_000_000_000),
}
"""For columns that are not named above."""
EARLIEST, LAST_LEASE_YEAR = date(1900, 1, 1), 100
TO_COME = {"lease_to"}
"""Dates that may lie after the months applied for; of all others nothing is to be told before it happened."""
MONTHLY = {"service_date"}
"""Dates that belong to the months applied for, which says more than that they are past."""
ORDERED = (("from_day", "to_day"), ("lease_from", "lease_to"), ("lease_from", "opened_on"), ("opened_on", "lease_to"))
"""Of each pair the first is not after the second."""


def beyond(column: Asked, value: object, where: str, months: Months) -> FieldError | None:
    """Why a value, already of its column's type, means nothing; ``where`` it stands."""
    limits = _dates(column, value, months) if column.type == "date" else _numbers(column, value, months)
    if limits is None:
        return None
    en, zh = f"It lies between {limits[0]} and {limits[1]}.", f"应在{limits[0]}至{limits[1]}之间。"
    return FieldError.of(where, "out_of_bounds", en, zh)


def _numbers(column: Asked, value: object, months: Months) -> tuple[int, int] | None:
    read = to_fen(value) if column.type == "money" and isinstance(value, str) else value
    bound = bound_of(column)
    if bound is None or isinstance(read, bool) or not isinstance(read, int):
        return None
    least, most = bound.least, bound.limit(months[0])
    return None if least <= read <= most else (least, most)


def bound_of(column: Asked) -> Bound | None:
    """The bound of a column; None where there is nothing to count."""
    return BOUNDS.get(column.name) or BY_TYPE.get(column.type)


def _dates(column: Asked, value: object, months: Months) -> tuple[date, date] | None:
    first, last = months
    day, latest = date.fromisoformat(str(value)), (last or first).last
    if column.name in MONTHLY:
        return None
    if column.name in TO_COME:
        latest = date(first.year + LAST_LEASE_YEAR, 12, 31)
    return None if EARLIEST <= day <= latest else (EARLIEST, latest)


def orders(row: Row, place: str) -> Iterator[FieldError]:
    """Days and dates of one row that are the wrong way round."""
    for first, then in ORDERED:
        one, other = row.get(first), row.get(then)
        if type(one) is type(other) and isinstance(one, int | str) and one > other:  # type: ignore[operator]
            en, zh = f"{first} lies after {then}.", f"{first}晚于{then}。"
            yield FieldError.of(f"{place}/{then}", "reversed", en, zh)


def sums(columns: Mapping[str, Asked], rows: Sequence[Row], months: Months) -> Iterator[FieldError]:
    """Sums over all rows that mean nothing, such as more days of respite than the month has."""
    for name, bound in BOUNDS.items():
        if bound.whole and name in columns:
            said = [row.get(name) for row in rows]
            total = sum(value for value in said if isinstance(value, int) and not isinstance(value, bool))
            if total > bound.limit(months[0]):
                en, zh = f"All rows together say {total}.", f"各行合计为{total}。"
                yield FieldError.of("/rows", "out_of_bounds", en, zh)
