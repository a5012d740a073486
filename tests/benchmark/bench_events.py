"""From commit to the consumer's commit through Kafka, beside bare aiokafka with the same messages in the same run.

``python -m tests.benchmark.bench_events [events]`` starts its own PostgreSQL and Kafka.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import text

from deploy.local import kafka
from shared.contracts import Received, visits
from shared.database import Database, Scope
from shared.events import outbox
from shared.events.kafkabus import KafkaBus
from shared.events.runtime import EventRuntime
from tests.support.database import fresh, password, server

PER_TRANSACTION = 1000
_EXAMPLE = visits.MealDeliveryVerified(**visits.MealDeliveryVerified.EXAMPLE)


def _events(count: int) -> list[visits.MealDeliveryVerified]:
    return [_EXAMPLE.model_copy(update={"delivery_id": uuid4(), "senior_id": uuid4()}) for _ in range(count)]


async def run(sender: Database, receiver: Database, bootstrap: str, n: int) -> dict[str, float]:
    """Events per second both ways, their ratio, and the latency in milliseconds of single events without load."""
    prefix = f"bench-{uuid4().hex[:8]}."
    bare = await _bare(bootstrap, prefix, n)
    counter = _Counter()
    sending = EventRuntime("visits", sender, KafkaBus(bootstrap, prefix=prefix), {})
    handlers: dict[Any, Any] = {visits.MealDeliveryVerified: counter.handle}
    receiving = EventRuntime("subsidy", receiver, KafkaBus(bootstrap, prefix=prefix), handlers)
    await receiving.start()
    await sending.start()
    try:
        await _through(sender, receiver, counter, 2000)  # warm
        rate = n / await _through(sender, receiver, counter, n)
        latencies = [await _one(sender, counter) for _ in range(200)]
    finally:
        await sending.stop()
        await receiving.stop()
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "bare_events_per_second": bare,
        "events_per_second": rate,
        "ratio": rate / bare,
        "p50_ms": cuts[49] * 1000,
        "p99_ms": cuts[98] * 1000,
    }


class _Counter:
    """A handler that only counts, and says when."""

    def __init__(self) -> None:
        self.handled = 0
        self.batches = 0
        self.changed = asyncio.Event()

    async def handle(self, _session: Any, received: Sequence[Received[Any]]) -> None:
        self.handled += len(received)
        self.batches += 1
        self.changed.set()


async def _through(sender: Database, receiver: Database, counter: _Counter, n: int) -> float:
    """Seconds from the first commit until the receiver has committed everything."""
    goal = await _inbox(receiver) + n
    batches = [_events(PER_TRANSACTION) for _ in range(n // PER_TRANSACTION)]
    started = time.perf_counter()
    for events in batches:
        async with sender.transaction(Scope.everywhere()) as session:
            await outbox.add(session, *events)
    written = time.perf_counter() - started
    while await _inbox(receiver) < goal:  # noqa: ASYNC110  # what counts is what the database has committed
        await asyncio.sleep(0.01)
    print(f"  {n} written in {written:.2f} s, {counter.batches} batches", file=sys.stderr)
    return time.perf_counter() - started


async def _inbox(receiver: Database) -> int:
    async with receiver.transaction(Scope.everywhere()) as session:
        return int((await session.execute(text("SELECT count(*) FROM inbox"))).scalar_one())


async def _one(sender: Database, counter: _Counter) -> float:
    """Seconds from the beginning of a transaction with one event until its handler runs; with pauses in between."""
    counter.changed.clear()
    started = time.perf_counter()
    async with sender.transaction(Scope.everywhere()) as session:
        await outbox.add(session, *_events(1))
    await counter.changed.wait()
    taken = time.perf_counter() - started
    await asyncio.sleep(0.01)
    return taken


async def _bare(bootstrap: str, prefix: str, n: int) -> float:
    """Produce and consume the same keys and values at the same time, idempotent, acks=all, nothing else."""
    bus = KafkaBus(bootstrap, prefix=prefix + "bare.")
    await bus.start()  # only to make the topics
    await bus.stop()
    topic = prefix + "bare.visits.services"
    payloads = [(e.key().encode(), e.model_dump_json().encode()) for e in _events(n)]
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5, max_batch_size=256 * 1024
    )
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=prefix + "bare",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await producer.start()
    await consumer.start()
    try:
        started = time.perf_counter()
        reading = asyncio.create_task(_read(consumer, n))
        futures = [await producer.send(topic, value=value, key=key) for key, value in payloads]
        await asyncio.gather(*futures)
        await reading
        return n / (time.perf_counter() - started)
    finally:
        await producer.stop()
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, n: int) -> None:
    seen = 0
    while seen < n:
        taken = await consumer.getmany(timeout_ms=200)
        seen += sum(map(len, taken.values()))
        if taken:
            await consumer.commit()


@asynccontextmanager
async def _database(running: Any, name: str, service: str) -> Any:
    database = Database(running.url(service, password(service), name), service, pool_size=5)
    try:
        yield database
    finally:
        await database.close()


async def measure(running: Any, bootstrap: str, n: int) -> dict[str, float]:
    """``run`` on a fresh database."""
    async with (
        fresh(running) as name,
        _database(running, name, "visits") as sender,
        _database(running, name, "subsidy") as receiver,
    ):
        return await run(sender, receiver, bootstrap, n)


def main() -> None:
    """Start everything, measure, print JSON."""
    with server() as running, TemporaryDirectory(prefix="anxiang-kafka-") as folder:
        broker = kafka.start(Path(folder))
        try:
            n = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
            print(json.dumps(uvloop.run(measure(running, broker.bootstrap, n)), indent=1))
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
