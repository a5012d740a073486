"""Every SQL statement about admissions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.admissions.models import Admission
from services.registry.cursors import Position


async def add(session: AsyncSession, values: dict[str, Any]) -> Admission | None:
    """Insert a stay; None when the senior has an open one, seen or unseen, even just now."""
    statement = insert(Admission).values(values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(Admission))


async def get(session: AsyncSession, admission_id: UUID, *, for_update: bool = False) -> Admission | None:
    """One stay that the caller may see."""
    query = select(Admission).where(Admission.admission_id == admission_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def page(
    session: AsyncSession,
    filters: dict[str, UUID | None],
    active: bool | None,  # a filter of the list, not a switch
    after: Position,
    limit: int,
) -> Sequence[Admission]:
    """Stays by region and id after a position, of a senior, of an institution, open or ended."""
    query = select(Admission)
    for name, value in filters.items():
        if value is not None:
            query = query.where(getattr(Admission, name) == value)
    if active is not None:
        query = query.where(Admission.discharged_on.is_(None) == active)
    if after:
        query = query.where(tuple_(Admission.region, Admission.admission_id) > after)
    query = query.order_by(Admission.region, Admission.admission_id).limit(limit)
    return (await session.scalars(query)).all()
