"""What a look back makes of what is due now and what was decided before."""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.subsidy.engine import POLICIES, Pack, Packs
from services.subsidy.runs import adjustments
from services.subsidy.runs.adjustments import DECIDED
from services.subsidy.runs.area import Area
from services.subsidy.runs.lines import Part
from shared.clock import Month

HERE, ELSEWHERE = "321202001000", "321203001000"
COUNTY = Area(("321202",), ("321202",))
PAID = "019ad0c4-8f20-7a51-8c3e-5d2f4b6a7c80"
ENTITLED = {
    "senior_id": pl.String(),
    "beneficiary_id": pl.String(),
    "application_id": pl.String(),
    "region": pl.String(),
    "amount_fen": pl.Int64(),
    "outcome": pl.String(),
    "reason": pl.String(),
    "outside": pl.Boolean(),
}
Now = tuple[int, str, str | None]


def frames(now: Now | None, before: int | None, region: str = HERE) -> tuple[pl.DataFrame, pl.DataFrame]:
    entitled = [("s", "s", None, HERE, *now, False)] if now else []
    paid_line = PAID if before else None
    decided = [("s", "s", None, region, before, 0, paid_line)] if before is not None else []
    return pl.DataFrame(entitled, schema=ENTITLED, orient="row"), pl.DataFrame(decided, schema=DECIDED, orient="row")


@cache
def law() -> Pack:
    return Packs.load(POLICIES).for_region("321202")


def corrected(now: Now | None, before: int | None) -> list[dict[str, object]]:
    part = Part("run", 0, "longevity_allowance", Month(2026, 10), law())
    compared = adjustments.compare(*frames(now, before), COUNTY)
    adjustments.totals(compared)
    return adjustments.lines(part, compared).to_dicts()


def test_less_due_than_paid_gives_a_recovery_that_names_the_line() -> None:
    (line,) = corrected((0, "not_eligible", "died_before_month"), 6000)
    assert (line["kind"], line["amount_fen"], line["sequence"]) == ("recovery", -6000, 1)
    assert (line["corrects_line_id"], line["reason"]) == (PAID, "died_before_month")


def test_more_due_than_paid_gives_arrears() -> None:
    (line,) = corrected((10000, "paid", None), 6000)
    assert (line["kind"], line["amount_fen"], line["reason"]) == ("arrears", 4000, "facts_changed")


def test_who_was_never_decided_on_gets_the_first_line_of_the_month() -> None:
    (line,) = corrected((6000, "paid", None), None)
    assert (line["kind"], line["sequence"], line["corrects_line_id"]) == ("arrears", 0, None)


def test_facts_that_vanished_leave_nothing_due() -> None:
    (line,) = corrected(None, 6000)
    assert (line["kind"], line["amount_fen"], line["reason"]) == ("recovery", -6000, "facts_withdrawn")


@pytest.mark.parametrize("outcome", ["held", "not_configured"])
def test_a_hold_and_a_missing_decision_change_nothing(outcome: str) -> None:
    assert corrected((0, outcome, outcome), 6000) == []


def test_equal_sums_give_no_line() -> None:
    assert corrected((6000, "paid", None), 6000) == []


def test_what_was_paid_is_corrected_where_it_was_paid_and_nowhere_else() -> None:
    entitled, decided = frames((0, "not_eligible", None), 6000, region="321202002000")
    compared = adjustments.compare(entitled, decided, COUNTY)
    assert compared["region"].to_list() == ["321202002000"]
    entitled, decided = frames((0, "not_eligible", None), 6000, region=ELSEWHERE)
    assert adjustments.compare(entitled, decided, COUNTY).is_empty()


def test_what_nobody_paid_belongs_to_where_the_place_is_now() -> None:
    entitled, decided = frames((6000, "paid", None), 0, region=ELSEWHERE)
    compared = adjustments.compare(entitled, decided, COUNTY)
    assert compared.select("region", "difference").rows() == [(HERE, 6000)]
    there = Area(("321203",), ("321203",))
    assert adjustments.compare(entitled, decided, there).is_empty()


@given(st.integers(0, 10**6), st.one_of(st.none(), st.integers(0, 10**6)))
def test_what_was_decided_and_what_is_corrected_add_up_to_what_is_due(due: int, before: int | None) -> None:
    lines = corrected((due, "paid" if due else "not_eligible", None), before)
    assert (before or 0) + sum(int(str(line["amount_fen"])) for line in lines) == due
