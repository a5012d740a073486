"""Keeping what only grows in bounds: months made ahead, old ones dropped, stale keys and logs deleted."""

from __future__ import annotations

import time
from uuid import UUID

import asyncpg
import structlog

from shared.events.replays import SNAPSHOTS
from shared.faults import named

log = structlog.get_logger(__name__)

EVERY = 3600.0
"""Seconds between two rounds of care."""
_DAY_MS = 86_400_000
_AHEAD = """
SELECT ensure_month('outbox', ((now() AT TIME ZONE 'Asia/Shanghai') + ahead * interval '1 month')::date)
FROM generate_series(0, 2) AS ahead
"""
_DROP = "SELECT drop_outbox_before((now() - make_interval(days => $1))::date, $2)"
_FORGOTTEN = (
    "DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(days => $1)",
    "DELETE FROM pgqueuer_log WHERE created < now() - make_interval(days => $1)",
    "DELETE FROM guesses WHERE hour < now() - make_interval(days => $1)",
)
_REPEATED_FOR_DAYS, _JOB_LOG_DAYS, _GUESSES_DAYS = 30, 90, 90
# An id of somebody else's need not tell its time: there the moment of arrival has its say.
_FORGET = """
DELETE FROM inbox WHERE (id, source) IN (
    SELECT id, source FROM inbox WHERE id < $1
        AND (source = '' OR source ^@ '/anxiang/' OR received_at < now() - make_interval(days => $2))
    ORDER BY id LIMIT 10000)
"""


async def care(connection: asyncpg.Connection, service: str, keep_days: int) -> None:
    """One round: two months ahead exist, outbox months and inbox entries older than ``keep_days`` are gone,
    but for the newest snapshot of each key.

    So are answers kept for repeats after 30 days and the log of done jobs and counts of guesses after 90.
    """
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '1s'")  # writers must not queue behind this for long
            await connection.execute(_AHEAD)
            await connection.execute(_DROP, keep_days, SNAPSHOTS)
        for statement, days in zip(_FORGOTTEN, (_REPEATED_FOR_DAYS, _JOB_LOG_DAYS, _GUESSES_DAYS), strict=True):
            await connection.execute(statement, days)
        while await connection.execute(_FORGET, oldest_kept(keep_days), keep_days) != "DELETE 0":
            pass
    except asyncpg.PostgresError as error:  # publishing goes on; the next round tries again
        log.warning("outbox and inbox were not cared for", service=service, error=named(error))


def oldest_kept(keep_days: int) -> UUID:
    """The smallest UUIDv7 of the moment so many days ago."""
    moment = time.time_ns() // 1_000_000 - keep_days * _DAY_MS
    return UUID(int=(moment << 80) | (7 << 76) | (2 << 62))
