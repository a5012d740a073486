"""A month of meals as three vendors post it: one by one and in batches, with retries, corrections and nonsense."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from deploy.demo.client import DemoClient
from shared.clock import SHANGHAI

EVENT_TYPE = "cn.anxiang.meal-delivery.recorded.v1"
BATCH = 500
BATCH_JSON = {"content-type": "application/cloudevents-batch+json"}


@dataclass(frozen=True)
class Vendor:
    """A vendor's client, its organisation and whom it serves."""

    client: DemoClient
    organization_id: str
    seniors: Sequence[str]


def delivery(senior: str, day: date, number: int) -> dict[str, Any]:
    """One lunch, handed over between eleven and half past twelve."""
    ended = datetime.combine(day, time(11), SHANGHAI) + timedelta(seconds=number * 37 % 5400)
    return {
        "sequence": 1,
        "senior_id": senior,
        "service": "meal",
        "meals": 1,
        "started_at": (ended - timedelta(minutes=12)).isoformat(),
        "ended_at": ended.isoformat(),
        "device_time": (ended + timedelta(seconds=3)).isoformat(),
        "place": {
            "latitude": 32.44 + (number * 7919 % 1000) / 10000,
            "longitude": 119.88 + (number * 104729 % 1000) / 10000,
            "datum": "GCJ-02",
            "accuracy_m": 12.0,
        },
        "method": "card",
        "device_id": f"pos-{number:05d}",
        "worker_ref": f"courier-{number:05d}",
    }


def shifted(data: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """The same delivery at another hour."""
    moved = {name: datetime.fromisoformat(data[name]) + by for name in ("started_at", "ended_at", "device_time")}
    return data | {name: moment.isoformat() for name, moment in moved.items()}


def event(vendor: Vendor, senior: str, day: date, number: int) -> dict[str, Any]:
    """The same as a CloudEvent."""
    data = delivery(senior, day, number)
    return {
        "specversion": "1.0",
        "type": EVENT_TYPE,
        "source": f"urn:uuid:{vendor.organization_id}",
        "id": f"{day:%Y%m%d}-{number:05d}",
        "time": data["device_time"],
        "datacontenttype": "application/json",
        "data": data,
    }


def month(vendor: Vendor, days: Sequence[date], chance: random.Random) -> Iterator[list[dict[str, Any]]]:
    """Batches of a month: a tenth twice, some late and out of order, now and then a correction or nonsense."""
    pending: list[dict[str, Any]] = []
    for day in days:
        todays = [event(vendor, senior, day, n) for n, senior in enumerate(vendor.seniors)]
        pending += todays + chance.sample(todays, max(1, len(todays) // 10))
        pending += _mishaps(vendor, todays[0], day)
        late = [pending.pop(chance.randrange(len(pending))) for _ in range(min(3, len(pending)))]
        while len(pending) >= BATCH:
            yield pending[:BATCH]
            pending = pending[BATCH:]
        pending += late
    yield pending


def _mishaps(vendor: Vendor, first: dict[str, Any], day: date) -> list[dict[str, Any]]:
    """What goes wrong in real life, on some days of the month."""
    if day.day % 10 == 1:  # the courier first typed two meals, then corrected it
        data = first["data"] | {"sequence": 2, "meals": 2, "correction_reason": "第二份为家属代订"}
        return [first | {"data": data}]
    if day.day % 10 == 2:  # nobody knows this senior
        unknown = first["data"] | {"senior_id": "01980000-0000-7000-8000-00000000dead"}
        return [first | {"id": first["id"] + "-x", "data": unknown}]
    if day.day % 10 == 3:  # a terminal with a broken clock, and one with no position
        future = first["data"] | {"ended_at": "2099-01-01T12:00:00+08:00", "started_at": "2099-01-01T11:50:00+08:00"}
        nowhere = first["data"] | {"place": None, "senior_id": vendor.seniors[-1]}
        return [first | {"id": first["id"] + "-f", "data": future}, first | {"id": first["id"] + "-p", "data": nowhere}]
    return []


def post_batch(vendor: Vendor, batch: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Post a batch and answer with one result per event, in order."""
    answer = vendor.client.json("POST", "/visits/v1/deliveries/batch", json=list(batch), headers=BATCH_JSON)
    results: list[dict[str, Any]] = answer["results"]
    return results
