"""Every SQL statement about seniors."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.seniors.models import Senior
from shared.database import AFTER_DIGITS
from shared.regions import prefix_of


async def add(session: AsyncSession, values: dict[str, Any]) -> Senior | None:
    """Insert a senior; None when the identity number is on the register already, seen or unseen, even just now."""
    statement = insert(Senior).values(values).on_conflict_do_nothing(index_elements=[Senior.identity_blind])
    return await session.scalar(statement.returning(Senior))


async def get(session: AsyncSession, senior_id: UUID, *, for_update: bool = False) -> Senior | None:
    """One senior of the caller's regions."""
    query = select(Senior).where(Senior.senior_id == senior_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def change_identity(session: AsyncSession, senior: Senior, columns: dict[str, Any]) -> bool:
    """Give a senior another identity number; False when somebody else has it."""
    try:
        async with session.begin_nested():
            await session.execute(update(Senior).where(Senior.senior_id == senior.senior_id).values(columns))
    except IntegrityError:
        return False
    await session.refresh(senior)
    return True


async def can_change_identity(session: AsyncSession, senior: Senior, columns: dict[str, Any]) -> bool:
    """Whether nobody else has the number, seen or unseen: tried, and taken back."""
    trial = await session.begin_nested()
    try:
        await session.execute(
            update(Senior)
            .where(Senior.senior_id == senior.senior_id)
            .values(columns)
            .execution_options(synchronize_session=False)
        )
    except IntegrityError:
        return False
    finally:
        await trial.rollback()
    return True


async def by_identity(session: AsyncSession, blind: bytes) -> Senior | None:
    """The senior with an identity number, if the caller may see one."""
    return await session.scalar(select(Senior).where(Senior.identity_blind == blind))


async def by_ids(session: AsyncSession, senior_ids: Sequence[UUID]) -> Sequence[Senior]:
    """Several seniors, by region and id."""
    query = select(Senior).where(Senior.senior_id.in_(senior_ids)).order_by(Senior.region, Senior.senior_id)
    return (await session.scalars(query)).all()


async def indexed_before(session: AsyncSession, rules: int, after: UUID, limit: int) -> Sequence[Senior]:
    """Seniors after an id whose names are indexed by older rules, locked; those that somebody changes now are left."""
    query = select(Senior).where(Senior.senior_id > after, Senior.name_rules < rules).order_by(Senior.senior_id)
    return (await session.scalars(query.limit(limit).with_for_update(skip_locked=True))).all()


async def page(
    session: AsyncSession, region: str | None, status: str | None, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Senior]:
    """Seniors by region and id after a position, of a region and below, of a status."""
    query = select(Senior).where(*_within(region))
    if status:
        query = query.where(Senior.status == status)
    if after:
        query = query.where(tuple_(Senior.region, Senior.senior_id) > after)
    return (await session.scalars(query.order_by(Senior.region, Senior.senior_id).limit(limit))).all()


async def counts(session: AsyncSession, region: str | None) -> dict[str, int]:
    """How many seniors by status, of a region and below."""
    query = select(Senior.status, func.count()).where(*_within(region)).group_by(Senior.status)
    return {row[0]: row[1] for row in await session.execute(query)}


def _within(region: str | None) -> list[ColumnElement[bool]]:
    if region is None:
        return []
    prefix = prefix_of(region)
    return [Senior.region >= prefix, Senior.region < prefix + AFTER_DIGITS]
