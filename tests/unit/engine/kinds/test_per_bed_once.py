"""An amount once per bed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.subsidy.engine import Pack
from tests.unit.engine.kinds.law import Answer, Row, assert_fair, calculated, judged, law, scalar, table

BEDS = law(
    "per_bed_once",
    {
        "own": table("bed_type", {"nursing": 15000, "ordinary": 10000}, "CNY/bed"),
        "leased": table("bed_type", {"nursing": 7500, "ordinary": "5000.50"}, "CNY/bed"),
        "minimum_lease_years": scalar(5, "year"),
    },
)
OWN: Row = {"bed_type": "nursing", "approved_beds": 10, "beds_paid_before": 0, "tenure": "own"}
LEASED: Row = {**OWN, "tenure": "leased", "lease_from": date(2021, 3, 1), "lease_to": date(2026, 2, 28)}
SHORT, UNKNOWN = (0, "not_eligible", "lease_too_short"), (0, "held", "lease_unknown")
PAID = (7500000, "paid", None)


def answer(row: Row, **changed: Any) -> Answer:
    """The answer to one row with something else in it."""
    return judged(BEDS, {**row, **changed})[0]


@pytest.mark.parametrize(
    ("row", "bed_type", "fen"),
    [(OWN, "nursing", 1500000), (OWN, "ordinary", 1000000), (LEASED, "nursing", 750000), (LEASED, "ordinary", 500050)],
)
def test_ownership_and_type_of_bed_make_the_amount(row: Row, bed_type: str, fen: int) -> None:
    assert answer(row, bed_type=bed_type, approved_beds=1) == (fen, "paid", None)
    assert answer(row, bed_type=bed_type, approved_beds=7) == (7 * fen, "paid", None)


@pytest.mark.parametrize(
    ("lease_from", "lease_to", "wanted"),
    [
        (date(2021, 3, 1), date(2026, 2, 28), PAID),
        (date(2021, 3, 1), date(2026, 2, 27), SHORT),
        (date(2021, 1, 1), date(2025, 12, 31), PAID),
        (date(2021, 1, 1), date(2025, 12, 30), SHORT),
        (date(2020, 2, 29), date(2025, 2, 28), PAID),
        (date(2020, 2, 29), date(2025, 2, 27), SHORT),
        (date(2019, 3, 1), date(2024, 2, 29), PAID),
        (date(2019, 3, 1), date(2024, 2, 28), SHORT),
        (date(2021, 3, 1), date(2040, 1, 1), PAID),
        (date(2021, 3, 1), date(2021, 3, 1), SHORT),
        (date(2026, 3, 1), date(2021, 3, 1), SHORT),
    ],
)
def test_a_lease_of_exactly_five_years_is_enough_and_a_day_less_is_not(
    lease_from: date, lease_to: date, wanted: Answer
) -> None:
    assert answer(LEASED, lease_from=lease_from, lease_to=lease_to) == wanted


@pytest.mark.parametrize("missing", [{"lease_from": None}, {"lease_to": None}, {"lease_from": None, "lease_to": None}])
def test_a_lease_without_dates_is_held_and_own_premises_need_none(missing: Row) -> None:
    assert answer(LEASED, **missing) == UNKNOWN
    assert answer(OWN, **missing) == (15000000, "paid", None)


def test_the_dates_of_a_lease_mean_nothing_for_own_premises() -> None:
    assert answer(OWN, lease_from=date(2026, 1, 1), lease_to=date(2026, 1, 2)) == (15000000, "paid", None)


@pytest.mark.parametrize(
    ("approved", "before", "wanted"),
    [
        (10, 9, (1500000, "paid", None)),
        (10, 10, (0, "not_eligible", "all_beds_paid")),
        (10, 11, (0, "not_eligible", "all_beds_paid")),
        (0, 0, (0, "not_eligible", "all_beds_paid")),
        (1, 0, (1500000, "paid", None)),
        (-1, 0, (0, "held", "beds_impossible")),
        (10, -1, (0, "held", "beds_impossible")),
        (2**31 - 1, 0, ((2**31 - 1) * 1500000, "paid", None)),
        (2**31, 0, (0, "held", "beds_impossible")),
        (2**62, 0, (0, "held", "beds_impossible")),
    ],
)
def test_a_bed_is_paid_once(approved: int, before: int, wanted: Answer) -> None:
    assert answer(OWN, approved_beds=approved, beds_paid_before=before) == wanted


@pytest.mark.parametrize(("approved", "before", "new"), [(10, 9, 1), (10, 10, 0), (10, 11, 0)])
def test_new_beds_are_never_less_than_none(approved: int, before: int, new: int) -> None:
    row = {**OWN, "approved_beds": approved, "beds_paid_before": before}
    assert calculated(BEDS, [row])["new_beds"].to_list() == [new]


@pytest.mark.parametrize("column", ["bed_type", "approved_beds", "beds_paid_before", "tenure"])
def test_what_is_not_known_holds_the_row(column: str) -> None:
    assert answer(OWN, **{column: None}) == (0, "held", "missing_input")
    assert answer(LEASED, **{column: None}) == (0, "held", "missing_input")


def test_a_tenure_nobody_knows_is_held() -> None:
    assert answer(OWN, tenure="lent") == (0, "held", "tenure_unknown")


def test_a_type_of_bed_without_an_amount_gets_none() -> None:
    assert answer(OWN, bed_type="family") == (0, "not_eligible", "outside_table")


def test_the_same_beds_twice_are_held_and_other_beds_are_not() -> None:
    rows: list[Row] = [{**OWN, "subject_id": "i-1"}, {**OWN, "subject_id": "i-1", "bed_type": "ordinary"}]
    assert [outcome for _, outcome, _ in judged(BEDS, *rows, {**LEASED, "subject_id": "i-1"})] == ["paid"] * 3
    assert judged(BEDS, rows[0], rows[0])[1] == (0, "held", "counted_twice")
    assert judged(BEDS, rows[0], {**rows[0], "beds_paid_before": 10})[0] == (15000000, "paid", None)


ROWS = st.fixed_dictionaries(
    {
        "bed_type": st.sampled_from(["nursing", "ordinary", "family", None]),
        "approved_beds": st.sampled_from([None, -1, 0, 1, 5, 6]),
        "beds_paid_before": st.sampled_from([None, -1, 0, 5, 6]),
        "tenure": st.sampled_from(["own", "leased", "lent", None]),
        "lease_from": st.none() | st.dates(date(2015, 1, 1), date(2021, 1, 1)),
        "lease_to": st.none() | st.dates(date(2019, 12, 30), date(2026, 1, 2)),
    }
)
FEN = {
    ("own", "nursing"): 1500000,
    ("own", "ordinary"): 1000000,
    ("leased", "nursing"): 750000,
    ("leased", "ordinary"): 500050,
}


def by_hand(row: Row) -> int:
    """The amount worked out once more, without the engine."""
    approved, before, unit = row["approved_beds"], row["beds_paid_before"], FEN.get((row["tenure"], row["bed_type"]))
    if unit is None or None in (approved, before) or min(approved, before) < 0:
        return 0
    if row["tenure"] == "leased":
        begins, ends = row["lease_from"], row["lease_to"]
        if begins is None or ends is None:
            return 0
        leap = (begins.month, begins.day) == (2, 29)
        fifth = date(begins.year + 5, 2, 28) if leap else begins.replace(year=begins.year + 5)
        if ends < fifth - timedelta(days=1):
            return 0
    return int(max(0, approved - before) * unit)


@settings(max_examples=60)
@given(st.lists(ROWS, min_size=1, max_size=6))
def test_a_batch_is_its_rows(rows: list[Row]) -> None:
    assert [amount for amount, _, _ in assert_fair(BEDS, rows)] == [by_hand(row) for row in rows]


def test_a_pack_from_before_keeps_its_years_from_29_february_and_asks_no_day_of_opening() -> None:
    before = Pack(BEDS.content.model_copy(update={"formulas": "formulas-1"}))
    row = {**LEASED, "lease_from": date(2020, 2, 29), "lease_to": date(2025, 2, 27), "opened_on": date(2026, 1, 1)}
    assert judged(before, row)[0] == PAID
    assert judged(BEDS, row)[0] == SHORT
