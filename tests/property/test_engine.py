"""What holds for every senior, every stay and every meal, not only for the worked cases."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.subsidy.engine import POLICIES, Packs, calculate, explain, summarise
from shared.clock import Month

PACK = Packs.load(POLICIES, [POLICIES / "samples" / "321202"]).for_region("321202")
MONTHS = st.builds(Month, st.integers(2026, 2032), st.integers(1, 12))
DECISIONS = st.fixed_dictionaries(
    {
        "longevity_allowance.start_month": st.sampled_from(["SAME_MONTH", "NEXT_MONTH"]),
        "longevity_allowance.age_reached": st.sampled_from(["BIRTHDAY", "DAY_AFTER"]),
        "longevity_allowance.leap_day_birthday": st.sampled_from(["FEB_28", "MAR_01"]),
        "longevity_allowance.death_month": st.sampled_from(["PAYABLE", "NOT_PAYABLE"]),
        "operating_subsidy.part_month": st.sampled_from(["BY_DAYS", "FULL_MONTH", "NONE"]),
        "operating_subsidy.change_in_month": st.sampled_from(["BY_DAYS", "FIRST_STATE", "LAST_STATE"]),
    }
)
SENIORS = st.fixed_dictionaries(
    {
        "birth_date": st.dates(date(1915, 1, 1), date(1960, 1, 1)),
        "died_on": st.none() | st.dates(date(2025, 12, 1), date(2033, 1, 1)),
        "registered_on": st.dates(date(2020, 1, 1), date(2033, 1, 1)),
        "household_here": st.booleans(),
        "resident_here": st.booleans(),
    }
)
STATES = st.fixed_dictionaries(
    {
        "care_level": st.sampled_from(["self_care", "partly_disabled", "disabled", None]),
        "grade": st.sampled_from([None, 1, 2, 3, 4, 5]),
        "mode": st.sampled_from(["private", "public_built_private_run", "public"]),
        "listed": st.booleans(),
    }
)
MEALS = st.fixed_dictionaries(
    {
        "subject_id": st.sampled_from(["s-1", "s-2", "s-3"]),
        "service_date": st.dates(date(2026, 10, 1), date(2026, 10, 31)),
        "units": st.integers(0, 5),
        "listed": st.booleans(),
    }
)
ANSWER = ["amount_fen", "outcome", "reason"]
QUICK = settings(max_examples=60)
SCHEMA = {"care_level": pl.String, "grade": pl.Int64, "mode": pl.String, "died_on": pl.Date}


def table(rows: list[dict[str, Any]], key: str = "subject_id") -> pl.DataFrame:
    """Rows with a number of their own where they have none."""
    numbered = [{key: f"r-{index}", **row} for index, row in enumerate(rows)]
    overrides = {name: dtype for name, dtype in SCHEMA.items() if rows and name in rows[0]}
    return pl.DataFrame(numbered, schema_overrides=overrides, infer_schema_length=None)


def cut(state: dict[str, Any], days: int, cuts: set[int]) -> list[dict[str, Any]]:
    """A month in pieces, each with the same state."""
    starts = [1, *sorted(day for day in cuts if 1 < day <= days)]
    ends = [start - 1 for start in starts[1:]] + [days]
    return [{"subject_id": "a", **state, "from_day": s, "to_day": e} for s, e in zip(starts, ends, strict=True)]


@QUICK
@given(DECISIONS, MONTHS, st.lists(SENIORS, min_size=1, max_size=30))
def test_a_batch_answers_as_each_row_alone(decided: dict[str, str], month: Month, rows: list[dict[str, Any]]) -> None:
    pack, inputs = PACK.changed(decided), table(rows)
    batch = calculate(pack, "longevity_allowance", month, inputs)
    alone = pl.concat(calculate(pack, "longevity_allowance", month, inputs[i]) for i in range(inputs.height))
    assert batch.equals(alone)


@QUICK
@given(DECISIONS, MONTHS, st.lists(SENIORS, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_seniors_changes_nothing(
    decided: dict[str, str], month: Month, rows: list[dict[str, Any]], random: Any
) -> None:
    pack, inputs = PACK.changed(decided), table(rows)
    order = list(range(inputs.height))
    random.shuffle(order)
    straight = calculate(pack, "longevity_allowance", month, inputs)
    assert calculate(pack, "longevity_allowance", month, inputs[order]).equals(straight[order])


@QUICK
@given(DECISIONS, MONTHS, SENIORS)
def test_age_is_what_the_calendar_says(decided: dict[str, str], month: Month, senior: dict[str, Any]) -> None:
    """Worked out once more, day by day, without the engine's own arithmetic."""
    alive = {**senior, "died_on": None, "household_here": True, "registered_on": date(2020, 1, 1)}
    result = calculate(PACK.changed(decided), "longevity_allowance", month, table([alive]))
    born, until = (
        alive["birth_date"],
        (month if decided["longevity_allowance.start_month"] == "SAME_MONTH" else month.previous()),
    )
    reached = [year for year in range(1, 130) if _reached(born, born.year + year, decided) <= until.last]
    assert result["age"].to_list() == [max(reached)]


def _reached(born: date, year: int, decided: dict[str, str]) -> date:
    try:
        birthday = born.replace(year=year)
    except ValueError:
        birthday = (
            date(year, 2, 28) if decided["longevity_allowance.leap_day_birthday"] == "FEB_28" else date(year, 3, 1)
        )
    return birthday if decided["longevity_allowance.age_reached"] == "BIRTHDAY" else birthday + timedelta(days=1)


