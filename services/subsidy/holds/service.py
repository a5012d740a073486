"""Use cases of holds."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.errors import HoldKnown, HoldNotFound, SubjectNotFound, WrongState
from services.subsidy.holds import repository
from services.subsidy.holds.models import Hold
from services.subsidy.holds.schemas import HoldIn
from services.subsidy.subjects.repository import intake, region_of
from shared import audit
from shared.auth import Caller
from shared.ids import new_id


async def place(session: AsyncSession, caller: Caller, given: HoldIn) -> Hold:
    """Stop payments to a subject of the caller's regions, from the next freeze on until lifted."""
    region = await region_of(session, given.subject_kind, given.subject_id)
    if region is None:
        raise SubjectNotFound
    await intake(session)
    values = given.model_dump() | {"id": new_id(), "region": region, "placed_by": caller.subject}
    hold = await repository.add(session, values)
    if hold is None:
        raise HoldKnown
    await audit.record(session, caller, "hold.place", str(given.subject_id), detail={"reason": given.reason})
    return hold


async def lift(session: AsyncSession, caller: Caller, hold_id: UUID, reason: str) -> Hold:
    """Let payments go on: the next run pays what was kept back."""
    await intake(session)
    hold = await repository.get(session, hold_id)
    if hold is None:
        raise HoldNotFound
    if hold.lifted_at:
        raise WrongState("The hold was lifted before.", "该暂停已解除。")
    hold.lifted_by, hold.lift_reason = caller.subject, reason
    hold.lifted_at = await repository.moment(session)
    await audit.record(session, caller, "hold.lift", str(hold.subject_id), detail={"reason": reason})
    return hold
