"""Background work in a queue inside the service's own schema (PgQueuer): committed together with the fact that asks for it.

A job handler opens its own transactions and keeps its progress on the row it works for, so that it can be run again
after a crash: PgQueuer hands a job on when its worker's heartbeat stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from pgqueuer import AsyncpgDriver, DatabaseRetryEntrypointExecutor, Job, PgQueuer, Queries
from pgqueuer.core.executors import EntrypointExecutorParameters
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.database import driver

if TYPE_CHECKING:
    from shared.kernel import KernelState

JobHandler = Callable[["KernelState", dict[str, Any]], Awaitable[None]]

DEQUEUE = timedelta(seconds=2)
HEARTBEAT = timedelta(seconds=20)
ATTEMPTS = 5
log = structlog.get_logger("anxiang.jobs")


async def enqueue(session: AsyncSession, name: str, payload: Mapping[str, Any]) -> None:
    """Ask for a job in the session's transaction: it exists only if the transaction commits."""
    await Queries(AsyncpgDriver(await driver(session))).enqueue(name, orjson.dumps(dict(payload)), 0)


class JobRunner:
    """Takes jobs of one service and runs their handlers until it is stopped."""

    def __init__(self, kernel: KernelState, handlers: Mapping[str, JobHandler]) -> None:
        self._kernel, self._handlers = kernel, handlers
        self._connection: AsyncConnection | None = None
        self._queue: PgQueuer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to take jobs, on a database connection of its own."""
        self._connection = await self._kernel.database.engine.connect()
        raw = await self._connection.get_raw_connection()
        self._queue = PgQueuer.from_asyncpg_connection(raw.driver_connection)  # type: ignore[arg-type]  # it is asyncpg's
        for name, handler in self._handlers.items():
            self._queue.entrypoint(name, executor_factory=_with_retries)(self._run(name, handler))
        self._task = asyncio.create_task(self._queue.run(dequeue_timeout=DEQUEUE, heartbeat_timeout=HEARTBEAT))

    def _run(self, name: str, handler: JobHandler) -> Callable[[Job], Awaitable[None]]:
        async def run(job: Job) -> None:
            try:
                await handler(self._kernel, orjson.loads(job.payload or b"{}"))
            except Exception:
                log.exception("job failed", job=name)
                raise

        return run

    @property
    def running(self) -> bool:
        """Whether jobs are being taken."""
        return self._task is not None and not self._task.done()

    async def stop(self, seconds: float = 15) -> None:
        """Take no more jobs, let the running ones end for a bounded time, then cancel; another worker goes on."""
        if self._queue and self._task:
            self._queue.shutdown.set()
            with suppress(TimeoutError, asyncio.CancelledError, Exception):
                await asyncio.wait_for(self._task, seconds)
        if self._connection:
            await self._connection.invalidate()
            await self._connection.close()


def _with_retries(parameters: EntrypointExecutorParameters) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(parameters, max_attempts=ATTEMPTS)
