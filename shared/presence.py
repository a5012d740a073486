"""A caller that leaves takes its work along: what runs for it is cancelled, and its statement with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import Request

CLOSED = 499
"""The status that a log gets of a request whose caller left; nobody receives it."""


class CallerLeft(Exception):  # noqa: N818  # it is no error of ours
    """Nobody waits for the answer any more."""


@asynccontextmanager
async def while_present(request: Request) -> AsyncIterator[None]:
    """Cancel what runs inside when the caller goes away. The request's body must have been read.

    Raises:
        CallerLeft: the caller went away; the transaction around is to be rolled back.
    """
    task, left = asyncio.current_task(), False
    assert task is not None  # noqa: S101  # routes run in tasks

    async def watch() -> None:
        nonlocal left
        while (await request.receive())["type"] != "http.disconnect":
            pass
        left = True
        task.cancel()

    watcher = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if not left:
            raise
        task.uncancel()
        raise CallerLeft from None
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
