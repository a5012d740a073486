"""The audit log: append-only, and chained by hash so that a changed or missing entry shows.

``python -m shared.audit verify`` proves the chain of the service that ``ANXIANG_SERVICE`` and ``ANXIANG_DATABASE_URL``
name.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.clock import month_of, now
from shared.database import Database, Scope, ensure_month
from shared.settings import Settings

CHUNK = 5000
_LOCK_HEAD = text("SELECT position, hash FROM audit_head FOR UPDATE")
_MOVE_HEAD = text("UPDATE audit_head SET position = :position, hash = :hash")
_INSERT = text(
    "INSERT INTO audit_entries (position, at, region, client, subject, action, target, purpose, detail, hash)"
    " VALUES (:position, :at, :region, :client, :subject, :action, :target, :purpose, :detail, :hash)"
)


@dataclass(frozen=True)
class Entry:
    """Who did what to what, when, and for which purpose."""

    position: int
    at: datetime
    region: str
    client: str
    subject: str
    action: str
    target: str
    purpose: str | None
    detail: dict[str, Any]
    hash: bytes

    def digest(self, previous: bytes) -> bytes:
        """SHA-256 over the entry before and this one."""
        fields = [self.position, self.at.isoformat(), self.region, self.client, self.subject, self.action, self.target]
        content = json.dumps([*fields, self.purpose, self.detail], sort_keys=True)
        return hashlib.sha256(previous + content.encode()).digest()


async def record(
    session: AsyncSession,
    caller: Caller,
    action: str,
    target: str,
    *,
    purpose: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write an entry in the caller's transaction. Writers wait for each other, so keep the transaction short."""
    at = now()
    await ensure_month(session, "audit_entries", month_of(at))
    head = (await session.execute(_LOCK_HEAD)).one()
    region = (caller.regions[0] if caller.regions else "").ljust(12, "0")
    entry = Entry(
        head.position + 1, at, region, caller.client, caller.subject, action, target, purpose, detail or {}, b""
    )
    values = {
        **entry.__dict__,
        "detail": json.dumps(entry.detail),
        "hash": entry.digest(bytes(head.hash)),
    }
    await session.execute(
        _INSERT,
        values,
    )
    await session.execute(_MOVE_HEAD, values)


async def entries(session: AsyncSession, after: int, limit: int, region_prefix: str = "") -> list[Entry]:
    """Entries in order after a position, of a region and below."""
    rows = await session.execute(
        text(
            "SELECT position, at, region, client, subject, action, target, purpose, detail, hash FROM audit_entries"
            " WHERE position > :after AND starts_with(region, :prefix) ORDER BY position LIMIT :limit"
        ),
        {"after": after, "limit": limit, "prefix": region_prefix},
    )
    return [Entry(**{**row, "hash": bytes(row["hash"])}) for row in rows.mappings()]


@dataclass(frozen=True)
class Verification:
    """Whether the chain is unbroken, how long it is, and the first position that does not fit."""

    unbroken: bool
    length: int
    head: str
    broken_at: int | None = None


async def verify(session: AsyncSession) -> Verification:
    """Walk the whole chain and compare it with its head."""
    head = (await session.execute(text("SELECT position, hash FROM audit_head"))).one()
    previous, expected = b"", 1
    async for entry in _all(session, head.position):
        if entry.position != expected or entry.digest(previous) != entry.hash:
            return Verification(unbroken=False, length=expected - 1, head=bytes(head.hash).hex(), broken_at=expected)
        previous, expected = entry.hash, expected + 1
    whole = expected - 1 == head.position and previous == bytes(head.hash)
    return Verification(whole, expected - 1, bytes(head.hash).hex(), None if whole else expected)


async def _all(session: AsyncSession, upto: int) -> AsyncIterator[Entry]:
    position = 0
    while page := await entries(session, position, CHUNK):
        for entry in page:
            if entry.position > upto:
                return
            yield entry
        position = page[-1].position


async def _prove() -> bool:
    database = Database.of(Settings())
    try:
        async with database.transaction(Scope.everywhere()) as session:
            found = await verify(session)
    finally:
        await database.close()
    told = "unbroken" if found.unbroken else f"broken at entry {found.broken_at}"
    sys.stdout.write(f"{database.schema}: {told}; {found.length} entries fit, head {found.head}\n")
    return found.unbroken


if __name__ == "__main__":
    if sys.argv[1:] != ["verify"]:
        sys.exit("usage: python -m shared.audit verify")
    sys.exit(0 if asyncio.run(_prove()) else 1)
