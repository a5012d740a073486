"""A service's part in the exchange of events: its relay, its consumer and its dead letters, started together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from shared.contracts import Handler
from shared.database import Database
from shared.events.bus import Bus, Subscription
from shared.events.consumer import Consumer, Patience
from shared.events.failures import describe
from shared.events.kafkabus import KafkaBus
from shared.events.localbus import LocalBus
from shared.events.relay import Relay
from shared.settings import Settings

log = structlog.get_logger(__name__)
_REPLAY_EVERY = 2.0
_RECONNECT_EVERY = 1.0


def bus_of(settings: Settings) -> Bus:
    """The bus that the settings name. A local one carries this service's events to itself only."""
    if settings.bus == "local":
        return LocalBus(settings.service)
    return KafkaBus(
        settings.kafka_bootstrap_servers,
        partitions=settings.kafka_partitions,
        replication=settings.kafka_replication,
    )


class EventRuntime:
    """Made and started by a service's lifespan. It subscribes to its handlers' topics as the group of its own name."""

    def __init__(
        self,
        service: str,
        database: Database,
        bus: Bus,
        handlers: Mapping[type[Any], Handler[Any]],
        *,
        patience: Patience | None = None,
        keep_days: int = 400,
        drain: float = 10.0,
    ) -> None:
        self.service = service
        self.consumer = Consumer(service, database, handlers, patience or Patience())
        self.relay = Relay(service, database, bus, keep_days=keep_days)
        self._bus, self._drain = bus, drain
        self._subscription: Subscription | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Subscribe first, then publish. While the broker is away the service starts without it and keeps trying."""
        if not await self._connected():
            self._tasks.append(asyncio.create_task(self._connect(), name=f"bus {self.service}"))
        self._tasks.append(asyncio.create_task(self._replay(), name=f"replays {self.service}"))

    async def stop(self) -> None:
        """Take nothing new, finish what is in hand within a bounded time, then cancel and leave the bus."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.relay.stop(self._drain)
        if self._subscription:
            await self._subscription.stop(self._drain)
        await self._bus.stop()

    def healthy(self) -> dict[str, bool]:
        """For readyz: which parts run."""
        consuming = self._subscription is not None and self._subscription.healthy()
        return {"relay": self.relay.healthy(), "consumer": consuming}

    async def _connected(self) -> bool:
        try:
            await self._bus.start()
            self._subscription = await self._bus.subscribe(self.service, self.consumer.topics, self.consumer.deliver)
        except (KafkaError, OSError) as error:
            log.warning("the bus is away", service=self.service, error=describe(error))
            await self._bus.stop()
            return False
        await self.relay.start()
        return True

    async def _connect(self) -> None:
        await asyncio.sleep(_RECONNECT_EVERY)
        while not await self._connected():  # noqa: ASYNC110  # asking is what connects
            await asyncio.sleep(_RECONNECT_EVERY)

    async def _replay(self) -> None:
        while True:
            try:
                await self.consumer.replay_requested()
            except Exception as error:  # noqa: BLE001  # the database is away: try again
                log.warning("replays wait", service=self.service, error=describe(error))
            await asyncio.sleep(_REPLAY_EVERY)
