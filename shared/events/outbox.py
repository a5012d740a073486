"""The transactional outbox: an event is written where its fact is written."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from shared.contracts.topics import compacted
from shared.database import driver
from shared.ids import new_hex

if TYPE_CHECKING:
    from shared.contracts import Event
    from shared.database import Transaction
    from shared.events.envelope import Message

MAX_BYTES = 900_000
"""Largest JSON of one event: below Kafka's default of 1 MiB for a request, so that no event can stop the relay."""

# The condition gives the transaction its number before the first position is taken (it is evaluated once, before the
# rows): the relay needs that order to tell a position that is still coming from one that never will.
# NOTIFY only wakes a sleeping relay, because it makes commits wait for each other.
_WRITTEN = """
written AS (
    INSERT INTO outbox (id, topic, type, key, data, traceparent)
    SELECT e.id, e.topic, e.type, e.key, e.data, $6
    FROM unnest($1::text::uuid[], $2::text::text[], $3::text::text[], $4::text::text[], $5::bytea[])
        AS e(id, topic, type, key, data)
    WHERE (SELECT pg_current_xact_id()) IS NOT NULL)
SELECT pg_notify('anxiang_outbox_' || current_schema(), '') FROM outbox_relay WHERE asleep
"""
_INSERT = f"WITH {_WRITTEN}"
_NEWER = (
    "SELECT EXISTS (SELECT FROM outbox WHERE topic = $1 AND key = $2 AND created_at >= $3 AND id <> $4 AND position >"
    " coalesce((SELECT position FROM outbox WHERE id = $4 AND created_at = $3 ORDER BY position LIMIT 1), 0))"
)
_LONGEST_KEY = 1000  # characters: an id has 36, and a header writes each with up to 12 bytes
FREE = 7
"""The first number that the values of a fact beside its event may have."""


class EventTooLargeError(ValueError):
    """The JSON of one event is larger than ``MAX_BYTES``, or its key is no key."""


async def add(session: Transaction, *events: Event) -> None:
    """Write events in the caller's transaction, in this order, with one statement; nothing else.

    Raises EventTooLargeError before anything is written.
    """
    if events:
        await _write(
            session,
            [event.TOPIC for event in events],
            [event.TYPE for event in events],
            [event.key() for event in events],
            [event.__pydantic_serializer__.to_json(event) for event in events],
        )


async def add_json(session: Transaction, event: type[Event], keys: Sequence[str], datas: Sequence[bytes]) -> None:
    """The same for set-based writers that already hold each event's JSON, which must be valid for ``event``."""
    if keys:
        await _write(session, list(repeat(event.TOPIC, len(keys))), list(repeat(event.TYPE, len(keys))), keys, datas)


async def add_beside(
    session: Transaction, event: type[Event], key: str, data: bytes, *, fact: str, values: Sequence[Any]
) -> None:
    """One event and the INSERT of its fact in one statement, which saves hot routes a trip to the database.

    ``fact`` numbers its ``values`` from ``FREE`` on; ``data`` must be valid JSON for ``event``.
    """
    statement = f"WITH fact AS ({fact}), {_WRITTEN}"
    await _write(session, [event.TOPIC], [event.TYPE], [key], [data], statement=statement, values=values)


async def write(session: Transaction, topic: str, event_type: str, key: str, data: bytes) -> None:
    """One message to a topic that no event model names, such as a dead-letter twin."""
    await _write(session, [topic], [event_type], [key], [data])


async def write_all(
    session: Transaction, topics: Sequence[str], event_type: str, keys: Sequence[str], datas: Sequence[bytes]
) -> None:
    """The same for several messages of one type, with one statement."""
    await _write(session, topics, list(repeat(event_type, len(topics))), keys, datas)


async def again(session: Transaction, message: Message) -> None:
    """A message that could not be published, under the id that it has: unless it is a snapshot and a newer one of its
    key was written since, which would otherwise not be the last any more."""
    if compacted(message.topic):
        connection = await driver(session)
        if await connection.fetchval(_NEWER, message.topic, message.key, message.time, message.id):
            return
    ids = [message.id.hex]
    await _write(session, [message.topic], [message.type], [message.key], [message.data], ids=ids)


async def _write(
    session: Transaction,
    topics: Sequence[str],
    types: Sequence[str],
    keys: Sequence[str],
    datas: Sequence[bytes],
    *,
    statement: str = _INSERT,
    values: Sequence[Any] = (),
    ids: Sequence[str] | None = None,
) -> None:
    if max(map(len, datas)) > MAX_BYTES or max(map(len, keys)) > _LONGEST_KEY:
        raise EventTooLargeError(f"an event is larger than {MAX_BYTES} bytes")
    connection = await driver(session)
    ids = ids or [new_hex() for _ in datas]
    names = [f"{{{','.join(each)}}}" for each in (ids, topics, types)]
    await connection.fetch(statement, *names, _array(keys), datas, _traceparent(), *values)


def _array(values: Sequence[str]) -> str:
    """An array as PostgreSQL's text: several times cheaper than asyncpg's own, which looks at each element's class."""
    quoted = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return f'{{"{quoted}"}}'


def _traceparent() -> str | None:
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
