"""Who reads each parameter of each pack: formula, condition, mapping, rule on two benefits; or people, and why."""

from __future__ import annotations

import re

import pytest

from services.subsidy.engine import Pack, Packs
from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.conditions import TESTS
from services.subsidy.engine.kinds import KINDS
from services.subsidy.engine.reading import readers
from services.subsidy.engine.sources import FILLS
from services.subsidy.engine.values import is_money

PACKS = list(Packs.load())
EVERY = [(pack, name) for pack in PACKS for name in pack.content.parameters]
FOR_PEOPLE_THOUGH_MONEY = {
    ("321200", "bath_subsidy.prices"),
    ("321200", "home_service_value.prices"),
    ("321200", "meal_subsidy.prices"),
    ("231000", "purchase.prices"),
    ("532300", "purchase.prices"),
}
"""Prices that somebody else charges: no subsidy is worked out from them."""


@pytest.mark.parametrize(("pack", "name"), EVERY, ids=[f"{pack.region} {name}" for pack, name in EVERY])
def test_a_parameter_is_read_by_a_formula_or_people_say_why_they_read_it(pack: Pack, name: str) -> None:
    declared = pack.content.parameters[name]
    read = list(readers(pack.programmes, name))
    awaited = any(name in law.awaits for law in pack.programmes.values())
    assert bool(read) != bool(declared.for_people) or (awaited and len(declared.choices) == 1)
    if declared.for_people:
        assert len(declared.for_people.zh) >= 8
        assert len(declared.for_people.en.split()) >= 4


def test_money_that_no_formula_reads_is_somebody_else_s_price() -> None:
    told = {
        (p.region, n) for p, n in EVERY if is_money(p.content.parameters[n].unit) and not [*readers(p.programmes, n)]
    }
    assert told == FOR_PEOPLE_THOUGH_MONEY


@pytest.mark.parametrize(("pack", "name"), EVERY, ids=[f"{pack.region} {name}" for pack, name in EVERY])
def test_no_two_choices_mean_the_same(pack: Pack, name: str) -> None:
    """Where a condition looks at a column by the choice, no column is named twice, and none is another's copy."""
    for law in pack.programmes.values():
        for condition in law.conditions:
            if condition.parameter == name and condition.columns is not None:
                named = list(condition.columns.values())
                assert len(named) == len(set(named))


def test_every_column_of_the_formulas_that_a_source_feeds_is_filled_but_for_what_packs_of_before_read() -> None:
    for pack in PACKS:
        for law in pack.programmes.values():
            if law.source in FILLS:
                former = {name for name, column in KINDS[law.kind].inputs.items() if column.former}
                assert columns_of(law).keys() - FILLS[law.source] == former


def test_a_test_that_may_take_a_decision_can_do_without_it() -> None:
    assert {name for name, test in TESTS.items() if test.may} == {"any_true"}


ONCE = "一次性"
OPEN_LIST = re.compile("等(老年人|服务|资金渠道)")
"""How a sentence ends a list that is longer than what it names."""


def test_once_is_claimed_only_where_the_text_says_so() -> None:
    once = [
        (pack, law) for pack in PACKS for law in pack.programmes.values() if law.kind in {"one_off", "per_bed_once"}
    ]
    silent = {(pack.region, law.code) for pack, law in once if ONCE not in law.quotation}
    decided = {(pack.region, law.code) for pack, law in once if "repeat" in law.uses}
    assert {(region, code) for region, code in silent if pack_of(region).programmes[code].kind == "one_off"} == decided


def pack_of(region: str) -> Pack:
    """One of the five."""
    return next(pack for pack in PACKS if pack.region == region)


def test_a_list_that_ends_with_and_others_is_labelled_exact_nowhere() -> None:
    lists = [(p, q) for p in PACKS for q in p.content.parameters.values() if q.kind == "members" and q.values]
    wrong = {(p.region, q.id) for p, q in lists if q.semantics == "exact" and OPEN_LIST.search(q.quotation)}
    assert wrong == set()
