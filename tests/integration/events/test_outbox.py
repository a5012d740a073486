"""The outbox writes what it is given, in order, in the caller's transaction, and wakes only a relay that sleeps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.contracts import visits
from shared.database import Database, Scope, driver
from shared.events import outbox
from tests.contract.worlds import reversed_, verified

ROWS = text("SELECT position, topic, type, key, data, traceparent FROM outbox ORDER BY position")


@pytest.fixture
def database(database_of: Any) -> Database:
    """The database of visits."""
    found: Database = database_of("visits")
    return found


async def _rows(database: Database) -> Any:
    async with database.transaction(Scope.everywhere()) as session:
        return (await session.execute(ROWS)).all()


async def test_events_are_written_in_order_with_their_topic_type_key_and_json(database: Database) -> None:
    first = verified(meals=3)
    events = [first, reversed_(first), *(verified(meals=n) for n in range(1, 200))]
    async with database.transaction(Scope.everywhere()) as session:
        await outbox.add(session, *events)
    rows = await _rows(database)
    assert [row.position for row in rows] == sorted(row.position for row in rows)
    assert [(row.topic, row.type, row.key) for row in rows] == [(e.TOPIC, e.TYPE, e.key()) for e in events]
    assert [type(e).model_validate_json(row.data) for e, row in zip(events, rows, strict=True)] == events


async def test_json_that_is_already_there_is_written_as_it_is(database: Database) -> None:
    event = verified()
    async with database.transaction(Scope.everywhere()) as session:
        await outbox.add_json(session, visits.MealDeliveryVerified, [event.key()], [event.model_dump_json().encode()])
        await outbox.add_json(session, visits.MealDeliveryVerified, [], [])
        await outbox.add(session)
    assert [row.data for row in await _rows(database)] == [event.model_dump_json().encode()]


async def test_an_event_over_the_limit_is_refused_before_anything_is_written(database: Database) -> None:
    large = b'"' + b"x" * outbox.MAX_BYTES + b'"'
    async with database.transaction(Scope.everywhere()) as session:
        with pytest.raises(outbox.EventTooLargeError):
            await outbox.add_json(session, visits.MealDeliveryVerified, ["a", "b"], [b"{}", large])
    assert await _rows(database) == []


async def test_an_event_carries_the_trace_of_the_request_that_wrote_it(database: Database) -> None:
    tracer = TracerProvider().get_tracer("test")
    async with database.transaction(Scope.everywhere()) as session:
        await outbox.add(session, verified())
        with tracer.start_as_current_span("request") as span:
            await outbox.add(session, verified())
    context = span.get_span_context()
    assert [row.traceparent for row in await _rows(database)] == [
        None,
        f"00-{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}-{context.trace_flags:02x}",
    ]


@pytest.mark.parametrize("asleep", [True, False])
async def test_writers_notify_only_a_relay_that_sleeps(database: Database, asleep: bool) -> None:
    heard = []
    async with database.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE outbox_relay SET asleep = :asleep"), {"asleep": asleep})
    async with database.engine.connect() as connection:
        ear: Any = (await connection.get_raw_connection()).driver_connection
        await ear.add_listener("anxiang_outbox_visits", lambda *_: heard.append(1))
        async with database.transaction(Scope.everywhere()) as session:
            await outbox.add(session, *(verified() for _ in range(5)))
            await outbox.add(session, verified())
        await ear.fetchval("SELECT 1")
        await asyncio.sleep(0.05)
        await connection.invalidate()
    assert heard == ([1] if asleep else [])


@pytest.mark.parametrize("statement", ["UPDATE outbox SET key = 'x'", "DELETE FROM outbox"])
async def test_a_written_event_cannot_be_changed_by_the_service(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.transaction(Scope.everywhere()) as session:
            await session.execute(text(statement))


async def test_the_transaction_has_its_number_before_the_first_position_is_taken(database: Database) -> None:
    async with database.transaction(Scope.everywhere()) as session:
        connection = await driver(session)
        query = outbox._INSERT  # the plan is what the relay's exactness rests on
        values = [
            "array[gen_random_uuid()]",
            "array['a']",
            "array['t']",
            "array['k']",
            "array[''::bytea]",
            "null::text",
        ]
        for number, value in enumerate(values, 1):
            query = query.replace(f"${number}", value)
        plan = "\n".join(row[0] for row in await connection.fetch("EXPLAIN (VERBOSE, COSTS OFF) " + query))
    above = plan[: plan.index("Function Scan")]
    assert "One-Time Filter" in above
    assert "nextval" in above
    assert "pg_current_xact_id" in above
