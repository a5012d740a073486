"""The consumer against real PostgreSQL: whose fault a failure is, and what it costs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
import pytest
from sqlalchemy import text

from shared.contracts import Event, Received, visits
from shared.database import Database, Scope
from shared.events import deadletters
from shared.events.consumer import Consumer, Patience
from shared.events.envelope import Message
from shared.ids import new_id
from tests.contract.worlds import verified
from tests.support.database import execute

QUICK = Patience(attempts=3, first=0.001, longest=0.01)


def _message(event: Event, **other: Any) -> Message:
    data = event.model_dump_json().encode()
    return Message(new_id(), event.TYPE, event.TOPIC, event.key(), datetime.now(UTC), None, data)._replace(**other)


class Notes:
    """A handler that notes what it committed, and fails when it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.calls: list[int] = []
        self.failures = list(failures)
        self.poison: set[int] = set()

    async def handle(self, session: Any, received: Sequence[Received[Any]]) -> None:
        self.calls.append(len(received))
        for item in received:
            await session.execute(text("INSERT INTO notes VALUES (:meals)"), {"meals": item.data.meals})
        if self.failures:
            raise self.failures.pop(0)
        if any(item.data.meals in self.poison for item in received):
            raise ValueError("poison")


@pytest.fixture
async def database(database_of: Any, postgres: Any, database_name: str) -> Database:
    """The database of subsidy with a table to note things in."""
    await execute(
        postgres.superuser_url(database_name),
        "CREATE TABLE subsidy.notes (meals int)",
        "GRANT ALL ON subsidy.notes TO subsidy",
    )
    found: Database = database_of("subsidy")
    return found


def _consumer(database: Database, notes: Notes) -> Consumer:
    return Consumer("subsidy", database, {visits.MealDeliveryVerified: notes.handle}, QUICK)


async def _all(database: Database, query: str) -> list[Any]:
    async with database.transaction(Scope.everywhere()) as session:
        return [tuple(row) for row in (await session.execute(text(query))).all()]


async def _noted(database: Database) -> list[int]:
    return [row[0] for row in await _all(database, "SELECT meals FROM notes ORDER BY meals")]


@pytest.mark.parametrize(
    "failure",
    [
        asyncpg.SerializationError("could not serialize"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.TooManyConnectionsError("too many"),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.InterfaceError("connection is closed"),
        ConnectionRefusedError("nobody there"),
    ],
    ids=lambda e: type(e).__name__,
)
async def test_a_failure_of_the_database_is_waited_out_and_costs_no_message(
    database: Database, failure: Exception
) -> None:
    notes = Notes(*[failure] * 7)
    await _consumer(database, notes).deliver([_message(verified(meals=n)) for n in (1, 2, 3)])
    assert notes.calls == [3] * 8
    assert await _noted(database) == [1, 2, 3]
    assert await _all(database, "SELECT id FROM dead_letters") == []


async def test_a_full_disk_is_waited_out_however_long_though_other_writes_still_fit(database: Database) -> None:
    notes = Notes(*[asyncpg.DiskFullError("no room")] * (2 * QUICK.doubts + 2))
    await _consumer(database, notes).deliver([_message(verified(meals=n)) for n in (1, 2, 3)])
    assert await _noted(database) == [1, 2, 3]
    assert await _all(database, "SELECT id FROM dead_letters") == []


async def test_a_connection_that_is_lost_in_the_middle_of_a_batch_changes_nothing(database: Database) -> None:
    notes = Notes()
    cut = [True]

    async def handle(session: Any, received: Sequence[Received[Any]]) -> None:
        await notes.handle(session, received)
        if cut.pop() if cut else False:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    consumer = Consumer("subsidy", database, {visits.MealDeliveryVerified: handle}, QUICK)
    await consumer.deliver([_message(verified(meals=n)) for n in (1, 2)])
    assert await _noted(database) == [1, 2]
    assert notes.calls == [2, 2]


async def test_one_bad_message_of_many_costs_few_transactions_and_harms_no_other(database: Database) -> None:
    notes = Notes()
    notes.poison = {77}
    await _consumer(database, notes).deliver([_message(verified(meals=n)) for n in range(1, 257)])
    assert await _noted(database) == [n for n in range(1, 257) if n != 77]
    assert len(notes.calls) <= 2 * 8 + 1 + QUICK.attempts
    [(error, attempts)] = await _all(database, "SELECT error, attempts FROM dead_letters")
    assert (error.split()[:2], attempts) == (["ValueError", "at"], 3)


async def test_an_error_that_names_values_does_not_carry_the_statement_into_the_dead_letter(database: Database) -> None:
    async def handle(session: Any, _received: Sequence[Received[Any]]) -> None:
        await session.execute(text("INSERT INTO notes VALUES (:secret)"), {"secret": 2**40})

    await Consumer("subsidy", database, {visits.MealDeliveryVerified: handle}, QUICK).deliver([_message(verified())])
    [(error,)] = await _all(database, "SELECT error FROM dead_letters")
    assert error.startswith("DataError")
    assert "INSERT" not in error


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "cn.anxiang.visits.meal-delivery.eaten.v1"}, "unknown event type"),
        ({"type": ""}, "unknown event type"),
        ({"data": b"\xff not json"}, "data: json_invalid"),
        ({"data": b""}, "data: json_invalid"),
        ({"data": b'{"meals": 0}'}, "delivery_id: missing"),
        ({"topic": "registry.seniors"}, "does not belong on registry.seniors"),
    ],
)
async def test_what_cannot_be_read_becomes_a_dead_letter_at_once(
    database: Database, change: dict[str, Any], said: str
) -> None:
    notes = Notes()
    bad, good = _message(verified(meals=1), **change), _message(verified(meals=2))
    await _consumer(database, notes).deliver([bad, good])
    await _consumer(database, notes).deliver([bad, good])
    assert await _noted(database) == [2]
    assert notes.calls == [1]
    [(event_id, data, error, attempts)] = await _all(
        database, "SELECT event_id, data, error, attempts FROM dead_letters"
    )
    assert (event_id, data, attempts) == (bad.id, bad.data, 1)
    assert said in error


