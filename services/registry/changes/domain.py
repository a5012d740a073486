"""The life of a change request (变更事项): what it is about, who may move it, and where to."""

from enum import StrEnum

from shared.workflow import check_second_person, follow


class State(StrEnum):
    """Where a request stands (状态)."""

    REQUESTED = "requested"  # 待审批
    APPROVED = "approved"  # 已批准
    REFUSED = "refused"  # 不予变更
    WITHDRAWN = "withdrawn"  # 已撤回


class Action(StrEnum):
    """What is done to a request."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


MOVES = {
    (State.REQUESTED, Action.APPROVE): State.APPROVED,
    (State.REQUESTED, Action.REFUSE): State.REFUSED,
    (State.REQUESTED, Action.WITHDRAW): State.WITHDRAWN,
}


def settle(state: State, action: Action, *, actor: str, author: str) -> State:
    """The state after an action.

    MoveRefusedError when it is settled; SamePersonError when the author would decide. Whoever may ask may withdraw.
    """
    after = follow(MOVES, state, action)
    if action is not Action.WITHDRAW:
        check_second_person(actor, (author,))
    return after
