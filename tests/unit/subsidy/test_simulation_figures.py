"""Two sides compared person by person: whoever is paid on either side is in exactly one group."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.subsidy.simulations import comparison
from services.subsidy.simulations.domain import NAMES, Figures, total
from shared.clock import Month

MONTH = Month(2026, 10)
ENTITLED = {
    "senior_id": pl.String(),
    "beneficiary_id": pl.String(),
    "region": pl.String(),
    "amount_fen": pl.Int64(),
    "outcome": pl.String(),
    "reason": pl.String(),
    "outside": pl.Boolean(),
}
FACTS = {"senior_id": pl.String(), "birth_date": pl.Date(), "care_level": pl.String(), "from_day": pl.Int32()}
Sums = dict[str, int]


def side(sums: Sums) -> pl.DataFrame:
    rows = [
        (who, who, "321202001000", fen, "paid" if fen else "not_eligible", None if fen else "outside_bands", False)
        for who, fen in sums.items()
    ]
    return pl.DataFrame(rows, schema=ENTITLED, orient="row")


def facts(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=FACTS, orient="row")


def figures(today: pl.DataFrame | None, changed: pl.DataFrame | None, *known: pl.DataFrame) -> list[dict[str, Any]]:
    compared = comparison.compare(today, changed)
    return comparison.figures(compared, comparison.traits(known, MONTH), [(0, 79), (80, None)])


def test_each_group_by_an_example() -> None:
    today, changed = (
        {"a": 50, "b": 50, "c": 50, "d": 0, "e": 50, "f": 0},
        {"a": 80, "b": 30, "c": 50, "d": 10, "e": 0, "f": 0},
    )
    (found,) = figures(side(today), side(changed))
    sums = Figures(**{name: found[name] for name in NAMES})
    assert sums == Figures(200, 170, 4, 4, 1, 30, 1, -20, 1, 1, 10, 1, -50)
    assert sums.difference_fen == -30


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_groups_add_up_to_both_sides(people: dict[str, tuple[int, int]]) -> None:
    today, changed = (side({who: sums[place] for who, sums in people.items()}) for place in (0, 1))
    sums = total(Figures(**{name: row[name] for name in NAMES}) for row in figures(today, changed))
    assert sums.today_fen == sum(now for now, _ in people.values())
    assert sums.difference_fen == sums.gaining_fen + sums.losing_fen + sums.newly_fen + sums.no_longer_fen
    assert sums.paid_today == sums.gaining + sums.losing + sums.unchanged + sums.no_longer
    assert sums.paid_changed == sums.gaining + sums.losing + sums.unchanged + sums.newly
    assert figures(today, today) == [] or all(
        row["gaining"] == row["losing"] == row["newly"] == row["no_longer"] == 0 for row in figures(today, today)
    )


def test_a_side_that_answers_nobody_pays_nobody() -> None:
    (found,) = figures(None, side({"a": 50}))
    assert (found["today_fen"], found["newly"]) == (0, 1)
    assert figures(None, None) == []


def test_two_payments_of_one_person_count_one_person() -> None:
    twice = pl.concat([side({"a": 50}), side({"a": 20})])
    (found,) = figures(twice, side({"a": 70}))
    assert (found["paid_today"], found["unchanged"]) == (1, 1)


def test_age_is_that_of_the_months_last_day_and_level_the_last_of_the_month() -> None:
    known = facts(
        ("a", date(1946, 10, 31), "disabled", 1),
        ("a", date(1946, 10, 31), "self_care", 16),
        ("b", date(1946, 11, 1), "disabled", 1),
        ("c", None, None, 1),
    )
    found = figures(side({"a": 1, "b": 1, "c": 1}), side({"a": 1, "b": 1, "c": 1}), known)
    assert {(row["age_from"], row["age_to"], row["level"]) for row in found} == {
        (80, None, "self_care"),
        (0, 79, "disabled"),
        (None, None, None),
    }


def test_only_changed_reasons_are_told() -> None:
    compared = comparison.compare(side({"a": 0, "b": 50, "c": 50}), side({"a": 40, "b": 60, "c": 0}))
    found = {
        (row["today_reason"], row["changed_reason"]): row["difference_fen"] for row in comparison.reasons(compared)
    }
    assert found == {("outside_bands", None): 40, (None, "outside_bands"): -50}
