"""What three places know of the same deliveries, read behind the services' backs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

DELIVERIES = """
SELECT event_id, delivery_id::text || ' ' || sequence || ' ' || verdict AS fact FROM visits.deliveries
WHERE event_id LIKE $1 || '-%' ORDER BY event_id
"""
LEDGER = """
SELECT delivery_id::text || ' ' || sequence || ' ' || verdict AS fact FROM subsidy.meal_facts
WHERE delivery_id IN (SELECT delivery_id FROM visits.deliveries WHERE event_id LIKE $1 || '-%')
"""
OUTBOX = """
SELECT id::text, convert_from(data, 'UTF8')::jsonb ->> 'delivery_id' AS delivery_id FROM visits.outbox
WHERE topic = 'visits.services' AND position > $2
AND convert_from(data, 'UTF8')::jsonb ->> 'event_id' LIKE $1 || '-%'
"""
LAST = "SELECT coalesce(max(position), 0) FROM visits.outbox"
TOPIC = "visits.services"
DEAD = "SELECT (SELECT count(*) FROM subsidy.dead_letters) + (SELECT count(*) FROM visits.dead_letters)"


class Ledgers:
    """Reads the database as its superuser, and the topic from its beginning."""

    def __init__(self, connection: asyncpg.Connection, clients: dict[str, Any]) -> None:
        self._connection, self._clients = connection, clients
        self._position, self._ends = 0, dict[TopicPartition, int]()

    async def begin(self) -> None:
        """Remember how far outbox and topic are: a round looks at nothing that was there before it."""
        self._position = await self._connection.fetchval(LAST)
        async with self._reader() as (consumer, parts):
            self._ends = await consumer.end_offsets(parts)

    async def deliveries(self, label: str) -> list[str]:
        """Delivery, sequence and verdict of every delivery of a round."""
        return [row["fact"] for row in await self._connection.fetch(DELIVERIES, label)]

    async def ledger(self, label: str) -> list[str]:
        """The same as the subsidy service booked it."""
        return [row["fact"] for row in await self._connection.fetch(LEDGER, label)]

    async def events(self, label: str) -> dict[str, str]:
        """Event id to delivery, as committed with the facts."""
        return {row["id"]: row["delivery_id"] for row in await self._connection.fetch(OUTBOX, label, self._position)}

    async def dead_letters(self) -> int:
        """Events that could not be handled."""
        return int(await self._connection.fetchval(DEAD))

    async def settled(self, label: str, seconds: float) -> float:
        """Wait until the ledger has as many facts as there are deliveries; returns how long it took."""
        began, wanted = asyncio.get_running_loop().time(), len(await self.deliveries(label))
        while len(await self.ledger(label)) < wanted:
            if asyncio.get_running_loop().time() - began > seconds:
                break
            await asyncio.sleep(0.2)
        return asyncio.get_running_loop().time() - began

    async def on_topic(self) -> set[str]:
        """The id of every event that came to the topic since the beginning of the round."""
        async with self._reader() as (consumer, parts):
            for part in parts:
                consumer.seek(part, self._ends.get(part, 0))
            ends = await consumer.end_offsets(parts)
            seen: set[str] = set()
            while any([await consumer.position(part) < ends[part] for part in parts]):
                for records in (await consumer.getmany(*parts, timeout_ms=1000)).values():
                    seen.update(dict(record.headers)["ce_id"].decode() for record in records)
            return seen

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[tuple[Any, list[TopicPartition]]]:
        """A consumer of the topic that is in no group, and its partitions."""
        consumer: Any = AIOKafkaConsumer(TOPIC, **self._clients, enable_auto_commit=False, auto_offset_reset="earliest")
        await consumer.start()
        try:
            while not (parts := list(consumer.assignment())):  # noqa: ASYNC110  # without a group: all, once known
                await asyncio.sleep(0.1)
            yield consumer, parts
        finally:
            with contextlib.suppress(asyncio.CancelledError):  # aiokafka lets its own task's end out
                await consumer.stop()
