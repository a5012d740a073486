"""A flagged delivery decided by a person; a counted one undone by an event 人工复核与撤销."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.deliveries import announcements, decisions
from services.visits.deliveries.domain import Record, Status
from services.visits.errors import DeliveryNotFound, NotFlagged, OwnDelivery
from shared import audit
from shared.auth import Caller

REVIEWED, BY_EVENT = "reviewed", "event"


async def decide(
    session: AsyncSession,
    caller: Caller,
    delivery_id: UUID,
    decision: Literal["clear", "reject"],
    *,
    note: str,
    now: datetime,
) -> None:
    """Clear or reject a flagged delivery. DeliveryNotFound (404), NotFlagged (409), OwnDelivery (403)."""
    if caller.organization is not None:
        raise OwnDelivery
    found = await decisions.locked(session, delivery_id)
    if found is None:
        raise DeliveryNotFound
    if found.status != Status.FLAGGED:
        raise NotFlagged(f"Its status is {found.status}.", f"当前状态为 {found.status}。")
    status = Status.VERIFIED if decision == "clear" else Status.REJECTED
    await decisions.change(session, [found], status, REVIEWED, note=note, by=caller.subject, now=now)
    if status is Status.REJECTED:
        found.reasons = [*found.reasons, REVIEWED]
    await announcements.publish(session, [], [found])
    await audit.record(session, caller, f"delivery.{decision}", str(delivery_id), purpose=note)


async def undo_after_death(session: AsyncSession, deaths: Sequence[tuple[UUID, date]], now: datetime) -> None:
    """Reject what was delivered after the day of death, and say so where it had counted."""
    await _undo(session, await decisions.after_death(session, deaths), "senior_deceased", now)


async def undo_while_listed(session: AsyncSession, listings: Sequence[tuple[UUID, date, date]], now: datetime) -> None:
    """Reject what a vendor delivered from the first to the last day of a listing that ends subsidies."""
    await _undo(session, await decisions.while_listed(session, listings), "vendor_listed", now)


async def _undo(session: AsyncSession, found: Sequence[Record], reason: str, now: datetime) -> None:
    if not found:
        return
    counted = [replace(each) for each in found if each.status == Status.VERIFIED]
    pending = [each for each in found if each.status == Status.FLAGGED]
    await decisions.change(session, found, Status.REJECTED, reason, note=None, by=BY_EVENT, now=now)
    for each in pending:
        each.reasons = [*each.reasons, reason]
    await announcements.publish(session, counted, pending, reason)
