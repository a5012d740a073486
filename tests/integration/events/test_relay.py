"""The relay against real PostgreSQL: late commits, rollbacks, failures, retention."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from deploy.local import postgres
from shared import clock
from shared.database import Database, Scope
from shared.events import outbox, retention
from shared.events.envelope import Message
from shared.events.localbus import LocalBus
from shared.events.relay import Relay
from tests.contract.worlds import until, verified
from tests.support.database import execute


class Recorder(LocalBus):
    """A bus that writes down what it is given, and can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[Message] = []
        self.failures = 0
        self.hold: asyncio.Event | None = None

    async def publish(self, messages: Sequence[Message]) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the broker is away")
        if self.hold:
            await self.hold.wait()
        self.published += messages

    def keys(self) -> list[str]:
        return [message.key for message in self.published]


@pytest.fixture
def database(database_of: Any) -> Database:
    """The database of visits."""
    found: Database = database_of("visits")
    return found


@asynccontextmanager
async def relaying(database: Database, bus: Recorder, **more: Any) -> AsyncIterator[Relay]:
    """A running relay."""
    relay = Relay("visits", database, bus, **more)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop(0.2)


async def _send(database: Database, *keys: str) -> None:
    async with database.transaction(Scope.everywhere()) as session:
        for key in keys:
            await outbox.write(session, "visits.services", "type", key, b"{}")


def _has(bus: Recorder, *keys: str) -> Any:
    async def check() -> bool:
        return set(keys) <= set(bus.keys())

    return check


async def _cursor(database: Database) -> tuple[int, str]:
    async with database.transaction(Scope.everywhere()) as session:
        row = (await session.execute(text("SELECT position, gaps::text FROM outbox_relay"))).one()
        return row[0], row[1]


async def test_an_event_whose_transaction_commits_late_is_published_when_it_does(database: Database) -> None:
    bus = Recorder()
    async with relaying(database, bus):
        async with database.transaction(Scope.everywhere()) as late:
            await outbox.write(late, "visits.services", "type", "late", b"{}")
            await _send(database, "early")
            await until(_has(bus, "early"))
            await asyncio.sleep(0.1)
            assert bus.keys() == ["early"]
        await until(_has(bus, "late"))
    assert sorted(bus.keys()) == ["early", "late"]


async def test_a_late_event_is_published_even_when_the_relay_was_replaced_meanwhile(database: Database) -> None:
    bus = Recorder()
    async with database.transaction(Scope.everywhere()) as late:
        await outbox.write(late, "visits.services", "type", "late", b"{}")
        async with relaying(database, bus):
            await _send(database, "early")
            await until(_has(bus, "early"))
        async with relaying(database, bus):
            await _send(database, "next")
            await until(_has(bus, "next"))
        assert (await _cursor(database))[1] == "{[1,2)}"
    async with relaying(database, bus):
        await until(_has(bus, "late"))
    assert sorted(bus.keys()) == ["early", "late", "next"]


async def test_a_position_that_was_rolled_back_is_forgotten(database: Database) -> None:
    bus = Recorder()
    async with relaying(database, bus):
        with contextlib.suppress(ZeroDivisionError):
            async with database.transaction(Scope.everywhere()) as session:
                await outbox.write(session, "visits.services", "type", "never", b"{}")
                raise ZeroDivisionError
        await _send(database, "one")
        await until(_has(bus, "one"))
        await asyncio.sleep(0.1)
        await _send(database, "two")
        await until(_has(bus, "two"))

        async def forgotten() -> bool:
            return await _cursor(database) == (3, "{}")

        await until(forgotten)
    assert bus.keys() == ["one", "two"]


