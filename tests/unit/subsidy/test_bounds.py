"""No column of any application takes a value beyond its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest

from services.subsidy.applications import bounds, rows
from services.subsidy.applications.columns import Asked, asked
from services.subsidy.engine import POLICIES, Pack, Packs
from shared.clock import Month

MONTH = Month(2026, 2)
COUNTIES = ("110101", "231002", "321202", "510903", "532301")
Form = tuple[str, str]


@cache
def packs() -> Packs:
    return Packs.load(POLICIES)


def forms() -> Iterator[tuple[Pack, str]]:
    for county in COUNTIES:
        pack = packs().for_region(county)
        yield from ((pack, law.code) for law in pack.programmes.values() if law.source == "application")


def columns() -> list[tuple[Pack, str, Asked]]:
    """Every column of every form that holds something to count or a day."""
    every = [(pack, code, column) for pack, code in forms() for column in asked(pack, code).values()]
    return [one for one in every if one[2].type in {"number", "money", "level", "date"}]


def wrong(pack: Pack, programme: str, row: dict[str, Any]) -> set[tuple[str, str]]:
    found = rows.check(pack, programme, [row], (MONTH, MONTH))
    return {(error.pointer, error.code) for error in found}


def beyond(column: Asked) -> list[Any]:
    """One more than the most, one less than the least, in the column's type."""
    if column.type == "date":
        return ["1899-12-31", "2199-12-31" if column.name in bounds.TO_COME else "2026-03-01"]
    bound = bounds.BOUNDS[column.name]
    values = [bound.limit(MONTH) + 1, *([bound.least - 1] if bound.least else [])]
    return [f"{value / 100:.2f}" if column.type == "money" else value for value in values]


@pytest.mark.parametrize(
    ("pack", "programme", "column"),
    [pytest.param(*one, id=f"{one[0].region}-{one[1]}-{one[2].name}") for one in columns()],
)
def test_a_value_beyond_its_meaning_is_refused_where_it_stands(pack: Pack, programme: str, column: Asked) -> None:
    for value in beyond(column):
        found = wrong(pack, programme, {column.name: value})
        codes = {code for pointer, code in found if pointer == f"/rows/0/{column.name}"}
        assert codes & {"out_of_bounds", "outside_month", "date"}, value


def test_every_column_that_is_counted_has_a_bound_of_its_own() -> None:
    counted = {column.name for _, _, column in columns() if column.type != "date"}
    assert counted <= set(bounds.BOUNDS)


@pytest.mark.parametrize(
    ("county", "programme", "row", "pointer"),
    [
        ("321202", "construction_subsidy", {"lease_from": "2025-04-01", "opened_on": "2025-03-01"}, "opened_on"),
        ("321202", "construction_subsidy", {"lease_from": "2025-04-01", "lease_to": "2025-03-01"}, "lease_to"),
        ("231002", "operating_subsidy", {"from_day": 20, "to_day": 10}, "to_day"),
    ],
)
def test_days_and_dates_come_in_their_order(county: str, programme: str, row: dict[str, Any], pointer: str) -> None:
    found = {(error.pointer, error.code) for error in bounds.orders(row, "/rows/0")}
    assert found == {(f"/rows/0/{pointer}", "reversed")}
    pack = packs().for_region(county)
    assert all(name in asked(pack, programme) for name in row)


def test_rows_together_say_no_more_days_than_the_month_has() -> None:
    pack = packs().for_region("510903")
    days = [{"units": 20, "service_date": "2026-02-01"}, {"units": 20, "service_date": "2026-02-21"}]
    found = list(bounds.sums(asked(pack, "respite_care"), days, (MONTH, MONTH)))
    assert [(error.pointer, error.code) for error in found] == [("/rows", "out_of_bounds")]
    assert date(2026, 2, 1).month == MONTH.month
