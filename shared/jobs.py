"""Background work in a queue inside the service's own schema (PgQueuer), committed with the fact that asks for it.

A job handler opens its own transactions and keeps its progress on the row it works for, so that it can be run again
after a crash: PgQueuer hands a job on when its worker's heartbeat stops.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
import structlog
from pgqueuer import AsyncpgDriver, DatabaseRetryEntrypointExecutor, Job, PgQueuer, Queries
from pgqueuer.core.executors import EntrypointExecutorParameters
from pgqueuer.domain.models import Schedule
from pgqueuer.errors import RetryRequested
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Scope, driver
from shared.faults import facts, lacks_room, named
from shared.kernel import JobHandler, KernelState
from shared.supervision import keep_alive

DEQUEUE = timedelta(seconds=2)
HEARTBEAT = timedelta(seconds=20)
ATTEMPTS = 5
PAUSE, GRACE = 1.0, 5.0  # seconds: before the database is tried again; for the queue to write down what it did
LONGEST_PAUSE = 60.0
log = structlog.get_logger("anxiang.jobs")
logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)  # it would log an error's text, which may be personal


async def enqueue(session: AsyncSession, name: str, payload: Mapping[str, Any]) -> None:
    """Ask for a job in the session's transaction: it exists only if the transaction commits."""
    await ask(await driver(session), name, payload)


async def ask(connection: asyncpg.Connection, name: str, payload: Mapping[str, Any]) -> None:
    """The same on the transaction's own connection."""
    await Queries(AsyncpgDriver(connection)).enqueue(name, orjson.dumps(dict(payload)), 0)


class JobRunner:
    """Takes jobs of one service and runs their handlers until it is stopped; comes back when the database does."""

    def __init__(
        self, kernel: KernelState, handlers: Mapping[str, JobHandler], schedules: Mapping[str, str] | None = None
    ) -> None:
        self._kernel, self._handlers, self._schedules = kernel, handlers, schedules or {}
        self._queue: PgQueuer | None = None
        self._task: asyncio.Task[None] | None = None
        self._at_work: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Begin to take jobs, on a database connection of its own."""
        work = keep_alive("jobs", self._keep_taking, PAUSE, service=self._kernel.database.schema)
        self._task = asyncio.create_task(work, name=f"jobs {self._kernel.database.schema}")

    async def _keep_taking(self) -> None:
        while not self._stopping:
            try:
                await self._take()
            finally:
                self._queue = None

    async def _take(self) -> None:
        async with self._kernel.database.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            await self._kernel.database.lengthen(raw.driver_connection)
            queue = PgQueuer.from_asyncpg_connection(raw.driver_connection)  # type: ignore[arg-type,unused-ignore]  # it is asyncpg's
            for name, handler in self._handlers.items():
                queue.entrypoint(name, executor_factory=_with_retries, on_failure="hold")(self._run(name, handler))
            for name, cron in self._schedules.items():
                queue.schedule(name, cron)(self._ask(name))
            self._queue = queue
            if self._stopping:
                return
            try:
                await queue.run(dequeue_timeout=DEQUEUE, heartbeat_timeout=HEARTBEAT)
            finally:
                await connection.invalidate()  # it listens to the queue's channel: nobody else shall have it

    def _ask(self, name: str) -> Callable[[Schedule], Awaitable[None]]:
        """A job by the calendar: PgQueuer fires once however many workers there are, and the queue does the rest."""

        async def ask(_schedule: Schedule) -> None:
            async with self._kernel.database.transaction(Scope(())) as session:
                await enqueue(session, name, {})

        return ask

    def _run(self, name: str, handler: JobHandler) -> Callable[[Job], Awaitable[None]]:
        async def run(job: Job) -> None:
            work = asyncio.ensure_future(self._done(name, handler, orjson.loads(job.payload or b"{}")))
            self._at_work.add(work)
            try:
                await asyncio.wait({work})
                work.result()
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
                raise RetryRequested(reason="its worker was stopped") from None
            except Exception as error:
                log.error("job failed", job=name, **facts(error))  # noqa: TRY400  # not its text: it may be personal
                raise
            finally:
                self._at_work.discard(work)

        return run

    async def _done(self, name: str, handler: JobHandler, payload: dict[str, Any]) -> None:
        """Run a handler, and again as long as a disk is full. Then the queue could not even write down that the job is
        to be tried later, and would hold it for ever."""
        pause = PAUSE
        while True:
            try:
                await handler(self._kernel, payload)
            except Exception as error:
                if not lacks_room(error):
                    raise
                self._kernel.database.room.lacked()
                log.error("a job waits for room on a disk", job=name, error=named(error))  # noqa: TRY400  # not its text
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def trouble(self) -> str | None:
        """Why no jobs are taken; None while all is well."""
        return None if self._queue else "no jobs are taken: the queue has no connection"

    async def stop(self, seconds: float = 15) -> None:
        """Take no more jobs, let the running ones end for a bounded time, then cancel; another worker goes on.

        A job that PgQueuer cancels counts as done, so the handler is cancelled instead, and the job goes back.
        """
        self._stopping = True
        if self._queue:
            self._queue.shutdown.set()
        if self._at_work:
            _, late = await asyncio.wait(set(self._at_work), timeout=seconds)
            for work in late:
                work.cancel()
        if self._task:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, GRACE)


def _with_retries(parameters: EntrypointExecutorParameters) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(parameters, max_attempts=ATTEMPTS)
