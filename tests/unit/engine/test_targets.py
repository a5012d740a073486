"""How a target stands: it stays after its date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.subsidy.engine import Packs
from services.subsidy.engine.targets import State, Target, state

LAST_DAY = date(2022, 12, 31)
AFTER = date(2026, 11, 21)


@pytest.fixture
def assessed(town: Packs) -> Target:
    """A share of one hundred percent by the end of 2022."""
    return town.for_region("321200").content.targets["targets.assessed"]


@pytest.mark.parametrize(
    ("on", "measured", "wanted"),
    [
        (LAST_DAY, "99.99", "before_due"),
        (date(2023, 1, 1), "99.99", "overdue"),
        (AFTER, "99.99", "overdue"),
        (AFTER, "100", "reached"),
        (LAST_DAY, "100", "reached"),
        (AFTER, None, "not_measured"),
    ],
)
def test_a_target_is_open_reached_or_overdue(assessed: Target, on: date, measured: str | None, wanted: State) -> None:
    assert state(assessed, on, Decimal(measured) if measured else None) == wanted


def test_what_was_reached_once_stays_reached_from_that_day(assessed: Target) -> None:
    assert state(assessed, AFTER, Decimal(90), date(2022, 6, 1)) == "reached"
    assert state(assessed, AFTER, None, date(2022, 6, 1)) == "reached"
    assert state(assessed, date(2022, 5, 31), Decimal(90), date(2022, 6, 1)) == "before_due"


def test_a_yearly_quota_is_due_in_each_of_its_years_and_in_no_other(town: Packs) -> None:
    quota = town.for_region("321200").content.targets["targets.rewarded"]
    assert [quota.due(year) for year in quota.years] == [date(2020, 12, 31), date(2021, 12, 31)]
    assert quota.due() == date(2021, 12, 31)
    assert state(quota, date(2020, 12, 31), Decimal(9), year=2020) == "before_due"
    assert state(quota, date(2021, 1, 1), Decimal(9), year=2020) == "overdue"
    assert state(quota, date(2021, 1, 1), Decimal(10), year=2020) == "reached"


def test_what_has_no_figure_is_reached_when_a_person_says_so(town: Packs) -> None:
    rules = town.for_region("321200").content.targets["targets.rules"]
    assert state(rules, AFTER, None) == "no_due_date"
    assert state(rules, AFTER, Decimal(5)) == "no_due_date"
    assert state(rules, AFTER, None, AFTER) == "reached"
    assert state(rules.model_copy(update={"due_on": LAST_DAY}), AFTER, None) == "overdue"


@pytest.mark.parametrize(
    ("op", "met"),
    [
        ("at_least", [False, True, True]),
        ("more_than", [False, False, True]),
        ("at_most", [True, True, False]),
        ("equal", [False, True, False]),
    ],
)
def test_a_figure_is_compared_as_the_document_says(assessed: Target, op: str, met: list[bool]) -> None:
    compared = assessed.model_copy(update={"op": op})
    assert [compared.met_by(Decimal(value)) for value in ("99.9", "100", "100.1")] == met