@QUICK
@given(DECISIONS, MONTHS, SENIORS)
def test_nobody_gets_less_by_growing_older(decided: dict[str, str], month: Month, senior: dict[str, Any]) -> None:
    living = {**senior, "died_on": None, "registered_on": date(2020, 1, 1)}
    later = Month(month.year + 1, month.month)
    pack, row = PACK.changed(decided), table([living])
    now, then = (calculate(pack, "longevity_allowance", m, row)["amount_fen"][0] for m in (month, later))
    assert 0 <= now <= then


@QUICK
@given(MONTHS, STATES, st.sets(st.integers(2, 31)))
def test_cutting_a_month_anywhere_changes_no_sum(month: Month, state: dict[str, Any], cuts: set[int]) -> None:
    whole = calculate(PACK, "operating_subsidy", month, table(cut(state, month.days, set())))
    parts = table(cut(state, month.days, cuts))
    together = calculate(PACK, "operating_subsidy", month, parts)
    alone = pl.concat(calculate(PACK, "operating_subsidy", month, parts[i]) for i in range(parts.height))
    assert together["amount_fen"].sum() == whole["amount_fen"].sum() == alone["amount_fen"].sum()
    assert summarise(together)["amount_fen"].to_list() == whole["amount_fen"].to_list()


@QUICK
@given(DECISIONS, MONTHS, st.tuples(STATES, STATES), st.integers(2, 28), st.booleans())
def test_the_order_of_segments_changes_nothing(
    decided: dict[str, str], month: Month, states: tuple[dict[str, Any], ...], day: int, leaves: bool
) -> None:
    rows = [{**row, **state} for row, state in zip(cut({}, month.days, {day}), states, strict=True)]
    segments = table(rows[: 1 if leaves else None])
    pack = PACK.changed(decided)
    straight = calculate(pack, "operating_subsidy", month, segments)
    assert calculate(pack, "operating_subsidy", month, segments.reverse()).equals(straight.reverse())
    assert straight["amount_fen"].min() >= 0  # type: ignore[operator]  # there is at least one row


@QUICK
@given(MONTHS, STATES, st.integers(1, 28), st.integers(0, 3))
def test_a_share_is_less_than_a_fen_from_the_exact_one(
    month: Month, state: dict[str, Any], start: int, more: int
) -> None:
    row = {"subject_id": "a", **state, "from_day": start, "to_day": min(start + more, month.days)}
    result = calculate(PACK, "operating_subsidy", month, table([row])).row(0, named=True)
    if result["outcome"] == "paid":
        exact = Fraction(result["rate_fen"] * result["factor_grade"] * result["factor_mode"], 10000)
        assert abs(result["amount_fen"] - exact * result["days"] / month.days) < 1


@QUICK
@given(st.lists(MEALS, min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_meals_changes_nothing_and_caps_hold(rows: list[dict[str, Any]], random: Any) -> None:
    keyed = table([{**row, "row_key": f"{index:03d}"} for index, row in enumerate(rows)])
    order = list(range(keyed.height))
    random.shuffle(order)
    straight = calculate(PACK, "meal_subsidy", Month(2026, 10), keyed)
    assert calculate(PACK, "meal_subsidy", Month(2026, 10), keyed[order]).equals(straight[order])
    per_day = straight.group_by("subject_id", "service_date").agg(
        pl.col("paid_units").sum(), pl.col("counted_units").sum()
    )
    per_month = straight.group_by("subject_id").agg(pl.col("paid_units").sum())
    assert per_day["paid_units"].max() <= 2  # type: ignore[operator]  # there is at least one row
    assert per_month["paid_units"].max() <= 40  # type: ignore[operator]  # as above
    assert (per_day["paid_units"] <= per_day["counted_units"]).all()
    assert straight["amount_fen"].min() >= 0  # type: ignore[operator]  # as above


@settings(max_examples=25)
@given(DECISIONS, MONTHS, STATES, STATES, st.integers(2, 28))
def test_the_explanation_gives_the_amount_of_the_batch(
    decided: dict[str, str], month: Month, first: dict[str, Any], second: dict[str, Any], day: int
) -> None:
    rows = [{**row, **state} for row, state in zip(cut(first, month.days, {day}), (first, second), strict=True)]
    pack = PACK.changed(decided)
    line = summarise(calculate(pack, "operating_subsidy", month, table(rows))).row(0, named=True)
    assert explain(pack, "operating_subsidy", month, rows)["amount_fen"] == line["amount_fen"]


@QUICK
@given(SENIORS, MONTHS, st.integers(0, 300))
def test_a_raised_floor_lowers_nobody(senior: dict[str, Any], month: Month, raise_by: int) -> None:
    bands = [{"at_least": b.at_least, "at_most": b.at_most, "value": b.value + raise_by} for b in _bands()]
    before = calculate(PACK, "longevity_allowance", month, table([senior]))["amount_fen"][0]
    after = calculate(
        PACK.changed({"longevity_allowance.amount": bands}), "longevity_allowance", month, table([senior])
    )
    assert after["amount_fen"][0] >= before


def _bands() -> tuple[Any, ...]:
    return PACK.content.local["longevity_allowance.amount"][0].bands or ()
