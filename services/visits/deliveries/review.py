"""A flagged delivery decided by a person 人工复核."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.deliveries import announcements, decisions, neighbours
from services.visits.deliveries.decisions import Change
from services.visits.errors import DeliveryNotFound, NotFlagged, OwnDelivery
from services.visits.records.domain import REVIEWED, Status
from shared import audit
from shared.auth import Caller


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
    if found.record.status != Status.FLAGGED:
        raise NotFlagged(f"Its status is {found.record.status}.", f"当前状态为 {found.record.status}。")
    status = Status.VERIFIED if decision == "clear" else Status.REJECTED
    told = [*found.reasons, REVIEWED]
    change = Change(found.record, status, REVIEWED, found.reasons, told, caller.subject, note=note)
    await decisions.change(session, [change], now)
    await announcements.tell(session, [change])
    if status is Status.REJECTED:
        await neighbours.have_lost(session, [found.record])
    await audit.record(session, caller, f"delivery.{decision}", str(delivery_id), purpose=note)
