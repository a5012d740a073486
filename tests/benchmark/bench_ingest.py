"""Recording deliveries, beside what the database alone can do with the same rows in the same run.

``python -m tests.benchmark.bench_ingest [seniors] [deliveries]`` starts its own PostgreSQL and the visits service in
processes of its own: for batches as many as the machine has cores, for single deliveries one. Batches are measured
against a bare COPY of the resulting rows into a table with the same columns, keys, checks and indexes; single
deliveries against a FastAPI endpoint with two asyncpg INSERTs in a transaction.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from deploy.local import postgres
from shared.clock import today
from tests.benchmark.processes import Load, bare_app, serving, visits_app
from tests.support.database import fresh, server
from tests.support.services import settings_for
from tests.support.tokens import bearer, token
from tests.support.visits import at

BATCH = 1000
VENDORS = [UUID(f"01980000-0000-7000-8000-00000000000{letter}") for letter in "abc"]
SLOTS = (10, 15)  # first hours of lunch and dinner
PER_COURIER = 90  # three minutes each within a slot
WARM, TURNS, CONNECTIONS = 8, 7, 4
PROCESSES = len(os.sched_getaffinity(0))
BARE = "CREATE TABLE bare (LIKE visits.deliveries INCLUDING ALL, UNIQUE (vendor_id, event_id))"
CONTENT_TYPE = "application/cloudevents-batch+json"


def _senior(number: int) -> UUID:
    return UUID(int=0x0198_0000_0000_7000_9000_0000_0000_0000 + number)


def _data(place: int, senior: int, hour: int, day: int) -> dict[str, Any]:
    """The ``place``-th delivery of a vendor in one slot of one day."""
    minute = place % PER_COURIER * 3
    when = today() - timedelta(days=day)
    began, ended = (hour + minute // 60, minute % 60), (hour + (minute + 2) // 60, (minute + 2) % 60)
    where = {"latitude": 32.4 + senior % 997 / 9970, "longitude": 119.9 + senior % 991 / 9910}
    return {
        "sequence": 1,
        "senior_id": str(_senior(senior)),
        "service": "meal",
        "meals": 1,
        "started_at": at(*began, when),
        "ended_at": at(*ended, when),
        "device_time": at(*ended, when),
        "place": where | {"datum": "GCJ02", "accuracy_m": 12.5},
        "method": "card",
        "device_id": f"pos-{place // PER_COURIER}",
        "worker_ref": f"c-{place // PER_COURIER}",
    }


def _deliveries(seniors: int, count: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Vendor, event id and data: every senior gets each meal from one of three vendors, day after day."""
    made = 0
    for slot in range(10_000):
        day, hour = 1 + slot // 2, SLOTS[slot % 2]
        for senior in range(seniors):
            if made == count:
                return
            vendor, place = senior % len(VENDORS), senior // len(VENDORS)
            yield vendor, f"{day:03d}-{hour}-{senior:07d}", _data(place, senior, hour, day)
            made += 1


def _batches(seniors: int, count: int) -> Iterator[tuple[int, bytes]]:
    waiting: list[list[Any]] = [[] for _ in VENDORS]
    for vendor, event_id, data in _deliveries(seniors, count):
        waiting[vendor].append(
            {
                "specversion": "1.0",
                "type": "cn.anxiang.meal-delivery.recorded.v1",
                "source": f"urn:uuid:{VENDORS[vendor]}",
                "id": event_id,
                "datacontenttype": "application/json",
                "data": data,
            }
        )
        if len(waiting[vendor]) == BATCH:
            yield vendor, orjson.dumps(waiting[vendor])
            waiting[vendor] = []
    yield from ((vendor, orjson.dumps(rest)) for vendor, rest in enumerate(waiting) if rest)


def _authorization(vendor: int) -> dict[str, str]:
    return bearer(token(["visits.deliveries:write"], ["3212"], client=f"v{vendor}", organization=VENDORS[vendor]))


async def batch_ingest(running: postgres.Server, seniors: int, count: int) -> dict[str, float]:
    """Deliveries per second in batches of a thousand, end to end, and of bare COPYs of the same rows.

    Both take turns, so that whatever else the machine does meets both; the ratio is the median over the turns.
    """
    async with _prepared(running, seniors) as (database, admin):
        await admin.execute(BARE)
        headers = [_authorization(vendor) | {"content-type": CONTENT_TYPE} for vendor in range(len(VENDORS))]
        folder = TemporaryDirectory()
        settings = settings_for(running, database, "visits", Path(folder.name), roles="api", pool_size=10)
        with folder, serving(visits_app, settings, PROCESSES) as child:
            load = Load(child.ports)
            requests = [load.post("/v1/deliveries/batch", body, headers[v]) for v, body in _batches(seniors, count)]
            await load.run(requests[:WARM], connections=CONNECTIONS)
            await _copy(admin)
            rates: list[tuple[float, float]] = []
            for turn in _turns(requests[WARM:]):
                begun = time.perf_counter()
                await load.run(turn, connections=CONNECTIONS)
                taken = time.perf_counter() - begun
                rows, copying = await _copy(admin)
                rates.append((rows / taken, rows / copying))
            peak = child.peak_mb()
        stored = await admin.fetchval("SELECT count(*) FROM visits.deliveries WHERE status = 'verified'")
        if stored != count:
            raise RuntimeError(f"{stored} of {count} were verified")
    return _figures(rates, peak)


