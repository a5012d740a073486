"""A service's part in the exchange of events: its relay, its consumer and its dead letters, started together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from shared.contracts import Handler
from shared.database import Database
from shared.events.bus import Bus, Subscription
from shared.events.consumer import Consumer, Patience
from shared.events.kafkabus import KafkaBus
from shared.events.localbus import LocalBus
from shared.events.relay import Relay
from shared.events.security import Security
from shared.events.subscription import Membership
from shared.faults import named
from shared.settings import Settings
from shared.supervision import keep_alive

log = structlog.get_logger(__name__)
_REPLAY_EVERY = 2.0
_RECONNECT_EVERY = 1.0


def bus_of(settings: Settings) -> Bus:
    """The bus that the settings name. A local one carries this service's events to itself only."""
    if settings.bus == "local":
        return LocalBus(settings.service)
    return KafkaBus(
        settings.kafka_bootstrap_servers,
        service=settings.service,
        security=Security.of(settings),
        partitions=settings.kafka_partitions,
        replication=settings.kafka_replication,
        membership=Membership(settings.kafka_member, settings.kafka_session_ms),
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
            self._keep("bus", self._connect, _RECONNECT_EVERY)
        self._keep("replays", self._replay, _REPLAY_EVERY)

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
        """For readyz: which parts get on with what there is to do."""
        return {name: trouble is None for name, trouble in self.troubles().items()}

    def troubles(self) -> dict[str, str | None]:
        """Each part, and what is wrong with it."""
        if self._subscription is None:
            return dict.fromkeys(("relay", "consumer"), "the bus is away")
        return {"relay": self.relay.trouble(), "consumer": self._subscription.trouble()}

    def _keep(self, name: str, live: Callable[[], Coroutine[Any, Any, None]], pause: float) -> None:
        work = keep_alive(name, live, pause, service=self.service)
        self._tasks.append(asyncio.create_task(work, name=f"{name} {self.service}"))

    async def _connected(self) -> bool:
        try:
            await self._bus.start()
            self._subscription = await self._bus.subscribe(self.service, self.consumer.topics, self.consumer.deliver)
        except Exception as error:  # noqa: BLE001  # whatever it is, the service starts without its bus
            log.warning("the bus is away", service=self.service, error=named(error))
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
            await self.consumer.replay_requested()
            await asyncio.sleep(_REPLAY_EVERY)
