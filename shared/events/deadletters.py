"""Events that failed for good: the table, its twin topic, and what operators may do."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import text

from shared.events import outbox
from shared.events.envelope import DEAD_LETTERS, Message
from shared.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

TYPE = "cn.anxiang.events.dead-lettered.v1"
Status = Literal["open", "requested", "replayed", "skipped"]
_COLUMNS = (
    "id, event_id, topic, type, key, time, traceparent, data, error, attempts, failed_at, status, resolved_at, note"
)


@dataclass(frozen=True)
class DeadLetter:
    """One row of ``dead_letters``."""

    id: UUID
    event_id: UUID
    topic: str
    type: str
    key: str
    time: datetime
    traceparent: str | None
    data: bytes
    error: str
    attempts: int
    failed_at: datetime
    status: Status
    resolved_at: datetime | None
    note: str | None

    def message(self) -> Message:
        """The event as it came."""
        return Message(self.event_id, self.type, self.topic, self.key, self.time, self.traceparent, self.data)


async def put(session: AsyncSession, message: Message, error: str, attempts: int, service: str) -> None:
    """Keep a message with its error, and tell the topic's twin, in the caller's transaction."""
    await session.execute(
        text(
            "INSERT INTO dead_letters (id, event_id, topic, type, key, time, traceparent, data, error, attempts)"
            " VALUES (:id, :event_id, :topic, :type, :key, :time, :traceparent, :data, :error, :attempts)"
        ),
        {"id": new_id(), **_columns(message), "error": error, "attempts": attempts},
    )
    letter = {
        "event_id": str(message.id),
        "topic": message.topic,
        "type": message.type,
        "key": message.key,
        "time": message.time,
        "service": service,
        "error": error,
        "attempts": attempts,
        "data_base64": base64.b64encode(message.data[: outbox.MAX_BYTES // 2]).decode(),
    }
    await outbox.write(session, message.topic + DEAD_LETTERS, TYPE, message.key, orjson.dumps(letter))


def _columns(message: Message) -> dict[str, Any]:
    columns = message._asdict()
    columns["event_id"] = columns.pop("id")
    del columns["source"]
    return columns


async def find(session: AsyncSession, status: Status | None = "open", limit: int = 100) -> list[DeadLetter]:
    """Dead letters, oldest first; ``status`` None means all."""
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM dead_letters WHERE (CAST(:status AS text) IS NULL OR status = :status)"
            " ORDER BY failed_at, id LIMIT :limit"
        ),
        {"status": status, "limit": limit},
    )
    return [DeadLetter(*row) for row in rows]


async def get(session: AsyncSession, letter_id: UUID) -> DeadLetter | None:
    """One dead letter by its id."""
    row = (
        await session.execute(text(f"SELECT {_COLUMNS} FROM dead_letters WHERE id = :id"), {"id": letter_id})
    ).first()
    return DeadLetter(*row) if row else None


async def claim_requested(session: AsyncSession, limit: int) -> list[DeadLetter]:
    """Letters that an operator wants handled again, locked for this transaction; others' locks are passed by."""
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM dead_letters WHERE status = 'requested'"
            " ORDER BY failed_at, id LIMIT :limit FOR UPDATE SKIP LOCKED"
        ),
        {"limit": limit},
    )
    return [DeadLetter(*row) for row in rows]


async def resolve(session: AsyncSession, letter_id: UUID, status: Status, note: str | None = None) -> bool:
    """Move an open or requested letter on; False when it is neither."""
    result = await session.execute(
        text(
            "UPDATE dead_letters SET status = :status, note = coalesce(:note, note),"
            " resolved_at = CASE WHEN :status IN ('replayed', 'skipped') THEN now() END"
            " WHERE id = :id AND status IN ('open', 'requested') RETURNING id"
        ),
        {"id": letter_id, "status": status, "note": note},
    )
    return result.first() is not None


async def failed_again(session: AsyncSession, letter_id: UUID, error: str) -> None:
    """A replay failed: open again, with the new error."""
    await session.execute(
        text("UPDATE dead_letters SET status = 'open', error = :error, attempts = attempts + 1 WHERE id = :id"),
        {"id": letter_id, "error": error},
    )
