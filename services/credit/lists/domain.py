"""How an entry on a list lives: every step has states it may start from, a person and a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """Where an entry stands."""

    PROPOSED = "proposed"
    NOTICED = "noticed"
    HEARD = "heard"
    DECIDED = "decided"
    DROPPED = "dropped"
    SERVED = "served"
    PUBLISHED = "published"
    REPAIRED = "repaired"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Step(StrEnum):
    """What people, or the calendar, do with it."""

    PROPOSE = "propose"
    NOTICE = "notice"
    STATEMENT = "statement"
    DECIDE = "decide"
    DROP = "drop"
    SERVE = "serve"
    PUBLISH = "publish"
    REPAIR = "repair"
    EXPIRE = "expire"
    REVOKE = "revoke"


OPEN = frozenset({State.PROPOSED, State.NOTICED, State.HEARD})
"""Before a decision."""
LISTED = frozenset({State.DECIDED, State.SERVED, State.PUBLISHED})
"""The listing has effect."""

STEPS: dict[Step, tuple[frozenset[State], State]] = {
    Step.NOTICE: (frozenset({State.PROPOSED}), State.NOTICED),
    Step.STATEMENT: (frozenset({State.NOTICED}), State.HEARD),
    Step.DECIDE: (frozenset({State.NOTICED, State.HEARD}), State.DECIDED),
    Step.DROP: (OPEN, State.DROPPED),
    Step.SERVE: (frozenset({State.DECIDED}), State.SERVED),
    Step.PUBLISH: (frozenset({State.SERVED}), State.PUBLISHED),
    Step.REPAIR: (frozenset({State.SERVED, State.PUBLISHED}), State.REPAIRED),
    Step.EXPIRE: (LISTED, State.EXPIRED),
    Step.REVOKE: (LISTED, State.REVOKED),
}

DUE_NEXT: dict[Step, str] = {
    Step.NOTICE: "statement",
    Step.STATEMENT: "decision",
    Step.DECIDE: "service",
    Step.SERVE: "publication",
}
"""The period in working days that a step starts."""


class StepNotAllowedError(ValueError):
    """The state does not allow the step."""


class SamePersonError(ValueError):
    """The decider is the proposer."""


class HearingOpenError(ValueError):
    """A decision before the subject was heard and before the statement period ended."""


class RepairTooEarlyError(ValueError):
    """A repair before its first day."""


class DateOrderError(ValueError):
    """Dates that cannot follow each other: ``field`` is wrong, because ``zh`` and ``en``."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.field, self.zh, self.en = field, zh, en


def next_state(state: State, step: Step) -> State:
    """Where a step leads. StepNotAllowedError when it cannot start here."""
    allowed, result = STEPS[step]
    if state not in allowed:
        raise StepNotAllowedError(f"{step} from {state}")
    return result


@dataclass(frozen=True)
class Case:
    """What the rules of a decision look at."""

    state: State
    proposed_by: str
    noticed_on: date | None
    statement_until: date | None


def check_decision(case: Case, decider: str, decided_on: date, listed_on: date) -> None:
    """Four eyes, hearing before decision, and no effect before the notice.

    Raises SamePersonError, StepNotAllowedError, HearingOpenError or DateOrderError.
    """
    next_state(case.state, Step.DECIDE)
    if decider == case.proposed_by:
        raise SamePersonError(decider)
    if case.noticed_on is None or decided_on < case.noticed_on:
        raise DateOrderError("decided_on", "决定日期早于告知日期", "decided before the notice")
    if listed_on < case.noticed_on:
        raise DateOrderError("listed_on", "列入日期早于告知日期", "listed before the notice")
    if case.state is State.NOTICED and (case.statement_until is None or decided_on <= case.statement_until):
        raise HearingOpenError(str(case.statement_until))


def check_not_after(field: str, day: date, today: date) -> None:
    """DateOrderError for a date that has not come yet."""
    if day > today:
        raise DateOrderError(field, "日期晚于今天", "the date has not come yet")


def check_not_before(field: str, day: date, earliest: date | None, zh: str, en: str) -> None:
    """DateOrderError for a date before the step that it follows."""
    if earliest is not None and day < earliest:
        raise DateOrderError(field, zh, en)


def check_repair(repair_from: date | None, repaired_on: date) -> None:
    """RepairTooEarlyError before the first day on which repair is possible."""
    if repair_from is not None and repaired_on < repair_from:
        raise RepairTooEarlyError(repair_from.isoformat())


@dataclass(frozen=True)
class Subject:
    """Whom an entry or a record is about; ``name`` is masked for a person."""

    subject_id: UUID
    kind: str
    name: str
    region: str
