"""The task that chains what was written and tells how far it came: within a second, in every process of events.

Several replicas take turns at the head's row, and the database lets one of them tell it.
"""

from __future__ import annotations

import asyncio
import contextlib

from prometheus_client import Counter

from shared import audit, audit_anchor
from shared.crypto import Keyring
from shared.database import Database
from shared.supervision import PATIENCE, Progress, keep_alive

SEALED = Counter("anxiang_audit_sealed", "Audit entries chained", ["service"])
EVERY = 0.5


class Sealer:
    """``start`` and ``stop`` it. Several may run."""

    def __init__(
        self, database: Database, keyring: Keyring, *, every: float = EVERY, tell_every: float = audit_anchor.EVERY
    ) -> None:
        self._database, self._keyring = database, keyring
        self._every, self._tell_every = every, tell_every
        self._stopping = asyncio.Event()
        self._progress = Progress(PATIENCE)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._stopping.clear()
        self._progress.begin()
        work = keep_alive("audit sealer", self._live, self._every, service=self._database.schema)
        self._task = asyncio.create_task(work, name=f"audit sealer {self._database.schema}")

    async def stop(self) -> None:
        """Seal once more what has come, and end."""
        self._stopping.set()
        if self._task:
            await asyncio.wait({self._task}, timeout=5)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def trouble(self) -> str | None:
        """Why nothing is sealed; None while all is well."""
        if self._task is None or self._task.done():
            return "it does not run"
        return self._progress.trouble()

    async def _live(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every)
            sealed = await audit.seal(self._database)
            self._progress.saw(sealed, 0)
            SEALED.labels(self._database.schema).inc(sealed)
            await audit_anchor.checkpoint(self._database, self._keyring, self._database.schema, self._tell_every)
