"""The one path from facts to amounts."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from services.subsidy.engine import Pack, Packs, calculate, reference_day, summarise
from shared.clock import Month
from tests.unit.engine.conftest import OCTOBER, frame

Row = dict[str, Any]


def test_rows_come_back_in_their_order_with_their_own_columns(sample: Pack, senior: Row) -> None:
    rows = frame(*({**senior, "subject_id": f"s-{number}", "village": number} for number in (3, 1, 2)))
    result = calculate(sample, "longevity_allowance", OCTOBER, rows)
    assert result["subject_id"].to_list() == ["s-3", "s-1", "s-2"]
    assert result["village"].to_list() == [3, 1, 2]
    assert result.columns[: len(rows.columns)] == rows.columns
    assert result.schema["amount_fen"] == pl.Int64


def test_the_columns_are_the_same_whether_a_programme_pays_or_not(packs: Packs, sample: Pack, stay: Row) -> None:
    paid = calculate(sample, "operating_subsidy", OCTOBER, frame(stay))
    unpaid = calculate(packs.for_region("321200"), "operating_subsidy", OCTOBER, frame(stay))
    assert set(paid.columns) == set(unpaid.columns)
    assert [paid.schema[name] for name in sorted(paid.columns)] == [unpaid.schema[n] for n in sorted(unpaid.columns)]


def test_no_rows_are_no_lines(sample: Pack, senior: Row) -> None:
    empty = calculate(sample, "longevity_allowance", OCTOBER, frame(senior).clear())
    assert empty.height == 0
    assert "amount_fen" in empty.columns


def test_a_missing_column_is_named(sample: Pack, senior: Row) -> None:
    with pytest.raises(ValueError, match="longevity_allowance needs the columns registered_on"):
        calculate(sample, "longevity_allowance", OCTOBER, frame(senior).drop("registered_on"))


def test_an_unknown_programme_is_a_key_error(sample: Pack, senior: Row) -> None:
    with pytest.raises(KeyError):
        calculate(sample, "no_such_programme", OCTOBER, frame(senior))


@pytest.mark.parametrize("column", ["birth_date", "registered_on", "household_here"])
def test_what_is_not_known_holds_the_row(sample: Pack, senior: Row, column: str) -> None:
    result = calculate(sample, "longevity_allowance", OCTOBER, frame({**senior, column: None}, senior))
    assert result["outcome"].to_list() == ["held", "paid"]
    assert result["reason"].to_list() == ["missing_input", None]


def test_only_the_row_on_hold_is_held(sample: Pack, senior: Row) -> None:
    rows = frame({**senior, "on_hold": True}, {**senior, "on_hold": False}, {**senior, "on_hold": None})
    result = calculate(sample, "longevity_allowance", OCTOBER, rows)
    assert result["amount_fen"].to_list() == [0, 10000, 10000]
    assert result["reason"].to_list() == ["human_hold", None, None]


def test_profit_status_is_ignored(sample: Pack, stay: Row) -> None:
    rows = frame({**stay, "profit": "for_profit"}, {**stay, "subject_id": "a-2", "profit": "non_profit"})
    result = calculate(sample, "operating_subsidy", OCTOBER, rows)
    assert result["amount_fen"].to_list() == [24000, 24000]


def test_a_line_keeps_the_reason_for_what_it_lost(sample: Pack, stay: Row) -> None:
    rows = frame({**stay, "to_day": 15}, {**stay, "from_day": 16, "listed": True})
    line = summarise(calculate(sample, "operating_subsidy", OCTOBER, rows))
    assert line.rows() == [("a-1", 11613, "paid", "listed")]


def test_lines_can_be_rolled_up_by_vendor(sample: Pack, meal: Row) -> None:
    rows = frame({**meal, "vendor_id": "v-1"}, {**meal, "row_key": "v-2", "vendor_id": "v-2", "units": 5})
    lines = summarise(calculate(sample, "meal_subsidy", OCTOBER, rows), ["vendor_id", "subject_id"])
    assert lines.rows() == [("v-1", "s-1", 350, "paid", None), ("v-2", "s-1", 350, "paid", "over_daily_cap")]


def test_residence_is_judged_on_the_day_the_city_decided(packs: Packs, sample: Pack) -> None:
    last = sample.changed({"longevity_allowance.reference_day": "LAST_DAY"})
    assert reference_day(sample, "longevity_allowance", OCTOBER) == date(2026, 10, 1)
    assert reference_day(last, "longevity_allowance", OCTOBER) == date(2026, 10, 31)
    assert reference_day(packs.for_region("321200"), "longevity_allowance", OCTOBER) == date(2026, 10, 1)
    assert reference_day(last, "meal_subsidy", OCTOBER) == date(2026, 10, 1)


def test_a_draft_is_simulated_and_never_paid(sample: Pack, senior: Row) -> None:
    document = sample.content.documents["taizhou-2020"].model_copy(update={"status": "draft"})
    documents = sample.content.documents | {"taizhou-2020": document}
    draft = Pack(sample.content.model_copy(update={"documents": documents}))
    paid = calculate(draft, "longevity_allowance", OCTOBER, frame(senior))
    simulated = calculate(draft, "longevity_allowance", OCTOBER, frame(senior), simulate=True)
    assert paid.select("amount_fen", "outcome", "reason").rows() == [(0, "not_configured", "document_is_draft")]
    assert simulated["amount_fen"].to_list() == [10000]


def test_a_document_that_has_expired_pays_nobody(sample: Pack, senior: Row) -> None:
    document = sample.content.documents["taizhou-2020"].model_copy(update={"expires_on": date(2026, 9, 30)})
    documents = sample.content.documents | {"taizhou-2020": document}
    expired = Pack(sample.content.model_copy(update={"documents": documents}))
    result = calculate(expired, "longevity_allowance", OCTOBER, frame(senior))
    assert result.select("outcome", "reason").rows() == [("not_eligible", "after_expiry_date")]
    assert calculate(expired, "longevity_allowance", Month(2026, 9), frame(senior))["amount_fen"].to_list() == [10000]


def test_dates_given_as_text_are_read(sample: Pack, senior: Row) -> None:
    rows = frame({**senior, "birth_date": "1934-03-02", "registered_on": "2025-01-01"})
    assert calculate(sample, "longevity_allowance", OCTOBER, rows)["amount_fen"].to_list() == [10000]
