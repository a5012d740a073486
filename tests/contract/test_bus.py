"""What every bus does: the local one and Kafka pass the same sentences."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence
from typing import Any
from unittest.mock import ANY
from uuid import uuid4

from sqlalchemy import text

from deploy.local import kafka
from shared.contracts import Event, Received, visits
from shared.database import Scope
from shared.events import outbox
from tests.contract.worlds import HANDLERS, World, reversed_, until, verified, write_down


async def test_every_committed_event_is_applied_once_by_every_service(world: World) -> None:
    await world.prepare("visits", "subsidy", "credit")
    for service, handlers in (("visits", None), ("subsidy", HANDLERS), ("credit", HANDLERS)):
        await world.start(service, handlers)
    sender, seniors = world.open("visits"), [uuid4() for _ in range(40)]
    sent = [verified(random.choice(seniors), meals) for meals in range(1, 501)]
    for start in range(0, 500, 50):
        await world.send(sender, *sent[start : start + 50])

    async def all_there() -> bool:
        return len(await world.book("subsidy")) >= 500 and len(await world.book("credit")) >= 500

    await until(all_there)
    for service in ("subsidy", "credit"):
        assert sorted(row[3] for row in await world.book(service)) == list(range(1, 501))
    assert (await world.rows("visits", "SELECT count(*) FROM outbox"))[0][0] == 500


async def test_a_transaction_that_is_rolled_back_publishes_nothing(world: World) -> None:
    await world.prepare("visits", "subsidy")
    await world.start("visits")
    await world.start("subsidy", HANDLERS)
    sender = world.open("visits")
    with contextlib.suppress(ZeroDivisionError):
        async with sender.transaction(Scope.everywhere()) as session:
            await outbox.add(session, verified(meals=1))
            raise ZeroDivisionError
    await world.send(sender, verified(meals=2))

    async def something() -> bool:
        return bool(await world.book("subsidy"))

    await until(something)
    assert [row[3] for row in await world.book("subsidy")] == [2]


async def test_events_of_one_key_stay_in_order_even_when_their_types_are_mixed(world: World) -> None:
    await world.prepare("visits", "subsidy")
    await world.start("visits")
    await world.start("subsidy", HANDLERS)
    sender, seniors = world.open("visits"), [uuid4() for _ in range(7)]
    sent: list[Event] = []
    for number in range(1, 101):
        event = verified(seniors[number % 7], number)
        sent += [event, reversed_(event)] if number % 3 else [event]
    for start in range(0, len(sent), 13):
        await world.send(sender, *sent[start : start + 13])

    async def all_there() -> bool:
        return len(await world.book("subsidy")) >= len(sent)

    await until(all_there)
    book = await world.book("subsidy")
    for senior in seniors:
        expected = [(e.TYPE, getattr(e, "meals", 0)) for e in sent if e.key() == str(senior)]
        assert [(row[1], row[3]) for row in book if row[2] == str(senior)] == expected


async def test_delivering_everything_again_changes_nothing(world: World) -> None:
    await world.prepare("visits", "subsidy")
    relaying = await world.start("visits")
    await world.start("subsidy", HANDLERS)
    sender = world.open("visits")
    await world.send(sender, *(verified(meals=n) for n in range(1, 101)))

    async def all_there() -> bool:
        return len(await world.book("subsidy")) >= 100

    await until(all_there)
    first = await world.book("subsidy")
    await world.stop(relaying)
    async with sender.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE outbox_relay SET position = 0"))
    await world.start("visits")
    await world.send(sender, verified(meals=101))

    async def the_last_one() -> bool:
        return any(row[3] == 101 for row in await world.book("subsidy"))

    await until(the_last_one)
    assert (await world.book("subsidy"))[:100] == first
    assert len(await world.book("subsidy")) == 101


async def _poisoned(session: Any, received: Sequence[Received[Any]]) -> None:
    await write_down(session, received)
    if any(item.data.meals == 13 for item in received):
        raise ZeroDivisionError("thirteen")


async def test_a_poisoned_message_becomes_a_dead_letter_and_the_rest_goes_on(world: World) -> None:
    await world.prepare("visits", "subsidy")
    await world.start("visits")
    await world.start("subsidy", {visits.MealDeliveryVerified: _poisoned})
    await world.send(world.open("visits"), *(verified(meals=n) for n in range(1, 41)))

    async def all_there() -> bool:
        return len(await world.book("subsidy")) >= 39

    await until(all_there)
    assert sorted(row[3] for row in await world.book("subsidy")) == [n for n in range(1, 41) if n != 13]

    async def buried() -> bool:
        return bool(await world.rows("subsidy", "SELECT id FROM dead_letters"))

    await until(buried)
    letters = await world.rows("subsidy", "SELECT topic, type, attempts, status, error FROM dead_letters")
    assert letters == [("visits.services", visits.MealDeliveryVerified.TYPE, 2, "open", ANY)]
    assert letters[0][-1].startswith("ZeroDivisionError at ")
    assert "thirteen" not in letters[0][-1]
    twin = await world.rows("subsidy", "SELECT topic, key FROM outbox")
    assert [row[0] for row in twin] == ["visits.services.dead-letters"]


async def test_a_dead_letter_is_applied_when_an_operator_asks_for_it_and_the_fault_is_mended(world: World) -> None:
    await world.prepare("visits", "subsidy")
    faulty = True

    async def handler(session: Any, received: Sequence[Received[Any]]) -> None:
        await (_poisoned if faulty else write_down)(session, received)

    await world.start("visits")
    await world.start("subsidy", {visits.MealDeliveryVerified: handler})
    await world.send(world.open("visits"), verified(meals=13))
    database = world.open("subsidy")

    async def status_is(wanted: str) -> bool:
        return [row[0] for row in await world.rows("subsidy", "SELECT status FROM dead_letters")] == [wanted]

    async def ask() -> None:
        async with database.transaction(Scope.everywhere()) as session:
            await session.execute(text("UPDATE dead_letters SET status = 'requested'"))

    await until(lambda: status_is("open"))
    await ask()

    async def tried_again() -> bool:
        return [tuple(r) for r in await world.rows("subsidy", "SELECT status, attempts FROM dead_letters")] == [
            ("open", 3)
        ]

    await until(tried_again)
    faulty = False
    await ask()
    await until(lambda: status_is("replayed"))
    assert [row[3] for row in await world.book("subsidy")] == [13]


async def test_a_consumer_that_crashes_before_its_commit_loses_nothing_and_doubles_nothing(world: World) -> None:
    await world.prepare("visits", "subsidy")
    reached = asyncio.Event()

    async def hangs(session: Any, received: Sequence[Received[Any]]) -> None:
        await write_down(session, received)
        reached.set()
        await asyncio.sleep(3600)

    await world.start("visits")
    crashing = await world.start("subsidy", {visits.MealDeliveryVerified: hangs}, drain=0.05)
    await world.send(world.open("visits"), *(verified(meals=n) for n in range(1, 21)))
    await asyncio.wait_for(reached.wait(), 20)
    await world.stop(crashing)
    assert await world.book("subsidy") == []
    await world.start("subsidy", HANDLERS)

    async def all_there() -> bool:
        return len(await world.book("subsidy")) >= 20

    await until(all_there)
    await asyncio.sleep(0.3)
    assert sorted(row[3] for row in await world.book("subsidy")) == list(range(1, 21))


async def test_of_two_relays_only_one_publishes_and_the_other_takes_over(world: World) -> None:
    await world.prepare("visits", "subsidy")
    await world.start("subsidy", HANDLERS)
    first = await world.start("visits")

    async def leads() -> bool:
        return first.relay.state == "leading"

    await until(leads)
    second = await world.start("visits")
    sender = world.open("visits")
    await world.send(sender, verified(meals=1))

    async def applied(count: int) -> bool:
        return len(await world.book("subsidy")) == count

    await until(lambda: applied(1))
    assert (first.relay.state, second.relay.state) == ("leading", "standing by")
    async with sender.transaction(Scope.everywhere()) as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                " AND pid IN (SELECT pid FROM pg_stat_activity WHERE usename = 'visits')"
            )
        )
    await world.send(sender, verified(meals=2))
    await until(lambda: applied(2))
    assert {first.relay.state, second.relay.state} == {"leading", "standing by"}


async def test_types_that_a_service_does_not_handle_pass_it_by(world: World) -> None:
    await world.prepare("visits", "subsidy")
    await world.start("visits")
    await world.start("subsidy", {visits.MealDeliveryReversed: write_down})
    event = verified()
    await world.send(world.open("visits"), event, reversed_(event))

    async def something() -> bool:
        return bool(await world.book("subsidy"))

    await until(something)
    assert [row[1] for row in await world.book("subsidy")] == [visits.MealDeliveryReversed.TYPE]
    assert await world.rows("subsidy", "SELECT id FROM dead_letters") == []


async def test_a_broker_killed_in_the_middle_loses_nothing_and_doubles_nothing(
    postgres: Any, database_name: str, broker: kafka.Broker
) -> None:
    world = World(postgres, database_name, broker)
    await world.prepare("visits", "subsidy")
    try:
        await world.start("visits")
        await world.start("subsidy", HANDLERS)
        sender = world.open("visits")
        for start in range(0, 1000, 100):
            await world.send(sender, *(verified(meals=n) for n in range(start + 1, start + 101)))
            if start == 400:
                broker.kill()
        await asyncio.to_thread(broker.start)

        async def all_there() -> bool:
            return len(await world.book("subsidy")) >= 1000

        await until(all_there, 60)
        await asyncio.sleep(0.5)
        assert sorted(row[3] for row in await world.book("subsidy")) == list(range(1, 1001))
    finally:
        await world.close()


async def test_a_service_starts_while_the_broker_is_away_and_joins_when_it_is_back(
    postgres: Any, database_name: str, broker: kafka.Broker
) -> None:
    world = World(postgres, database_name, broker)
    await world.prepare("visits", "subsidy")
    broker.kill()
    try:
        sending, receiving = await world.start("visits"), await world.start("subsidy", HANDLERS)
        assert sending.healthy() == {"relay": False, "consumer": False}
        await world.send(world.open("visits"), verified(meals=1))
        await asyncio.to_thread(broker.start)

        async def applied() -> bool:
            return len(await world.book("subsidy")) == 1

        await until(applied, 60)
        assert sending.healthy() == receiving.healthy() == {"relay": True, "consumer": True}
    finally:
        await world.close()


async def test_stopping_while_the_broker_is_away_takes_a_bounded_time_and_keeps_the_events(
    postgres: Any, database_name: str, broker: kafka.Broker
) -> None:
    world = World(postgres, database_name, broker)
    await world.prepare("visits", "subsidy")
    try:
        sending, receiving = await world.start("visits", drain=1.0), await world.start("subsidy", HANDLERS, drain=1.0)
        broker.kill()
        await world.send(world.open("visits"), verified(meals=1))
        await asyncio.sleep(0.5)
        async with asyncio.timeout(30):
            await asyncio.gather(world.stop(sending), world.stop(receiving))
        assert (await world.rows("visits", "SELECT position FROM outbox_relay"))[0][0] == 0
        await asyncio.to_thread(broker.start)
        await world.start("visits")
        await world.start("subsidy", HANDLERS)

        async def applied() -> bool:
            return [row[3] for row in await world.book("subsidy")] == [1]

        await until(applied, 60)
    finally:
        await world.close()
