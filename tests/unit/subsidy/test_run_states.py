"""The life of a run, decided without a database."""

import itertools

import pytest

from services.subsidy.runs.domain import (
    MOVES,
    Action,
    RunState,
    Totals,
    decide,
    move,
    overlap,
)
from shared.workflow import MoveRefusedError, SamePersonError


def test_the_straight_road_leads_from_draft_to_paid() -> None:
    state = RunState.DRAFT
    for action in (Action.START, Action.FINISH, Action.SUBMIT, Action.APPROVE, Action.SETTLE):
        state = move(state, action)
    assert state is RunState.PAID


def test_every_move_that_is_not_listed_is_refused() -> None:
    for state, action in itertools.product(RunState, Action):
        if (state, action) in MOVES:
            assert move(state, action) is MOVES[state, action]
        else:
            with pytest.raises(MoveRefusedError):
                move(state, action)


def test_nothing_is_paid_that_was_not_approved_and_nothing_approved_that_was_not_submitted() -> None:
    assert [before for (before, _), after in MOVES.items() if after is RunState.PAID] == [RunState.APPROVED]
    ways = [step for step, after in MOVES.items() if after is RunState.APPROVED]
    assert ways == [(RunState.SUBMITTED, Action.APPROVE), (RunState.PAID, Action.REOPEN)]


def test_rejected_and_failed_runs_stay_as_they_are_and_only_a_late_return_opens_a_paid_one() -> None:
    left = {state: [action for action in Action if (state, action) in MOVES] for state in RunState}
    assert left[RunState.REJECTED] == left[RunState.FAILED] == []
    assert left[RunState.PAID] == [Action.REOPEN]


@pytest.mark.parametrize("action", [Action.APPROVE, Action.REJECT])
def test_whoever_made_or_submitted_a_run_may_not_decide_on_it(action: Action) -> None:
    for actor in ("author", "submitter"):
        with pytest.raises(SamePersonError):
            decide(RunState.SUBMITTED, action, actor=actor, others=("author", "submitter"))
    after = decide(RunState.SUBMITTED, action, actor="third", others=("author", None))
    assert after is MOVES[RunState.SUBMITTED, action]


def test_a_decision_needs_a_submitted_run_even_from_a_second_person() -> None:
    with pytest.raises(MoveRefusedError):
        decide(RunState.CALCULATED, Action.APPROVE, actor="third", others=("author",))


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [("3212", "321202", True), ("321202", "321202", True), ("321202", "321203", False), ("32120", "321202", True)],
)
def test_two_prefixes_overlap_when_one_lies_in_the_other(one: str, other: str, shared: bool) -> None:
    assert overlap(one, other) is shared
    assert overlap(other, one) is shared


def test_control_totals_that_add_up_pass() -> None:
    totals = Totals(inputs=10, outside=4, paid=3, refused=2, held=1, amount_fen=15000)
    assert totals.check() is totals


def test_a_lost_subject_stops_the_run() -> None:
    with pytest.raises(ArithmeticError):
        Totals(inputs=10, outside=4, paid=3, refused=1, held=1, amount_fen=15000).check()
