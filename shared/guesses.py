"""Who tries numbers until one fits is stopped: so many look-ups in an hour that found nobody, or somebody elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from prometheus_client import Counter
from sqlalchemy import text

from shared.clock import now
from shared.database import Database, Scope
from shared.errors import Problem

STOPPED = Counter("anxiang_guesses_stopped", "Look-ups by number that were refused after too many misses", ["service"])
_MISSED = text("SELECT missed FROM guesses WHERE client = :client AND hour = :hour")
_COUNT = text(
    "INSERT INTO guesses (client, hour, missed) VALUES (:client, :hour, 1)"
    " ON CONFLICT (client, hour) DO UPDATE SET missed = guesses.missed + 1"
)


class TooManyGuesses(Problem):
    """The client has asked by too many numbers that it cannot know."""

    status, slug, title_en, title_zh = (
        429,
        "too-many-guesses",
        "Too many look-ups by number found nobody; try again in the next hour",
        "按号码查询未命中次数过多,请于下一小时再试",
    )


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


async def check(database: Database, client: str, most: int) -> None:
    """TooManyGuesses (429) when the client has had its misses of this hour."""
    at = now()
    async with database.transaction(Scope(())) as session:
        found = await session.scalar(_MISSED, {"client": client, "hour": _hour(at)})
    if (found or 0) >= most:
        STOPPED.labels(database.schema).inc()
        raise TooManyGuesses(seconds=int((_hour(at) + timedelta(hours=1) - at).total_seconds()) + 1)


async def count(database: Database, client: str) -> None:
    """One more miss, in a transaction of its own: a refused request's is gone."""
    async with database.transaction(Scope(())) as session:
        await session.execute(_COUNT, {"client": client, "hour": _hour(now())})
