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
JUDGED = {
    "senior_id": pl.String(),
    "application_id": pl.String(),
    "beneficiary_id": pl.String(),
    "region": pl.String(),
    "amount_fen": pl.Int64(),
    "outcome": pl.String(),
    "reason": pl.String(),
    "birth_date": pl.Date(),
    "care_level": pl.String(),
    "from_day": pl.Int64(),
}
Sums = dict[str, int]
Row = tuple[str | None, str | None, str, int, date | None, str | None, int]


def judged(*rows: Row) -> pl.DataFrame:
    """Senior, application, beneficiary, fen, date of birth, level, first day."""
    full = [
        (*who, "321202001000", fen, "paid" if fen else "not_eligible", None if fen else "outside_bands", *rest)
        for *who, fen, born, level, day in rows
        for rest in [(born, level, day)]
    ]
    return comparison.needed(pl.DataFrame(full, schema=JUDGED, orient="row"))


def side(sums: Sums) -> pl.DataFrame:
    return judged(*((who, None, who, fen, None, None, 1) for who, fen in sums.items()))


def figures(today: pl.DataFrame | None, changed: pl.DataFrame | None) -> list[dict[str, Any]]:
    compared = comparison.compare(today, changed)
    return comparison.figures((today, changed), compared, MONTH, [(0, 79), (80, None)])


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
    known = judged(
        ("a", None, "h", 1, date(1946, 10, 31), "self_care", 16),
        ("a", None, "h", 1, date(1946, 10, 31), "disabled", 1),
        ("b", None, "h", 1, date(1946, 11, 1), "disabled", 1),
        ("c", None, "h", 1, None, None, 1),
    )
    found = figures(known, known)
    assert {(row["age_from"], row["age_to"], row["level"], row["paid_today"]) for row in found} == {
        (80, None, "self_care", 1),
        (0, 79, "disabled", 1),
        (None, None, None, 1),
    }


def test_workers_of_one_home_count_one_by_one_and_a_home_by_itself_once() -> None:
    rows: list[Row] = [(None, "1", "home", 5, None, None, 1), (None, "2", "home", 5, None, None, 1)]
    alone: Row = (None, None, "other home", 5, None, None, 1)
    (found,) = figures(judged(*rows, alone, alone), None)
    assert (found["paid_today"], found["no_longer"], found["today_fen"]) == (3, 3, 20)


def test_only_changed_reasons_are_told() -> None:
    compared = comparison.compare(side({"a": 0, "b": 50, "c": 50}), side({"a": 40, "b": 60, "c": 0}))
    found = {
        (row["today_reason"], row["changed_reason"]): row["difference_fen"] for row in comparison.reasons(compared)
    }
    assert found == {("outside_bands", None): 40, (None, "outside_bands"): -50}
