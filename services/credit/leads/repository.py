"""Statements on leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.credit.leads.models import Lead

NOWHERE = "000000000000"
"""Region of a lead whose subject we do not know yet: seen by nobody but the whole country's auditors."""

_CLEAR = text(
    "UPDATE leads SET status = 'cleared', sequence = v.sequence"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:sequences AS bigint[])) AS v (source_id, sequence)"
    " WHERE leads.source = 'meal_delivery' AND leads.source_id = v.source_id"
    " AND leads.sequence < v.sequence AND leads.status = 'open'"
)
_PLACE = text(
    "UPDATE leads SET region = v.region"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:regions AS text[])) AS v (subject_id, region)"
    " WHERE leads.subject_id = v.subject_id AND leads.region = :nowhere"
)


async def upsert(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write leads with one statement; only a later decision on the same thing replaces an open lead."""
    statement = insert(Lead)
    changed = {name: statement.excluded[name] for name in ("sequence", "kind", "occurred_on", "evidence")}
    later = statement.on_conflict_do_update(
        index_elements=["source", "source_id"],
        set_=changed,
        where=(Lead.sequence < statement.excluded.sequence) & (Lead.status == "open"),
    )
    await session.execute(later, rows)


async def clear(session: AsyncSession, sequences: Mapping[UUID, int]) -> None:
    """Close the leads on deliveries that a later decision found good."""
    values = {"ids": list(sequences), "sequences": list(sequences.values())}
    await session.execute(_CLEAR, values)


async def place(session: AsyncSession, regions: Mapping[UUID, str]) -> None:
    """Give leads that came before their organisation its region."""
    values = {"ids": list(regions), "regions": list(regions.values()), "nowhere": NOWHERE}
    await session.execute(_PLACE, values)


async def page(
    session: AsyncSession, subject_id: UUID | None, status: str | None, after: UUID | None, limit: int
) -> Sequence[Lead]:
    """Leads, newest first."""
    query = select(Lead).order_by(Lead.lead_id.desc()).limit(limit)
    if subject_id is not None:
        query = query.where(Lead.subject_id == subject_id)
    if status is not None:
        query = query.where(Lead.status == status)
    if after is not None:
        query = query.where(Lead.lead_id < after)
    return (await session.scalars(query)).all()


async def find(session: AsyncSession, lead_id: UUID, *, for_update: bool = False) -> Lead | None:
    """A lead in the session's scope."""
    return await session.get(Lead, lead_id, with_for_update=for_update)


async def use(session: AsyncSession, lead_ids: Sequence[UUID], subject_id: UUID, entry_id: UUID) -> int:
    """Attach open leads on a subject to an entry; returns how many there were."""
    result = await session.execute(
        update(Lead)
        .where(Lead.lead_id.in_(lead_ids), Lead.subject_id == subject_id, Lead.status == "open")
        .values(status="used", entry_id=entry_id)
        .returning(Lead.lead_id)
    )
    return len(result.all())
