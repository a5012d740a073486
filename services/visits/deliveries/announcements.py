"""What the other services hear of deliveries 对外事件. One event per delivery and transaction, besides its reversal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from services.visits.deliveries.domain import Record, Status
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


async def publish(
    session: Transaction, uncounted: Iterable[Record], judged: Iterable[Record], reason: str = "corrected_by_vendor"
) -> None:
    """Announce that some no longer count, then what was said of others. The events' sequence is the decision number."""
    told: defaultdict[type[Event], list[Record]] = defaultdict(list)
    for record in judged:
        told[BY_STATUS[record.status or ""]].append(record)
    reversed_ = list(uncounted)
    if reversed_:
        datas = [orjson.dumps(reversal(record, reason), default=str) for record in reversed_]
        await outbox.add_json(session, MealDeliveryReversed, [str(r.delivery.senior_id) for r in reversed_], datas)
    for event, records in told.items():
        datas = [orjson.dumps(verdict(record), default=str) for record in records]
        await outbox.add_json(session, event, [str(r.delivery.senior_id) for r in records], datas)


async def publish_beside(session: Transaction, record: Record, fact: str, values: Sequence[Any]) -> None:
    """Announce one delivery with the statement that stores it."""
    data = orjson.dumps(verdict(record), default=str)
    event = BY_STATUS[record.status or ""]
    await outbox.add_beside(session, event, str(record.delivery.senior_id), data, fact=fact, values=values)


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


def reversal(record: Record, reason: str) -> dict[str, Any]:
    """The data of a reversed event: one decision after the one that made it count."""
    return {
        "delivery_id": record.delivery_id,
        "vendor_id": record.delivery.vendor_id,
        "senior_id": record.delivery.senior_id,
        "region": record.region,
        "service_date": record.service_date,
        "sequence": record.decision + 1,
        "reason": reason,
    }
