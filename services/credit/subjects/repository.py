"""Statements on organisations and persons."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.credit.subjects.models import PersonRow, SubjectRow
from shared.contracts.registry import OrganizationSnapshot, SeniorSnapshot

CHANGING = ("version", "region", "kind", "name", "social_credit_code", "status")


async def find(session: AsyncSession, subject_id: UUID) -> SubjectRow | None:
    """An organisation in the session's scope."""
    return await session.get(SubjectRow, subject_id)


async def person(session: AsyncSession, person_id: UUID) -> PersonRow | None:
    """A person in the session's scope."""
    return await session.get(PersonRow, person_id)


async def upsert_persons(session: AsyncSession, snapshots: Sequence[SeniorSnapshot]) -> None:
    """Write where persons are registered with one statement; an older version changes nothing."""
    statement = insert(PersonRow)
    newer = statement.on_conflict_do_update(
        index_elements=["person_id"],
        set_={name: statement.excluded[name] for name in ("version", "region")},
        where=PersonRow.version < statement.excluded.version,
    )
    rows = [{"person_id": one.senior_id, "version": one.version, "region": one.region} for one in snapshots]
    await session.execute(newer, rows)


async def upsert(session: AsyncSession, snapshots: Sequence[OrganizationSnapshot]) -> None:
    """Write snapshots with one statement; an older version than the one we have changes nothing."""
    statement = insert(SubjectRow)
    newer = statement.on_conflict_do_update(
        index_elements=["subject_id"],
        set_={name: statement.excluded[name] for name in CHANGING},
        where=SubjectRow.version < statement.excluded.version,
    )
    await session.execute(newer, [_values(snapshot) for snapshot in snapshots])


def _values(snapshot: OrganizationSnapshot) -> dict[str, object]:
    return {
        "subject_id": snapshot.organization_id,
        "version": snapshot.version,
        "region": snapshot.region,
        "kind": snapshot.kind,
        "name": snapshot.name,
        "social_credit_code": snapshot.social_credit_code,
        "status": snapshot.status,
    }


async def regions_of(session: AsyncSession, subject_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where organisations lie, as far as we know them."""
    rows = await session.execute(
        select(SubjectRow.subject_id, SubjectRow.region).where(SubjectRow.subject_id.in_(subject_ids))
    )
    return {row.subject_id: row.region for row in rows}
