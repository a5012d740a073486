"""Statements on organisations and persons."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.credit.subjects.models import PersonRow, SubjectRow
from shared.contracts.registry import OrganizationSnapshot, SeniorSnapshot
from shared.readmodels import ReadModel

SUBJECTS = ReadModel("subjects", "subject_id", "version", ("region", "kind", "name", "social_credit_code", "status"))
PERSONS = ReadModel("persons", "person_id", "version", ("region",))


async def find(session: AsyncSession, subject_id: UUID) -> SubjectRow | None:
    """An organisation in the session's scope."""
    return await session.get(SubjectRow, subject_id)


async def person(session: AsyncSession, person_id: UUID) -> PersonRow | None:
    """A person in the session's scope."""
    return await session.get(PersonRow, person_id)


async def keep_persons(session: AsyncSession, snapshots: Sequence[SeniorSnapshot]) -> None:
    """Write where persons are registered; an older version changes nothing."""
    rows = [{"person_id": one.senior_id, "version": one.version, "region": one.region} for one in snapshots]
    await PERSONS.keep(session, rows)


async def keep(session: AsyncSession, snapshots: Sequence[OrganizationSnapshot]) -> None:
    """Write snapshots with one statement; an older version than the one we have changes nothing."""
    await SUBJECTS.keep(session, [_values(snapshot) for snapshot in snapshots])


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
