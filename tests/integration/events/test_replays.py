"""What is told again, to which bus, and that of a snapshot's key nothing older ever comes last."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from deploy.local import postgres
from shared import clock
from shared.auth import Caller
from shared.database import Database, Scope
from shared.events import outbox, replays, retention
from shared.events.envelope import Message
from shared.events.localbus import LocalBus
from shared.events.relay import Relay
from tests.contract.worlds import until
from tests.support import toy
from tests.support.services import ServiceFactory

SNAPSHOTS, FACTS = "registry.seniors", "registry.changes"
OPERATOR = Caller("operator", "operator-01", None, frozenset(), ("",))


class Bus(LocalBus):
    """A bus that writes down what it is given: topic, key and data."""

    def __init__(self, identity: str = "local") -> None:
        super().__init__()
        self.identity = identity
        self.told: list[tuple[str, str, str]] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        self.told += [(message.topic, message.key, message.data.decode()) for message in messages]

    def last_of_each(self) -> dict[tuple[str, str], str]:
        """What a compacted topic would keep."""
        return {(topic, key): data for topic, key, data in self.told}


@pytest.fixture
def database(database_of: Any) -> Database:
    """The database of registry."""
    found: Database = database_of("registry")
    return found


@asynccontextmanager
async def relaying(database: Database, bus: Bus, **more: Any) -> AsyncIterator[Relay]:
    """A running relay that looks for replays often."""
    relay = Relay("registry", database, bus, poll=0.05, **more)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop(0.5)


async def write(database: Database, topic: str, *items: tuple[str, str]) -> None:
    """Keys and data, one transaction each."""
    for key, data in items:
        async with database.transaction(Scope.everywhere()) as session:
            await outbox.write(session, topic, "type", key, data.encode())


async def ask(database: Database, topics: Sequence[str], **bounds: datetime) -> replays.Replay:
    """An operator's request."""
    async with database.transaction(Scope.everywhere()) as session:
        return await replays.ask(session, OPERATOR, topics, "because", **bounds)


async def done(database: Database) -> bool:
    """Whether every replay is finished."""
    async with database.transaction(Scope.everywhere()) as session:
        return all(each.finished_at for each in await replays.find(session, 100))


async def told(bus: Bus, count: int) -> None:
    """Wait for so many events."""

    async def enough() -> bool:
        return len(bus.told) >= count

    await until(enough)


async def test_each_bus_is_told_what_it_never_had_whatever_another_had(database: Database) -> None:
    await write(database, SNAPSHOTS, ("a", "1"), ("b", "1"), ("a", "2"))
    buses = {name: Bus(name) for name in ("local", "kafka/one/", "kafka/two/")}
    for count, (name, bus) in enumerate(buses.items()):
        async with relaying(database, bus):
            await told(bus, 3 + count)
        await write(database, SNAPSHOTS, ("c", name))
    async with relaying(database, buses["local"]):
        await told(buses["local"], 6)
    assert [len(bus.told) for bus in buses.values()] == [6, 4, 5]
    assert [data for _, key, data in buses["local"].told if key == "c"] == list(buses)


async def test_a_mark_from_before_there_was_one_per_bus_belongs_to_the_first_that_comes(database: Database) -> None:
    await write(database, SNAPSHOTS, ("a", "1"), ("a", "2"))
    async with database.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE outbox_relay SET position = 1 WHERE bus = ''"))
    bus = Bus("kafka/one/")
    async with relaying(database, bus):
        await told(bus, 1)
    assert bus.told == [(SNAPSHOTS, "a", "2")]
    async with database.transaction(Scope.everywhere()) as session:
        assert (await session.execute(text("SELECT bus, position FROM outbox_relay"))).all() == [("kafka/one/", 2)]


async def test_writers_wake_the_bus_that_is_there_and_never_ask_for_another(database: Database) -> None:
    for name in ("local", "kafka/one/"):
        async with relaying(database, Bus(name)):
            await asyncio.sleep(1)
    async with database.transaction(Scope.everywhere()) as session:
        rows = (await session.execute(text("SELECT bus FROM outbox_relay WHERE asleep"))).all()
    assert [row.bus for row in rows] == ["kafka/one/"]


