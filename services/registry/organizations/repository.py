"""Every SQL statement about organisations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.cursors import Position
from services.registry.organizations.domain import MODE
from services.registry.organizations.models import Contract, Organization, OrganizationFact, OrganizationIdentity
from shared.database import AFTER_DIGITS
from shared.regions import prefix_of


async def claim(session: AsyncSession, identity: dict[str, Any]) -> bool:
    """Take an id and a legal person's kind for one organisation; False when either is taken, in any region."""
    statement = insert(OrganizationIdentity).values(identity).on_conflict_do_nothing()
    return await session.scalar(statement.returning(OrganizationIdentity.organization_id)) is not None


async def kinds_of_legal_person(session: AsyncSession, organization_id: UUID) -> set[str]:
    """Everything that the organisation's legal person does, in any region; empty when it is not on file."""
    code = select(OrganizationIdentity.social_credit_code).where(
        OrganizationIdentity.organization_id == organization_id
    )
    query = select(OrganizationIdentity.kind).where(OrganizationIdentity.social_credit_code == code.scalar_subquery())
    return set(await session.scalars(query))


async def get(session: AsyncSession, organization_id: UUID, *, for_update: bool = False) -> Organization | None:
    """One organisation of the caller's regions."""
    query = select(Organization).where(Organization.organization_id == organization_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def page(
    session: AsyncSession, region: str | None, kind: str | None, after: Position, limit: int
) -> Sequence[Organization]:
    """Organisations by region and id after a position, of a region and below, of a kind."""
    query = select(Organization)
    if region is not None:
        prefix = prefix_of(region)
        query = query.where(Organization.region >= prefix, Organization.region < prefix + AFTER_DIGITS)
    if kind is not None:
        query = query.where(Organization.kind == kind)
    if after:
        query = query.where(tuple_(Organization.region, Organization.organization_id) > after)
    query = query.order_by(Organization.region, Organization.organization_id).limit(limit)
    return (await session.scalars(query)).all()


async def first_day_run(session: AsyncSession, organization_id: UUID) -> date | None:
    """The first day for which somebody is on file as running an institution; None when nobody is at all."""
    query = select(func.min(OrganizationFact.valid_from)).where(
        OrganizationFact.owner_id == organization_id,
        OrganizationFact.kind == MODE,
        OrganizationFact.superseded_at.is_(None),
    )
    return await session.scalar(query)


async def add_contract(session: AsyncSession, values: dict[str, Any]) -> None:
    """Add a contract, whose id was taken before."""
    await session.execute(insert(Contract).values(values))


async def contracts_of(session: AsyncSession, organization_ids: Iterable[UUID]) -> defaultdict[UUID, list[Contract]]:
    """The contracts of several organisations, oldest first."""
    found: defaultdict[UUID, list[Contract]] = defaultdict(list)
    query = select(Contract).where(Contract.organization_id.in_(list(organization_ids)))
    for contract in await session.scalars(query.order_by(Contract.valid_from, Contract.contract_id)):
        found[contract.organization_id].append(contract)
    return found


async def first_admission(session: AsyncSession, organization_id: UUID) -> date | None:
    """The first day of the first stay in it."""
    query = text("SELECT min(admitted_on) FROM admissions WHERE institution_id = :organization_id")
    found: date | None = await session.scalar(query, {"organization_id": organization_id})
    return found
