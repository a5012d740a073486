"""An amount per unit with caps per day, month and year."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.subsidy.engine import Pack, calculate
from tests.unit.engine.kinds.law import OCTOBER, Row, Value, assert_fair, calculated, judged, law, scalar, table

BATH: Row = {"subject_id": "s-1", "service_date": date(2026, 10, 5), "units": 1, "row_key": "a"}
PRICES = table("mode", {"home": 60, "pick_up": "40.50"}, "CNY/bath")


def per_unit(amount: Value | None = None, inputs: dict[str, str] | None = None, **caps: int) -> Pack:
    """A benefit with the caps named."""
    limits = {name: scalar(value, "day/year") for name, value in caps.items()}
    return law("per_unit_with_caps", {"amount": amount or scalar(50, "CNY/bath"), **limits}, inputs)


def on(day: int, **more: Any) -> Row:
    """A bath on a day of October."""
    return {**BATH, "service_date": date(2026, 10, day), **more}


def test_without_a_cap_every_unit_counts() -> None:
    assert judged(per_unit(), on(1, units=3), on(31, units=400)) == [(15000, "paid", None), (2000000, "paid", None)]


@pytest.mark.parametrize(
    ("units", "answer"),
    [
        (0, (0, "not_eligible", "nothing_due")),
        (-1, (0, "held", "units_impossible")),
        (2**31 - 1, ((2**31 - 1) * 5000, "paid", None)),
        (2**31, (0, "held", "units_impossible")),
        (2**62, (0, "held", "units_impossible")),
        (None, (0, "held", "missing_input")),
    ],
)
def test_a_number_of_units_that_cannot_be_is_held(units: int | None, answer: Any) -> None:
    assert judged(per_unit(), on(5, units=units)) == [answer]


@pytest.mark.parametrize("column", ["service_date", "row_key"])
def test_what_is_not_known_holds_the_row(column: str) -> None:
    assert judged(per_unit(), on(5, **{column: None})) == [(0, "held", "missing_input")]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 9, 30), "outside_month"),
        (date(2026, 10, 1), None),
        (date(2026, 10, 31), None),
        (date(2026, 11, 1), "outside_month"),
    ],
)
def test_only_days_of_the_month_count(day: date, reason: str | None) -> None:
    assert judged(per_unit(), {**BATH, "service_date": day})[0][2] == reason


@pytest.mark.parametrize("cap", ["daily_cap", "monthly_cap", "yearly_cap"])
@pytest.mark.parametrize(("units", "fen"), [(1, 5000), (2, 10000), (3, 10000)])
def test_each_cap_works_alone(cap: str, units: int, fen: int) -> None:
    answer = judged(per_unit(None, None, **{cap: 2}), on(5, units=units, used_in_year=0))
    assert answer == [(fen, "paid", f"over_{cap}" if units > 2 else None)]


def test_a_month_is_capped_over_its_days_and_a_day_over_its_records() -> None:
    rows = [on(5, units=2), on(5, units=2, row_key="b"), on(6, units=2), on(7, units=2)]
    daily, monthly = "over_daily_cap", "over_monthly_cap"
    assert [reason for _, _, reason in judged(per_unit(daily_cap=3, monthly_cap=6), *rows)] == [
        None,
        daily,
        None,
        monthly,
    ]


@pytest.mark.parametrize(
    ("used", "paid", "reasons"),
    [
        (0, [2, 2], [None, None]),
        (26, [2, 2], [None, None]),
        (27, [2, 1], [None, "over_yearly_cap"]),
        (28, [2, 0], [None, "over_yearly_cap"]),
        (29, [1, 0], ["over_yearly_cap", "over_yearly_cap"]),
        (30, [0, 0], ["over_yearly_cap", "over_yearly_cap"]),
        (31, [0, 0], ["over_yearly_cap", "over_yearly_cap"]),
    ],
)
def test_a_year_is_capped_over_its_months(used: int, paid: list[int], reasons: list[str | None]) -> None:
    rows = [on(5, units=2, used_in_year=used), on(6, units=2, used_in_year=used)]
    result = calculated(per_unit(yearly_cap=30), rows)
    assert result["paid_units"].to_list() == paid
    assert result["cut_by_year"].to_list() == [2 - units for units in paid]
    assert result["reason"].to_list() == reasons


def test_what_day_and_month_take_off_does_not_use_up_the_year() -> None:
    rows = [on(5, units=5, used_in_year=8), on(6, units=5, used_in_year=8)]
    result = calculated(per_unit(daily_cap=1, yearly_cap=10), rows)
    assert result["paid_units"].to_list() == [1, 1]


@pytest.mark.parametrize(
    ("used", "answer"), [(-1, (0, "held", "units_impossible")), (None, (0, "held", "missing_input"))]
)
def test_a_year_that_is_not_known_is_held(used: int | None, answer: Any) -> None:
    assert judged(per_unit(yearly_cap=30), on(5, used_in_year=used)) == [answer]


def test_the_highest_use_of_a_year_counts_where_rows_disagree() -> None:
    rows = [on(5, used_in_year=0), on(6, used_in_year=29), on(7, used_in_year=0)]
    assert calculated(per_unit(yearly_cap=30), rows)["paid_units"].to_list() == [1, 0, 0]


def test_only_a_programme_with_a_yearly_cap_asks_for_the_use_of_the_year() -> None:
    assert "used_in_year" not in calculated(per_unit(daily_cap=1), [on(5)]).columns
    baths = calculated(per_unit(), [on(5)])
    with pytest.raises(ValueError, match="used_in_year"):
        calculate(per_unit(yearly_cap=1), "benefit", OCTOBER, baths)


def test_each_mode_has_its_amount() -> None:
    pack = per_unit(PRICES, {"mode": "code?"})
    rows = [on(day, mode=mode) for day, mode in enumerate(("home", "pick_up", "other", None), start=1)]
    assert judged(pack, *rows) == [
        (6000, "paid", None),
        (4050, "paid", None),
        (0, "not_eligible", "outside_table"),
        (0, "held", "state_unknown"),
    ]


def test_what_has_no_amount_uses_up_no_cap() -> None:
    pack = per_unit(PRICES, {"mode": "code?"}, monthly_cap=1)
    rows = [on(1, mode="other"), on(2, mode=None), on(3, mode="home"), on(4, mode="home")]
    assert [amount for amount, _, _ in judged(pack, *rows)] == [0, 0, 6000, 0]


def test_at_the_same_place_the_lower_amount_comes_first_in_any_order() -> None:
    pack = per_unit(PRICES, {"mode": "code"}, daily_cap=2)
    rows = [on(5, mode="home", units=2, village=1), on(5, mode="pick_up"), on(5, mode="home")]
    for order in permutations(range(3)):
        amounts = calculated(pack, [rows[place] for place in order])["amount_fen"].to_list()
        assert [amounts[order.index(place)] for place in range(3)] == [0, 4050, 6000]


def test_seniors_do_not_share_a_cap() -> None:
    rows = [on(5, units=2), on(5, units=2, subject_id="s-2")]
    assert [amount for amount, _, _ in judged(per_unit(daily_cap=1, monthly_cap=1), *rows)] == [5000, 5000]


UNITS = st.fixed_dictionaries(
    {
        "subject_id": st.sampled_from(["s-1", "s-2"]),
        "service_date": st.sampled_from([date(2026, 9, 30), *(date(2026, 10, day) for day in (1, 2, 31)), None]),
        "units": st.sampled_from([None, -1, 0, 1, 2, 5]),
        "mode": st.sampled_from(["home", "pick_up", "other", None]),
        "on_hold": st.booleans(),
    }
)
CAPS = st.fixed_dictionaries(
    {}, optional={"daily_cap": st.integers(0, 3), "monthly_cap": st.integers(0, 6), "yearly_cap": st.integers(0, 8)}
)


def by_hand(rows: list[Row], caps: dict[str, int], used: int) -> list[int]:
    """The amounts worked out once more, unit by unit."""
    paid, counts = [0] * len(rows), dict[Any, int]()
    for place in sorted(range(len(rows)), key=lambda place: (str(rows[place]["service_date"]), rows[place]["row_key"])):
        row, fen = rows[place], {"home": 6000, "pick_up": 4050}.get(rows[place]["mode"] or "")
        if row["service_date"] is None or row["service_date"].month != 10 or row["on_hold"] or fen is None:
            continue
        for _ in range(row["units"] or 0):
            groups = {
                "daily_cap": (row["subject_id"], row["service_date"]),
                "monthly_cap": (row["subject_id"], "month"),
                "yearly_cap": (row["subject_id"], "year"),
            }
            full = [
                counts.get(groups[cap], 0) + (used if cap == "yearly_cap" else 0) >= limit
                for cap, limit in caps.items()
            ]
            if not any(full):
                counts.update({group: counts.get(group, 0) + 1 for group in groups.values()})
                paid[place] += fen
    return paid


@settings(max_examples=80)
@given(CAPS, st.integers(0, 9), st.lists(UNITS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_any_units_under_any_caps(caps: dict[str, int], used: int, rows: list[Row], random: Any) -> None:
    rows = [{**row, "row_key": f"{number}", "used_in_year": used} for number, row in enumerate(rows)]
    pack = per_unit(PRICES, {"mode": "code?"}, **caps)
    result = calculated(pack, rows)
    assert result["amount_fen"].to_list() == by_hand(rows, caps, used)
    order = list(range(len(rows)))
    random.shuffle(order)
    assert calculated(pack, [rows[place] for place in order]).equals(result[order])
    assert_fair(pack, [{**row, "subject_id": f"s-{number}"} for number, row in enumerate(rows)])