async def test_a_replay_tells_the_topics_asked_for_and_leaves_an_audit_entry(database: Database) -> None:
    bus = Bus()
    async with relaying(database, bus):
        await write(database, SNAPSHOTS, ("a", "1"))
        await write(database, FACTS, ("a", "x"), ("a", "y"))
        await told(bus, 3)
        asked = await ask(database, [FACTS])
        await told(bus, 5)
        await until(lambda: done(database))
    assert bus.told[3:] == [(FACTS, "a", "x"), (FACTS, "a", "y")]
    async with database.transaction(Scope.everywhere()) as session:
        [found] = await replays.find(session, 10)
        entries = (await session.execute(text("SELECT subject, action, target, purpose FROM audit_waiting"))).all()
    assert (found.id, found.sent) == (asked.id, 2)
    assert [tuple(entry) for entry in entries] == [("operator-01", replays.ACTION, str(asked.id), "because")]


async def test_a_replay_keeps_its_bounds_but_a_snapshot_is_told_up_to_its_newest(database: Database) -> None:
    bus = Bus()
    async with relaying(database, bus):
        moments = []
        for number in range(3):
            moments.append(clock.now())
            await write(database, SNAPSHOTS, ("a", str(number)))
            await write(database, FACTS, ("a", str(number)))
        await told(bus, 6)
        await ask(database, [FACTS, SNAPSHOTS], since=moments[1], until=moments[2])
        await until(lambda: done(database))
    again = bus.told[6:]
    assert [each for each in again if each[0] == FACTS] == [(FACTS, "a", "1")]
    assert [each for each in again if each[0] == SNAPSHOTS][-1] == (SNAPSHOTS, "a", "2")


@pytest.mark.parametrize("batch", [1, 3, 7])
async def test_of_no_key_is_an_older_snapshot_ever_the_last_while_newer_ones_are_written(
    database: Database, batch: int
) -> None:
    bus = Bus()
    async with relaying(database, bus, batch=batch):
        for number in range(12):
            await write(database, SNAPSHOTS, (f"k{number % 3}", str(number)))
        await told(bus, 12)
        for number in range(12, 24):
            if number % 5 == 0:
                await ask(database, [SNAPSHOTS])
            await write(database, SNAPSHOTS, (f"k{number % 3}", str(number)))
        await until(lambda: done(database), 60)
        newest = {(SNAPSHOTS, f"k{number % 3}"): str(number) for number in range(24)}

        async def all_newest() -> bool:
            return bus.last_of_each() == newest

        await until(all_newest)
        await asyncio.sleep(0.3)
    assert bus.last_of_each() == newest


async def test_the_newest_snapshot_of_a_month_that_is_gone_stays_and_is_told_again(
    database: Database, postgres: postgres.Server, database_name: str
) -> None:
    old = clock.now() - timedelta(days=500)
    rows = ((SNAPSHOTS, "a", "old"), (SNAPSHOTS, "a", "newer"), (FACTS, "a", "x"), (SNAPSHOTS, "b", "old"))
    values = ", ".join(
        f"('{old.isoformat()}', '{uuid4()}', '{topic}', 'type', '{key}', '{data}')" for topic, key, data in rows
    )
    await toy.as_superuser(
        postgres,
        database_name,
        f"SET search_path = registry; SELECT ensure_month('outbox', '{old:%Y-%m-%d}'::date);"
        f" INSERT INTO outbox (created_at, id, topic, type, key, data) VALUES {values}",
    )
    await write(database, SNAPSHOTS, ("b", "new"))
    async with database.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw
        await retention.care(raw, "registry", keep_days=400)
        assert {row[0] for row in await raw.fetch("SELECT data FROM outbox_kept")} == {b"newer", b"old"}
    first = Bus("local")
    async with relaying(database, first):
        await told(first, 1)
        await ask(database, [SNAPSHOTS])
        await until(lambda: done(database))
    assert first.last_of_each() == {(SNAPSHOTS, "a"): "newer", (SNAPSHOTS, "b"): "new"}
    second = Bus("kafka/new/")
    async with relaying(database, second):

        async def whole() -> bool:
            return second.last_of_each() == first.last_of_each()

        await until(whole)


