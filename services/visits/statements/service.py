"""Use cases of statements 对账."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.statements import repository
from services.visits.statements.schemas import Count, StatementOut
from shared.clock import Month
from shared.errors import Invalid
from shared.paging import Page, decode_cursor, encode_cursor


async def page(session: AsyncSession, month: Month, cursor: str | None, limit: int) -> Page[StatementOut]:
    """Vendors' totals of a month. A sum over deliveries at the moment of asking, never stored."""
    rows = await repository.totals(session, month, _position(cursor), limit + 1)
    statements = [
        StatementOut(
            vendor_id=row["vendor_id"],
            vendor_name=row["name"],
            month=month,
            verified=Count(deliveries=row["verified"], meals=row["verified_meals"]),
            flagged=Count(deliveries=row["flagged"], meals=row["flagged_meals"]),
            rejected=Count(deliveries=row["rejected"], meals=row["rejected_meals"]),
        )
        for row in rows[:limit]
    ]
    return Page(items=statements, next=encode_cursor(str(statements[-1].vendor_id)) if len(rows) > limit else None)


def _position(cursor: str | None) -> UUID | None:
    try:
        return UUID(str(decode_cursor(cursor, (str,))[0])) if cursor else None
    except ValueError:
        raise Invalid("The cursor is not one of ours.", "游标无效。") from None
