"""The life of an application 申请, and what an application for each kind of formula looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.clock import Month
from shared.workflow import check_second_person, follow


class ApplicationState(StrEnum):
    """Where an application stands 状态."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What people do with it."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    END = "end"
    WITHDRAW = "withdraw"


class Channel(StrEnum):
    """How it came in: by its applicant online, or through an agent who took it on paper."""

    ONLINE = "online"
    OFFLINE = "offline"


MOVES: Mapping[tuple[ApplicationState, Action], ApplicationState] = {
    (ApplicationState.SUBMITTED, Action.ACCEPT): ApplicationState.ACCEPTED,
    (ApplicationState.SUBMITTED, Action.REFUSE): ApplicationState.REFUSED,
    (ApplicationState.SUBMITTED, Action.WITHDRAW): ApplicationState.WITHDRAWN,
    (ApplicationState.ACCEPTED, Action.END): ApplicationState.ENDED,
    (ApplicationState.ACCEPTED, Action.WITHDRAW): ApplicationState.WITHDRAWN,
    (ApplicationState.ENDED, Action.WITHDRAW): ApplicationState.WITHDRAWN,
}


class MonthError(ValueError):
    """The end lies outside the months applied for."""


def move(state: ApplicationState, action: Action) -> ApplicationState:
    """The state after an action; MoveRefusedError when it cannot be done from here."""
    return follow(MOVES, state, action)


def decide(state: ApplicationState, action: Action, *, actor: str, author: str) -> ApplicationState:
    """Accept or refuse as a second person; SamePersonError for the author."""
    after = move(state, action)
    check_second_person(actor, [author])
    return after


def check_end(first: Month, last: Month | None, end: Month) -> None:
    """An application ends after its first month and not after its last; MonthError otherwise."""
    if end <= first or (last is not None and end > last):
        raise MonthError(str(end))


@dataclass(frozen=True)
class Shape:
    """What an application for a formula looks like.

    ``standing``: it may go on from month to month. ``several``: it may have more rows than one; ``apart``: the column
    in which they differ; ``many``: each is about somebody else. ``side_by_side``: one subject may have several in a
    month, by different organisations.
    """

    standing: bool = False
    several: bool = False
    apart: str | None = None
    many: bool = False
    side_by_side: bool = False


SHAPES: Mapping[str, Shape] = {
    "tiered_by_age": Shape(standing=True),
    "fixed_monthly": Shape(standing=True),
    "base_times_factors": Shape(standing=True),
    "rate_times_factors_per_day": Shape(several=True, many=True),
    "per_unit_with_caps": Shape(several=True, side_by_side=True),
    "one_off": Shape(),
    "per_bed_once": Shape(several=True, apart="bed_type"),
    "cost_share": Shape(several=True),
}
"""By kind of formula; what is not named here is for one month and has one row."""


def shape_of(kind: str) -> Shape:
    """What an application for this kind of formula looks like."""
    return SHAPES.get(kind, Shape())


def subject_of(senior_id: UUID | None, organization_id: UUID | None, worker_key: str | None) -> str:
    """Who gets a benefit once: a senior, an organisation, or a worker wherever he works. The table says the same."""
    return f"worker/{worker_key}" if worker_key else str(senior_id or organization_id)
