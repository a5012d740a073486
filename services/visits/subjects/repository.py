"""SQL of the read models: what was known of a subject, locked, and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.verification.domain import Senior, Vendor, homes_of
from shared.database import driver
from shared.readmodels import ReadModel

SENIORS = ReadModel("seniors", "senior_id", "version", ("region", "status", "died_on", "homes", "stays"))
ORGANIZATIONS = ReadModel(
    "organizations",
    "organization_id",
    "version",
    ("region", "kind", "name", "status", "closed_on", "contracts"),
)
ADMISSIONS = ReadModel("admissions", "admission_id", "version", ("senior_id", "admitted_on", "discharged_on"))
LISTED = ReadModel("listings", "decision_id", "listed_told", ("subject_id", "ends_subsidy", "listed_on", "until"))
DELISTED = ReadModel("listings", "decision_id", "delisted_told", ("subject_id", "delisted_on"))

Versioned = tuple[int, Senior | Vendor]
# Seniors in the order in which ingestion locks them.
_SENIORS = """
SELECT senior_id, version, region, homes, died_on, stays FROM seniors
WHERE senior_id = ANY ($1::uuid[]) ORDER BY senior_id FOR NO KEY UPDATE
"""
_ORGANIZATIONS = """
SELECT organization_id, version, closed_on, contracts::text FROM organizations WHERE organization_id = ANY ($1::uuid[])
"""
_STAYS = """
SELECT n.senior_id, coalesce(
    (SELECT array_agg(ARRAY[a.admitted_on, coalesce(a.discharged_on, 'infinity')] ORDER BY a.admitted_on, admission_id)
     FROM admissions a WHERE a.senior_id = n.senior_id), '{}'::date[]) AS stays
FROM unnest($1::uuid[]) AS n (senior_id)
"""
_SET_STAYS = f"UPDATE seniors s SET stays = n.stays FROM ({_STAYS}) AS n WHERE s.senior_id = n.senior_id"
_ADMITTED = "SELECT admission_id, senior_id FROM admissions WHERE admission_id = ANY ($1::uuid[])"
_LISTINGS = """
SELECT decision_id, subject_id, CASE WHEN ends_subsidy THEN listed_on END,
       coalesce(least(until, delisted_on - 1), 'infinity')
FROM listings WHERE decision_id = ANY ($1::uuid[])
"""


async def seniors(session: AsyncSession, senior_ids: Sequence[UUID]) -> dict[UUID, tuple[int, Senior]]:
    """Seniors that are known, with their versions, locked: nobody records for them until this transaction ends."""
    rows = await (await driver(session)).fetch(_SENIORS, list(senior_ids))
    return {row[0]: (row[1], Senior(row[2], homes_of(row[3]), row[4], spans(row[5]))) for row in rows}


async def organizations(session: AsyncSession, organization_ids: Sequence[UUID]) -> dict[UUID, tuple[int, Vendor]]:
    """Organisations that are known, with their versions, without their listings."""
    rows = await (await driver(session)).fetch(_ORGANIZATIONS, list(organization_ids))
    return {row[0]: (row[1], Vendor.read(row[2], row[3], ())) for row in rows}


async def stays_of(session: AsyncSession, senior_ids: Sequence[UUID]) -> dict[UUID, list[list[date]]]:
    """Stays that came before or after their senior."""
    return {row[0]: row[1] for row in await (await driver(session)).fetch(_STAYS, list(senior_ids))}


async def set_stays(session: AsyncSession, senior_ids: Sequence[UUID]) -> None:
    """Put stays where ingestion reads them under the senior's own lock."""
    await (await driver(session)).execute(_SET_STAYS, list(senior_ids))


async def admitted(session: AsyncSession, admission_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Whose stays these were so far."""
    return {row[0]: row[1] for row in await (await driver(session)).fetch(_ADMITTED, list(admission_ids))}


async def listings(session: AsyncSession, decision_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, date | None, date]]:
    """Decisions as far as they are known: subject, first day without subsidies if there is one, last day."""
    rows = await (await driver(session)).fetch(_LISTINGS, list(decision_ids))
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


async def lock_strangers(session: AsyncSession) -> None:
    """A stay and its senior that are both new must not miss each other: one of them waits."""
    await (await driver(session)).execute("SELECT pg_advisory_xact_lock(hashtext('visits-strangers'))")


async def lock_vendors(session: AsyncSession, vendor_ids: Sequence[UUID]) -> None:
    """Wait until nobody is recording for these vendors, and let nobody begin: what they record next sees the news."""
    locks = sorted({vendor_lock(vendor_id) for vendor_id in vendor_ids})
    await (await driver(session)).execute("SELECT pg_advisory_xact_lock(k, 0) FROM unnest($1::int[]) AS k", locks)


def vendor_lock(vendor_id: UUID) -> int:
    """The number of a vendor's advisory lock."""
    return crc32(vendor_id.bytes) - 2**31


def spans(rows: Sequence[Sequence[date]]) -> tuple[tuple[date, date], ...]:
    """First and last days, as the domain has them."""
    return tuple((first, last) for first, last in rows)


def array(rows: Sequence[Sequence[Any]]) -> str:
    """Spans as PostgreSQL's text."""
    days = [[("infinity" if day == date.max else day.isoformat()) for day in row] for row in rows]
    return "{" + ",".join("{" + ",".join(row) + "}" for row in days) + "}"
