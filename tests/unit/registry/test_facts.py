"""Dated facts: what a statement supersedes and what stays known."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.registry.facts.domain import Fact, Splice, Statement, as_known, end, replace_all, splice, withdraw

START = date(2026, 1, 1)
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def said(value: str, first: int, last: int | None, kind: str = "income") -> Statement:
    """A statement about days counted from the first of January."""
    return Statement(kind, value, START + timedelta(first), None if last is None else START + timedelta(last), "test")


def on_record(statement: Statement, at: datetime = MOMENT) -> Fact:
    """The statement as a fact."""
    return Fact(**vars(statement), fact_id=uuid4(), recorded_at=at, recorded_by="clerk")


def after(live: list[Fact], change: Splice) -> list[Fact]:
    """The facts known once a change is written."""
    return [fact for fact in live if fact not in change.superseded] + [on_record(s) for s in change.written]


def test_a_later_statement_cuts_an_open_one_the_day_before() -> None:
    old = on_record(said("low", 0, None))
    change = splice([old], said("none", 31, None))
    assert change.superseded == (old,)
    assert change.written == (said("low", 0, 30), said("none", 31, None))


def test_a_statement_inside_another_leaves_both_ends() -> None:
    change = splice([on_record(said("low", 0, 99))], said("none", 10, 20))
    assert change.written == (said("low", 0, 9), said("low", 21, 99), said("none", 10, 20))


def test_a_statement_beside_others_or_of_another_kind_touches_nothing() -> None:
    live = [on_record(said("low", 0, 9)), on_record(said("low", 21, 30)), on_record(said("yes", 0, None, "alone"))]
    assert splice(live, said("none", 10, 20)) == Splice((), (said("none", 10, 20),))


def test_only_one_death_can_be_on_record() -> None:
    old = on_record(said("2026-01-03", 2, None, "death"))
    new = said("2026-01-09", 5, None, "death")
    assert replace_all([old, on_record(said("low", 0, None))], new) == Splice((old,), (new,))


def test_an_end_keeps_what_was_before_and_nothing_after() -> None:
    live = [on_record(said("a", 0, 9, "residence")), on_record(said("b", 10, None, "residence"))]
    assert end(live, "residence", START + timedelta(20)).written == (said("b", 10, 20, "residence"),)
    cut = end(live, "residence", START + timedelta(4))
    assert cut.superseded == tuple(live)
    assert cut.written == (said("a", 0, 4, "residence"),)


def test_what_was_known_is_answered_by_when_it_was_recorded_and_superseded() -> None:
    later = MOMENT + timedelta(hours=1)
    old = Fact(**vars(on_record(said("low", 0, None))) | {"superseded_at": later})
    new = on_record(said("none", 0, None), later)
    assert as_known([old, new], MOMENT) == [old]
    assert as_known([old, new], later) == [new]
    assert as_known([old, new], MOMENT - timedelta(seconds=1)) == []
    assert as_known([old, new], later, START - timedelta(1)) == []
    assert withdraw(new) == Splice((new,), ())


days = st.integers(0, 40)
statements = st.builds(
    lambda value, first, length: said(value, first, None if length is None else first + length),
    st.sampled_from("abc"),
    days,
    st.none() | days,
)


@given(st.lists(statements, max_size=8))
def test_whatever_is_said_each_day_has_the_value_said_last(history: list[Statement]) -> None:
    live: list[Fact] = []
    for statement in history:
        live = after(live, splice(live, statement))
    for offset in range(90):
        day = START + timedelta(offset)
        told = [s.value for s in history if s.valid_from <= day and (s.valid_to is None or day <= s.valid_to)]
        assert [fact.value for fact in live if fact.holds_on(day)] == told[-1:]
