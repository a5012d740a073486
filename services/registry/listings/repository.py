"""Every SQL statement about listings."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.listings.models import Listing
from shared.readmodels import ReadModel

LISTED = ReadModel(
    "listed_organizations",
    "decision_id",
    "listed_told",
    ("organization_id", "list_kind", "listed_on", "until", "document_no"),
)
DELISTED = ReadModel("listed_organizations", "decision_id", "delisted_told", ("organization_id", "delisted_on"))
"""Both fill one row, in any order."""


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
