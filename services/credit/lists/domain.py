"""How an entry on a list lives: every step has states it may start from, a person and a date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

from shared.workflow import person


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
    DELIBERATE = "deliberate"
    DECIDE = "decide"
    DROP = "drop"
    SERVE = "serve"
    PUBLISH = "publish"
    VERIFY = "verify"
    REPAIR = "repair"
    EXPIRE = "expire"
    RECONSIDER = "reconsider"
    REVOKE = "revoke"


OPEN = frozenset({State.PROPOSED, State.NOTICED, State.HEARD})
"""Before a decision."""
LISTED = frozenset({State.DECIDED, State.SERVED, State.PUBLISHED})
"""The listing has effect."""

NOTICED = frozenset({State.NOTICED, State.HEARD})
"""The subject knows, and nobody has decided."""
KNOWN = frozenset({State.SERVED, State.PUBLISHED})
"""The listing has effect, and the subject has the decision."""

STEPS: dict[Step, tuple[frozenset[State], State | None]] = {
    Step.NOTICE: (frozenset({State.PROPOSED}), State.NOTICED),
    Step.STATEMENT: (frozenset({State.NOTICED}), State.HEARD),
    Step.DELIBERATE: (NOTICED, None),
    Step.DECIDE: (NOTICED, State.DECIDED),
    Step.DROP: (OPEN, State.DROPPED),
    Step.SERVE: (frozenset({State.DECIDED}), State.SERVED),
    Step.PUBLISH: (frozenset({State.SERVED}), State.PUBLISHED),
    Step.VERIFY: (KNOWN, None),
    Step.REPAIR: (KNOWN, State.REPAIRED),
    Step.EXPIRE: (LISTED, State.EXPIRED),
    Step.RECONSIDER: (LISTED, None),
    Step.REVOKE: (LISTED, State.REVOKED),
}
"""Where each step may start and where it leads; None: the entry stays where it is."""

ASKED_BY: dict[Step, Step] = {Step.REPAIR: Step.VERIFY, Step.REVOKE: Step.RECONSIDER}
"""What ends a listing, and the step of another person that it rests on."""
PANEL = 2
"""People at least in a collective deliberation 集体审议."""

DUE_NEXT: dict[Step, str] = {
    Step.NOTICE: "statement",
    Step.STATEMENT: "decision",
    Step.DECIDE: "service",
    Step.SERVE: "publication",
}
"""The period in working days that a step starts."""


class StepNotAllowedError(ValueError):
    """The state does not allow the step."""


class HearingOpenError(ValueError):
    """A panel or a decision before the hearing was over."""


class PanelMissingError(ValueError):
    """A listing on which no two people have sat together."""


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
    return result or state


def panel_from(statement_until: date, received_on: date | None = None, *, waived: bool = False) -> date:
    """The first day on which a panel may sit: after the last day for a statement, for the subject may add to what it
    said; on the day of its waiver if it gave the right up; never before what it said was received."""
    after = statement_until + timedelta(days=1)
    if received_on is None:
        return after
    return received_on if waived else max(received_on, after)


@dataclass(frozen=True)
class Voice:
    """One member's part in a sitting: the day, and the member's subject at the issuer."""

    held_on: date
    member: str


def panel(voices: Iterable[Voice], decided_on: date) -> tuple[Voice, ...]:
    """The last sitting before a decision with enough people; PanelMissingError when there is none."""
    days = groupby(sorted(voices, key=lambda voice: voice.held_on, reverse=True), lambda voice: voice.held_on)
    for held_on, sitting in days:
        members = {person(voice.member): voice for voice in sitting}
        if held_on <= decided_on and len(members) >= PANEL:
            return tuple(members.values())
    raise PanelMissingError(decided_on.isoformat())


@dataclass(frozen=True)
class Case:
    """What the rules of a hearing look at; ``panel_from``: the first day after it."""

    state: State
    noticed_on: date | None
    panel_from: date | None


def check_heard(case: Case, step: Step, on: date) -> None:
    """Hearing before panel and decision. Raises StepNotAllowedError, HearingOpenError."""
    next_state(case.state, step)
    if case.panel_from is None or on < case.panel_from:
        raise HearingOpenError(str(case.panel_from))


def check_decision(case: Case, decided_on: date, listed_on: date) -> None:
    """Hearing before decision, and no effect before the notice.

    Raises StepNotAllowedError, HearingOpenError or DateOrderError.
    """
    next_state(case.state, Step.DECIDE)
    if case.noticed_on is None or decided_on < case.noticed_on:
        raise DateOrderError("decided_on", "决定日期早于告知日期", "decided before the notice")
    if listed_on < case.noticed_on:
        raise DateOrderError("listed_on", "列入日期早于告知日期", "listed before the notice")
    check_heard(case, Step.DECIDE, decided_on)


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
