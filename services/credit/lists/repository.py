"""Statements on list entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.credit.lists.domain import LISTED, Step
from services.credit.lists.models import ListEntry, ListStep


async def find(session: AsyncSession, entry_id: UUID, *, for_update: bool = False) -> ListEntry | None:
    """An entry in the session's scope; locked, it is read again."""
    return await session.get(ListEntry, entry_id, with_for_update=for_update)


async def steps(session: AsyncSession, entry_id: UUID, step: Step | None = None) -> Sequence[ListStep]:
    """The steps of an entry in order, or only those of one kind."""
    query = select(ListStep).where(ListStep.entry_id == entry_id).order_by(ListStep.step_id)
    if step is not None:
        query = query.where(ListStep.step == step)
    return (await session.scalars(query)).all()


async def page(
    session: AsyncSession,
    *,
    subject_id: UUID | None,
    state: str | None,
    on: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[ListEntry]:
    """Entries, newest first; ``on``: only those with effect on that day."""
    query = select(ListEntry).order_by(ListEntry.entry_id.desc()).limit(limit)
    if subject_id is not None:
        query = query.where(ListEntry.subject_id == subject_id)
    if state is not None:
        query = query.where(ListEntry.state == state)
    if on is not None:
        query = query.where(
            ListEntry.listed_on <= on,
            or_(ListEntry.until.is_(None), ListEntry.until >= on),
            or_(ListEntry.delisted_on.is_(None), ListEntry.delisted_on > on),
        )
    if after is not None:
        query = query.where(ListEntry.entry_id < after)
    return (await session.scalars(query)).all()


async def run_out(session: AsyncSession, today: date, limit: int) -> Sequence[ListEntry]:
    """Locked entries whose last day has passed; what another worker holds is left to it."""
    query = (
        select(ListEntry)
        .where(ListEntry.state.in_(LISTED), ListEntry.until < today)
        .order_by(ListEntry.entry_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()
