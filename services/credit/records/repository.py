"""Statements on credit records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.credit.records.models import Record


async def find(session: AsyncSession, record_id: UUID, *, for_update: bool = False) -> Record | None:
    """A record in the session's scope."""
    return await session.get(Record, record_id, with_for_update=for_update)


async def page(
    session: AsyncSession, *, subject_id: UUID | None, in_force_on: date | None, after: UUID | None, limit: int
) -> Sequence[Record]:
    """Records, newest first; ``in_force_on``: only those that count on that day."""
    query = select(Record).order_by(Record.record_id.desc()).limit(limit)
    if subject_id is not None:
        query = query.where(Record.subject_id == subject_id)
    if in_force_on is not None:
        query = query.where(
            or_(Record.repaired_on.is_(None), Record.repaired_on > in_force_on),
            or_(Record.ends_on.is_(None), Record.ends_on >= in_force_on),
        )
    if after is not None:
        query = query.where(Record.record_id < after)
    return (await session.scalars(query)).all()
