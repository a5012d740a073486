"""What a programme asks of a row, by data: every test on both sides of its boundary."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from services.subsidy.engine import Pack, Packs, calculate, explain, render
from shared.clock import Month
from tests.unit.engine.conftest import OCTOBER, frame

Row = dict[str, Any]


@pytest.fixture
def worker() -> Row:
    """A care worker for whom everything holds."""
    return {
        "subject_id": "w-1",
        "paid_before": False,
        "certified_on": date(2021, 1, 1),
        "working_since": date(2024, 10, 31),
        "in_town": True,
        "in_village": None,
        "selected": True,
        "in_hardship": True,
        "economic_status": "destitute",
        "age": 60,
    }


def reason(pack: Pack, row: Row, month: Month = OCTOBER) -> str | None:
    """Why a row is not paid."""
    found: str | None = calculate(pack, "reward", month, frame(row))["reason"].to_list()[0]
    return found


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({"certified_on": date.max}, "certified_too_late"),
        ({"certified_on": date.min}, "certified_too_early"),
        ({"working_since": date.max}, "too_short"),
        ({"working_since": date.min}, None),
        ({"certified_on": date.max, "working_since": date.max}, "certified_too_late"),
    ],
)
def test_the_last_and_the_first_day_are_judged_and_told(east: Pack, worker: Row, facts: Row, wanted: str) -> None:
    assert reason(east, worker | facts) == wanted
    trace = explain(east, "reward", OCTOBER, [worker | facts])
    assert trace["reason"] == wanted
    assert render(trace, "zh")
    assert render(trace, "en")


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({}, None),
        ({"certified_on": date(2020, 12, 31)}, "certified_too_early"),
        ({"certified_on": date(2026, 6, 30)}, None),
        ({"certified_on": date(2026, 7, 1)}, "certified_too_late"),
        ({"working_since": date(2024, 11, 1)}, "too_short"),
        ({"working_since": None}, "too_short"),
        ({"in_town": None, "in_village": True}, None),
        ({"in_town": False, "in_village": None}, "nowhere"),
        ({"selected": False}, "not_selected"),
        ({"age": 61}, "too_old"),
        ({"age": 18}, None),
        ({"age": 17}, "too_young"),
        ({"economic_status": "ordinary"}, "too_well_off"),
        ({"in_hardship": False}, "not_in_hardship"),
        ({"economic_status": None}, "missing_input"),
        ({"selected": None}, "missing_input"),
    ],
)
def test_a_condition_has_two_sides(east: Pack, worker: Row, facts: Row, wanted: str | None) -> None:
    assert reason(east, worker | facts) == wanted


@pytest.mark.parametrize(
    ("since", "month", "wanted"),
    [
        (date(2024, 2, 29), Month(2026, 2), None),
        (date(2024, 2, 29), Month(2026, 1), "too_short"),
        (date(2024, 3, 1), Month(2026, 2), "too_short"),
        (date(2026, 2, 28), Month(2028, 2), None),
        (date(2026, 3, 1), Month(2028, 2), "too_short"),
    ],
)
def test_29_february_counts_as_28_february(
    east: Pack, worker: Row, since: date, month: Month, wanted: str | None
) -> None:
    assert reason(east, worker | {"working_since": since}, month) == wanted


def test_what_is_switched_off_pays_nobody(east: Pack, worker: Row) -> None:
    assert reason(east.changed({"reward.offered": "OFF"}), worker) == "switched_off"


def test_a_condition_a_district_waives_asks_for_nothing(east: Pack, worker: Row) -> None:
    assert reason(east.changed({"reward.whom": "EVERYBODY"}), worker | {"in_hardship": False}) is None


def test_what_nobody_decided_pays_nobody(town: Packs, east: Pack, worker: Row) -> None:
    assert reason(east.changed({"reward.offered": None}), worker) == "reward.offered"
    assert reason(town.for_region("321200"), worker) == "effective_date_missing"


def test_a_decision_a_programme_awaits_stops_it_although_no_formula_reads_it(east: Pack, worker: Row) -> None:
    assert reason(east.changed({"reward.instalments": None}), worker) == "reward.instalments"


def test_a_day_given_as_text_is_read(east: Pack, worker: Row) -> None:
    assert reason(east, worker | {"certified_on": "2021-01-01"}) is None
    assert reason(east, worker | {"certified_on": "soon"}) == "missing_input"


def test_a_column_a_programme_adds_must_be_there(east: Pack, worker: Row) -> None:
    with pytest.raises(ValueError, match="reward needs the columns selected"):
        calculate(east, "reward", OCTOBER, frame(worker).drop("selected"))


def test_a_column_a_programme_adds_comes_back_in_its_type(east: Pack, worker: Row) -> None:
    result = calculate(east, "reward", OCTOBER, frame(worker | {"in_village": None, "age": 60.0}))
    assert [result.schema[name] for name in ("in_village", "age")] == [pl.Boolean(), pl.Int64()]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"certified_on": date(2020, 12, 31)}, "mended"),
        ({"certified_on": date(2026, 7, 1)}, "mended"),
        ({"working_since": date(2025, 1, 1)}, "mended"),
        ({"in_town": False}, "mended"),
        ({"selected": False}, "mended"),
        ({"age": 61}, "mended"),
        ({"age": 17}, "mended"),
        ({"economic_status": "ordinary"}, "remedy"),
        ({"in_hardship": False}, "mended"),
    ],
)
def test_the_way_out_is_told_with_its_amount_where_a_fact_can_mend_it(
    east: Pack, worker: Row, facts: Row, code: str
) -> None:
    change = explain(east, "reward", OCTOBER, worker | facts)["what_would_change"]
    assert [(item["code"], item["amount"]) for item in change] == [(code, "500.00" if code == "mended" else None)]


def test_stored_inputs_of_a_programme_explain_the_same(east: Pack, worker: Row) -> None:
    first = explain(east, "reward", OCTOBER, worker)
    assert first["amount"] == "500.00"
    assert explain(east, "reward", OCTOBER, first["inputs"]) == first
