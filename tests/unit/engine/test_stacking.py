"""Two benefits in one month: added, chosen between, the higher one, one counted against the other, undecided."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.subsidy.engine import POLICIES, Pack, Packs
from services.subsidy.engine.stacking import EXCLUDED, REDUCED, UNDECIDED, Combination, combine
from shared.clock import Month

MONTH = Month(2026, 10)
OLD, MEAL, BATH, VISIT = "longevity_allowance", "meal_subsidy", "bath_subsidy", "home_service_value"
CITY = Packs.load(POLICIES).for_region("321203")
NAMES = {frozenset(pair): name for name, pairs in CITY.content.stacking.items() for pair in pairs.each()}


def _decided(choices: dict[tuple[str, str], str]) -> Pack:
    """The city's law with some pairs decided; every other pair of the four is added."""
    pairs = {frozenset((a, b)): "ADD" for a, b in permutations((OLD, MEAL, BATH, VISIT), 2)}
    pairs |= {frozenset(pair): choice for pair, choice in choices.items()}
    return CITY.changed({NAMES[pair]: choice for pair, choice in pairs.items()})


def _paid(combination: Combination) -> dict[str, int]:
    return {code: claim.amount_fen for code, claim in combination.claims.items()}


def test_what_is_added_is_paid_in_full() -> None:
    combination = combine(_decided({}), MONTH, {OLD: 5_000, MEAL: 700})
    assert _paid(combination) == {OLD: 5_000, MEAL: 700}
    assert combination.choices == ()


def test_a_pair_nobody_decided_stops_both_and_nothing_else() -> None:
    pack = _decided({}).changed({NAMES[frozenset((OLD, MEAL))]: None})
    combination = combine(pack, MONTH, {OLD: 5_000, MEAL: 700, BATH: 3_000})
    assert _paid(combination) == {OLD: 0, MEAL: 0, BATH: 3_000}
    assert [combination.claims[code].reason for code in (OLD, MEAL, BATH)] == [UNDECIDED, UNDECIDED, None]
    assert combination.claims[OLD].other == MEAL


def test_a_pair_that_no_rule_names_is_undecided_too() -> None:
    combination = combine(CITY, MONTH, {OLD: 5_000, "unheard_of": 1})
    assert _paid(combination) == {OLD: 0, "unheard_of": 0}


def test_nothing_due_stops_nobody() -> None:
    assert _paid(combine(CITY, MONTH, {OLD: 5_000, MEAL: 0})) == {OLD: 5_000}
    assert _paid(combine(CITY, MONTH, {})) == {}


@pytest.mark.parametrize("choice", ["EXCLUDE", "HIGHER_OF"])
def test_of_two_that_exclude_each_other_the_higher_is_paid_and_the_other_named(choice: str) -> None:
    combination = combine(_decided({(OLD, MEAL): choice}), MONTH, {OLD: 5_000, MEAL: 5_001})
    assert _paid(combination) == {OLD: 0, MEAL: 5_001}
    assert (combination.claims[OLD].reason, combination.claims[OLD].other) == (EXCLUDED, MEAL)
    assert [(one.programmes, one.total_fen) for one in combination.choices] == [((OLD,), 5_000)]


def test_the_best_choice_may_leave_the_highest_benefit_out() -> None:
    """50.00 excludes both 30.00 and 40.00, which may be had together: 70.00."""
    pack = _decided({(OLD, MEAL): "EXCLUDE", (OLD, BATH): "EXCLUDE"})
    combination = combine(pack, MONTH, {OLD: 5_000, MEAL: 3_000, BATH: 4_000})
    assert _paid(combination) == {OLD: 0, MEAL: 3_000, BATH: 4_000}
    assert combination.total_fen == 7_000


def test_one_counted_against_the_other_takes_its_sum_off_and_never_below_zero() -> None:
    pack = _decided({(OLD, MEAL): "COUNT_AGAINST"})
    assert pack.counted(OLD, MEAL)
    assert not pack.counted(MEAL, OLD)
    for meals, left in ((700, 4_300), (5_000, 0), (5_001, 0)):
        combination = combine(pack, MONTH, {MEAL: meals, OLD: 5_000})
        assert _paid(combination) == {OLD: left, MEAL: meals}
        assert (combination.claims[OLD].reason, combination.claims[OLD].other) == (REDUCED, MEAL)


AMOUNTS = st.dictionaries(st.sampled_from([OLD, MEAL, BATH, VISIT]), st.integers(0, 50_000))
CHOICES = st.sampled_from(["ADD", "EXCLUDE", "HIGHER_OF", "COUNT_AGAINST", None])


@given(AMOUNTS, st.tuples(*[CHOICES] * 6))
def test_never_more_than_each_alone_and_never_less_than_the_best_single_one(
    due: dict[str, int], choices: tuple[str | None, ...]
) -> None:
    pairs = sorted({frozenset(pair) for pair in permutations((OLD, MEAL, BATH, VISIT), 2)}, key=sorted)
    pack = CITY.changed({NAMES[pair]: choice for pair, choice in zip(pairs, choices, strict=True)})
    combination = combine(pack, MONTH, due)
    assert all(0 <= claim.amount_fen <= claim.due_fen == due[code] for code, claim in combination.claims.items())
    free = [due[code] for code, claim in combination.claims.items() if claim.reason != UNDECIDED]
    assert combination.total_fen >= max(free, default=0)
    assert all(choice.total_fen <= combination.total_fen for choice in combination.choices)
    backwards = combine(pack, MONTH, dict(reversed(due.items())))
    assert backwards.total_fen == combination.total_fen
