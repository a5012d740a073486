"""Read models: the newest snapshot of each subject, every snapshot ever received, and facts that never change.

Every write first takes the intake lock, shared; a run's freeze takes it alone. So what carries a ``received_at`` after
a run's freeze was not in it, and what carries one before was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Month
from shared.readmodels import ReadModel
from shared.tables import ensure_month

Rows = Sequence[dict[str, Any]]

COLUMNS = {
    "seniors": (
        "senior_id", "version", "region", "birth_date", "sex", "status", "died_on", "death_reported_on",
        "registered_on", "residences", "abilities", "has_bank_account", "recorded_at",
    ),
    "organizations": (
        "organization_id", "version", "region", "kind", "name", "status", "operation_modes", "grades", "beds", "profit",
        "recorded_at",
    ),
    "admissions": (
        "admission_id", "version", "senior_id", "institution_id", "region", "admitted_on", "discharged_on",
        "care_levels", "recorded_at",
    ),
    "listings": (
        "decision_id", "subject_id", "subject_kind", "list_kind", "region", "listed_on", "until", "legal_basis",
        "document_no", "effects",
    ),
    "worker_keys": ("worker_key", "recorded_at"),
    "delistings": ("decision_id", "subject_id", "delisted_on", "reason"),
    "meal_facts": (
        "delivery_id", "sequence", "verdict", "vendor_id", "senior_id", "region", "service_date", "meals", "reasons",
    ),
}  # fmt: skip


async def intake(session: AsyncSession, *, alone: bool = False) -> None:
    """The intake lock, until the transaction ends: shared by all who write, alone for a freeze."""
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    await session.execute(text(f"SELECT {function}(hashtext('subsidy-intake'))"))


async def keep_snapshots(session: AsyncSession, table: str, kind: str, rows: Rows) -> None:
    """Keep the newest version of each subject, and every version in the history."""
    key, version, *columns = COLUMNS[table]
    await session.execute(
        text(
            f"INSERT INTO subject_versions (subject_id, version, kind, region, recorded_at, snapshot)"
            f" SELECT (e->>'{key}')::uuid, (e->>'version')::int, '{kind}', e->>'region',"
            f" (e->>'recorded_at')::timestamptz, e FROM jsonb_array_elements(CAST(:rows AS jsonb)) e"
            f" ORDER BY 1, 2 ON CONFLICT DO NOTHING"
        ),
        {"rows": orjson.dumps(list(rows)).decode()},
    )
    await ReadModel(table, key, version, tuple(columns), "received_at = clock_timestamp()").keep(session, rows)


async def keep_facts(session: AsyncSession, table: str, rows: Rows) -> None:
    """Keep facts that are not there yet; a fact never changes."""
    chosen = ", ".join(COLUMNS[table])
    await session.execute(
        text(
            f"INSERT INTO {table} ({chosen}) SELECT {chosen}"
            f" FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb)) ORDER BY 1 ON CONFLICT DO NOTHING"
        ),
        {"rows": orjson.dumps(list(rows)).decode()},
    )


async def make_room(session: AsyncSession, days: Iterable[date]) -> None:
    """The partitions that meal facts of these days need."""
    for month in sorted({Month.of(day) for day in days}):
        await ensure_month(session, "meal_facts", month)


async def region_of(session: AsyncSession, kind: str, subject_id: object) -> str | None:
    """Where a senior or an organisation belongs, if the caller may see it."""
    table, key = ("seniors", "senior_id") if kind == "senior" else ("organizations", "organization_id")
    found: str | None = await session.scalar(
        text(f"SELECT region FROM {table} WHERE {key} = :subject_id"), {"subject_id": subject_id}
    )
    return found
