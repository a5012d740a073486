"""How much one client may have at work at once, so that no client's requests keep the others' from the database."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from shared.errors import Unavailable

WAITING = 200
SECONDS = 20.0


class TooManyAtOnce(Unavailable):
    """The client has too many requests at work, and too many waiting."""

    slug, title_en, title_zh = (
        "too-many-at-once",
        "Too many of your requests are at work; wait for their answers",
        "您有过多请求正在处理,请等待其完成后再试",
    )


class Turns:
    """So many at once; a bounded number waits in order, for a bounded time and without a connection."""

    def __init__(self, most: int) -> None:
        self._free, self._waiting = asyncio.Semaphore(most), 0

    async def __aenter__(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # does not wait
            return
        if self._waiting >= WAITING:
            raise TooManyAtOnce
        self._waiting += 1
        try:
            async with asyncio.timeout(SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise TooManyAtOnce from None
        finally:
            self._waiting -= 1

    async def __aexit__(self, *_error: object) -> None:
        self._free.release()


class Shares:
    """The turns of every client that has something at work now."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: WeakValueDictionary[tuple[str, int], Turns] = WeakValueDictionary()

    def of(self, client: str, most: int | None = None) -> Turns:
        """A client's turns: ``most`` at once for expensive requests, otherwise half of all connections."""
        key = (client, most or 0)
        turns = self._known.get(key)
        if turns is None:
            self._known[key] = turns = Turns(most or self._most)
        return turns
