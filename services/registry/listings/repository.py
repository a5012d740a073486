"""Every SQL statement about listings."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.listings.models import Listing


async def fill_in(session: AsyncSession, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Add decisions, or fill in columns of those that are there: in any order, any number of times, with one result."""
    if rows:
        statement = insert(Listing).values(list(rows))
        given = {name: statement.excluded[name] for name in columns}
        await session.execute(statement.on_conflict_do_update(index_elements=[Listing.decision_id], set_=given))


async def in_force(
    session: AsyncSession, organization_ids: Iterable[UUID], day: date
) -> defaultdict[UUID, list[Listing]]:
    """The decisions in force on a day, by organisation."""
    query = select(Listing).where(
        Listing.organization_id.in_(list(organization_ids)),
        Listing.listed_on <= day,
        or_(Listing.until.is_(None), Listing.until >= day),
        or_(Listing.delisted_on.is_(None), Listing.delisted_on > day),
    )
    found: defaultdict[UUID, list[Listing]] = defaultdict(list)
    for row in await session.scalars(query.order_by(Listing.decision_id)):
        found[row.organization_id].append(row)
    return found
