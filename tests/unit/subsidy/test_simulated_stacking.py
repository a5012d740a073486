"""What other benefits leave of a simulated one: programme by programme the same as all of them combined at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.subsidy.engine import POLICIES, Pack, Packs
from services.subsidy.engine.stacking import combine
from services.subsidy.simulations import beside, comparison
from shared.clock import Month

MONTH = Month(2026, 10)
CODES = (AGE, MEAL, BATH, AID) = ("longevity_allowance", "meal_subsidy", "bath_subsidy", "aid_rental")
VOUCHER = "institution_voucher"
TOWN = Packs.load(POLICIES, [POLICIES / "samples" / "321202"]).for_region("321202")
NAMES = {frozenset(pair): name for name, pairs in TOWN.content.stacking.items() for pair in pairs.each()}
PAIRS = sorted({frozenset(pair) for pair in permutations(CODES, 2)}, key=sorted)
CHOICES = st.sampled_from(["ADD", "EXCLUDE", "HIGHER_OF", "COUNT_AGAINST", None])
SENIORS = [f"019ad0c8-4d5e-7f60-8b72-00000000000{number}" for number in range(4)]
IDS = ("beneficiary_id", "application_id", "vendor_id", "organization_id")
Row = tuple[str | None, int]


def law(**choices: str | None) -> Pack:
    """The town's law with another decision for some pairs, named ``first__second``; every other pair is added."""
    every: dict[str, str | None] = dict.fromkeys(NAMES.values(), "ADD")
    named = {NAMES[frozenset(pair.split("__"))]: choice for pair, choice in choices.items()}
    return TOWN.changed(every | named)


def judged(rows: Sequence[Row], county: str = "321202") -> pl.DataFrame:
    """Rows as a law judges them, all alike but for senior and fen."""
    full = [(who, fen, "paid" if fen else "not_eligible", None if fen else "listed") for who, fen in rows]
    schema = {"senior_id": pl.String(), "amount_fen": pl.Int64(), "outcome": pl.String(), "reason": pl.String()}
    same = {name: pl.lit("x") for name in IDS} | {"birth_date": pl.lit(None, pl.Date)}
    frame = pl.DataFrame(full, schema=schema, orient="row").with_row_index("row")
    return frame.with_columns(region=pl.lit(f"{county}001000"), **same)


def left(pack: Pack, code: str, dues: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """What a simulation's side has of one programme when the seniors have these."""
    others = beside.others(pack, code, MONTH, simulate=False)
    return beside.left(pack, code, MONTH, dues[code], [beside.due(dues[one], one) for one in others])


def told(rows: pl.DataFrame) -> list[tuple[int, str, str | None]]:
    return [tuple(row) for row in rows.select("amount_fen", "outcome", "reason").iter_rows()]


@given(
    st.tuples(*[CHOICES] * len(PAIRS)),
    st.dictionaries(st.tuples(st.sampled_from(CODES), st.sampled_from(SENIORS)), st.lists(st.integers(0, 90))),
)
def test_each_programme_by_itself_comes_to_what_all_come_to_together(
    choices: tuple[str | None, ...], rows: dict[tuple[str, str], list[int]]
) -> None:
    pack = law(**{"__".join(pair): choice for pair, choice in zip(PAIRS, choices, strict=True)})
    dues = {
        code: judged([(who, fen) for who in SENIORS for fen in rows.get((code, who), [])]) for code in sorted(CODES)
    }
    sides = {code: left(pack, code, dues) for code in CODES}
    for who in SENIORS:
        claims = combine(pack, MONTH, {code: sum(rows.get((code, who), [])) for code in sorted(CODES)}).claims
        for code in CODES:
            mine = sides[code].filter(pl.col("senior_id") == who)
            claim = claims.get(code)
            assert mine["amount_fen"].sum() == (claim.amount_fen if claim else 0)
            reasons = set(comparison.people(comparison.needed(mine))["reason"]) - {"listed"}
            assert not claim or claim.amount_fen == claim.due_fen or reasons == {claim.reason}
            assert (mine["amount_fen"] >= 0).all()


@pytest.mark.parametrize(
    ("choice", "rows"),
    [
        ("ADD", [(50, "paid", None), (30, "paid", None)]),
        ("EXCLUDE", [(0, "not_eligible", "stacking_excluded"), (0, "not_eligible", "stacking_excluded")]),
        ("HIGHER_OF", [(0, "not_eligible", "stacking_excluded"), (0, "not_eligible", "stacking_excluded")]),
        (None, [(0, "held", "stacking_undecided"), (0, "held", "stacking_undecided")]),
    ],
)
def test_rows_that_lose_say_why_as_a_run_does(choice: str | None, rows: list[tuple[int, str, str | None]]) -> None:
    old, other = SENIORS[:2]
    dues = {MEAL: judged([(old, 50), (old, 30), (other, 10)]), AGE: judged([(old, 90)])}
    found = left(law(longevity_allowance__meal_subsidy=choice), MEAL, dues)
    assert told(found.filter(senior_id=old)) == rows
    assert told(found.filter(senior_id=other)) == [(10, "paid", None)]


def test_what_is_left_goes_to_the_rows_in_their_order_and_who_lost_is_told_why() -> None:
    old = SENIORS[0]
    dues = {AGE: judged([(old, 40), (old, 40), (old, 0)]), MEAL: judged([(old, 35)])}
    found = left(law(longevity_allowance__meal_subsidy="COUNT_AGAINST"), AGE, dues)
    counted = "stacking_counted"
    assert told(found) == [(40, "paid", counted), (5, "paid", counted), (0, "not_eligible", counted)]
    (person,) = comparison.people(comparison.needed(found)).iter_rows(named=True)
    assert (person["fen"], person["outcome"], person["reason"]) == (45, "paid", counted)


def test_a_programme_that_two_steps_away_bears_on_one_is_asked_too() -> None:
    pack = law(longevity_allowance__meal_subsidy="EXCLUDE", meal_subsidy__bath_subsidy="EXCLUDE")
    assert set(beside.others(pack, AGE, MONTH, simulate=False)) == {MEAL, BATH, AID}
    old = SENIORS[0]
    dues = {AGE: judged([(old, 60)]), MEAL: judged([(old, 70)]), BATH: judged([(old, 60)]), AID: judged([])}
    assert [left(pack, code, dues)["amount_fen"].to_list() for code in (AGE, MEAL, BATH)] == [[60], [0], [60]]


def test_only_cash_bears_on_cash_and_everything_on_a_voucher() -> None:
    pack = law(institution_voucher__meal_subsidy="EXCLUDE")
    assert beside.others(pack, MEAL, MONTH, simulate=False) == []
    every = beside.others(pack, VOUCHER, MONTH, simulate=False)
    assert {MEAL, BATH, AID, "respite_care"} == set(every)


def test_who_answers_nobody_or_pays_no_senior_claims_nothing() -> None:
    pack = law(longevity_allowance__meal_subsidy="EXCLUDE")
    assert beside.others(pack, AGE, MONTH, simulate=False) == [MEAL]
    assert beside.others(pack.changed({f"{MEAL}.amount": None}), AGE, MONTH, simulate=False) == []
    assert beside.others(pack, "operating_subsidy", MONTH, simulate=False) == []
    assert beside.others(law(), AGE, MONTH, simulate=False) == []
