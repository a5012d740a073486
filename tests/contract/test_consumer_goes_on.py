"""A consumer whose client has died inside, or does not take what is there, begins again with a new one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from deploy.local import kafka
from shared.events import subscription
from shared.events.subscription import KafkaSubscription
from tests.contract.worlds import HANDLERS, World, until, verified

ENDS: dict[str, Callable[[Any], object]] = {
    "its fetcher ends": lambda c: c._fetcher._fetch_task.cancel(),
    "its coordination is cancelled": lambda c: c._coordinator._coordination_task.cancel(),
    "its heartbeat fails": lambda c: setattr(c._coordinator, "_do_heartbeat", _fail),
    "its commit fails": lambda c: setattr(c, "commit", _fail),
    "it cannot be asked": lambda c: setattr(c, "getmany", _cancel),
    "it brings nothing": lambda c: setattr(c, "getmany", _nothing),
    "it never answers": lambda c: setattr(c, "getmany", _never),
}


async def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("a bug inside")


async def _cancel(*_: object, **__: object) -> None:
    raise asyncio.CancelledError


async def _nothing(*_: object, **__: object) -> dict[Any, Any]:
    await asyncio.sleep(0.2)
    return {}


async def _never(*_: object, **__: object) -> None:
    await asyncio.sleep(3600)


@pytest.fixture
async def world(
    postgres: Any, database_name: str, broker: kafka.Broker, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Sender and reader over Kafka, with less patience than in a city."""
    monkeypatch.setattr(subscription, "PATIENCE", 4.0)
    monkeypatch.setattr(subscription, "_LOOK_EVERY", 0.5)
    made = World(postgres, database_name, broker)
    await made.prepare("visits", "subsidy")
    yield made
    await made.close()


@pytest.mark.parametrize("end", ENDS)
async def test_whatever_ends_inside_its_client_the_consumer_begins_again(world: World, end: str) -> None:
    await world.start("visits")
    runtime = await world.start("subsidy", HANDLERS)
    database = world.open("visits")

    async def applied(*meals: int) -> bool:
        return [row[3] for row in await world.book("subsidy")] == list(meals)

    await world.send(database, verified(meals=1))
    await until(lambda: applied(1))
    mine: Any = runtime._subscription
    assert isinstance(mine, KafkaSubscription)
    ENDS[end](mine._consumer)
    await world.send(database, verified(meals=2))
    await until(lambda: applied(1, 2), 40)

    async def healthy() -> bool:
        return runtime.healthy() == {"relay": True, "consumer": True}

    await until(healthy)


async def test_a_consumer_that_takes_nothing_while_there_is_something_is_not_healthy_and_says_why(world: World) -> None:
    await world.start("visits")
    held = asyncio.Event()

    async def hold(*_: object) -> None:
        await held.wait()

    runtime = await world.start("subsidy", dict.fromkeys(HANDLERS, hold))
    await world.send(world.open("visits"), verified(meals=1), verified(meals=2))

    async def said() -> bool:
        return "2 wait and none was done" in (runtime.troubles()["consumer"] or "")

    await until(said, 40)
    assert not runtime.healthy()["consumer"]
    held.set()

    async def healthy() -> bool:
        return runtime.healthy()["consumer"]

    await until(healthy)
