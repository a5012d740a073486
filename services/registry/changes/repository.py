"""Every SQL statement about change requests."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, cast, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.changes.domain import State
from services.registry.changes.models import Change
from services.registry.cursors import Position
from services.registry.subjects.domain import SubjectKind

OPEN = text(f"state = '{State.REQUESTED}'")
"""Written out: as a parameter, PostgreSQL would not find the partial index once it plans for all values at once."""


async def add(session: AsyncSession, values: dict[str, Any]) -> Change | None:
    """Insert a request; None when the subject has an open one of the same topic, even just now."""
    statement = insert(Change).values(values)
    free = statement.on_conflict_do_nothing(
        index_elements=[Change.subject_kind, Change.subject_id, Change.topic], index_where=OPEN
    )
    return await session.scalar(free.returning(Change))


async def get(session: AsyncSession, change_id: UUID, *, for_update: bool = False) -> Change | None:
    """One request of the caller's regions."""
    query = select(Change).where(Change.change_id == change_id).execution_options(populate_existing=True)
    return await session.scalar(query.with_for_update() if for_update else query)


async def page(
    session: AsyncSession, filters: dict[str, UUID | str | None], after: Position, limit: int
) -> Sequence[Change]:
    """Requests by region and id after a position, of a subject, in a state."""
    query = select(Change)
    for name, value in filters.items():
        if value is not None:
            query = query.where(getattr(Change, name) == value)
    if after:
        query = query.where(tuple_(Change.region, Change.change_id) > after)
    return (await session.scalars(query.order_by(Change.region, Change.change_id).limit(limit))).all()


async def waiting(session: AsyncSession, subject_ids: Sequence[UUID]) -> set[tuple[SubjectKind, UUID]]:
    """Which subjects have an open request of either topic."""
    query = select(Change.subject_kind, Change.subject_id).where(
        OPEN, Change.subject_id == any_(cast(subject_ids, ARRAY(Uuid)))
    )
    return {(SubjectKind(kind), key) for kind, key in await session.execute(query)}