async def test_many_writers_at_once_lose_nothing_and_keep_each_keys_order(database: Database) -> None:
    """Each writer holds its key's row lock, as a use case does, so its commits have an order."""
    bus, count = Recorder(), 40
    async with relaying(database, bus, batch=7):

        async def write(key: str) -> None:
            for number in range(count):
                async with database.transaction(Scope.everywhere()) as session:
                    await outbox.write(session, "visits.services", f"{number:03d}", key, b"{}")
                    await asyncio.sleep(0.001 * (number % 3))

        keys = [str(uuid4()) for _ in range(6)]
        await asyncio.gather(*map(write, keys))

        async def all_there() -> bool:
            return len(bus.published) >= count * len(keys)

        await until(all_there)
    for key in keys:
        assert [m.type for m in bus.published if m.key == key] == [f"{number:03d}" for number in range(count)]
    assert len({message.id for message in bus.published}) == len(bus.published) == count * len(keys)


async def test_what_the_bus_did_not_take_is_published_again(database: Database) -> None:
    bus = Recorder()
    bus.failures = 2
    async with relaying(database, bus, poll=0.05):
        await _send(database, "one", "two")
        await until(_has(bus, "one", "two"))
    assert bus.keys() == ["one", "two"]


async def test_stopping_in_the_middle_of_a_batch_leaves_it_unpublished_for_the_next_relay(database: Database) -> None:
    bus = Recorder()
    bus.hold = asyncio.Event()
    async with relaying(database, bus):
        await _send(database, "one")
        await asyncio.sleep(0.3)
    assert await _cursor(database) == (0, "{}")
    bus.hold = None
    async with relaying(database, bus):
        await until(_has(bus, "one"))
    assert bus.keys() == ["one"]


async def test_publishing_changes_no_row_of_the_outbox(
    database: Database, postgres: postgres.Server, database_name: str
) -> None:
    bus = Recorder()
    async with relaying(database, bus):
        await _send(database, *(str(number) for number in range(100)))
        await until(_has(bus, "99"))
    async with database.transaction(Scope.everywhere()) as session:
        assert (await session.execute(text("SELECT DISTINCT xmax::text FROM outbox"))).scalars().all() == ["0"]


async def test_a_sleeping_relay_is_woken_long_before_its_poll(database: Database) -> None:
    bus = Recorder()
    async with relaying(database, bus, poll=30.0):
        await _send(database, "first")
        await until(_has(bus, "first"))

        async def asleep() -> bool:
            async with database.transaction(Scope.everywhere()) as session:
                return bool((await session.execute(text("SELECT asleep FROM outbox_relay"))).scalar_one())

        await until(asleep)
        await _send(database, "second")
        await until(_has(bus, "second"), seconds=5)


async def test_old_months_of_the_outbox_and_old_ids_of_the_inbox_go_and_next_months_come(
    database: Database, postgres: postgres.Server, database_name: str
) -> None:
    month = clock.Month.of(clock.today())
    await execute(
        postgres.superuser_url(database_name),
        "CREATE TABLE visits.outbox_2020_01 PARTITION OF visits.outbox"
        " FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
        f"DROP TABLE visits.outbox_{month.next().next().year}_{month.next().next().month:02d}",
        "ALTER TABLE visits.outbox_2020_01 OWNER TO visits_owner",
    )
    event = verified()
    async with database.transaction(Scope.everywhere()) as session:
        await outbox.add(session, event)
        old, new = retention.oldest_kept(500), retention.oldest_kept(10)
        await session.execute(text("INSERT INTO inbox (id) VALUES (:old), (:new)"), {"old": old, "new": new})
    async with database.engine.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await retention.care(raw, "visits", keep_days=400)
        tables = {row[0] for row in await raw.fetch("SELECT inhrelid::regclass::text FROM pg_inherits")}
        assert [row[0] for row in await raw.fetch("SELECT id FROM inbox")] == [new]
        assert await raw.fetchval("SELECT count(*) FROM outbox") == 1
    assert "outbox_2020_01" not in tables
    assert f"outbox_{month.next().next().year}_{month.next().next().month:02d}" in tables


def test_the_bound_of_the_inbox_is_a_version_7_id_of_that_moment() -> None:
    bound = retention.oldest_kept(1)
    then = clock.now() - timedelta(days=1)
    assert bound.version == 7
    assert abs((bound.int >> 80) / 1000 - then.timestamp()) < 5
