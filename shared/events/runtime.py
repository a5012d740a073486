"""A service's part in the exchange of events: its relay, its consumer and its dead letters, started together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

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
        self._replays: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Subscribe first, then publish."""
        await self._bus.start()
        self._subscription = await self._bus.subscribe(self.service, self.consumer.topics, self.consumer.deliver)
        await self.relay.start()
        self._replays = asyncio.create_task(self._replay(), name=f"replays {self.service}")

    async def stop(self) -> None:
        """Take nothing new, finish what is in hand within a bounded time, then cancel and leave the bus."""
        if self._replays:
            self._replays.cancel()
            await asyncio.gather(self._replays, return_exceptions=True)
        await self.relay.stop(self._drain)
        if self._subscription:
            await self._subscription.stop(self._drain)
        await self._bus.stop()

    def healthy(self) -> dict[str, bool]:
        """For readyz: which parts run."""
        consuming = self._subscription is not None and self._subscription.healthy()
        return {"relay": self.relay.healthy(), "consumer": consuming}

    async def _replay(self) -> None:
        while True:
            try:
                await self.consumer.replay_requested()
            except Exception as error:  # noqa: BLE001  # the database is away: try again
                log.warning("replays wait", service=self.service, error=describe(error))
            await asyncio.sleep(_REPLAY_EVERY)
