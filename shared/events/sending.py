"""Publishing a batch whatever is in it: what the bus can never carry is set aside, the rest goes out in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shared.events.bus import Bus, RefusedError
from shared.events.envelope import Message
from shared.events.failures import describe


class Refused(NamedTuple):
    """A message that was not published, and why."""

    message: Message
    error: str


async def send(bus: Bus, messages: Sequence[Message], *, doubting: bool = False) -> list[Refused]:
    """Publish in order; returns what the bus refuses for what it is.

    ``doubting``: the same batch has failed often. Then a message that still fails alone is at fault as well, if the bus
    carried another one beside it; where it carries nothing, nothing is at fault, and the error is raised.
    """
    sender = _Sender(bus, doubting)
    await sender.send(messages)
    if sender.doubtful and not sender.carried:
        raise sender.doubtful[0]
    return sender.refused


class _Sender:
    def __init__(self, bus: Bus, doubting: bool) -> None:
        self._bus, self._doubting = bus, doubting
        self.refused: list[Refused] = []
        self.doubtful: list[Exception] = []
        self.carried = 0

    async def send(self, messages: Sequence[Message]) -> None:
        try:
            await self._bus.publish(messages)
        except Exception as error:
            definite = isinstance(error, RefusedError)
            if not definite and not self._doubting:
                raise
            if len(messages) == 1:
                self.refused.append(Refused(messages[0], describe(error)))
                self.doubtful += [] if definite else [error]
                return
            if not definite:
                await self._bus.start()  # raises where nothing can be carried at all
            middle = len(messages) // 2
            await self.send(messages[:middle])
            await self.send(messages[middle:])
        else:
            self.carried += len(messages)