async def test_a_snapshot_that_was_set_aside_does_not_come_after_a_newer_one(database: Database) -> None:
    async with database.transaction(Scope.everywhere()) as session:
        await outbox.write(session, SNAPSHOTS, "type", "a", b"1")
    async with database.transaction(Scope.everywhere()) as session:
        row = (await session.execute(text("SELECT id, created_at FROM outbox"))).one()
        message = Message(row.id, "type", SNAPSHOTS, "a", row.created_at, None, b"1")
        await outbox.again(session, message)
    await write(database, SNAPSHOTS, ("a", "2"))
    async with database.transaction(Scope.everywhere()) as session:
        await outbox.again(session, message)
        await outbox.again(session, message._replace(topic=FACTS))
        rows = (await session.execute(text("SELECT topic, data FROM outbox ORDER BY position"))).all()
    assert [(row.topic, bytes(row.data)) for row in rows] == [
        (SNAPSHOTS, b"1"), (SNAPSHOTS, b"1"), (SNAPSHOTS, b"2"), (FACTS, b"1")
    ]  # fmt: skip


async def test_operators_ask_by_route_and_see_how_far_it_is(start_service: ServiceFactory) -> None:
    service = await start_service("registry", roles="api")
    async with service.client("events:replay") as http, service.client("audit:read") as auditor:
        for body, pointer in (
            ({"topics": ["visits.services"], "reason": "x"}, "/topics/0"),
            (
                {"topics": [], "since_at": "2026-10-02T00:00:00Z", "until_at": "2026-10-01T00:00:00Z", "reason": "x"},
                "/until_at",
            ),
            ({"topics": []}, "/reason"),
        ):
            refused = await http.post("/v1/events/replays", json=body)
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
        asked = await http.post("/v1/events/replays", json={"topics": [SNAPSHOTS], "reason": "新建数据平台"})
        every = await http.post("/v1/events/replays", json={"reason": "全部"})
        assert (asked.status_code, every.status_code) == (202, 202)
        assert set(every.json()["topics"]) > {SNAPSHOTS, FACTS}
        page = (await http.get("/v1/events/replays", params={"limit": 1})).json()
        rest = (await http.get("/v1/events/replays", params={"limit": 1, "cursor": page["next"]})).json()
        assert [page["items"][0], rest["items"][0]] == [every.json(), asked.json()]
        assert rest["next"] is None
        assert (await auditor.get("/v1/events/replays")).status_code == 403
        entries = (await auditor.get("/v1/audit")).json()["items"]
    assert [entry["purpose"] for entry in entries if entry["action"] == replays.ACTION] == ["新建数据平台", "全部"]


async def test_operators_ask_by_command(database: Database) -> None:
    bus = Bus()
    async with relaying(database, bus):
        await write(database, FACTS, ("a", "x"))
        await told(bus, 1)
    environment = {"ANXIANG_DATABASE_URL": str(database.engine.url.render_as_string(hide_password=False))}
    command = (sys.executable, "-m", "shared.events", "replay", "--service", "registry")

    async def run(*more: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *command, *more, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    assert (await run("--topic", "visits.services", "--reason", "x"))[0] == 1
    assert (await run("--since", "2026-10-01T00:00", "--reason", "x"))[0] == 2
    status, said = await run("--topic", FACTS, "--since", "2026-10-01T00:00+08:00", "--reason", "一个新的读者")
    assert (status, FACTS in said) == (0, True)
    async with relaying(database, bus):
        await until(lambda: done(database))
        await told(bus, 2)
    assert "1 told, done" in (await run())[1]
