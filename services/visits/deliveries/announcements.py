"""What the other services hear of deliveries 对外事件. One verdict per delivery and transaction, and its reversal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import orjson

from services.visits.deliveries.decisions import Change
from services.visits.records.domain import Record, Status
from shared.contracts.base import Event
from shared.contracts.visits import (
    MealDeliveryFlagged,
    MealDeliveryRejected,
    MealDeliveryReversed,
    MealDeliveryVerified,
)
from shared.database import Transaction
from shared.events import outbox

BY_STATUS: dict[str, type[Event]] = {
    Status.VERIFIED: MealDeliveryVerified,
    Status.FLAGGED: MealDeliveryFlagged,
    Status.REJECTED: MealDeliveryRejected,
}


BY_VENDOR = "corrected_by_vendor"


async def publish(session: Transaction, uncounted: Iterable[Record], judged: Iterable[Record]) -> None:
    """Announce that corrected records no longer count, then what was said of others. The events' sequence is the
    decision number."""
    await _reverse(session, [(record, reversal(record, BY_VENDOR, ())) for record in uncounted])
    await _judge(session, judged)


async def tell(session: Transaction, changes: Sequence[Change]) -> None:
    """Announce other statuses. What had counted is reversed, which is all there is to say when it is rejected."""
    uncounted = [each for each in changes if each.uncounts]
    await _reverse(session, [(each.record, reversal(each.record, each.code, each.told)) for each in uncounted])
    told = [each for each in changes if each.is_told]
    await _judge(
        session,
        [replace(each.record, status=each.status, decision=each.decision, reasons=list(each.told)) for each in told],
    )


async def _reverse(session: Transaction, uncounted: Iterable[tuple[Record, dict[str, Any]]]) -> None:
    told = [(str(record.delivery.senior_id), _json(data)) for record, data in uncounted]
    await outbox.add_json(session, MealDeliveryReversed, [key for key, _ in told], [data for _, data in told])


async def _judge(session: Transaction, judged: Iterable[Record]) -> None:
    told: defaultdict[type[Event], list[Record]] = defaultdict(list)
    for record in judged:
        told[BY_STATUS[record.status or ""]].append(record)
    for event, records in told.items():
        datas = [_json(verdict(record)) for record in records]
        await outbox.add_json(session, event, [str(r.delivery.senior_id) for r in records], datas)


async def publish_beside(session: Transaction, record: Record, fact: str, values: Sequence[Any]) -> None:
    """Announce one delivery with the statement that stores it."""
    data = _json(verdict(record))
    event = BY_STATUS[record.status or ""]
    await outbox.add_beside(session, event, str(record.delivery.senior_id), data, fact=fact, values=values)


def _json(data: dict[str, Any]) -> bytes:
    return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z)


def verdict(record: Record) -> dict[str, Any]:
    """The data of a verified, flagged or rejected event."""
    delivery = record.delivery
    data = {
        "delivery_id": record.delivery_id,
        "vendor_id": delivery.vendor_id,
        "event_id": delivery.event_id,
        "sequence": record.decision,
        "senior_id": delivery.senior_id,
        "region": record.region,
        "service_date": record.service_date,
        "delivered_at": delivery.ended_at,
        "meals": delivery.meals,
        "evidence_grade": record.evidence_grade,
    }
    return data if record.status == Status.VERIFIED else data | {"reasons": record.reasons}


def reversal(record: Record, reason: str, reasons: Sequence[str]) -> dict[str, Any]:
    """The data of a reversed event: one decision after the one that made it count."""
    return {
        "delivery_id": record.delivery_id,
        "vendor_id": record.delivery.vendor_id,
        "senior_id": record.delivery.senior_id,
        "region": record.region,
        "service_date": record.service_date,
        "sequence": record.decision + 1,
        "reason": reason,
        "reasons": reasons,
    }
