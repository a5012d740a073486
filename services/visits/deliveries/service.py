"""Use cases of deliveries 送餐记录: record one or a thousand, read, review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from services.visits.deliveries import announcements, decisions, documents, neighbours, repository
from services.visits.deliveries.decisions import Held, Stored
from services.visits.deliveries.intake import Answer, Intake, Sighting, settled
from services.visits.deliveries.plausibility import UNTIMELY, impossibilities
from services.visits.deliveries.reading import Item, Refusal, not_a_delivery
from services.visits.errors import DeliveryNotFound, OtherVendor, SeniorNotFound, VendorUnknown
from services.visits.records.domain import Delivery, Known, Status
from services.visits.subjects import repository as subjects
from services.visits.verification.domain import Senior
from services.visits.verification.neighbours import Neighbourhood
from services.visits.verification.rulebook import Limits, Rulebook
from shared.auth import Caller
from shared.clock import SHANGHAI, Month, date_of
from shared.database import Database, Scope, Transaction, driver
from shared.errors import Invalid
from shared.ids import new_id
from shared.paging import decode_cursor, encode_cursor
from shared.tables import ensure_month

_OPEN: set[tuple[str, Month]] = set()  # months whose partition this process has seen


@dataclass(slots=True)
class Coming:
    """A delivery that is read, its local time, and why it cannot be taken unless it had been before."""

    delivery: Delivery
    local: datetime
    refusal: Refusal | None


def _received(item: Item, vendor_id: UUID, now: datetime, limits: Limits, prefix: str) -> Coming | Refusal:
    """Another vendor's item or one that contradicts itself, as a refusal."""
    if isinstance(item, Refusal):
        return item
    if item.vendor_id.int != vendor_id.int:
        return Refusal(item.event_id, OtherVendor("Record for your own organisation.", "只能上报本机构的送餐记录。"))
    wrong = impossibilities(item, now, limits, prefix)
    refusal = Refusal(item.event_id, not_a_delivery(wrong)) if wrong else None
    if refusal and not UNTIMELY.issuperset(error.code for error in wrong):
        return refusal
    return Coming(item, item.ended_at.astimezone(SHANGHAI), refusal)


async def record(
    database: Database,
    session: Transaction,
    caller: Caller,
    items: Sequence[Item],
    *,
    now: datetime,
    book: Rulebook,
    prefix: str = "",
) -> list[Answer | Refusal]:
    """Record what can be recorded for the caller's organisation; an answer for each item, in order.

    ``prefix``: JSON pointer from an item to its data. OtherVendor (403) for a caller without an organisation,
    VendorUnknown (403) for one that is not registered.
    """
    if caller.organization is None:
        raise OtherVendor("This token belongs to no organisation.", "该令牌不属于任何机构。")
    limits = book.limits(now.date())
    received = [_received(item, caller.organization, now, limits, prefix) for item in items]
    coming = [each for each in received if isinstance(each, Coming)]
    if not coming:
        return [each for each in received if isinstance(each, Refusal)]
    await _open_months(database, {Month.of(day) for day in {c.local.date() for c in coming if c.refusal is None}})
    taken = iter(await _take(session, caller.organization, coming, now, book))
    return [each if isinstance(each, Refusal) else next(taken) for each in received]


async def _open_months(database: Database, months: set[Month]) -> None:
    """Make missing partitions in a transaction of their own: making one locks the whole table, which must not last
    as long as a batch."""
    for month in months:
        if (database.url, month) not in _OPEN:
            async with database.transaction(Scope.everywhere()) as session:
                await ensure_month(session, "deliveries", month)
            _OPEN.add((database.url, month))


