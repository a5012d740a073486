"""SQL of judging again. Set-based; a senior's lock is held before anything is read, so that two changed facts about one
delivery follow one another and the second sees the first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.deliveries.decisions import Held
from services.visits.judgements.domain import Review, Touch
from services.visits.records.domain import COLUMNS, REVIEWED, Record, Status
from services.visits.subjects.repository import spans
from services.visits.verification.domain import Meal, Senior, Vendor, homes_of
from services.visits.verification.geo import Place
from shared.database import driver

_COLUMNS = ", ".join(f"d.{name}" for name in COLUMNS)
_BY = {
    "senior": "unnest($1::uuid[], $2::date[], $3::date[], $4::text[]) AS k (senior_id, first, last, ground)",
    "vendor": "unnest($5::uuid[], $6::date[], $7::date[], $8::text[]) AS k (vendor_id, first, last, ground)",
}
_TOUCHED_BY = """
SELECT d.delivery_id, d.service_date, k.ground FROM {source}
JOIN deliveries d ON d.{by}_id = k.{by}_id AND d.service_date BETWEEN k.first AND k.last
WHERE d.service_date BETWEEN $9 AND $10 AND d.delivery_id > $11
UNION ALL
SELECT d.delivery_id, d.service_date, k.ground FROM {source}
JOIN delivery_versions v ON v.{by}_id = k.{by}_id AND v.service_date BETWEEN k.first AND k.last
JOIN deliveries d ON d.delivery_id = v.delivery_id
WHERE d.delivery_id > $11
"""
_TOUCHED = f"""
SELECT t.delivery_id, t.service_date, string_agg(DISTINCT t.ground, ' ') FROM (
    {" UNION ALL ".join(_TOUCHED_BY.format(by=by, source=source) for by, source in _BY.items())}) AS t
GROUP BY t.delivery_id, t.service_date ORDER BY t.delivery_id LIMIT $12
"""
_OF = """unnest($1::uuid[], $2::date[]) AS k (delivery_id, service_date)
JOIN deliveries d USING (delivery_id, service_date)"""
_LOCK_SENIORS = f"""
SELECT s.senior_id, s.region, s.homes, s.died_on, s.stays FROM seniors s
WHERE s.senior_id IN (SELECT d.senior_id FROM {_OF}) ORDER BY s.senior_id FOR NO KEY UPDATE
"""
_LOCK = f"SELECT d.delivery_id FROM {_OF} ORDER BY d.delivery_id FOR UPDATE OF d"
_HELD = f"""
SELECT {_COLUMNS}, x.reasons AS now_reasons, x.reason AS why FROM {_OF}
LEFT JOIN delivery_decisions x ON x.delivery_id = d.delivery_id AND x.decision = d.decision
"""
_SENIORS = "SELECT senior_id, region, homes, died_on, stays FROM seniors WHERE senior_id = ANY ($1::uuid[])"
_VERSIONS = f"""
SELECT {_COLUMNS}, x.reasons AS now_reasons, x.reason AS why FROM delivery_versions d LEFT JOIN LATERAL (
    SELECT reasons, reason FROM delivery_decisions x WHERE x.delivery_id = d.delivery_id AND x.sequence = d.sequence
    ORDER BY x.decision DESC LIMIT 1) AS x ON true
WHERE d.delivery_id = ANY ($1::uuid[]) AND d.verdict IS NOT NULL ORDER BY d.delivery_id, d.sequence
"""
_REVIEWS = f"""
SELECT DISTINCT ON (delivery_id, sequence) delivery_id, sequence, status, reasons FROM delivery_decisions
WHERE delivery_id = ANY ($1::uuid[]) AND reason = '{REVIEWED}' ORDER BY delivery_id, sequence, decision DESC
"""
_VENDORS = """
SELECT o.organization_id, o.closed_on, o.contracts::text,
       ARRAY(SELECT ARRAY[l.listed_on, coalesce(least(l.until, l.delisted_on - 1), 'infinity')] FROM listings l
             WHERE l.subject_id = o.organization_id AND l.ends_subsidy AND l.listed_on IS NOT NULL)
FROM organizations o WHERE o.organization_id = ANY ($1::uuid[])
"""
_MEAL = """d.delivery_id, d.vendor_id, d.senior_id, d.service_date, d.slot, d.worker_ref, d.started_at, d.ended_at,
    d.latitude, d.longitude, d.datum, d.accuracy_m, d.received_at, d.sequence, d.status"""
_NEAR = f"""
SELECT {_MEAL} FROM unnest($1::uuid[], $2::date[]) AS m (senior_id, day) CROSS JOIN LATERAL (
    SELECT * FROM deliveries d WHERE d.senior_id = m.senior_id AND d.service_date = m.day
        AND d.service_date BETWEEN $8 AND $9 OFFSET 0) AS d
UNION ALL
SELECT {_MEAL} FROM unnest($3::uuid[], $4::text[], $5::date[], $6::timestamptz[], $7::timestamptz[])
    AS w (vendor_id, worker_ref, day, began, ended) CROSS JOIN LATERAL (
    SELECT * FROM deliveries d WHERE d.vendor_id = w.vendor_id AND d.worker_ref = w.worker_ref
        AND d.service_date BETWEEN w.day - 1 AND w.day + 1 AND d.ended_at > w.began AND d.started_at < w.ended
        AND d.service_date BETWEEN $8::date - 1 AND $9::date + 1 OFFSET 0) AS d
