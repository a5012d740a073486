"""Publishes the outbox: one active relay per service, woken by NOTIFY, with a poll as fall-back."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

import structlog
from opentelemetry import trace

from shared.database import Database, Scope
from shared.events import deadletters, marks, metrics, replays, retention
from shared.events.bus import Bus
from shared.events.cursor import Cursor
from shared.events.envelope import Message
from shared.events.sending import Refused, send
from shared.supervision import PATIENCE, Progress, keep_alive

if TYPE_CHECKING:
    import asyncpg

log = structlog.get_logger(__name__)
tracer = trace.get_tracer("anxiang.events")

State = Literal["stopped", "standing by", "leading"]
_COLUMNS = "position, id, type, topic, key, created_at, traceparent, data"
_READ = f"SELECT {_COLUMNS} FROM outbox WHERE position > $1 ORDER BY position LIMIT $2"
# One statement, so one snapshot: a gap that appears together with a later event of its key is seen together with it.
_READ_WITH_GAPS = f"""
(SELECT {_COLUMNS} FROM unnest($3::text::int8multirange) AS gap
 JOIN outbox ON position >= lower(gap) AND position < upper(gap) ORDER BY position LIMIT $2)
UNION ALL ({_READ}) ORDER BY position LIMIT $2
"""
_BACKLOG = "SELECT count(*) FROM (SELECT FROM outbox WHERE position > $1 LIMIT 1000000) AS waiting"
_LEAD = "SELECT pg_try_advisory_lock(hashtextextended('anxiang outbox relay ' || current_schema(), 0))"
# The lock of a leader whose machine went away without a word would be held until the server notices, two hours later.
_TAKE_OVER = """
SELECT pg_terminate_backend(pid) FROM pg_locks, hashtextextended('anxiang outbox relay ' || current_schema(), 0) AS lock
WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid() AND objsubid = 1
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND ((classid::bigint << 32) | objid::bigint) = lock
"""
_KEEP_ALIVE = """
SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3
"""
_OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_ANSWER = 30.0  # seconds in which the database answers the relay, or the connection is lost
_DOUBTS = 10  # times that a batch fails before the relay looks for the message at fault
_EARS_OPEN = 0.3  # seconds of quick looks after the last event before writers have to NOTIFY again
_QUICK = 0.01


class Relay:
    """Give it a bus; ``start`` and ``stop`` it. Several may run: the database lets one publish."""

    def __init__(
        self,
        service: str,
        database: Database,
        bus: Bus,
        *,
        batch: int = 4000,
        poll: float = 0.5,
        keep_days: int = 400,
        patience: float = PATIENCE,
    ) -> None:
        self.service = service
        self.state: State = "stopped"
        self._database, self._bus = database, bus
        self._batch, self._poll, self._keep_days = batch, poll, keep_days
        self._cursor = Cursor()
        self._told = ""
        self._progress = Progress(patience)
        self._failures = 0
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, or stand by while another relay leads."""
        self._stopping.clear()
        self._progress.begin()
        work = keep_alive("relay", self._live, self._poll, service=self.service)
        self._task = asyncio.create_task(work, name=f"relay {self.service}")

    async def stop(self, within: float = 10.0) -> None:
        """Finish the batch in hand within so many seconds, then cancel it: its rows stay unpublished."""
        self._stopping.set()
        self._wake.set()
        if self._task:
            await asyncio.wait({self._task}, timeout=within)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.state = "stopped"

    def trouble(self) -> str | None:
        """Why nothing is published although there is something; None while all is well, also while standing by."""
        if self._task is None or self._task.done():
            return "it does not run"
        return self._progress.trouble()

    async def _live(self) -> None:
        while not self._stopping.is_set():
            async with _own_connection(self._database) as connection:
                await self._until_lost(connection)

    async def _until_lost(self, connection: asyncpg.Connection) -> None:
        """Lead until asked to stop. The lock lives and dies with the connection, and so does the publishing."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        leading = asyncio.ensure_future(self._lead(connection))
        losing = asyncio.ensure_future(lost.wait())
        try:
            await asyncio.wait({leading, losing}, return_when=asyncio.FIRST_COMPLETED)
            if not leading.done():
                raise ConnectionResetError("the relay's connection was lost")
            leading.result()
        finally:
            leading.cancel()
            losing.cancel()
            await asyncio.gather(leading, losing, return_exceptions=True)
            self.state = "standing by"
            metrics.LEADING.labels(self.service).set(0)

    async def _lead(self, connection: asyncpg.Connection) -> None:
        await connection.execute(_KEEP_ALIVE, timeout=_ANSWER)
        while not await connection.fetchval(_LEAD, timeout=_ANSWER):
            self.state = "standing by"
            await self._watch_leader(connection)
            await self._rest(self._poll)
            if self._stopping.is_set():
                return
        await self._prepare(connection)
        self.state = "leading"
        metrics.LEADING.labels(self.service).set(1)
        await self._publish_all(connection)

    async def _watch_leader(self, connection: asyncpg.Connection) -> None:
        """A leader that has work and does none for long is relieved: it may be frozen, or its machine gone."""
        self._progress.saw(*await marks.look(connection, self._bus.identity))
        if self._progress.trouble():
            log.warning("the leading relay makes no progress", service=self.service)
            await connection.execute(_TAKE_OVER, timeout=_ANSWER)

    async def _prepare(self, connection: asyncpg.Connection) -> None:
        """Listen, and take up where the last leader was. A lost mark only repeats, so it need not reach the disk."""
        schema = await connection.fetchval("SELECT current_schema()")
        await connection.execute("SET synchronous_commit = off")
        await connection.add_listener(f"anxiang_outbox_{schema}", lambda *_: self._wake.set())
        self._told = self._bus.identity
        self._cursor = await marks.take_up(connection, self._told, self.service, self._keep_days - 1)

    async def _publish_all(self, connection: asyncpg.Connection) -> None:
        quiet_since, cared_at, replayed_at = time.monotonic(), -retention.EVERY, 0.0
        while not self._stopping.is_set():
            self._wake.clear()
            now = time.monotonic()
            if now - cared_at >= retention.EVERY:
                await retention.care(connection, self.service, self._keep_days)
                cared_at = now
            replaying = now - replayed_at >= self._poll and await self._replay_some(connection)
            if not replaying and now - replayed_at >= self._poll:
                replayed_at = now
            if await self._publish_some(connection) or replaying:
                quiet_since = time.monotonic()
            elif now - quiet_since < _EARS_OPEN:
                await asyncio.sleep(_QUICK)
            else:
                await self._sleep(connection)

    async def _sleep(self, connection: asyncpg.Connection) -> None:
        """Ask writers to NOTIFY, look once more, and wait. A writer that missed the request is found by the poll."""
        await marks.sleep(connection, self._told)
        if not await self._publish_some(connection):
            await self._rest(self._poll)

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _publish_some(self, connection: asyncpg.Connection) -> int:
        """One batch: read, publish, mark; returns how many events."""
        oldest_running = await _oldest_running(connection) if self._cursor.gaps else 0
        rows = await self._read(connection)
        full = len(rows) == self._batch
        backlog = await connection.fetchval(_BACKLOG, self._cursor.position, timeout=_ANSWER) if full else len(rows)
        self._tell(backlog)
        if rows:
            with tracer.start_as_current_span(f"publish {self.service}", kind=trace.SpanKind.PRODUCER):
                refused = await self._send([Message(*row[1:]) for row in rows])
            await self._bury(refused)
            await self._mark(connection, [row[0] for row in rows])
            metrics.PUBLISHED.labels(self.service).inc(len(rows) - len(refused))
            self._tell(backlog - len(rows))
        if not full:
            self._cursor = self._cursor.settled(oldest_running)
        return len(rows)

    async def _replay_some(self, connection: asyncpg.Connection) -> bool:
        """A part of what an operator wants told once more; whether there may be more of it."""
        window = await replays.next_window(connection, self._cursor.position, self._batch)
        if window is None:
            return False
        if window.messages:
            await self._bury(await self._send(window.messages))
        await replays.mark(connection, window)
        return True

    def _tell(self, backlog: int) -> None:
        self._progress.saw(self._cursor, backlog)
        metrics.BACKLOG.labels(self.service).set(backlog)

    async def _send(self, messages: Sequence[Message]) -> list[Refused]:
        try:
            refused = await send(self._bus, messages, doubting=self._failures >= _DOUBTS)
        except Exception:
            self._failures += 1
            raise
        self._failures = 0
        if self._bus.identity != self._told:
            raise ConnectionResetError("the bus is another one now, and has another mark")
        return refused

    async def _bury(self, refused: Sequence[Refused]) -> None:
        """Keep what cannot be published; it stays in the outbox too."""
        if not refused:
            return
        async with self._database.transaction(Scope.everywhere()) as session:
            letters = [deadletters.Letter(message, error, 1) for message, error in refused]
            await deadletters.put(session, letters, self.service, origin="relay")
        for message, _error in refused:
            metrics.DEAD.labels(self.service, message.topic).inc()
            log.error("event not published", service=self.service, event_id=str(message.id))

    async def _read(self, connection: asyncpg.Connection) -> Sequence[Any]:
        cursor = self._cursor
        if cursor.gaps:
            values = (cursor.position, self._batch, cursor.multirange())
            return list(await connection.fetch(_READ_WITH_GAPS, *values, timeout=_ANSWER))
        return list(await connection.fetch(_READ, cursor.position, self._batch, timeout=_ANSWER))

    async def _mark(self, connection: asyncpg.Connection, positions: Sequence[int]) -> None:
        moved = self._cursor.passed(positions, 0)
        if moved.gaps:  # read only when needed: it uses up a transaction number
            horizon = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
            moved = self._cursor.passed(positions, horizon)
        await marks.move(connection, self._told, moved)
        self._cursor = moved


async def _oldest_running(connection: asyncpg.Connection) -> int:
    """The oldest transaction that is still open."""
    return int(await connection.fetchval(_OLDEST, timeout=_ANSWER))


@asynccontextmanager
async def _own_connection(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection that never goes back to the pool, because it holds a lock and listens."""
    async with database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        try:
            await database.lengthen(raw.driver_connection)
            yield raw.driver_connection
        finally:
            await connection.invalidate()