def _turns(requests: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [requests[turn::TURNS] for turn in range(TURNS)]


def _figures(rates: Sequence[tuple[float, float]], peak: float) -> dict[str, float]:
    return {
        "ours_per_s": median(ours for ours, _ in rates),
        "baseline_per_s": median(bare for _, bare in rates),
        "ratio": median(ours / bare for ours, bare in rates),
        "peak_mb": peak,
    }


async def _copy(admin: asyncpg.Connection) -> tuple[int, float]:
    """COPY the rows that came since the last time into the bare table: how many, and how long it took."""
    sink = io.BytesIO()
    news = "SELECT * FROM visits.deliveries d WHERE NOT EXISTS (SELECT FROM bare b WHERE b.delivery_id = d.delivery_id)"
    await admin.copy_from_query(news, output=sink, format="csv")
    sink.seek(0)
    begun = time.perf_counter()
    status = await admin.copy_to_table("bare", source=sink, format="csv")
    return int(status.split()[1]), time.perf_counter() - begun


async def single_ingest(running: postgres.Server, seniors: int, count: int) -> dict[str, float]:
    """Requests per second of single deliveries, and of an endpoint that only does two INSERTs; both take turns."""
    async with _prepared(running, seniors) as (database, _admin):
        with TemporaryDirectory() as folder:
            settings = settings_for(running, database, "visits", Path(folder), roles="api", pool_size=10)
            made = [  # as they happen: all couriers at once, not one after the other
                (vendor, orjson.dumps({"event_id": event_id, "vendor_id": str(VENDORS[vendor]), **data}))
                for vendor, event_id, data in sorted(_deliveries(seniors, count), key=lambda d: str(d[2]["ended_at"]))
            ]
            headers = [_authorization(vendor) | {"content-type": "application/json"} for vendor in range(len(VENDORS))]
            with serving(visits_app, settings) as child, serving(bare_app, settings) as bare:
                sides = []
                for ports in (child.ports, bare.ports):
                    load = Load(ports)
                    requests = [load.post("/v1/deliveries", body, headers[v]) for v, body in made]
                    await load.run(requests[:500], connections=8)
                    sides.append((load, _turns(requests[500:])))
                rates = []
                for turn in range(TURNS):
                    ours, theirs = [await _rate(load, turns[turn]) for load, turns in sides]
                    rates.append((ours, theirs))
                peak = child.peak_mb()
    return _figures(rates, peak)


async def _rate(load: Load, requests: Sequence[bytes]) -> float:
    begun = time.perf_counter()
    await load.run(requests, connections=8)
    return len(requests) / (time.perf_counter() - begun)


@asynccontextmanager
async def _prepared(running: postgres.Server, seniors: int) -> AsyncIterator[tuple[str, asyncpg.Connection]]:
    """A fresh database with seniors and vendors, and a connection that may do everything in it."""
    async with fresh(running) as database:
        admin = await asyncpg.connect(running.superuser_url(database).replace("+asyncpg", ""))
        try:
            await admin.execute(
                "INSERT INTO visits.seniors"
                f" SELECT ('{str(_senior(0))[:-8]}' || lpad(to_hex(n), 8, '0'))::uuid, 1, '321202001000', 'active'"
                f" FROM generate_series(0, {seniors} - 1) AS n"
            )
            contract = json.dumps([["3212", "2020-01-01", None]])
            await admin.executemany(
                "INSERT INTO visits.organizations VALUES ($1, 1, '321200000000', 'meal_vendor', 'x', 'active', $2)",
                [(vendor, contract) for vendor in VENDORS],
            )
            for table in ("bare_a", "bare_b"):
                await admin.execute(f"CREATE TABLE visits.{table} (event_id text PRIMARY KEY, body text NOT NULL)")
                await admin.execute(f"GRANT INSERT ON visits.{table} TO visits")
            # The relay is another process's work and awake under load; only a sleeping one is notified.
            await admin.execute("UPDATE visits.outbox_relay SET asleep = false")
            await admin.execute("ANALYZE visits.seniors")
            yield database, admin
        finally:
            await admin.close()


def _print(name: str, figures: dict[str, float]) -> None:
    print(name, {key: round(value, 3) for key, value in figures.items()}, flush=True)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    seniors, count = (int(a) for a in (*arguments, *("10000", "60000")[len(arguments) :]))
    with server() as running:
        _print("batch", asyncio.run(batch_ingest(running, seniors, count)))
        _print("single", asyncio.run(single_ingest(running, seniors, min(count, 6000))))


if __name__ == "__main__":
    main(sys.argv[1:])
