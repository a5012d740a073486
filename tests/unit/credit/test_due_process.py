"""The life of a list entry, as rules without a database."""

from datetime import date
from itertools import product

import pytest

from services.credit.lists.domain import (
    STEPS,
    Case,
    DateOrderError,
    HearingOpenError,
    RepairTooEarlyError,
    SamePersonError,
    State,
    Step,
    StepNotAllowedError,
    check_decision,
    check_repair,
    next_state,
)

NOTICED = Case(State.NOTICED, "clerk", date(2026, 10, 8), date(2026, 10, 15))


def test_the_way_from_proposal_to_repair_is_open() -> None:
    state = State.PROPOSED
    for step in (Step.NOTICE, Step.STATEMENT, Step.DECIDE, Step.SERVE, Step.PUBLISH, Step.REPAIR):
        state = next_state(state, step)
    assert state is State.REPAIRED


@pytest.mark.parametrize(("state", "step"), [(s, t) for s, t in product(State, STEPS) if s not in STEPS[t][0]])
def test_every_other_jump_is_refused(state: State, step: Step) -> None:
    with pytest.raises(StepNotAllowedError):
        next_state(state, step)


@pytest.mark.parametrize("state", [State.DROPPED, State.REPAIRED, State.EXPIRED, State.REVOKED])
def test_nothing_follows_an_end(state: State) -> None:
    assert not [step for step in STEPS if state in STEPS[step][0]]


def test_the_proposer_may_not_decide() -> None:
    with pytest.raises(SamePersonError):
        check_decision(NOTICED, "clerk", date(2026, 10, 20), date(2026, 10, 20))


@pytest.mark.parametrize(("day", "allowed"), [(15, False), (16, True)])
def test_without_a_statement_the_decision_waits_for_the_end_of_the_period(day: int, allowed: bool) -> None:
    if allowed:
        check_decision(NOTICED, "chief", date(2026, 10, day), date(2026, 10, day))
    else:
        with pytest.raises(HearingOpenError):
            check_decision(NOTICED, "chief", date(2026, 10, day), date(2026, 10, day))


def test_after_a_statement_the_decision_need_not_wait() -> None:
    heard = Case(State.HEARD, "clerk", NOTICED.noticed_on, NOTICED.statement_until)
    check_decision(heard, "chief", date(2026, 10, 9), date(2026, 10, 8))


@pytest.mark.parametrize(("decided", "listed", "field"), [(7, 20, "decided_on"), (20, 7, "listed_on")])
def test_nothing_takes_effect_before_the_notice(decided: int, listed: int, field: str) -> None:
    with pytest.raises(DateOrderError) as caught:
        check_decision(NOTICED, "chief", date(2026, 10, decided), date(2026, 10, listed))
    assert caught.value.field == field


def test_an_entry_that_was_never_noticed_cannot_be_decided() -> None:
    with pytest.raises(StepNotAllowedError):
        check_decision(Case(State.PROPOSED, "clerk", None, None), "chief", date(2026, 10, 20), date(2026, 10, 20))


def test_repair_begins_on_its_first_day() -> None:
    check_repair(date(2028, 10, 15), date(2028, 10, 15))
    with pytest.raises(RepairTooEarlyError):
        check_repair(date(2028, 10, 15), date(2028, 10, 14))