"""
_LOST = f"""
SELECT {_MEAL} FROM unnest($1::uuid[], $2::int[]) AS k (delivery_id, sequence) JOIN (
    SELECT * FROM deliveries UNION ALL SELECT * FROM delivery_versions) AS d USING (delivery_id, sequence)
"""
_MOVE = """
UPDATE deliveries d SET slot = k.slot
FROM unnest($1::uuid[], $2::date[], $3::text[]) AS k (delivery_id, service_date, slot)
WHERE d.delivery_id = k.delivery_id AND d.service_date = k.service_date
"""

Found = tuple[UUID, date, str]
"""A delivery to judge again: id, day, ground."""
Order = tuple[datetime, int, UUID]
"""When a version came in: what comes later is compared with what came before, and never the other way round."""
Near = dict[UUID, tuple[Order, Meal, bool]]
"""Deliveries around some others: when they came, where they are, and whether others are compared with them."""


@dataclass(slots=True)
class File:
    """What is needed to judge some deliveries again."""

    held: list[Held]
    seniors: dict[UUID, Senior]
    vendors: dict[UUID, Vendor]
    versions: defaultdict[UUID, list[Held]]
    reviews: dict[tuple[UUID, int], Review]
    """By delivery and sequence."""


async def touched(session: AsyncSession, touches: Sequence[Touch], beyond: UUID, limit: int) -> list[Found]:
    """Deliveries that changed facts may concern, by id, from behind one id on."""
    firsts, lasts = [t.first for t in touches], [t.last for t in touches]
    rows = await (await driver(session)).fetch(
        _TOUCHED,
        *_of(touches, "senior"),
        *_of(touches, "vendor"),
        min(firsts),
        max(lasts),
        beyond,
        limit,
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _of(touches: Sequence[Touch], subject: str) -> list[list[Any]]:
    those = [t for t in touches if t.subject == subject]
    return [[t.subject_id for t in those], [t.first for t in those], [t.last for t in those], [t.ground for t in those]]


async def open_file(session: AsyncSession, found: Sequence[Found]) -> File:
    """Lock the seniors, then the deliveries, then read everything."""
    connection = await driver(session)
    ids, days = [each[0] for each in found], [each[1] for each in found]
    seniors = _seniors(await connection.fetch(_LOCK_SENIORS, ids, days))
    await connection.execute(_LOCK, ids, days)
    held = [Held.of(row) for row in await connection.fetch(_HELD, ids, days)]
    versions = [Held.of(row) for row in await connection.fetch(_VERSIONS, ids)]
    former = {each.record.delivery.senior_id for each in versions} - seniors.keys()
    if former:
        seniors |= _seniors(await connection.fetch(_SENIORS, list(former)))
    vendors = await connection.fetch(_VENDORS, list({each.record.delivery.vendor_id for each in held}))
    said = {(r.delivery_id, r.delivery.sequence): r.reasons for r in (each.record for each in (*versions, *held))}
    return File(
        held,
        seniors,
        {row[0]: Vendor.read(row[1], row[2], spans(row[3])) for row in vendors},
        _by_delivery(versions),
        {(row[0], row[1]): _review(row, said) for row in await connection.fetch(_REVIEWS, ids)},
    )


def _by_delivery(versions: Iterable[Held]) -> defaultdict[UUID, list[Held]]:
    """Versions that were current once, in order."""
    found: defaultdict[UUID, list[Held]] = defaultdict(list)
    for version in versions:
        found[version.record.delivery_id].append(version)
    return found


def _seniors(rows: Iterable[Any]) -> dict[UUID, Senior]:
    return {row[0]: Senior(row[1], homes_of(row[2]), row[3], spans(row[4])) for row in rows}


def _review(row: Any, said: Mapping[tuple[UUID, int], Sequence[str]]) -> Review:  # noqa: ANN401  # a database row
    """Reviews that were written down before they kept reasons were of what the rules had said at first."""
    reasons = said.get((row[0], row[1]), ()) if row[3] is None else row[3]
    return Review(Status(row[2]), frozenset(reasons))


async def near(session: AsyncSession, meals: Sequence[Meal], reach: timedelta) -> Near:
    """Deliveries of the same seniors and days, or of the same couriers at the same time, give or take ``reach``. Those
    that were rejected are no longer compared with, but may have been rejected for what they were compared with."""
    days = [meal.service_date for meal in meals]
    rows = await (await driver(session)).fetch(
        _NEAR,
        [meal.senior_id for meal in meals],
        days,
        [meal.vendor_id for meal in meals],
        [meal.worker_ref for meal in meals],
        days,
        [meal.started_at - reach for meal in meals],
        [meal.ended_at + reach for meal in meals],
        min(days),
        max(days),
    )
    return {row[0]: ((row[12], row[13], row[0]), _meal(row), row[14] != Status.REJECTED) for row in rows}


async def lost(session: AsyncSession, versions: Sequence[tuple[UUID, int]]) -> list[Meal]:
    """Versions, current or former, as their neighbours saw them."""
    ids, sequences = [each[0] for each in versions], [each[1] for each in versions]
    return [_meal(row) for row in await (await driver(session)).fetch(_LOST, ids, sequences)]


def _meal(row: Any) -> Meal:  # noqa: ANN401  # a database row
    return Meal(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], Place.of(*row[8:12]))


async def move(session: AsyncSession, records: Iterable[Record]) -> None:
    """Put deliveries into the meal slot that they turn out to belong to."""
    rows = [(r.delivery_id, r.service_date, r.slot) for r in records]
    if rows:
        await (await driver(session)).execute(_MOVE, *(list(column) for column in zip(*rows, strict=True)))
