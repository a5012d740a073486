"""Every SQL statement of recording deliveries. Set-based: the same few statements for one delivery and for a thousand.

Locks are taken in one order everywhere, so that writers wait and never deadlock: vendor (shared), couriers, seniors,
natural keys. The vendor's lock keeps a listing out, the senior's keeps a death and another vendor's meal out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zlib import crc32

import asyncpg

from services.visits.records.domain import COLUMNS, Delivery, Known, Record, from_row, row_of
from services.visits.subjects.repository import vendor_lock
from services.visits.verification.domain import Meal, Senior, Vendor, homes_of
from services.visits.verification.geo import Place
from shared.clock import Month
from shared.events import outbox
from shared.tables import partition_of

COURIER_LOCKS = 512  # of each vendor: couriers share them by checksum, which bounds the lock table
FEW = 4  # up to here INSERT is quicker than COPY

_CLAIM = """
WITH held AS MATERIALIZED (
    SELECT s.senior_id, s.region, s.homes, s.died_on, s.stays
    FROM seniors s
    WHERE s.senior_id = ANY ($4::text::uuid[])
        AND (SELECT pg_advisory_xact_lock_shared($6, 0)) IS NOT NULL
        AND (SELECT count(pg_advisory_xact_lock($6, courier)::text) FROM unnest($7::int[]) AS courier) >= 0
    ORDER BY s.senior_id FOR NO KEY UPDATE),
claimed AS (
    INSERT INTO delivery_keys (vendor_id, event_id, delivery_id, service_date)
    SELECT $1, i.event_id, i.delivery_id, i.service_date
    FROM unnest(string_to_array($2, ' '), $3::text::uuid[], $4::text::uuid[], $5::text::date[])
        AS i (event_id, delivery_id, senior_id, service_date)
    WHERE i.senior_id IN (SELECT senior_id FROM held) ORDER BY i.event_id
    ON CONFLICT DO NOTHING RETURNING delivery_id)
SELECT * FROM held UNION ALL SELECT delivery_id, NULL, NULL, NULL, NULL FROM claimed
"""
_TO_BE_SERVED = """
SELECT senior_id FROM seniors s
WHERE died_on IS NULL AND stays = '{}' AND EXISTS (SELECT FROM unnest($1::text[]) AS p WHERE starts_with(s.region, p))
ORDER BY EXISTS (SELECT FROM deliveries d WHERE d.senior_id = s.senior_id AND d.service_date = $2),
    md5(senior_id::text || $3) LIMIT 1
"""
_KEYS = "SELECT event_id, delivery_id, service_date FROM own_keys($1, $2)"
_CURRENT = f"""
SELECT {", ".join(f"d.{name}" for name in COLUMNS)} FROM unnest($1::uuid[], $2::date[]) AS k (delivery_id, service_date)
JOIN deliveries d ON d.delivery_id = k.delivery_id AND d.service_date = k.service_date
ORDER BY d.delivery_id FOR UPDATE OF d
"""
_VERSIONS = f"SELECT {', '.join(COLUMNS)} FROM own_versions($1, $2, $3, $4)"
_SURROUNDINGS = """
SELECT o.closed_on, o.contracts::text,
       ARRAY(SELECT ARRAY[l.listed_on, coalesce(least(l.until, l.delisted_on - 1), 'infinity')] FROM listings l
             WHERE l.subject_id = o.organization_id AND l.ends_subsidy AND l.listed_on IS NOT NULL), n.*
FROM organizations o
LEFT JOIN neighbours($1::text::uuid[], $2::text::date[], $3::text::text[], $4, $5, $6, $7, $8, $9, $10) n ON true
WHERE o.organization_id = $4
"""
_DELETE = """
DELETE FROM deliveries d USING unnest($1::uuid[], $2::date[]) AS k (delivery_id, service_date)
WHERE d.delivery_id = k.delivery_id AND d.service_date = k.service_date
"""
_MOVE_KEYS = """
UPDATE delivery_keys k SET service_date = m.service_date
FROM unnest($2::text[], $3::date[]) AS m (event_id, service_date)
WHERE k.vendor_id = $1 AND k.event_id = m.event_id
"""


def _values(first: int) -> str:
    """What follows INSERT INTO and the table's name; the values are numbered from ``first`` on."""
    return f"({', '.join(COLUMNS)}) VALUES ({', '.join(f'${i}' for i, _ in enumerate(COLUMNS, first))})"


_VALUES = _values(1)
_BESIDE = _values(outbox.FREE)


async def claim(
    connection: asyncpg.Connection,
    vendor_id: UUID,
    deliveries: Sequence[Delivery],
    ids: Sequence[UUID],
    days: Sequence[date],
) -> tuple[dict[int, Senior], set[int]]:
    """Take the locks and the natural keys. The seniors that the caller may see, and those of the new ids whose events
    this transaction is the first to bring; both by the identifier's number, which is compared without Python."""
    rows = await connection.fetch(
        _CLAIM,
        vendor_id,
        " ".join([d.event_id for d in deliveries]),
        _array([each.hex for each in ids]),
        _array([d.senior_id.hex for d in deliveries]),
        _array(map(str, days)),
        vendor_lock(vendor_id),
        sorted({1 + crc32(d.worker_ref.encode()) % COURIER_LOCKS for d in deliveries}),
    )
    seniors = {row[0].int: Senior(row[1], homes_of(row[2]), row[3], _spans(row[4])) for row in rows if row[1]}
    return seniors, {row[0].int for row in rows if not row[1]}


def _array(values: Iterable[str]) -> str:
    """A long array as PostgreSQL's text: several times cheaper than asyncpg's own, which looks at each element's
    class. Only for values that need no quotes: ids, dates, codes."""
    return f"{{{','.join(values)}}}"


