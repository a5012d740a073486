"""Events that failed for good: the table, its twin topic, and what operators may do."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text

from shared.contracts.topics import DEAD_LETTERS
from shared.events import outbox
from shared.events.envelope import Message, storable
from shared.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

TYPE = "cn.anxiang.events.dead-lettered.v1"
KEPT_BYTES = 8 * 1024 * 1024
"""Longer data is kept shortened, with its length and its digest: a record may be as long as the broker allows."""
Status = Literal["open", "requested", "replayed", "skipped"]
Origin = Literal["consumer", "relay"]
_AT_ONCE = 100
_LONGEST = 500  # characters of an error, a key or a type
_COLUMNS = (
    "id, event_id, topic, type, key, time, traceparent, data, error, attempts, failed_at, status, resolved_at, note,"
    " place, size, digest, origin"
)
_PUT = text(
    "INSERT INTO dead_letters (id, event_id, topic, type, key, time, traceparent, data, error, attempts,"
    " place, size, digest, origin)"
    " VALUES (:id, :event_id, :topic, :type, :key, :time, :traceparent, :data, :error, :attempts,"
    " :place, :size, :digest, :origin)"
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
    place: str
    size: int | None
    digest: bytes | None
    origin: Origin

    def message(self) -> Message:
        """The event as it came, as far as it was kept."""
        return Message(
            self.event_id, self.type, self.topic, self.key, self.time, self.traceparent, self.data, self.place
        )

    @property
    def shortened(self) -> bool:
        """Whether only the beginning of its data was kept, so that it cannot be handled again."""
        return self.size is not None


class Letter(NamedTuple):
    """A message that failed for good, and how."""

    message: Message
    error: str
    attempts: int


async def put(session: AsyncSession, letters: Sequence[Letter], service: str, *, origin: Origin = "consumer") -> None:
    """Keep messages with their errors, and tell their topics' twins, in the caller's transaction.

    Any message can be kept: texts are cut to what a row and a record can carry, long data is shortened.
    """
    for start in range(0, len(letters), _AT_ONCE):
        some = letters[start : start + _AT_ONCE]
        rows = [_columns(letter) | {"id": new_id(), "origin": origin} for letter in some]
        await session.execute(_PUT, rows)
        if origin == "consumer":  # what the bus refused, it would refuse as a twin too
            datas = [_told(letter, row, service) for letter, row in zip(some, rows, strict=True)]
            await outbox.write_all(session, [row["topic"] + DEAD_LETTERS for row in rows], TYPE, _keys(rows), datas)


def _keys(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["key"] for row in rows]


def _told(letter: Letter, row: dict[str, Any], service: str) -> bytes:
    data = letter.message.data
    told = ("topic", "type", "key", "time", "error", "attempts", "place")
    return orjson.dumps(
        {name: row[name] for name in told}
        | {
            "event_id": str(letter.message.id),
            "service": service,
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "data_base64": base64.b64encode(data[: outbox.MAX_BYTES // 2]).decode(),
        }
    )


def _columns(letter: Letter) -> dict[str, Any]:
    message = letter.message
    columns = message._asdict()
    columns["event_id"] = columns.pop("id")
    del columns["source"]
    whole = len(message.data) <= KEPT_BYTES
    return columns | {
        "type": storable(message.type, _LONGEST),
        "key": storable(message.key, _LONGEST),
        "error": storable(letter.error, _LONGEST),
        "attempts": letter.attempts,
        "data": message.data[:KEPT_BYTES],
        "size": None if whole else len(message.data),
        "digest": None if whole else hashlib.sha256(message.data).digest(),
    }


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
