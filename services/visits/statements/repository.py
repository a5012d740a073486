"""SQL of statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Month
from shared.database import driver

_TOTALS = """
SELECT t.*, o.name FROM (
    SELECT vendor_id,
        count(*) FILTER (WHERE status = 'verified') AS verified,
        coalesce(sum(meals) FILTER (WHERE status = 'verified'), 0) AS verified_meals,
        count(*) FILTER (WHERE status = 'flagged') AS flagged,
        coalesce(sum(meals) FILTER (WHERE status = 'flagged'), 0) AS flagged_meals,
        count(*) FILTER (WHERE status = 'rejected') AS rejected,
        coalesce(sum(meals) FILTER (WHERE status = 'rejected'), 0) AS rejected_meals
    FROM deliveries WHERE service_date BETWEEN $1 AND $2 AND ($3::uuid IS NULL OR vendor_id > $3)
    GROUP BY vendor_id ORDER BY vendor_id LIMIT $4) AS t
LEFT JOIN organizations o ON o.organization_id = t.vendor_id ORDER BY t.vendor_id
"""


async def totals(session: AsyncSession, month: Month, after: UUID | None, limit: int) -> Sequence[Any]:
    """A month's totals per vendor, of what the caller may see, by vendor id."""
    found: Sequence[Any] = await (await driver(session)).fetch(_TOTALS, month.first, month.last, after, limit)
    return found