async def _take(
    session: Transaction, vendor_id: UUID, coming: Sequence[Coming], now: datetime, book: Rulebook
) -> list[Answer | Refusal]:
    """Lock, read, judge in order, write, announce. A delivery counts for the local day on which it was handed over.
    What had been answered before is answered again, whatever its senior, its day and the token have become."""
    connection = await driver(session)
    seniors, known = await _claim(connection, vendor_id, [each for each in coming if each.refusal is None])
    others = {each.delivery.event_id for each in coming} - known.keys()
    if others:
        known |= await repository.known(connection, vendor_id, sorted(others))
    sightings = [
        _sighting(each.delivery, each.local, senior, known[each.delivery.event_id], book)
        if each.refusal is None and (senior := seniors.get(each.delivery.senior_id.int))
        else None
        for each in coming
    ]
    meals = [each.meal() if each else None for each in sightings]
    vendor, near = await repository.surroundings(connection, vendor_id, [m for m in meals if m], book.hurry)
    if vendor is None:
        raise VendorUnknown
    intake = Intake(vendor, book, now, Neighbourhood(near))
    answers = [
        intake.take(sighting, meal) if sighting and meal else _unseen(each, known.get(each.delivery.event_id))
        for each, sighting, meal in zip(coming, sightings, meals, strict=True)
    ]
    if intake.only:
        await announcements.publish_beside(session, intake.only, *repository.insertion(intake.only))
        return answers
    await repository.write(connection, vendor_id, intake.changed, intake.history)
    await neighbours.have_lost(session, intake.left)
    await announcements.publish(session, intake.uncounted, [each.current for each in intake.changed if each.current])
    return answers


async def _claim(
    connection: asyncpg.Connection, vendor_id: UUID, coming: Sequence[Coming]
) -> tuple[dict[int, Senior], dict[str, Known]]:
    """The seniors that the caller may see, and the events that nobody had brought before."""
    if not coming:
        return {}, {}
    deliveries, days = [each.delivery for each in coming], [each.local.date() for each in coming]
    ids = [new_id() for _ in coming]
    seniors, claimed = await repository.claim(connection, vendor_id, deliveries, ids, days)
    own = zip(deliveries, ids, days, strict=True)
    return seniors, {each.event_id: Known(key, keyed_on=day) for each, key, day in own if key.int in claimed}


def _sighting(delivery: Delivery, local: datetime, senior: Senior, known: Known, book: Rulebook) -> Sighting:
    day = local.date()
    region = senior.region_on(day)
    terms = book.terms(region, day)
    return Sighting(delivery, senior, known, day, region, terms, terms.slot_of(local))


def _unseen(coming: Coming, known: Known | None) -> Answer | Refusal:
    """What is answered for a senior whom the caller does not see, or for a day that is too far."""
    nobody = SeniorNotFound("No senior with this id in your districts.", "所辖区域内没有该编号的老年人。")
    answered = settled(known, coming.delivery) if known else None
    return answered or coming.refusal or Refusal(coming.delivery.event_id, nobody)


async def page(
    session: AsyncSession,
    *,
    month: Month | None,
    senior_id: UUID | None,
    status: Status | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Held], str | None]:
    """One page, newest first, and the cursor of the next."""
    first, last = (month.first, month.last) if month else (None, None)
    filters = {"first": first, "last": last, "senior_id": senior_id, "status": status}
    before = _position(cursor) if cursor else None
    held = await decisions.page(session, filters, before, limit + 1)
    following = encode_cursor(str(held[limit - 1].record.delivery_id)) if len(held) > limit else None
    return held[:limit], following


def _position(cursor: str) -> UUID:
    try:
        return UUID(str(decode_cursor(cursor, (str,))[0]))
    except ValueError:
        raise Invalid("The cursor is not one of ours.", "游标无效。") from None


async def detail(session: AsyncSession, delivery_id: UUID) -> Stored:
    """A delivery with its history. DeliveryNotFound (404)."""
    found = await decisions.get(session, delivery_id)
    if found is None:
        raise DeliveryNotFound
    return found


async def example(session: AsyncSession, caller: Caller, now: datetime) -> dict[str, Any]:
    """The documents' example as the caller can send it. VendorUnknown (403), SeniorNotFound (404): it serves nobody."""
    vendor_id, day = caller.organization, date_of(now)
    known = await subjects.organizations(session, [vendor_id] if vendor_id else [])
    if vendor_id is None or vendor_id not in known:
        raise VendorUnknown
    prefixes = known[vendor_id][1].prefixes(day)
    senior_id = await repository.to_be_served(await driver(session), vendor_id, prefixes, day)
    if senior_id is None:
        raise SeniorNotFound
    return documents.sendable(vendor_id, senior_id, now)
