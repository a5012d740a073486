"""The bus inside one process: publishing returns when every group has committed or dead-lettered the batch."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from shared.events.bus import Deliver
from shared.events.envelope import Message

_PATIENCE = 1.0
"""Seconds that publishing waits for groups that are not there yet; then the relay tries again."""


@dataclass
class _Member:
    """One group of this process."""

    bus: LocalBus
    group: str
    topics: frozenset[str]
    deliver: Deliver
    in_hand: set[asyncio.Task[None]] = field(default_factory=set)
    taking: bool = True

    async def take(self, messages: Sequence[Message]) -> None:
        mine = [message for message in messages if message.topic in self.topics]
        if not mine:
            return
        task = asyncio.ensure_future(self.deliver(mine))
        self.in_hand.add(task)
        task.add_done_callback(self.in_hand.discard)
        await task

    async def stop(self, within: float) -> None:
        self.taking = False
        self.bus.leave(self)
        if self.in_hand:
            _, late = await asyncio.wait(set(self.in_hand), timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def trouble(self) -> str | None:
        return None if self.taking else "it does not take part"


class LocalBus:
    """Give it the groups that will take part: nothing is published before each of them has subscribed."""

    identity = "local"

    def __init__(self, *groups: str) -> None:
        self._expected = frozenset(groups)
        self._members: dict[str, _Member] = {}
        self._complete = asyncio.Event()
        self._settle()

    async def start(self) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to disconnect."""

    async def subscribe(self, group: str, topics: Collection[str], deliver: Deliver) -> _Member:
        """Let a group take part."""
        member = _Member(self, group, frozenset(topics), deliver)
        self._members[group] = member
        self._settle()
        return member

    async def publish(self, messages: Sequence[Message]) -> None:
        """Hand the batch to every group at once. If one stops, the rows stay open; the inbox makes repeats harmless."""
        while not self._complete.is_set():  # a group may leave between the wake-up and here
            await asyncio.wait_for(self._complete.wait(), _PATIENCE)
        results = await asyncio.gather(*(m.take(messages) for m in self._members.values()), return_exceptions=True)
        for result in results:
            if isinstance(result, asyncio.CancelledError):
                raise ConnectionAbortedError("a group stopped before it had finished the batch")
            if isinstance(result, BaseException):
                raise result

    def leave(self, member: _Member) -> None:
        """Take a group out; publishing waits until it is back."""
        if self._members.get(member.group) is member:
            del self._members[member.group]
        self._settle()

    def _settle(self) -> None:
        if self._expected <= self._members.keys():
            self._complete.set()
        else:
            self._complete.clear()
