"""Statements on leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.credit.leads.models import Lead
from shared.database import driver

NOWHERE = "000000000000"
"""Region of a lead whose subject we do not know yet: seen by nobody but the whole country's auditors."""

# A lead is open while the last doubt comes after the last time that the thing was found good, whichever we heard first.
# What a person decided stays as it was seen; a lead that was dismissed opens again when a reason is new.
_STAYS = """
(leads.status = 'used' OR leads.status = 'dismissed'
    AND coalesce((excluded.evidence->'reasons') <@ (leads.evidence->'reasons'), true))
"""
_DOUBT = f"""
INSERT INTO leads (lead_id, region, subject_id, source, source_id, sequence, kind, occurred_on, evidence, status)
SELECT DISTINCT ON (source, source_id) lead_id, region, subject_id, source, source_id, sequence, kind, occurred_on,
    evidence, 'open'
FROM jsonb_populate_recordset(NULL::leads, CAST($1 AS jsonb)) ORDER BY source, source_id, sequence DESC
ON CONFLICT (source, source_id) DO UPDATE SET
    sequence = excluded.sequence, region = excluded.region, occurred_on = excluded.occurred_on,
    kind = CASE WHEN {_STAYS} THEN leads.kind ELSE excluded.kind END,
    evidence = CASE WHEN {_STAYS} THEN leads.evidence ELSE excluded.evidence END,
    closed_by = CASE WHEN {_STAYS} THEN leads.closed_by END,
    closed_reason = CASE WHEN {_STAYS} THEN leads.closed_reason END,
    status = CASE WHEN {_STAYS} THEN leads.status WHEN leads.good >= excluded.sequence THEN 'cleared' ELSE 'open' END
WHERE leads.sequence < excluded.sequence
"""
_GOOD = """
INSERT INTO leads (lead_id, region, subject_id, source, source_id, sequence, good, kind, occurred_on, evidence, status)
SELECT DISTINCT ON (source, source_id) lead_id, region, subject_id, source, source_id, -1, good, '', occurred_on,
    '{}', 'cleared'
FROM jsonb_populate_recordset(NULL::leads, CAST($1 AS jsonb)) ORDER BY source, source_id, good DESC
ON CONFLICT (source, source_id) DO UPDATE SET good = excluded.good,
    region = CASE WHEN leads.sequence < 0 THEN excluded.region ELSE leads.region END,
    occurred_on = CASE WHEN leads.sequence < 0 THEN excluded.occurred_on ELSE leads.occurred_on END,
    status = CASE WHEN leads.status = 'open' AND excluded.good >= leads.sequence THEN 'cleared' ELSE leads.status END
WHERE leads.good < excluded.good
"""
_PLACE = text(
    "UPDATE leads SET region = s.region FROM subjects s"
    " WHERE leads.source = 'recovery' AND leads.subject_id = s.subject_id"
    " AND s.subject_id = ANY (CAST(:ids AS uuid[])) AND leads.region <> s.region"
)


async def doubt(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write leads with one statement; only a later decision on the same thing changes one."""
    await _write(session, _DOUBT, rows)


async def found_good(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down at which decision a thing was found good, if need be before its lead."""
    await _write(session, _GOOD, rows)


async def _write(session: AsyncSession, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        content = orjson.dumps([dict(row) for row in rows], default=str).decode()
        await (await driver(session)).execute(statement, content)


async def lock_places(session: AsyncSession) -> None:
    """A lead and its organisation that are both new must not miss each other: one of them waits."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('credit-places'))"))


async def place(session: AsyncSession, subject_ids: Sequence[UUID]) -> None:
    """Give leads on recoveries the region of their organisation, as it is known now."""
    await session.execute(_PLACE, {"ids": list(subject_ids)})


async def page(
    session: AsyncSession, subject_id: UUID | None, status: str | None, after: UUID | None, limit: int
) -> Sequence[Lead]:
    """Leads, newest first."""
    query = select(Lead).where(Lead.sequence >= 0).order_by(Lead.lead_id.desc()).limit(limit)
    if subject_id is not None:
        query = query.where(Lead.subject_id == subject_id)
    if status is not None:
        query = query.where(Lead.status == status)
    if after is not None:
        query = query.where(Lead.lead_id < after)
    return (await session.scalars(query)).all()


async def find(session: AsyncSession, lead_id: UUID, *, for_update: bool = False) -> Lead | None:
    """A lead in the session's scope."""
    lead = await session.get(Lead, lead_id, with_for_update=for_update)
    return lead if lead is not None and lead.sequence >= 0 else None


async def use(session: AsyncSession, lead_ids: Sequence[UUID], subject_id: UUID, entry_id: UUID) -> int:
    """Attach open leads on a subject to an entry; returns how many there were."""
    result = await session.execute(
        update(Lead)
        .where(Lead.lead_id.in_(lead_ids), Lead.subject_id == subject_id, Lead.status == "open")
        .values(status="used", entry_id=entry_id)
        .returning(Lead.lead_id)
    )
    return len(result.all())
