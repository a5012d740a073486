"""SQL of the read models: upserts guarded by version, so that replays and reordering heal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import driver

# Seniors in the order in which ingestion locks them.
_SENIORS = """
INSERT INTO seniors (senior_id, version, region, status, died_on)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::date[]) AS n (senior_id) ORDER BY senior_id
ON CONFLICT (senior_id) DO UPDATE
SET version = excluded.version, region = excluded.region, status = excluded.status, died_on = excluded.died_on
WHERE seniors.version < excluded.version RETURNING senior_id, died_on
"""
_ORGANIZATIONS = """
INSERT INTO organizations (organization_id, version, region, kind, name, status, contracts)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
ON CONFLICT (organization_id) DO UPDATE
SET version = excluded.version, region = excluded.region, kind = excluded.kind, name = excluded.name,
    status = excluded.status, contracts = excluded.contracts
WHERE organizations.version < excluded.version
"""
_ADMISSIONS = """
INSERT INTO admissions (admission_id, version, senior_id, admitted_on, discharged_on)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::date[], $5::date[])
ON CONFLICT (admission_id) DO UPDATE
SET version = excluded.version, senior_id = excluded.senior_id,
    admitted_on = excluded.admitted_on, discharged_on = excluded.discharged_on
WHERE admissions.version < excluded.version
"""
_LISTED = """
INSERT INTO listings (decision_id, subject_id, ends_subsidy, listed_on, until)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bool[], $4::date[], $5::date[])
ON CONFLICT (decision_id) DO UPDATE
SET ends_subsidy = excluded.ends_subsidy, listed_on = excluded.listed_on, until = excluded.until
RETURNING subject_id, ends_subsidy, listed_on, coalesce(least(until, delisted_on - 1), 'infinity') AS last
"""
_DELISTED = """
INSERT INTO listings (decision_id, subject_id, delisted_on)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[])
ON CONFLICT (decision_id) DO UPDATE SET delisted_on = excluded.delisted_on
"""


async def put_seniors(session: AsyncSession, rows: Sequence[tuple[Any, ...]]) -> list[tuple[UUID, date]]:
    """Keep newer snapshots; the seniors among them that have died, with the day."""
    found = await (await driver(session)).fetch(_SENIORS, *_columns(rows))
    return [(row[0], row[1]) for row in found if row[1] is not None]


async def put_organizations(session: AsyncSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep newer snapshots of organisations."""
    await (await driver(session)).execute(_ORGANIZATIONS, *_columns(rows))


async def put_admissions(session: AsyncSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep newer snapshots of stays."""
    await (await driver(session)).execute(_ADMISSIONS, *_columns(rows))


async def put_listed(session: AsyncSession, rows: Sequence[tuple[Any, ...]]) -> list[tuple[UUID, date, date]]:
    """Keep decisions to list; those that end subsidies, as (subject, first day, last day)."""
    found = await (await driver(session)).fetch(_LISTED, *_columns(rows))
    return [(row[0], row[2], row[3]) for row in found if row[1] and row[2] <= row[3]]


async def put_delisted(session: AsyncSession, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep ends of listings, known or not yet known."""
    await (await driver(session)).execute(_DELISTED, *_columns(rows))


async def lock_vendors(session: AsyncSession, vendor_ids: Sequence[UUID]) -> None:
    """Wait until nobody is recording for these vendors, and let nobody begin: what they record next sees the list."""
    locks = sorted({vendor_lock(vendor_id) for vendor_id in vendor_ids})
    await (await driver(session)).execute("SELECT pg_advisory_xact_lock(k, 0) FROM unnest($1::int[]) AS k", locks)


def vendor_lock(vendor_id: UUID) -> int:
    """The number of a vendor's advisory lock."""
    return crc32(vendor_id.bytes) - 2**31


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