async def test_a_field_that_a_newer_sender_added_is_passed_over(database: Database) -> None:
    event = verified(meals=4)
    data = orjson.dumps(orjson.loads(event.model_dump_json()) | {"vehicle": "bicycle"})
    await _consumer(database, Notes()).deliver([_message(event, data=data)])
    assert await _noted(database) == [4]


async def test_the_same_message_twice_in_one_batch_counts_once(database: Database) -> None:
    message = _message(verified(meals=5))
    await _consumer(database, Notes()).deliver([message, message])
    assert await _noted(database) == [5]


async def test_a_failure_that_stays_transient_for_one_message_while_the_database_answers_others_is_its_fault(
    database: Database,
) -> None:
    notes = Notes()

    async def handle(session: Any, received: Sequence[Received[Any]]) -> None:
        await notes.handle(session, received)
        if any(item.data.meals == 5 for item in received):
            raise ConnectionResetError("a file, or another service, that this message asks for")

    quick = Patience(attempts=2, first=0.001, longest=0.002, doubts=3)
    consumer = Consumer("subsidy", database, {visits.MealDeliveryVerified: handle}, quick)
    await consumer.deliver([_message(verified(meals=n)) for n in range(1, 9)])
    assert await _noted(database) == [1, 2, 3, 4, 6, 7, 8]
    [(error,)] = await _all(database, "SELECT error FROM dead_letters")
    assert error.startswith("ConnectionResetError")


async def test_longer_data_than_a_row_should_hold_is_kept_shortened_with_its_length_and_digest(
    database: Database,
) -> None:
    data = b"\xff" * (deadletters.KEPT_BYTES + 1)
    bad = _message(verified(meals=1), data=data, key="k" * 100_000, place="3/17")
    await _consumer(database, Notes()).deliver([bad, _message(verified(meals=2))])
    assert await _noted(database) == [2]
    [row] = await _all(database, "SELECT length(data), size, digest, length(key), place FROM dead_letters")
    assert row == (deadletters.KEPT_BYTES, len(data), hashlib.sha256(data).digest(), 500, "3/17")
    async with database.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE dead_letters SET status = 'requested'"))
    assert await _consumer(database, Notes()).replay_requested() == 1
    [(status, error)] = await _all(database, "SELECT status, error FROM dead_letters")
    assert (status, "bytes were kept" in error) == ("open", True)


async def test_of_what_no_row_takes_whole_its_name_is_kept_and_the_rest_goes_on(
    database: Database, postgres: Any, database_name: str
) -> None:
    """Whatever the reason: here the database takes no data at all into the table of dead letters."""
    await execute(
        postgres.superuser_url(database_name), "ALTER TABLE subsidy.dead_letters ADD CHECK (octet_length(data) = 0)"
    )
    bad = _message(verified(meals=1), data=b"\xff", place="3/17")
    await _consumer(database, Notes()).deliver([bad, _message(verified(meals=2))])
    assert await _noted(database) == [2]
    [(event_id, place, data, error)] = await _all(database, "SELECT event_id, place, data, error FROM dead_letters")
    assert (event_id, place, bytes(data)) == (bad.id, "3/17", b"")
    assert error.startswith("CheckViolationError") or "IntegrityError" in error
