"""SQL of what happens to stored deliveries: decisions on them, and their history for those who ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.records.domain import COLUMNS, REVIEWED, Record, Status, from_row
from shared.database import driver

_COLUMNS = ", ".join(f"d.{name}" for name in COLUMNS)
_CHANGE = """
WITH changed AS (
    UPDATE deliveries d SET status = k.status, decision = k.decision
    FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[])
        AS k (delivery_id, service_date, former, status, decision, reason, reasons, ground, note, decided_by)
    WHERE d.delivery_id = k.delivery_id AND d.service_date = k.service_date
    RETURNING d.region, d.vendor_id, d.sequence, k.*)
INSERT INTO delivery_decisions (delivery_id, decision, region, vendor_id, sequence, former_status, status,
    reason, reasons, ground, note, decided_by, decided_at)
SELECT c.delivery_id, c.decision, c.region, c.vendor_id, c.sequence, c.former, c.status, c.reason,
    string_to_array(c.reasons, ' '), c.ground, c.note, c.decided_by, $11 FROM changed c
"""
# A correction holds the key while it replaces the row, so the key is locked before the row is read.
_LOCK_KEY = """
SELECT k.delivery_id FROM delivery_keys k
WHERE (k.vendor_id, k.event_id) = (SELECT d.vendor_id, d.event_id FROM deliveries d WHERE d.delivery_id = $1) FOR UPDATE
"""
_LOCKED = "SELECT d.delivery_id FROM deliveries d WHERE d.delivery_id = $1 FOR UPDATE"
_STANDING = f"""
SELECT {_COLUMNS}, x.reasons AS now_reasons, x.reason AS why FROM deliveries d
LEFT JOIN delivery_decisions x ON x.delivery_id = d.delivery_id AND x.decision = d.decision
"""
_CURRENT = f"{_STANDING} WHERE d.delivery_id = $1"


@dataclass(slots=True)
class Held:
    """A delivery as it stands, with the reasons that the rules gave last."""

    record: Record
    reasons: list[str]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Held:
        """From a row with its last decision. Those from before decisions kept reasons name the one they added."""
        record, given, added = from_row(row), row["now_reasons"], row["why"]
        older = [*record.reasons, *([added] if added and added != REVIEWED else [])]
        return cls(record, older if given is None else list(given))


@dataclass(frozen=True, slots=True)
class Change:
    """Another status for a delivery. ``record`` is as it was; ``code`` says why; ``reasons`` are those of the rules now
    and ``told`` those that carry the status; ``ground`` names the fact behind it."""

    record: Record
    status: Status
    code: str
    reasons: Sequence[str]
    told: Sequence[str]
    decided_by: str
    ground: str | None = None
    note: str | None = None

    @property
    def uncounts(self) -> bool:
        """Whether it had counted and no longer does."""
        return self.record.status == Status.VERIFIED and self.status is not Status.VERIFIED

    @property
    def decision(self) -> int:
        """The number of this decision. That something no longer counts takes one of its own, unless that is all."""
        return self.record.decision + (2 if self.uncounts and self.is_told else 1)

    @property
    def is_told(self) -> bool:
        """Whether a verdict is announced: a reversal alone says that what had counted is rejected."""
        return not (self.uncounts and self.status is Status.REJECTED)


@dataclass(frozen=True, slots=True)
class Stored:
    """A delivery with its other versions and the decisions on it."""

    current: Held
    versions: list[Record]
    decisions: list[Mapping[str, Any]]


async def get(session: AsyncSession, delivery_id: UUID) -> Stored | None:
    """A delivery that the caller may see."""
    connection = await driver(session)
    row = await connection.fetchrow(_CURRENT, delivery_id)
    if row is None:
        return None
    versions = f"SELECT {_COLUMNS} FROM delivery_versions d WHERE d.delivery_id = $1 ORDER BY d.sequence"
    decisions = """SELECT decision, sequence, former_status, status, reason, reasons, ground, note, decided_by,
        decided_at
        FROM delivery_decisions WHERE delivery_id = $1 ORDER BY decision"""
    return Stored(
        Held.of(row),
        [from_row(each) for each in await connection.fetch(versions, delivery_id)],
        [dict(each) for each in await connection.fetch(decisions, delivery_id)],
    )


async def locked(session: AsyncSession, delivery_id: UUID) -> Held | None:
    """A delivery's current version, which nobody else changes until this transaction ends."""
    connection = await driver(session)
    if await connection.fetchrow(_LOCK_KEY, delivery_id) is None:
        return None
    await connection.execute(_LOCKED, delivery_id)
    row = await connection.fetchrow(_CURRENT, delivery_id)
    return Held.of(row) if row else None


async def change(session: AsyncSession, changes: Sequence[Change], now: datetime) -> None:
    """Give deliveries another status and write down who decided it, why and on which ground."""
    rows = [
        (
            each.record.delivery_id,
            each.record.service_date,
            each.record.status,
            each.status,
            each.decision,
            each.code,
            " ".join(each.reasons),
            each.ground,
            each.note,
            each.decided_by,
        )
        for each in changes
    ]
    await (await driver(session)).execute(_CHANGE, *(list(column) for column in zip(*rows, strict=True)), now)


async def page(session: AsyncSession, filters: Mapping[str, Any], before: UUID | None, limit: int) -> list[Held]:
    """Deliveries that the caller may see, newest first. Filters: first and last service date, senior_id, status."""
    conditions = {
        "d.service_date >=": filters["first"],
        "d.service_date <=": filters["last"],
        "d.senior_id =": filters["senior_id"],
        "d.status =": filters["status"],
        "d.delivery_id <": before,
    }
    asked = {condition: value for condition, value in conditions.items() if value is not None}
    where = " AND ".join(f"{condition} ${place}" for place, condition in enumerate(asked, 1)) or "true"
    query = f"{_STANDING} WHERE {where} ORDER BY d.delivery_id DESC LIMIT {limit:d}"
    return [Held.of(row) for row in await (await driver(session)).fetch(query, *asked.values())]
