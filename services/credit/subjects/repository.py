"""Statements on organisations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.credit.subjects.models import SubjectRow
from shared.contracts.registry import OrganizationSnapshot
from shared.readmodels import ReadModel

SUBJECTS = ReadModel("subjects", "subject_id", "version", ("region", "kind", "name", "social_credit_code", "status"))


async def find(session: AsyncSession, subject_id: UUID) -> SubjectRow | None:
    """An organisation in the session's scope."""
    return await session.get(SubjectRow, subject_id)


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
