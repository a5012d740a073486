"""Encrypted accounts of many beneficiaries with two statements."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, cast, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.organizations.models import Organization
from services.registry.seniors.models import Senior


async def of_seniors(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[tuple[UUID, bytes, bytes]]:
    """Id, name and account, both encrypted, of those seniors that have an account."""
    query = select(Senior.senior_id, Senior.name, Senior.bank_account).where(
        Senior.senior_id == any_(cast(ids, ARRAY(Uuid))), Senior.bank_account.is_not(None)
    )
    return [(key, name, account) for key, name, account in await session.execute(query) if account]


async def of_organizations(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[tuple[UUID, str, bytes]]:
    """Id, name and encrypted account of those organisations that have an account."""
    query = select(Organization.organization_id, Organization.name, Organization.bank_account).where(
        Organization.organization_id == any_(cast(ids, ARRAY(Uuid))), Organization.bank_account.is_not(None)
    )
    return [(key, name, account) for key, name, account in await session.execute(query) if account]


async def regions_of(session: AsyncSession, ids: Sequence[UUID]) -> set[str]:
    """Where those are whom the caller may see."""
    wanted = cast(ids, ARRAY(Uuid))
    seniors = select(Senior.region).where(Senior.senior_id == any_(wanted))
    return set(
        await session.scalars(
            union(seniors, select(Organization.region).where(Organization.organization_id == any_(wanted)))
        )
    )
