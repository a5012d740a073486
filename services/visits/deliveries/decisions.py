"""SQL of what happens to stored deliveries: decisions on them, and their history for those who ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.deliveries.domain import COLUMNS, Record, from_row
from shared.database import driver

_COLUMNS = ", ".join(f"d.{name}" for name in COLUMNS)
_CHANGE = """
WITH changed AS (
    UPDATE deliveries d SET status = $4, decision = d.decision + 1
    FROM unnest($1::uuid[], $2::date[], $3::text[]) AS k (delivery_id, service_date, former)
    WHERE d.delivery_id = k.delivery_id AND d.service_date = k.service_date
    RETURNING d.delivery_id, d.decision, d.region, d.vendor_id, d.sequence, k.former, d.status)
INSERT INTO delivery_decisions (delivery_id, decision, region, vendor_id, sequence, former_status, status,
    reason, note, decided_by, decided_at)
SELECT c.*, $5, $6, $7, $8 FROM changed c
"""
# A correction holds the key while it replaces the row, so the key is locked before the row is read.
_LOCK_KEY = """
SELECT k.delivery_id FROM delivery_keys k
WHERE (k.vendor_id, k.event_id) = (SELECT d.vendor_id, d.event_id FROM deliveries d WHERE d.delivery_id = $1) FOR UPDATE
"""
_LOCKED = f"SELECT {_COLUMNS} FROM deliveries d WHERE d.delivery_id = $1 FOR UPDATE"
_AFTER_DEATH = f"""
SELECT {_COLUMNS} FROM unnest($1::uuid[], $2::date[]) AS k (senior_id, died_on)
JOIN deliveries d ON d.senior_id = k.senior_id AND d.service_date > k.died_on
WHERE d.service_date > $3 AND d.status <> 'rejected' ORDER BY d.delivery_id FOR UPDATE OF d
"""
_WHILE_LISTED = f"""
SELECT {_COLUMNS} FROM unnest($1::uuid[], $2::date[], $3::date[]) AS k (vendor_id, first, last)
JOIN deliveries d ON d.vendor_id = k.vendor_id AND d.service_date BETWEEN k.first AND k.last
WHERE d.service_date >= $4 AND d.status <> 'rejected' ORDER BY d.delivery_id FOR UPDATE OF d
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A delivery with its other versions and the decisions on it."""

    current: Record
    versions: list[Record]
    decisions: list[Mapping[str, Any]]


async def get(session: AsyncSession, delivery_id: UUID) -> Stored | None:
    """A delivery that the caller may see."""
    connection = await driver(session)
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM deliveries d WHERE d.delivery_id = $1", delivery_id)
    if row is None:
        return None
    versions = f"SELECT {_COLUMNS} FROM delivery_versions d WHERE d.delivery_id = $1 ORDER BY d.sequence"
    decisions = """SELECT decision, sequence, former_status, status, reason, note, decided_by, decided_at
        FROM delivery_decisions WHERE delivery_id = $1 ORDER BY decision"""
    return Stored(
        from_row(row),
        [from_row(each) for each in await connection.fetch(versions, delivery_id)],
        [dict(each) for each in await connection.fetch(decisions, delivery_id)],
    )


async def locked(session: AsyncSession, delivery_id: UUID) -> Record | None:
    """A delivery's current version, which nobody else changes until this transaction ends."""
    connection = await driver(session)
    if await connection.fetchrow(_LOCK_KEY, delivery_id) is None:
        return None
    row = await connection.fetchrow(_LOCKED, delivery_id)
    return from_row(row) if row else None


async def after_death(session: AsyncSession, deaths: Sequence[tuple[UUID, date]]) -> list[Record]:
    """Deliveries that count or may count, after the day of death, locked."""
    seniors, days = [senior for senior, _ in deaths], [day for _, day in deaths]
    rows = await (await driver(session)).fetch(_AFTER_DEATH, seniors, days, min(days))
    return [from_row(row) for row in rows]


async def while_listed(session: AsyncSession, listings: Sequence[tuple[UUID, date, date]]) -> list[Record]:
    """Deliveries that count or may count, from the first to the last day of listings, locked."""
    vendors, firsts, lasts = (list(column) for column in zip(*listings, strict=True))
    rows = await (await driver(session)).fetch(_WHILE_LISTED, vendors, firsts, lasts, min(firsts))
    return list({row["delivery_id"]: from_row(row) for row in rows}.values())


async def change(
    session: AsyncSession,
    records: Sequence[Record],
    status: str,
    reason: str,
    *,
    note: str | None,
    by: str,
    now: datetime,
) -> None:
    """Give deliveries another status and write down who decided it and why."""
    await (await driver(session)).execute(
        _CHANGE,
        [each.delivery_id for each in records],
        [each.service_date for each in records],
        [each.status for each in records],
        status,
        reason,
        note,
        by,
        now,
    )
    for each in records:
        each.status, each.decision = status, each.decision + 1
