"""The life of a list entry, as rules without a database."""

from datetime import date
from itertools import product

import pytest

from services.credit.lists.domain import (
    STEPS,
    Case,
    DateOrderError,
    HearingOpenError,
    PanelMissingError,
    RepairTooEarlyError,
    State,
    Step,
    StepNotAllowedError,
    Voice,
    check_decision,
    check_heard,
    check_repair,
    next_state,
    panel,
    panel_from,
)

NOTICED = Case(State.NOTICED, date(2026, 10, 8), panel_from(date(2026, 10, 15)))


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


@pytest.mark.parametrize("state", [State.NOTICED, State.HEARD])
@pytest.mark.parametrize("step", [Step.DELIBERATE, Step.DECIDE])
def test_panel_and_decision_wait_for_the_end_of_the_hearing(state: State, step: Step) -> None:
    case = Case(state, NOTICED.noticed_on, NOTICED.panel_from)
    check_heard(case, step, date(2026, 10, 16))
    for day in (1, 8, 15):
        with pytest.raises(HearingOpenError, match="2026-10-16"):
            check_heard(case, step, date(2026, 10, day))


@pytest.mark.parametrize(
    ("received", "waived", "first"), [(10, False, 16), (10, True, 10), (15, False, 16), (19, False, 19), (19, True, 19)]
)
def test_only_a_waiver_ends_the_hearing_before_its_last_day(received: int, waived: bool, first: int) -> None:
    assert panel_from(date(2026, 10, 15), date(2026, 10, received), waived=waived) == date(2026, 10, first)


@pytest.mark.parametrize(("decided", "listed", "field"), [(7, 20, "decided_on"), (20, 7, "listed_on")])
def test_nothing_takes_effect_before_the_notice(decided: int, listed: int, field: str) -> None:
    with pytest.raises(DateOrderError) as caught:
        check_decision(NOTICED, date(2026, 10, decided), date(2026, 10, listed))
    assert caught.value.field == field


def test_an_entry_that_was_never_noticed_is_neither_weighed_nor_decided() -> None:
    case = Case(State.PROPOSED, None, None)
    with pytest.raises(StepNotAllowedError):
        check_decision(case, date(2026, 10, 20), date(2026, 10, 20))
    with pytest.raises(StepNotAllowedError):
        check_heard(case, Step.DELIBERATE, date(2026, 10, 20))


FIRST, SECOND = date(2026, 10, 16), date(2026, 10, 19)


@pytest.mark.parametrize("again", ["li", "Li", " li ", "\uff2c\uff29", "L\u3000i"])
def test_one_person_in_two_spellings_is_no_panel(again: str) -> None:
    with pytest.raises(PanelMissingError):
        panel([Voice(FIRST, "li"), Voice(FIRST, again)], SECOND)


def test_people_of_different_days_are_no_panel_and_a_sitting_after_the_decision_does_not_count() -> None:
    with pytest.raises(PanelMissingError):
        panel([Voice(FIRST, "li"), Voice(SECOND, "wu")], SECOND)
    with pytest.raises(PanelMissingError):
        panel([Voice(SECOND, "li"), Voice(SECOND, "wu")], FIRST)


def test_the_last_sitting_of_two_counts_and_names_each_once() -> None:
    voices = [Voice(FIRST, "li"), Voice(FIRST, "wu"), Voice(SECOND, "he"), Voice(SECOND, "wu"), Voice(SECOND, "WU")]
    assert {voice.held_on for voice in panel(voices, SECOND)} == {SECOND}
    assert len(panel(voices, SECOND)) == 2
    assert panel(voices, FIRST) == (Voice(FIRST, "li"), Voice(FIRST, "wu"))


def test_repair_begins_on_its_first_day() -> None:
    check_repair(date(2028, 10, 15), date(2028, 10, 15))
    with pytest.raises(RepairTooEarlyError):
        check_repair(date(2028, 10, 15), date(2028, 10, 14))
