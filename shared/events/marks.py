"""How far the outbox was told, for each bus by itself: what one has had, another has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from shared.events.cursor import Cursor, Gap

if TYPE_CHECKING:
    import asyncpg

log = structlog.get_logger(__name__)
_ANSWER = 30.0  # seconds in which the database answers
_ADOPT = """
UPDATE outbox_relay SET bus = $1 WHERE bus = '' AND NOT EXISTS (SELECT FROM outbox_relay WHERE bus = $1)
"""
_NEW = """
INSERT INTO outbox_relay (bus, position)
SELECT $1, coalesce((SELECT min(position) FROM outbox WHERE created_at >= now() - make_interval(days => $2)), 1) - 1
ON CONFLICT (bus) DO NOTHING RETURNING bus
"""
_KEPT_TOO = """
INSERT INTO outbox_replays (id, topics, reason, requested_by)
SELECT gen_random_uuid(), array_agg(DISTINCT topic), 'a bus that never had anything', $1 FROM outbox_kept
HAVING count(*) > 0
"""
_OTHERS_AWAKE = "UPDATE outbox_relay SET asleep = false WHERE bus <> $1 AND asleep"
_READ = """
SELECT position, array(SELECT ARRAY[lower(g), upper(g) - 1] FROM unnest(gaps) AS g) AS gaps,
    pg_current_xact_id()::text::bigint AS horizon FROM outbox_relay WHERE bus = $1
"""
_MOVE = """
UPDATE outbox_relay SET position = $1, gaps = $2::text::int8multirange, asleep = false, moved_at = clock_timestamp()
WHERE bus = $3
"""
_SLEEP = "UPDATE outbox_relay SET asleep = true WHERE bus = $1 AND NOT asleep"
_LOOK = """
SELECT position,
    (SELECT count(*) FROM (SELECT FROM outbox AS o WHERE o.position > outbox_relay.position LIMIT 1000) AS waiting)
FROM outbox_relay WHERE bus = $1
"""


async def take_up(connection: asyncpg.Connection, bus: str, service: str, days: int) -> Cursor:
    """Where the last leader on this bus was. A mark from before there was one per bus belongs to whichever comes first.

    A bus that never had anything is told all of the last ``days``, in which readers know repeats, and the newest
    snapshots of what is older.
    """
    async with connection.transaction():
        if await connection.execute(_ADOPT, bus) == "UPDATE 0" and await connection.fetchval(_NEW, bus, days):
            await connection.execute(_KEPT_TOO, service)
            log.info("a bus that never had anything is told everything", service=service, bus=bus)
        await connection.execute(_OTHERS_AWAKE, bus)  # writers NOTIFY for one that sleeps, and nobody listens there
        row = await connection.fetchrow(_READ, bus)
    return Cursor(row["position"], tuple(Gap(first, last, row["horizon"]) for first, last in row["gaps"]))


async def move(connection: asyncpg.Connection, bus: str, cursor: Cursor) -> None:
    """Everything up to here is told."""
    await connection.execute(_MOVE, cursor.position, cursor.multirange(), bus, timeout=_ANSWER)


async def sleep(connection: asyncpg.Connection, bus: str) -> None:
    """Ask writers to NOTIFY."""
    await connection.execute(_SLEEP, bus, timeout=_ANSWER)


async def look(connection: asyncpg.Connection, bus: str) -> tuple[int, int]:
    """How far the leader is, and how many events wait, a thousand at most."""
    row = await connection.fetchrow(_LOOK, bus, timeout=_ANSWER)
    return (row[0], row[1]) if row else (0, 0)
