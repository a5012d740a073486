"""No row of the outbox and no failure of a producer stops the relay, on real Kafka."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text

from deploy.local import kafka
from shared.database import Database, Scope
from shared.events import outbox
from tests.contract.worlds import HANDLERS, World, until, verified

IMPOSSIBLE = {
    "a value over the limit": ("visits.services", b"v" * 1_200_000, "key"),
    "a key over the limit": ("visits.services", b"{}", "k" * 1_200_000),
    "a key whose header is over the limit": ("visits.services", b"{}", "敬" * 150_000),
    "far more than a request": ("visits.services", b"v" * 20_000_000, "key"),
    "a topic that is not there": ("visits.nowhere", b"{}", "key"),
    "a topic that no broker allows": ("visits/../services", b"{}", "key"),
}


@pytest.fixture
async def world(postgres: Any, database_name: str, broker: kafka.Broker) -> AsyncIterator[World]:
    """Sender and reader over Kafka."""
    made = World(postgres, database_name, broker)
    await made.prepare("visits", "subsidy")
    yield made
    await made.close()


async def _put(database: Database, topic: str, data: bytes, key: str) -> None:
    """A row as no sender writes it any more, but may have written."""
    async with database.transaction(Scope.everywhere()) as session:
        await session.execute(
            text(
                "INSERT INTO outbox (id, topic, type, key, data)"
                " VALUES (gen_random_uuid(), :topic, 'type', :key, :data)"
            ),
            {"topic": topic, "key": key, "data": data},
        )


async def _applied(world: World, *meals: int) -> None:
    async def there() -> bool:
        return set(meals) <= {row[3] for row in await world.book("subsidy")}

    await until(there, 60)


async def test_a_row_that_no_bus_can_carry_is_set_aside_and_the_others_go_out(world: World) -> None:
    database = world.open("visits")
    for number, (topic, data, key) in enumerate(IMPOSSIBLE.values(), 1):
        await world.send(database, verified(meals=number))
        await _put(database, topic, data, key)
    await world.send(database, verified(meals=99))
    visits = await world.start("visits")
    await world.start("subsidy", HANDLERS)
    await _applied(world, *range(1, len(IMPOSSIBLE) + 1), 99)
    wanted = sorted((topic, len(data), "relay", "open") for topic, data, _ in IMPOSSIBLE.values())

    async def set_aside() -> bool:
        letters = "SELECT topic, coalesce(size, length(data)), origin, status FROM dead_letters"
        return sorted(tuple(row) for row in await world.rows("visits", letters)) == wanted

    await until(set_aside, 60)
    assert visits.healthy()["relay"]


async def test_what_the_relay_set_aside_goes_out_under_its_own_id_when_an_operator_asks(world: World) -> None:
    await world.start("visits")
    await world.start("subsidy", HANDLERS)
    database, event = world.open("visits"), verified(meals=7)
    await _put(database, "visits.nowhere", event.model_dump_json().encode(), event.key())

    async def set_aside() -> bool:
        return bool(await world.rows("visits", "SELECT id FROM dead_letters"))

    await until(set_aside)
    async with database.transaction(Scope.everywhere()) as session:
        mended = "UPDATE dead_letters SET topic = 'visits.services', type = :type, status = 'requested'"
        await session.execute(text(mended), {"type": event.TYPE})
    await _applied(world, 7)
    [(wanted,)] = await world.rows("visits", "SELECT event_id FROM dead_letters")
    assert [row[0] for row in await world.book("subsidy")] == [wanted]


@pytest.mark.parametrize("fatal", ["its sequence is out of order", "its sender has ended"])
async def test_after_a_fatal_error_of_its_producer_the_relay_makes_a_new_one(world: World, fatal: str) -> None:
    runtime = await world.start("visits")
    await world.start("subsidy", HANDLERS)
    database = world.open("visits")
    await world.send(database, verified(meals=1))
    await _applied(world, 1)
    producer: Any = runtime.relay._bus._producer  # type: ignore[attr-defined]  # Kafka's
    if fatal == "its sender has ended":
        producer._sender.sender_task.cancel()
    else:
        producer._txn_manager._sequence_numbers.clear()
        producer._txn_manager._sequence_numbers.default_factory = lambda: 4711
    await world.send(database, verified(meals=2))
    await _applied(world, 2)
    assert runtime.healthy()["relay"]


async def test_a_topic_that_was_deleted_is_made_again_and_the_rest_goes_out(world: World, broker: kafka.Broker) -> None:
    await world.start("visits")
    await world.start("subsidy", HANDLERS)
    database = world.open("visits")
    await world.send(database, verified(meals=1))
    await _applied(world, 1)
    admin: Any = AIOKafkaAdminClient(**broker.clients())
    await admin.start()
    await admin.delete_topics([f"{world._prefix}visits.services"])
    await admin.close()
    await world.grant()
    await world.send(database, verified(meals=2))
    await _applied(world, 2)


async def test_an_event_that_no_bus_could_carry_is_refused_where_it_is_written(world: World) -> None:
    async with world.open("visits").transaction(Scope.everywhere()) as session:
        for topic, data, key in list(IMPOSSIBLE.values())[:4]:
            with pytest.raises(outbox.EventTooLargeError):
                await outbox.write(session, topic, "type", key, data)
