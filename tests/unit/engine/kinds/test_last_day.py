"""The last day there is stands for an open end, and may be a slip of the pen: no row that carries it ever raises."""

from __future__ import annotations

from datetime import date

import pytest

from services.subsidy.engine import Pack, explain, render
from tests.unit.engine.kinds.law import OCTOBER, Answer, Row, bands, choice, judged, law, scalar, table

LAST, FIRST = date.max, date.min
AGE = law(
    "tiered_by_age",
    {
        "amount": bands(None, (80, 99, 50), (100, None, 300), unit="CNY/person/month"),
        "start_month": choice("SAME_MONTH"),
        "age_reached": choice("DAY_AFTER"),
        "leap_day_birthday": choice("MAR_01"),
        "death_month": choice("NOT_PAYABLE"),
        "reference_day": choice("LAST_DAY"),
        "arrears_months": scalar(12, "month"),
    },
)
OLD: Row = {
    "birth_date": date(1940, 3, 2), "died_on": None, "registered_on": date(2020, 1, 1),
    "household_here": True, "resident_here": True,
}  # fmt: skip
MONTHLY = law(
    "fixed_monthly",
    {
        "amount": scalar(100, "CNY/person/month"),
        "reference_day": choice("FIRST_DAY"),
        "death_month": choice("NOT_PAYABLE"),
    },
)
BEDS = law(
    "per_bed_once",
    {
        "own": table("bed_type", {"nursing": 1000}, "CNY/bed"),
        "leased": table("bed_type", {"nursing": 500}, "CNY/bed"),
        "minimum_lease_years": scalar(5, "year"),
    },
)
LEASED: Row = {"bed_type": "nursing", "approved_beds": 1, "beds_paid_before": 0, "tenure": "leased"}
MEALS = law("per_unit_with_caps", {"amount": scalar(2, "CNY/meal"), "daily_cap": scalar(2, "meal/day")})
PAID, SENT = "paid", "not_eligible"


@pytest.mark.parametrize(
    ("pack", "row", "answer"),
    [
        (AGE, OLD | {"birth_date": LAST}, (0, SENT, "outside_bands")),
        (AGE, OLD | {"birth_date": FIRST}, (30000, PAID, None)),
        (AGE, OLD | {"died_on": LAST}, (5000, PAID, None)),
        (AGE, OLD | {"died_on": FIRST}, (0, SENT, "died_before_month")),
        (AGE, OLD | {"registered_on": LAST}, (0, SENT, "beyond_arrears")),
        (AGE, OLD | {"birth_date": LAST, "died_on": LAST, "registered_on": LAST}, (0, SENT, "beyond_arrears")),
        (MONTHLY, {"died_on": LAST}, (10000, PAID, None)),
        (MONTHLY, {"died_on": FIRST}, (0, SENT, "died_before_month")),
        (BEDS, LEASED | {"lease_from": date(2020, 1, 1), "lease_to": LAST}, (50000, PAID, None)),
        (BEDS, LEASED | {"lease_from": FIRST, "lease_to": LAST}, (50000, PAID, None)),
        (BEDS, LEASED | {"lease_from": LAST, "lease_to": LAST}, (0, SENT, "lease_too_short")),
        (BEDS, LEASED | {"lease_from": LAST, "lease_to": FIRST}, (0, SENT, "lease_too_short")),
        (BEDS, LEASED | {"lease_from": date(9995, 1, 1), "lease_to": LAST}, (50000, PAID, None)),
        (BEDS, LEASED | {"lease_from": date(9995, 1, 2), "lease_to": LAST}, (0, SENT, "lease_too_short")),
        (MEALS, {"service_date": LAST, "units": 1, "row_key": "r"}, (0, "held", "outside_month")),
        (MEALS, {"service_date": FIRST, "units": 1, "row_key": "r"}, (0, "held", "outside_month")),
    ],
)
def test_the_last_day_is_judged_and_told_like_any_other(pack: Pack, row: Row, answer: Answer) -> None:
    assert judged(pack, row) == [answer]
    trace = explain(pack, "benefit", OCTOBER, [{"subject_id": "s"} | row])
    assert (trace["amount_fen"], trace["outcome"], trace["reason"]) == answer
    assert render(trace, "zh")
    assert render(trace, "en")
