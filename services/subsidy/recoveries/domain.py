"""What is asked to be entered against a recovery 追缴, and how it is decided."""

from __future__ import annotations

from enum import StrEnum

from services.subsidy.ledger.domain import EntryKind
from shared.workflow import follow


class RequestKind(StrEnum):
    """What an entry does: money came back, is taken off another line, is given up, or is claimed after all."""

    REPAID = "repaid"
    WAIVED = "waived"
    WAIVER_WITHDRAWN = "waiver_withdrawn"
    OFFSET = "offset"


class RequestState(StrEnum):
    """Where a request stands; nothing counts before a second person confirmed it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Action(StrEnum):
    """What a second person does."""

    CONFIRM = "confirm"
    REFUSE = "refuse"


MOVES: dict[tuple[RequestState, Action], RequestState] = {
    (RequestState.PROPOSED, Action.CONFIRM): RequestState.CONFIRMED,
    (RequestState.PROPOSED, Action.REFUSE): RequestState.REFUSED,
}
ENTRIES: dict[RequestKind, EntryKind] = {
    RequestKind.REPAID: EntryKind.REPAID,
    RequestKind.WAIVED: EntryKind.WAIVED,
    RequestKind.WAIVER_WITHDRAWN: EntryKind.WAIVER_WITHDRAWN,
    RequestKind.OFFSET: EntryKind.OFFSET_OUT,
}
"""What is entered in the recovery's own account."""


class ShownKind(StrEnum):
    """An entry as a recovery shows it."""

    OPENED = "opened"
    OFFSET = "offset"
    REPAID = "repaid"
    WAIVED = "waived"
    WAIVER_WITHDRAWN = "waiver_withdrawn"


def move(state: RequestState, action: Action) -> RequestState:
    """The state after a decision; MoveRefusedError when it was decided before."""
    return follow(MOVES, state, action)
