"""The audit log: append-only, and chained by hash so that a changed or missing entry shows.

Writers add an entry and wait for nobody. What they committed is chained afterwards by a function of the database's
owner (``deploy/migrations/audit.sql``): the service's login can give no position, change no entry and move no head.

``python -m shared.audit_anchor verify`` proves the chain of the service that ``ANXIANG_SERVICE`` and
``ANXIANG_DATABASE_URL`` name, and compares it with the checkpoints that another service keeps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.database import Database, Scope, Transaction, driver
from shared.regions import common_region

CHUNK = 5000
NATION = "000000000000"
_INSERT = """
INSERT INTO audit_waiting (region, client, subject, action, target, purpose, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::json)
"""
_SEAL = text("SELECT seal_audit(:most)")
_HEAD = text(
    "SELECT position, hash, (SELECT count(*) FROM (SELECT FROM audit_waiting LIMIT 1000000) AS waiting) AS waiting"
    " FROM audit_head"
)


@dataclass
class Noted:
    """What the request at hand has left of itself: written below the edge, read by it."""

    written: bool = False
    """An entry that says more than the edge could."""
    region: str = ""
    """Where that one is filed."""
    missed: bool = False
    """It asked by a number that told it of nobody it may see."""


noted: ContextVar[Noted | None] = ContextVar("noted", default=None)


@dataclass(frozen=True)
class Entry:
    """Who did what to what, when, and for which purpose. ``detail`` is the JSON text as it was written."""

    position: int
    at: datetime
    region: str
    client: str
    subject: str
    action: str
    target: str
    purpose: str | None
    detail: str
    hash: bytes

    def facts(self) -> dict[str, Any]:
        """The detail's members."""
        found: dict[str, Any] = json.loads(self.detail)
        return found

    def fits(self, previous: bytes) -> bool:
        """Whether its hash covers the entry before and this one, as it is chained now or was before."""
        return self.hash in {self._sealed(previous), self._chained_at_once(previous)}

    def _sealed(self, previous: bytes) -> bytes:
        """As ``seal_audit`` has it: every field with its length before it."""
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        fields = [str(self.position), at, self.region, self.client, self.subject, self.action, self.target]
        texts = [*fields, self.purpose, self.detail]
        parts = [b"-" if each is None else b"%d:%s" % (len(raw := each.encode()), raw) for each in texts]
        return hashlib.sha256(previous + b"".join(parts)).digest()

    def _chained_at_once(self, previous: bytes) -> bytes:
        """As entries were chained by their writers, before there was a sealer."""
        fields = [self.position, self.at.isoformat(), self.region, self.client, self.subject, self.action, self.target]
        content = json.dumps([*fields, self.purpose, self.facts()], sort_keys=True)
        return hashlib.sha256(previous + content.encode()).digest()


async def record(
    session: Transaction,
    caller: Caller,
    action: str,
    target: str,
    *,
    region: str = "",
    purpose: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry in the caller's transaction; nobody waits for it, and the edge writes none of its own.

    ``region``: of what was touched, 12 digits; empty: the caller's.
    """
    note, region = noted.get(), region or region_of(caller)
    if note is not None:
        note.written, note.region = True, region
    values = (region, caller.client, caller.subject, action, target)
    content = json.dumps(detail or {})
    await (await driver(session)).execute(_INSERT, *map(_storable, values), purpose, content)


def region_of(caller: Caller) -> str:
    """Where an entry is filed that touches nothing in a place: the smallest region around the caller's own."""
    around = common_region(caller.regions)
    return common_region(caller.regions[:1]) if around == NATION and "" not in caller.regions else around


def missed() -> None:
    """Say that the request at hand asked by a number, and learned no more than somebody who guesses."""
    note = noted.get()
    if note is not None:
        note.missed = True


def _storable(value: str) -> str:
    """What a token or a path says, as far as the database can hold it."""
    return value.replace("\0", "").encode(errors="replace").decode()


async def seal(database: Database, most: int = CHUNK) -> int:
    """Chain what is committed and waits, in transactions of so many entries; returns how many."""
    sealed, last = 0, most
    while last == most:
        async with database.transaction(Scope(())) as session:
            last = int(await session.scalar(_SEAL, {"most": most}) or 0)
        sealed += last
    return sealed


async def entries(session: AsyncSession, after: int, limit: int, region_prefix: str = "") -> list[Entry]:
    """Entries in order after a position, of a region and below."""
    rows = await session.execute(
        text(
            "SELECT position, at, region, client, subject, action, target, purpose, detail::text AS detail, hash"
            " FROM audit_entries"
            " WHERE position > :after AND starts_with(region, :prefix) ORDER BY position LIMIT :limit"
        ),
        {"after": after, "limit": limit, "prefix": region_prefix},
    )
    return [Entry(**{**row, "hash": bytes(row["hash"])}) for row in rows.mappings()]


@dataclass(frozen=True)
class Verification:
    """Whether the chain is unbroken, how long it is, the first position that does not fit, and how many entries wait to
    be chained. ``anchored``: the last position that a checkpoint confirms."""

    unbroken: bool
    length: int
    head: str
    broken_at: int | None = None
    waiting: int = 0
    anchored: int | None = None


async def verify(session: AsyncSession, checkpoints: Mapping[int, Collection[str]] | None = None) -> Verification:
    """Walk the whole chain and compare it with its head, and with the hashes that another service kept of positions."""
    head = (await session.execute(_HEAD)).one()
    open_points = dict(checkpoints or {})
    found = Verification(unbroken=True, length=0, head=bytes(head.hash).hex(), waiting=head.waiting)
    previous = b""
    async for entry in _all(session, head.position):
        if entry.position != found.length + 1 or not entry.fits(previous):
            return _broken(found, found.length + 1)
        told = open_points.pop(entry.position, ())
        if set(told) - {entry.hash.hex()}:
            return _broken(found, entry.position)
        previous = entry.hash
        found = replace(found, length=entry.position, anchored=entry.position if told else found.anchored)
    if found.length != head.position or previous != bytes(head.hash) or open_points:
        return _broken(found, found.length + 1)
    return found


def _broken(found: Verification, at: int) -> Verification:
    return replace(found, unbroken=False, broken_at=at)


async def _all(session: AsyncSession, upto: int) -> AsyncIterator[Entry]:
    position = 0
    while page := await entries(session, position, CHUNK):
        for entry in page:
            if entry.position > upto:
                return
            yield entry
        position = page[-1].position
