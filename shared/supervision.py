"""Work that must not end: begun again whatever ended it, and asked whether it gets on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from shared.faults import named

log = structlog.get_logger(__name__)
PATIENCE = 30.0
"""Seconds without progress, while there is work, after which a part of a service is not ready."""


async def keep_alive(name: str, live: Callable[[], Coroutine[Any, Any, None]], pause: float, **labels: str) -> None:
    """Run ``live`` again whenever it fails, until it returns or this task is cancelled.

    A cancellation that comes from inside is a failure too: a library lets its own tasks' ends out.
    """
    while True:
        life = asyncio.ensure_future(live())
        try:
            await asyncio.wait({life})
        finally:
            if not life.done():
                life.cancel()
                await asyncio.gather(life, return_exceptions=True)
        error = asyncio.CancelledError("from inside") if life.cancelled() else life.exception()
        if error is None:
            return
        log.warning(f"{name} starts again", error=named(error), **labels)
        await asyncio.sleep(pause)


class Progress:
    """Whether something that has work gets on with it. Fed by ``saw``, asked by ``trouble``."""

    def __init__(self, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience, self._clock = patience, clock
        self._done: object = None
        self.waiting = 0
        self.begin()

    def begin(self) -> None:
        """Now it starts: it has not been looked at, and that is no fault yet."""
        self._seen_at = self._moved_at = self._clock()

    def saw(self, done: object, waiting: int) -> None:
        """``done`` is another value after every progress; ``waiting`` is how much is left to do."""
        self._seen_at = self._clock()
        if waiting == 0 or done != self._done:
            self._moved_at = self._seen_at
        self._done, self.waiting = done, waiting

    def trouble(self) -> str | None:
        """What is wrong, in one line; None while all is well."""
        now = self._clock()
        if now - self._seen_at > self._patience:
            return f"nobody knows how far it is: no answer for {now - self._seen_at:.0f} s"
        if self.waiting and now - self._moved_at > self._patience:
            return f"{self.waiting} wait and none was done for {now - self._moved_at:.0f} s"
        return None