def _spans(rows: Sequence[Sequence[date]]) -> tuple[tuple[date, date], ...]:
    return tuple([(first, last) for first, last in rows])


async def surroundings(
    connection: asyncpg.Connection, vendor_id: UUID, meals: Sequence[Meal], reach: timedelta
) -> tuple[Vendor | None, list[Meal]]:
    """The vendor with its contracts and listings; stored deliveries of the same meals, and those of the same couriers
    in the hours that they worked that day, ``reach`` before and after. Read after the locks are held."""
    shifts, days = _shifts(meals), [m.service_date for m in meals]
    rows = await connection.fetch(
        _SURROUNDINGS,
        _array([m.senior_id.hex for m in meals]),
        _array(map(str, days)),
        _array([m.slot for m in meals]),
        vendor_id,
        [worker for worker, _ in shifts],
        [day for _, day in shifts],
        [began - reach for began, _ in shifts.values()],
        [ended + reach for _, ended in shifts.values()],
        min(days, default=None),
        max(days, default=None),
    )
    if not rows:
        return None, []
    closed_on, contracts, listings = rows[0][:3]
    return Vendor.read(closed_on, contracts, _spans(listings)), [_meal(*row[3:]) for row in rows if row[3]]


def _shifts(meals: Sequence[Meal]) -> dict[tuple[str, date], tuple[datetime, datetime]]:
    """From when to when each courier was out on each day."""
    shifts: dict[tuple[str, date], tuple[datetime, datetime]] = {}
    for meal in meals:
        began, ended = shifts.get((meal.worker_ref, meal.service_date), (meal.started_at, meal.ended_at))
        span = min(began, meal.started_at), max(ended, meal.ended_at)
        shifts[meal.worker_ref, meal.service_date] = span
    return shifts


def _meal(*row: Any) -> Meal:  # noqa: ANN401  # a database row
    return Meal(*row[:8], Place.of(*row[8:]))  # type: ignore[call-arg]  # eight columns, in the order of the fields


async def known(connection: asyncpg.Connection, vendor_id: UUID, event_ids: Sequence[str]) -> dict[str, Known]:
    """The vendor's deliveries that exist already, with all their versions, locked. Of one that lies outside the
    caller's districts the current version is among the former ones: it can be answered again and not corrected."""
    keys = await connection.fetch(_KEYS, vendor_id, event_ids)
    ids, days = [key["delivery_id"] for key in keys], [key["service_date"] for key in keys]
    found = {key["delivery_id"]: Known(key["delivery_id"], exists=True, keyed_on=key["service_date"]) for key in keys}
    for row in await connection.fetch(_CURRENT, ids, days):
        each = found[row["delivery_id"]]
        each.current, each.stored_on = from_row(row), row["service_date"]
    hidden = [each for each in found.values() if each.current is None]
    where = [each.delivery_id for each in hidden], [each.keyed_on for each in hidden]
    for row in await connection.fetch(_VERSIONS, vendor_id, ids, *where):
        found[row["delivery_id"]].former[row["sequence"]] = from_row(row)
    return {key["event_id"]: found[key["delivery_id"]] for key in keys}


async def write(
    connection: asyncpg.Connection, vendor_id: UUID, current: Sequence[Known], history: Sequence[Record]
) -> None:
    """Store what is current now, in place of what was; keep former and late versions."""
    replaced = [(k.delivery_id, k.stored_on) for k in current if k.stored_on]
    records = [k.current for k in current if k.current]
    if replaced:
        await connection.execute(_DELETE, *_columns(replaced))
    moved = [(k.current.delivery.event_id, k.current.service_date) for k in current if k.current and k.moved]
    if moved:
        await connection.execute(_MOVE_KEYS, vendor_id, *_columns(moved))
    # Straight into the month's partition: PostgreSQL takes a COPY nowhere else under row-level security, and an INSERT
    # there costs a tenth. The senior, seen under that security, gave the region; the token gave the vendor.
    for month, rows in _by_month(records):
        partition = partition_of("deliveries", month)
        if len(rows) <= FEW:
            for row in rows:
                await connection.execute(f"INSERT INTO {partition} {_VALUES}", *row)
        else:
            await connection.copy_records_to_table(partition, records=rows, columns=COLUMNS)
    if history:
        await connection.executemany(f"INSERT INTO delivery_versions {_VALUES}", [row_of(r) for r in history])


def insertion(record: Record) -> tuple[str, tuple[Any, ...]]:
    """The statement that stores a delivery nobody knew, to be run beside its event, and its values."""
    return f"INSERT INTO {partition_of('deliveries', Month.of(record.service_date))} {_BESIDE}", row_of(record)


def _columns(rows: Sequence[tuple[Any, ...]]) -> Iterable[list[Any]]:
    return (list(column) for column in zip(*rows, strict=True))


def _by_month(records: Sequence[Record]) -> Iterable[tuple[Month, list[tuple[Any, ...]]]]:
    months: defaultdict[tuple[int, int], list[tuple[Any, ...]]] = defaultdict(list)
    for record in records:
        months[record.service_date.year, record.service_date.month].append(row_of(record))
    for (year, month), rows in months.items():
        yield Month(year, month), rows


async def to_be_served(
    connection: asyncpg.Connection, vendor_id: UUID, prefixes: Collection[str], day: date
) -> UUID | None:
    """A senior at home in one of the regions, to whom the vendor brought nothing on that day, if there is one; for each
    vendor it is another one, as far as chance allows."""
    found: UUID | None = await connection.fetchval(_TO_BE_SERVED, list(prefixes), day, str(vendor_id))
    return found
