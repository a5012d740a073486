"""The life of a run 发放批次: who may move it, and where to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.workflow import check_second_person, follow


class RunState(StrEnum):
    """Where a run stands 批次状态."""

    DRAFT = "draft"
    CALCULATING = "calculating"
    CALCULATED = "calculated"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAID = "paid"
    FAILED = "failed"


class Action(StrEnum):
    """What is done to a run."""

    START = "start"
    FINISH = "finish"
    FAIL = "fail"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    SETTLE = "settle"
    REOPEN = "reopen"


class LineKind(StrEnum):
    """Why a line exists: the month itself, back-pay 补发, claw-back 追缴."""

    REGULAR = "regular"
    ARREARS = "arrears"
    RECOVERY = "recovery"


class Outcome(StrEnum):
    """What a run decided about one subject of a programme."""

    PAID = "paid"
    NOT_ELIGIBLE = "not_eligible"
    HELD = "held"
    NOT_CONFIGURED = "not_configured"


MOVES: dict[tuple[RunState, Action], RunState] = {
    (RunState.DRAFT, Action.START): RunState.CALCULATING,
    (RunState.CALCULATING, Action.START): RunState.CALCULATING,
    (RunState.CALCULATING, Action.FINISH): RunState.CALCULATED,
    (RunState.DRAFT, Action.FAIL): RunState.FAILED,
    (RunState.CALCULATING, Action.FAIL): RunState.FAILED,
    (RunState.CALCULATED, Action.SUBMIT): RunState.SUBMITTED,
    (RunState.SUBMITTED, Action.APPROVE): RunState.APPROVED,
    (RunState.SUBMITTED, Action.REJECT): RunState.REJECTED,
    (RunState.APPROVED, Action.SETTLE): RunState.PAID,
    (RunState.PAID, Action.REOPEN): RunState.APPROVED,
}
OPEN = frozenset({RunState.DRAFT, RunState.CALCULATING, RunState.CALCULATED, RunState.SUBMITTED})
"""Nobody has decided yet."""


def move(state: RunState, action: Action) -> RunState:
    """The state after an action; MoveRefusedError when it cannot be done from here."""
    return follow(MOVES, state, action)


def decide(state: RunState, action: Action, *, actor: str, others: Iterable[str | None]) -> RunState:
    """Approve or reject as a second person; SamePersonError when the actor had a hand in it before."""
    after = move(state, action)
    check_second_person(actor, others)
    return after


def overlap(one: str, other: str) -> bool:
    """Whether two region prefixes share ground: one lies in the other."""
    return one.startswith(other) or other.startswith(one)


@dataclass(frozen=True)
class Totals:
    """Control totals of one programme in a run: every input ends in exactly one place."""

    inputs: int
    outside: int
    paid: int
    refused: int
    held: int
    amount_fen: int

    def check(self) -> Totals:
        """Itself when inputs = outside + paid + refused + held; ArithmeticError when a subject got lost."""
        if self.inputs != self.outside + self.paid + self.refused + self.held:
            raise ArithmeticError(f"control totals do not add up: {self}")
        return self
