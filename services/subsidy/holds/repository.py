"""Every statement about holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.holds.models import Hold


async def add(session: AsyncSession, hold: dict[str, object]) -> Hold | None:
    """Place a hold at the database's time; None when the subject has one for the same programme."""
    return await session.scalar(insert(Hold).values(**hold).on_conflict_do_nothing().returning(Hold))


async def get(session: AsyncSession, hold_id: UUID) -> Hold | None:
    """A hold, locked."""
    return await session.scalar(select(Hold).where(Hold.id == hold_id).with_for_update())


async def moment(session: AsyncSession) -> datetime:
    """The database's time, by which a run's freeze is compared."""
    found: datetime = await session.scalar(func.clock_timestamp().select())
    return found


async def page(session: AsyncSession, before: UUID | None, limit: int, *, active: bool | None) -> Sequence[Hold]:
    """Holds, the newest first."""
    query = select(Hold).order_by(Hold.id.desc()).limit(limit)
    query = query.where(Hold.id < before) if before else query
    if active is not None:
        query = query.where(Hold.lifted_at.is_(None) if active else Hold.lifted_at.is_not(None))
    return (await session.scalars(query)).all()
