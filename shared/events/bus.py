"""What a bus does; the local one and Kafka pass the same suite."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from shared.events.envelope import Message
from shared.faults import PlainError

Deliver = Callable[[Sequence[Message]], Awaitable[None]]
"""Takes a batch and returns when every message is committed or dead-lettered. Raises only when it is stopped."""


class RefusedError(PlainError):
    """The bus can never carry one of these messages: it is too long, or there is no such topic."""


class Subscription(Protocol):
    """One group's place on the bus."""

    async def stop(self, within: float) -> None:
        """Take no more, finish the batch in hand within so many seconds, then cancel it."""

    def trouble(self) -> str | None:
        """Why no messages are taken although there are some; None while all is well."""


class Bus(Protocol):
    """Carries messages from relays to groups. Delivers at least once; per key in order."""

    @property
    def identity(self) -> str:
        """Which bus it is: a relay knows of each how far it has told it everything. Known after the start."""

    async def start(self) -> None:
        """Connect; make missing topics. May be called again."""

    async def stop(self) -> None:
        """Disconnect."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when all are safe: acknowledged by the broker, or committed by every local group.

        Raises RefusedError where one of them can never be carried.
        """

    async def subscribe(self, group: str, topics: Collection[str], deliver: Deliver) -> Subscription:
        """Let a group take part. Every group subscribes, if to nothing, so that a local bus knows who is there."""
