"""Statements about single applications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.applications.models import Application


async def add(session: AsyncSession, application: Application) -> None:
    """Keep a new application."""
    session.add(application)
    await session.flush()


async def get(session: AsyncSession, application_id: UUID, *, for_update: bool = False) -> Application | None:
    """An application the caller may see; locked, it is read again."""
    return await session.get(Application, application_id, with_for_update=for_update)


async def moment(session: AsyncSession) -> datetime:
    """The database's time, by which a run's freeze is compared."""
    found: datetime = await session.scalar(func.clock_timestamp().select())
    return found


async def lock_subject(session: AsyncSession, programme: str, subject: str) -> None:
    """One new application of a subject for a programme at a time."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('subsidy-application'), hashtext(:of))"),
        {"of": f"{programme} {subject}"},
    )


async def rival(session: AsyncSession, application: Application, subject: str, organization: UUID | None) -> bool:
    """Whether another one stands for the same subject in any of its months, visible to the caller or not.

    With ``organization``, only one through the same organisation counts.
    """
    found = await session.scalar(
        text(
            "SELECT rival_application(:id, :programme, :subject, CAST(:first AS date), CAST(:last AS date),"
            " CAST(:organization AS uuid))"
        ),
        {
            "id": application.id,
            "programme": application.programme,
            "subject": subject,
            "first": application.first_month,
            "last": application.last_month,
            "organization": organization,
        },
    )
    return found is not None


async def organization_kind(session: AsyncSession, organization_id: UUID) -> str | None:
    """What an organisation is, whichever district it belongs to; None when nobody registered it."""
    found: str | None = await session.scalar(text("SELECT organization_kind(:id)"), {"id": organization_id})
    return found


async def abilities(session: AsyncSession, senior_id: UUID | None) -> str | None:
    """The register's assessments of a senior, as JSON; None where the caller sees no such senior."""
    query = text("SELECT abilities::text FROM seniors WHERE senior_id = CAST(:id AS uuid)")
    found: str | None = await session.scalar(query, {"id": senior_id})
    return found


async def worker_known(session: AsyncSession, worker_key: str) -> bool:
    """Whether the registry made this key."""
    query = text("SELECT EXISTS (SELECT FROM worker_keys WHERE worker_key = :key)")
    return bool(await session.scalar(query, {"key": worker_key}))


async def page(
    session: AsyncSession, before: UUID | None, limit: int, month: date | None, **filters: str | UUID | None
) -> Sequence[Application]:
    """Applications, the newest first; ``filters`` are columns and the values asked for."""
    query = select(Application).order_by(Application.id.desc()).limit(limit)
    query = query.where(Application.id < before) if before else query
    for name, value in filters.items():
        query = query.where(getattr(Application, name) == value) if value is not None else query
    if month:
        query = query.where(
            Application.first_month <= month,
            or_(Application.last_month.is_(None), Application.last_month >= month),
            or_(Application.ended_from.is_(None), Application.ended_from > month),
        )
    return (await session.scalars(query)).all()
