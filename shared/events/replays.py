"""Telling once more what was told: an operator asks, the leading relay does it between its own batches.

So of one key no older event is ever the last: a topic of snapshots that is compacted would keep that one. For the same
reason a replay of such a topic has no end but the newest event. Readers know repeats by their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import text

from shared import audit
from shared.contracts.topics import RETENTION, compacted
from shared.events.envelope import Message
from shared.ids import new_id

if TYPE_CHECKING:
    import asyncpg
    from sqlalchemy.ext.asyncio import AsyncSession

    from shared.auth import Caller

SNAPSHOTS = sorted(filter(compacted, RETENTION))
ACTION = "events.replay"
_MESSAGE = "id, type, topic, key, created_at, traceparent, data"
_TOLD = f"(SELECT position, {_MESSAGE} FROM outbox_kept UNION ALL SELECT position, {_MESSAGE} FROM outbox) AS told"
_COLUMNS = "id, topics, since, until, reason, requested_by, requested_at, sent, finished_at"
_ASK = text(
    "INSERT INTO outbox_replays (id, topics, since, until, reason, requested_by, position)"
    " VALUES (:id, :topics, :since, :until, :reason, :by,"
    f" coalesce((SELECT min(position) FROM {_TOLD} WHERE created_at >= :since), 1) - 1) RETURNING {_COLUMNS}"
)
_NEXT = f"SELECT position, {_COLUMNS} FROM outbox_replays WHERE finished_at IS NULL ORDER BY requested_at, id LIMIT 1"
_START = f"SELECT position FROM {_TOLD} WHERE position > $1 AND position <= $2 ORDER BY position LIMIT 1"
_WINDOW = f"""
SELECT position, {_MESSAGE} FROM {_TOLD}
WHERE position >= $1 AND position < $1 + $2 AND position <= $3 AND topic = ANY ($4)
  AND created_at >= coalesce($5, '-infinity'::timestamptz)
  AND (created_at < coalesce($6, 'infinity'::timestamptz) OR topic = ANY ($7))
ORDER BY position
"""
_ANSWER = 30.0  # seconds in which the database answers


@dataclass(frozen=True)
class Replay:
    """One request. ``since`` and ``until`` bound the moments at which events were written, the latter for facts only;
    ``sent``: events so far; ``finished_at``: None while there is something left."""

    id: UUID
    topics: list[str]
    since: datetime | None
    until: datetime | None
    reason: str
    requested_by: str
    requested_at: datetime
    sent: int
    finished_at: datetime | None


async def ask(
    session: AsyncSession,
    caller: Caller,
    topics: Collection[str],
    reason: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Replay:
    """Ask for a replay of topics of this service, in the caller's transaction; leaves an audit entry."""
    values = {"id": new_id(), "topics": sorted(topics), "since": since, "until": until, "reason": reason}
    row = (await session.execute(_ASK, values | {"by": caller.subject})).one()
    bounds = {"since": since.isoformat() if since else None, "until": until.isoformat() if until else None}
    detail = {"topics": values["topics"]} | bounds
    await audit.record(session, caller, ACTION, str(values["id"]), purpose=reason, detail=detail)
    return Replay(**row._mapping)


async def find(session: AsyncSession, limit: int, before: UUID | None = None) -> list[Replay]:
    """Replays, newest first; ``before``: those asked for earlier than that one."""
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM outbox_replays WHERE CAST(:before AS uuid) IS NULL OR (requested_at, id) <"
            " (SELECT requested_at, id FROM outbox_replays WHERE id = :before)"
            " ORDER BY requested_at DESC, id DESC LIMIT :limit"
        ),
        {"before": before, "limit": limit},
    )
    return [Replay(**row._mapping) for row in rows]


@dataclass(frozen=True)
class Window:
    """A part of a replay: what to send, in order, and where it ends."""

    replay: UUID
    messages: Sequence[Message]
    last: int
    finished: bool


async def next_window(connection: asyncpg.Connection, published: int, size: int) -> Window | None:
    """What to tell next, of what was ``published`` already; None where nobody has asked for anything."""
    asked = await connection.fetchrow(_NEXT, timeout=_ANSWER)
    if asked is None:
        return None
    start = await connection.fetchval(_START, asked["position"], published, timeout=_ANSWER)
    if start is None:
        return Window(asked["id"], (), published, finished=True)
    bounds = (asked["topics"], asked["since"], asked["until"], SNAPSHOTS)
    rows = await connection.fetch(_WINDOW, start, size, published, *bounds, timeout=_ANSWER)
    return Window(asked["id"], _newest(rows), min(start + size - 1, published), finished=False)


async def mark(connection: asyncpg.Connection, window: Window) -> None:
    """A part was sent. Where this gets lost, it is only sent again."""
    await connection.execute(
        "UPDATE outbox_replays SET position = $2, sent = sent + $3, finished_at = CASE WHEN $4 THEN now() END"
        " WHERE id = $1",
        *(window.replay, window.last, len(window.messages), window.finished),
        timeout=_ANSWER,
    )


def _newest(rows: Sequence[Any]) -> list[Message]:
    """In order, without snapshots that a later one among them replaces."""
    found: dict[object, Message] = {}
    for row in rows:
        message = Message(*row[1:])
        place = (message.topic, message.key) if compacted(message.topic) else message.id
        found.pop(place, None)
        found[place] = message
    return list(found.values())
