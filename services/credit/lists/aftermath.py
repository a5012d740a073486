"""Use cases after the decision: served, published, and ended by repair, revocation or the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from services.credit.lists import repository
from services.credit.lists.domain import (
    ASKED_BY,
    State,
    Step,
    StepNotAllowedError,
    check_not_after,
    check_not_before,
    check_repair,
    next_state,
)
from services.credit.lists.models import ListEntry, ListStep
from services.credit.lists.problems import answered
from services.credit.lists.steps import Done, advance, locked
from shared.auth import Caller
from shared.clock import today
from shared.contracts.credit import SubjectDelisted
from shared.events import outbox
from shared.workflow import check_second_person

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from services.credit.lists.schemas import (
        Publication,
        Reconsideration,
        Repair,
        Revocation,
        Service,
        Verification,
    )

CALENDAR = Caller("credit-calendar", "credit-calendar", None, frozenset(), ("",))
"""Who ends entries whose last day has passed."""


async def serve(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Service
) -> ListEntry:
    """The decision reached the subject (送达)."""
    entry = await locked(session, entry_id, if_match)
    with answered():
        check_not_after("served_on", body.served_on, today())
        check_not_before("served_on", body.served_on, entry.decided_on, "早于决定日期", "before the decision")
    entry.served_on = body.served_on
    done = Done(body.served_on, body.document_no, {"method": body.method})
    return await advance(session, caller, entry, Step.SERVE, done)


async def publish(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Publication
) -> ListEntry:
    """The entry was published (公示)."""
    entry = await locked(session, entry_id, if_match)
    with answered():
        check_not_after("published_on", body.published_on, today())
        check_not_before("published_on", body.published_on, entry.served_on, "早于送达日期", "before it was served")
    done = Done(body.published_on, body.document_no, {"channels": body.channels})
    return await advance(session, caller, entry, Step.PUBLISH, done)


async def verify(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Verification
) -> ListEntry:
    """The rectification was looked at (核查): nothing ends before another person decides on the repair."""
    entry = await locked(session, entry_id, if_match)
    with answered():
        next_state(State(entry.state), Step.VERIFY)
        check_not_after("verified_on", body.verified_on, today())
        check_not_before("verified_on", body.verified_on, body.applied_on, "早于申请日期", "before the application")
        check_not_before("applied_on", body.applied_on, entry.served_on, "早于送达日期", "before it was served")
        check_not_before("verified_on", body.verified_on, entry.listed_on, "早于列入日期", "before it was listed")
        check_repair(entry.repair_from, body.applied_on)
    detail = body.model_dump(mode="json", include={"applied_on", "verification"})
    return await advance(session, caller, entry, Step.VERIFY, Done(body.verified_on, body.document_no, detail))


async def repair(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Repair
) -> ListEntry:
    """Lift the listing after a public commitment, on what another person verified (信用修复)."""
    entry = await locked(session, entry_id, if_match)
    asked = await _asked(session, caller, entry, Step.REPAIR)
    with answered():
        check_not_after("repaired_on", body.repaired_on, today())
        check_not_before("repaired_on", body.repaired_on, asked.done_on, "早于核查日期", "before the verification")
    done = Done(body.repaired_on, body.document_no, {"commitment_no": body.commitment_no})
    return await _delist(session, caller, entry, Step.REPAIR, done, on=body.repaired_on)


async def reconsider(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Reconsideration
) -> ListEntry:
    """Ask that a listing be undone that should not have been, by default from its first day (复核)."""
    entry = await locked(session, entry_id, if_match)
    with answered():
        next_state(State(entry.state), Step.RECONSIDER)
        check_not_after("reconsidered_on", body.reconsidered_on, today())
        check_not_before(
            "reconsidered_on", body.reconsidered_on, entry.decided_on, "早于决定日期", "before the decision"
        )
        delisted_on = body.delisted_on or entry.listed_on or body.reconsidered_on
        check_not_before("delisted_on", delisted_on, entry.listed_on, "早于列入日期", "before it was listed")
        if body.delisted_on is not None:
            check_not_after("delisted_on", body.delisted_on, max(today(), entry.listed_on or body.delisted_on))
    detail = {"reason": body.reason, "delisted_on": delisted_on.isoformat()}
    return await advance(session, caller, entry, Step.RECONSIDER, Done(body.reconsidered_on, body.document_no, detail))


async def revoke(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Revocation
) -> ListEntry:
    """Undo a listing as another person asked: from the day and for the reason that were given then (撤销)."""
    entry = await locked(session, entry_id, if_match)
    asked = await _asked(session, caller, entry, Step.REVOKE)
    with answered():
        check_not_after("revoked_on", body.revoked_on, today())
        check_not_before("revoked_on", body.revoked_on, asked.done_on, "早于复核日期", "before it was reconsidered")
    done = Done(body.revoked_on, body.document_no, asked.detail)
    on = date.fromisoformat(asked.detail["delisted_on"])
    return await _delist(session, caller, entry, Step.REVOKE, done, on=on)


async def _asked(session: AsyncSession, caller: Caller, entry: ListEntry, step: Step) -> ListStep:
    """What an end rests on: the last word of another person, whom the entry keeps.

    IllegalStep (409) without one, SamePerson (403) when it was the caller's own.
    """
    with answered():
        next_state(State(entry.state), step)
        asked = await repository.steps(session, entry.entry_id, ASKED_BY[step])
        if not asked:
            raise StepNotAllowedError(f"{step} without {ASKED_BY[step]}")
        check_second_person(caller.subject, [asked[-1].done_by])
    entry.end_asked_by, entry.ended_by = asked[-1].done_by, caller.subject
    return asked[-1]


async def expire_due(session: AsyncSession, on: date, limit: int) -> int:
    """End entries whose last day is before a day; returns how many."""
    entries = await repository.run_out(session, on, limit)
    for entry in entries:
        over = (entry.until or on) + timedelta(days=1)
        await _delist(session, CALENDAR, entry, Step.EXPIRE, Done(over, entry.decision_no or "", {}), on=over)
    return len(entries)


async def _delist(
    session: AsyncSession, caller: Caller, entry: ListEntry, step: Step, done: Done, *, on: date
) -> ListEntry:
    with answered():
        reason = next_state(State(entry.state), step)
    entry.delisted_on, entry.delisted_reason = on, reason
    await advance(session, caller, entry, step, done)
    event = SubjectDelisted(decision_id=entry.entry_id, subject_id=entry.subject_id, delisted_on=on, reason=reason)
    await outbox.add(session, event)
    return entry
