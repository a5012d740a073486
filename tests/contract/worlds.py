"""Services on a bus: one or several runtimes, each on its own database login, and a book of what they applied."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from deploy.local import kafka, kafka_security, postgres
from shared.contracts import Event, Handler, Received, visits
from shared.database import Database, Scope
from shared.events import outbox
from shared.events.bus import Bus
from shared.events.consumer import Patience
from shared.events.kafkabus import KafkaBus
from shared.events.localbus import LocalBus
from shared.events.runtime import EventRuntime
from shared.events.security import PLAINTEXT
from shared.events.topics import Layout
from tests.support.database import execute, password

PARTITIONS = 3
PATIENCE = Patience(attempts=2, first=0.01, longest=0.2)


def verified(senior: UUID | None = None, meals: int = 1, **more: Any) -> visits.MealDeliveryVerified:
    """A verified delivery, its own id each time."""
    example = visits.MealDeliveryVerified.EXAMPLE | {
        "delivery_id": uuid4(),
        "senior_id": senior or uuid4(),
        "meals": meals,
    }
    return visits.MealDeliveryVerified(**(example | more))


def reversed_(event: visits.MealDeliveryVerified) -> visits.MealDeliveryReversed:
    """The reversal of a delivery."""
    fields = {
        name: getattr(event, name) for name in ("delivery_id", "vendor_id", "senior_id", "region", "service_date")
    }
    return visits.MealDeliveryReversed(**fields, sequence=event.sequence + 1, reason="corrected")


class World:
    """Runtimes of several services over one kind of bus."""

    def __init__(self, server: postgres.Server, database: str, broker: kafka.Broker | None) -> None:
        self.server, self.database, self._broker = server, database, broker
        self._prefix = f"{uuid4().hex[:8]}."
        self._local: LocalBus | None = None
        self._running: list[EventRuntime] = []
        self._opened: list[Database] = []
        self._readers: dict[str, Database] = {}

    async def prepare(self, *services: str) -> None:
        """Say who takes part, and give each a book without any constraint: applied twice is seen twice."""
        self._local = LocalBus(*services)
        await self.grant()
        for service in services:
            await execute(
                self.server.superuser_url(self.database),
                f"CREATE TABLE {service}.book (place bigint GENERATED ALWAYS AS IDENTITY, id uuid, type text,"
                " key text, meals int)",
                f"GRANT ALL ON {service}.book TO {service}",
            )

    def open(self, service: str) -> Database:
        """A service's database through its own login."""
        database = Database(self.server.url(service, password(service), self.database), service, pool_size=5)
        self._opened.append(database)
        return database

    async def grant(self) -> None:
        """What operators do before services start, where the broker asks who they are."""
        if self._broker and self._broker.secrets:
            security = self._broker.secrets.security(kafka_security.OPERATOR)
            await kafka_security.apply(self._broker.bootstrap, security, Layout(self._prefix, PARTITIONS))

    def bus(self, service: str) -> Bus:
        """A service's connection to the bus: the same object for all, or one Kafka client each, with its own login."""
        if self._broker:
            security = self._broker.secrets.security(service) if self._broker.secrets else PLAINTEXT
            return KafkaBus(
                self._broker.bootstrap, service=service, security=security, prefix=self._prefix, partitions=PARTITIONS
            )
        assert self._local is not None
        return self._local

    async def start(
        self, service: str, handlers: dict[type[Any], Handler[Any]] | None = None, **more: Any
    ) -> EventRuntime:
        """A running service; without handlers it only sends."""
        bus = self.bus(service)
        runtime = EventRuntime(service, self.open(service), bus, handlers or {}, patience=PATIENCE, **more)
        await runtime.start()
        self._running.append(runtime)
        return runtime

    async def stop(self, runtime: EventRuntime) -> None:
        """Stop one service."""
        self._running.remove(runtime)
        await runtime.stop()

    async def close(self) -> None:
        """Stop everything."""
        await asyncio.gather(*(runtime.stop() for runtime in self._running))
        for database in self._opened:
            await database.close()

    async def send(self, database: Database, *events: Event) -> None:
        """Write events in one committed transaction."""
        async with database.transaction(Scope.everywhere()) as session:
            await outbox.add(session, *events)

    async def rows(self, service: str, query: str) -> Sequence[Any]:
        """What a query of a service's tables answers."""
        if service not in self._readers:
            self._readers[service] = self.open(service)
        async with self._readers[service].transaction(Scope.everywhere()) as session:
            return (await session.execute(text(query))).all()

    async def book(self, service: str) -> list[tuple[UUID, str, str, int]]:
        """What a service applied, in order: event id, type, key, meals."""
        return [tuple(row) for row in await self.rows(service, "SELECT id, type, key, meals FROM book ORDER BY place")]


async def write_down(session: Any, received: Sequence[Received[Any]]) -> None:
    """A handler: every event becomes a row of the book."""
    await session.execute(
        text("INSERT INTO book (id, type, key, meals) VALUES (:id, :type, :key, :meals)"),
        [{"id": r.id, "type": r.data.TYPE, "key": r.key, "meals": getattr(r.data, "meals", 0)} for r in received],
    )


HANDLERS: dict[type[Any], Handler[Any]] = {
    visits.MealDeliveryVerified: write_down,
    visits.MealDeliveryReversed: write_down,
}


async def until(check: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Return as soon as the check is true.

    AssertionError after so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not await check():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)
