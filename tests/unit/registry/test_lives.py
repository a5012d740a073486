"""The rules of a life: a second formulation, every rule broken once, and what a corrected bound leaves behind."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest

from services.registry.facts.domain import DEATH, RESIDENCE
from services.registry.imports.domain import CIRCUMSTANCE_COLUMNS
from services.registry.lives.ages import least_age
from services.registry.lives.domain import (
    ASSESSMENT,
    NAMES,
    REGISTRATION,
    REPORT,
    RULES,
    STAY,
    Life,
    Span,
    arising,
    contradictions,
)

BORN, DIED, TODAY = date(1941, 3, 5), date(2026, 10, 3), date(2026, 11, 30)
ONE = timedelta(days=1)
LIFE = Life(BORN, TODAY, 60, (Span(REGISTRATION, date(2020, 1, 1)),))
DEAD = LIFE.saying(Span(DEATH, DIED, id=UUID(int=1)))
EVENTS = [kind for kind in NAMES if kind not in {REGISTRATION, DEATH, REPORT}]


def codes(life: Life) -> set[str]:
    """The rules that a life breaks."""
    return {one.rule.code for one in contradictions(life)}


def can_be(day: date, born: date, died: date | None, today: date) -> bool:
    """The second formulation of what every fact of a person must do."""
    return day in (born + ONE * n for n in range((min(today, died or today) - born).days + 1))


@pytest.mark.parametrize("kind", EVENTS)
def test_every_fact_lies_between_birth_death_and_today(kind: str) -> None:
    edges = [BORN, DIED, TODAY, date(1900, 1, 1), date(2099, 1, 1)]
    days = [edge + ONE * step for edge, step in product(edges, (-1, 0, 1))]
    for life, day in product((LIFE, DEAD), days):
        told = life.saying(Span(kind, day, place="/day"))
        assert (codes(told) == set()) == can_be(day, BORN, life.died, TODAY), (life.died, day, codes(told))
        found = [one.span.place for one in arising(life, told)]
        assert set(found) <= {"/day"}


@pytest.mark.parametrize("kind", EVENTS)
def test_a_death_that_comes_after_a_fact_says_which_fact_it_contradicts(kind: str) -> None:
    on_file = Span(kind, date(2026, 9, 1), id=UUID(int=9))
    life = LIFE.saying(on_file)
    for died in (date(2026, 8, 31), date(2026, 9, 1)):
        dead = life.saying(Span(DEATH, died, place="/died_on"))
        found = arising(life, dead)
        assert [one.span for one in found] == ([on_file] if died < on_file.since else [])
        for one in found:
            assert one.rule.code == "after_death"
            en, zh = one.text(dead)
            assert "2026-09-01" in en
            assert "2026-09-01" in zh
            assert NAMES[kind][0] in en
            assert NAMES[kind][1] in zh
            assert not any(text in " ".join(one.text(dead, hidden=True)) for text in ("2026", *NAMES[kind]))


@pytest.mark.parametrize("kind", [*EVENTS, DEATH])
def test_another_birth_is_refused_for_the_facts_that_it_leaves_behind(kind: str) -> None:
    on_file = Span(kind, date(1950, 1, 1), id=UUID(int=9))
    life = LIFE.saying(on_file)
    assert arising(life, replace(life, born=date(1950, 1, 1))) == [] or kind == DEATH
    assert [one.span for one in arising(life, replace(life, born=date(1950, 1, 2)))][-1] == on_file


BROKEN = {
    "order": Span(RESIDENCE, date(2020, 1, 2), date(2020, 1, 1), place="/x"),
    "before_birth": Span(ASSESSMENT, BORN - ONE, place="/x"),
    "future": Span("income", TODAY + ONE, place="/x"),
    "after_death": Span("income", DIED + ONE, place="/x"),
    "ends_after_death": Span(STAY, date(2020, 1, 1), DIED + ONE, place="/x"),
    "early_report": Span(REPORT, DIED - ONE, place="/x"),
    "before_stay": Span("care_level", date(2020, 1, 1), floor=date(2020, 1, 2), place="/x"),
    "before_opening": Span(STAY, date(2020, 1, 1), date(2020, 1, 9), floor=date(2020, 1, 2), place="/x"),
}


@pytest.mark.parametrize("code", [rule.code for rule in RULES])
def test_each_rule_is_broken_by_something(code: str) -> None:
    if code == "too_young":
        assert codes(replace(LIFE, born=date(1960, 1, 2))) == {code}
        assert codes(replace(LIFE, born=date(1959, 12, 31))) == set()
        died_young = replace(LIFE, born=date(1959, 12, 31)).saying(Span(DEATH, date(2019, 12, 30), place="/x"))
        assert codes(died_young) == {code}
    elif code == "overlap":
        stays = [Span(STAY, date(2020, month, 1), date(2020, month, 20), UUID(int=month)) for month in (1, 3)]
        life = LIFE.saying(*stays)
        assert codes(life.saying(Span(STAY, date(2020, 1, 21), date(2020, 2, 28), place="/x"))) == set()
        assert codes(life.saying(Span(STAY, date(2020, 1, 20), date(2020, 2, 28), place="/x"))) == {code}
        assert codes(life.saying(Span(STAY, date(2020, 2, 1), place="/x"))) == {code}
    else:
        life = LIFE if code == "future" else DEAD
        assert codes(life.saying(BROKEN[code])) == {code}


def test_what_was_impossible_before_refuses_nothing_new() -> None:
    old = LIFE.saying(Span("income", date(1930, 1, 1), id=UUID(int=9)))
    assert codes(old) == {"before_birth"}
    assert arising(old, old.saying(Span("income", date(2020, 1, 1), place="/x"))) == []


def test_a_last_day_in_the_future_is_no_move_and_no_discharge_but_may_be_that_of_a_certificate() -> None:
    for kind in EVENTS:
        told = LIFE.saying(Span(kind, date(2026, 1, 1), TODAY + ONE, place="/x"))
        assert codes(told) == ({"future"} if kind in {RESIDENCE, STAY} else set())


def test_a_fact_told_again_takes_the_place_of_its_former_self_and_a_person_dies_once() -> None:
    stay = Span(STAY, date(2026, 9, 1), id=UUID(int=9))
    life = DEAD.saying(stay).saying(stay._replace(until=DIED, place="/x"))
    assert (len([one for one in life.facts if one.kind == STAY]), codes(life)) == (1, set())
    assert life.saying(Span(DEATH, DIED - ONE, place="/y")).died == DIED - ONE


def test_ages_are_those_of_the_law_on_the_day() -> None:
    assert [least_age("senior", day) for day in (date(1990, 1, 1), TODAY)] == [60, 60]
    assert least_age("worker", TODAY) == 16


def test_every_circumstance_has_a_name_in_both_languages() -> None:
    assert set(CIRCUMSTANCE_COLUMNS) <= set(NAMES)
