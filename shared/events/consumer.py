"""Applies events once: inbox, handlers and dead letters in one transaction per batch."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from opentelemetry import propagate, trace
from pydantic import ValidationError
from sqlalchemy import text

from shared.contracts import EVENTS, Event, Handler, Received
from shared.database import Database, Scope, driver
from shared.events import deadletters, metrics, outbox
from shared.events.deadletters import DeadLetter, Letter
from shared.events.envelope import Message
from shared.events.failures import describe, transient
from shared.events.runs import runs
from shared.faults import PlainError, facts, lacks_room, named

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

log = structlog.get_logger(__name__)
tracer = trace.get_tracer("anxiang.events")
# Rows without a source are from before sources were kept; where there are none, nothing is looked for.
_TAKE = """
INSERT INTO inbox (source, id) SELECT m.source, m.id FROM unnest($1::text[], $2::uuid[]) AS m (source, id)
WHERE NOT (EXISTS (SELECT FROM inbox WHERE source = '')
           AND EXISTS (SELECT FROM inbox i WHERE i.id = m.id AND i.source = ''))
ON CONFLICT DO NOTHING RETURNING source, id
"""
_MOST_LINKS = 32
_LONGEST = 300.0
"""Seconds that one batch may take before its connection counts as lost."""
_PROBE = 5.0
_SOME_WRITE = text("UPDATE outbox_relay SET asleep = asleep")


class UnreadableError(PlainError):
    """The message can never be handled as it is: its type is unknown or its data is not what the type says."""


@dataclass(frozen=True)
class Patience:
    """How often and how slowly. Failures that are not the message's fault are retried without limit.

    ``doubts``: after so many of them in a row, while the database answered others each time, it is the message's fault.
    """

    attempts: int = 5
    first: float = 0.1
    longest: float = 10.0
    doubts: int = 20

    def pause(self, attempt: int) -> float:
        """Seconds before the next attempt; ``attempt`` counts from 1."""
        return float(min(self.longest, self.first * 2 ** min(attempt - 1, 16)))


class Consumer:
    """One service's consumer: give its ``deliver`` to a bus."""

    def __init__(
        self,
        service: str,
        database: Database,
        handlers: Mapping[type[Any], Handler[Any]],
        patience: Patience = Patience(),
    ) -> None:
        self.service = service
        self._database = database
        self._handlers = handlers
        self._patience = patience
        self.topics = frozenset(event.TOPIC for event in handlers)
        self._ignored = {name for name, event in EVENTS.items() if event not in handlers}

    async def deliver(self, messages: Sequence[Message]) -> None:
        """Return when each message is committed or dead-lettered, in order per key."""
        mine = [message for message in messages if message.type not in self._ignored]
        if mine:
            with metrics.BATCH.labels(self.service).time(), _span(self.service, mine):
                await self._deliver(mine)

    async def _deliver(self, messages: Sequence[Message], doubts: int | None = None) -> None:
        """The whole batch; if that fails, its halves, so that one bad message costs few transactions."""
        try:
            await self._until_available(messages, doubts or self._patience.doubts)
        except Exception as error:  # noqa: BLE001  # whatever a handler raises, the rest must go on
            metrics.RETRIES.labels(self.service, "batch").inc()
            if transient(error):
                doubts = 2
            if len(messages) == 1:
                await self._deliver_one(messages[0], error)
                return
            middle = len(messages) // 2
            await self._deliver(messages[:middle], doubts)
            await self._deliver(messages[middle:], doubts)

    async def _deliver_one(self, message: Message, error: Exception) -> None:
        for attempt in range(1, self._patience.attempts):
            await asyncio.sleep(self._patience.pause(attempt))
            metrics.RETRIES.labels(self.service, "message").inc()
            try:
                await self._until_available([message], 1)
            except Exception as again:  # noqa: BLE001  # as above
                error = again
            else:
                return
        await self._bury(message, describe(error))

    async def _bury(self, message: Message, error: str) -> None:
        """Dead-letter a message: whole, or else, where the database takes others, only what names it."""
        try:
            await self._until_available([message], self._patience.doubts, dead=error)
        except Exception as unkept:  # noqa: BLE001  # as above
            log.error("a dead letter cannot be kept whole", service=self.service, **facts(unkept))  # noqa: TRY400  # not its text
            bare = message._replace(type="", key="", traceparent=None, data=b"")
            await self._until_available([bare], None, dead=describe(unkept))

    async def _until_available(self, messages: Sequence[Message], doubts: int | None, dead: str | None = None) -> None:
        """Apply in one transaction, waiting as long as the database is away.

        Raises the error where the database answered somebody else after each of so many failures in a row.
        """
        attempt = doubted = 0
        while True:
            try:
                async with asyncio.timeout(_LONGEST):
                    await self._apply(messages, dead)
            except Exception as error:
                if not transient(error) and (doubts or attempt >= self._patience.attempts):
                    raise
                attempt += 1
                if lacks_room(error):
                    self._database.room.lacked()
                    doubted = 0
                else:
                    doubted = doubted + 1 if await self._database_answers() else 0
                if doubts and doubted >= doubts:
                    raise
                metrics.RETRIES.labels(self.service, "database").inc()
                log.warning("events wait for the database", service=self.service, error=named(error))
                await asyncio.sleep(self._patience.pause(attempt))
            else:
                return

    async def _database_answers(self) -> bool:
        """Whether the database takes a write of somebody else now."""
        try:
            async with asyncio.timeout(_PROBE), self._database.transaction(Scope.everywhere()) as session:
                await session.execute(_SOME_WRITE)
        except Exception:  # noqa: BLE001  # whatever it is, it does not answer
            return False
        return True

    async def _apply(self, messages: Sequence[Message], dead: str | None) -> None:
        async with self._database.transaction(Scope.everywhere()) as session:
            fresh = await _take(session, messages)
            if dead:
                letters = [Letter(message, dead, self._patience.attempts) for message in fresh]
            else:
                letters = await self._handle(session, fresh)
            await deadletters.put(session, letters, self.service)
        self._count(messages, fresh, letters)

    async def _handle(self, session: AsyncSession, messages: Sequence[Message]) -> list[Letter]:
        """Run the handlers; returns what cannot be read, with its error."""
        good, letters = [], []
        for message in messages:
            try:
                good.append(read(message))
            except UnreadableError as error:
                letters.append(Letter(message, str(error), 1))
        for kind, received in runs(good):
            await self._handlers[kind](session, received)
        return letters

    async def replay_requested(self, limit: int = 100) -> int:
        """Handle dead letters again that an operator asked for; returns how many were tried."""
        done = 0
        while done < limit and await self._replay_next():
            done += 1
        return done

    async def _replay_next(self) -> bool:
        letter = None
        try:
            async with self._database.transaction(Scope.everywhere()) as session:
                letter = next(iter(await deadletters.claim_requested(session, 1)), None)
                if letter is None:
                    return False
                await self._replay(session, letter)
                await deadletters.resolve(session, letter.id, "replayed")
        except Exception as error:
            if letter is None or transient(error):
                raise
            async with self._database.transaction(Scope.everywhere()) as session:
                await deadletters.failed_again(session, letter.id, describe(error))
        return True

    async def _replay(self, session: AsyncSession, letter: DeadLetter) -> None:
        if letter.shortened:
            raise UnreadableError(f"only {len(letter.data)} of {letter.size} bytes were kept")
        message = letter.message()
        if letter.origin == "relay":
            await outbox.again(session, message)
            return
        received = read(message)
        handler = self._handlers.get(type(received.data))
        if handler is None:
            raise UnreadableError(f"{self.service} handles no {message.type} any more")
        await handler(session, [received])

    def _count(self, messages: Sequence[Message], fresh: Sequence[Message], letters: Sequence[Any]) -> None:
        metrics.REPEATED.labels(self.service).inc(len(messages) - len(fresh))
        dead = {message.id for message, _, _ in letters}
        counts: dict[str, int] = {}
        for message in fresh:
            if message.id not in dead:
                counts[message.type] = counts.get(message.type, 0) + 1
        for event_type, count in counts.items():
            metrics.HANDLED.labels(self.service, event_type).inc(count)
        for message, _error, _ in letters:
            metrics.DEAD.labels(self.service, message.topic).inc()
            log.error("event dead-lettered", service=self.service, event_id=str(message.id), type=message.type)


async def _take(session: AsyncSession, messages: Sequence[Message]) -> list[Message]:
    """The messages that were not handled before: the inbox decides by inserting."""
    connection = await driver(session)
    identities = [message.identity for message in messages]
    rows = await connection.fetch(_TAKE, [each[0] for each in identities], [each[1] for each in identities])
    if len(rows) == len(messages):
        return list(messages)
    taken = {(row[0], row[1].int) for row in rows}
    fresh = []
    for message, (source, message_id) in zip(messages, identities, strict=True):
        if (source, message_id.int) in taken:
            taken.discard((source, message_id.int))  # the same message twice in one batch counts once
            fresh.append(message)
    return fresh


def read(message: Message) -> Received[Event]:
    """The event in a message. Fields that a newer sender added are passed over.

    Raises UnreadableError; its text names fields, never their values.
    """
    event = EVENTS.get(message.type)
    if event is None:
        raise UnreadableError(f"unknown event type {message.type[:200]!r}")
    if message.topic != event.TOPIC:
        raise UnreadableError(f"{message.type} does not belong on {message.topic}")
    try:
        data = event.model_validate_json(message.data, extra="ignore")
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc'])) or 'data'}: {e['type']}" for e in error.errors(include_input=False)]
        raise UnreadableError("data does not validate: " + "; ".join(wrong[:10])) from None
    except Exception as error:  # noqa: BLE001  # a validator that did not expect this value
        raise UnreadableError(f"data does not validate: {type(error).__name__}") from None
    return Received(message.id, message.time, message.key, data, message.traceparent)


def _span(service: str, messages: Sequence[Message]) -> AbstractContextManager[Any]:
    """One span per batch: the child of the sender's span if there is one sender, else linked to the senders."""
    parents = {message.traceparent for message in messages if message.traceparent}
    contexts = [propagate.extract({"traceparent": parent}) for parent in list(parents)[:_MOST_LINKS]]
    if len(contexts) == 1:
        return tracer.start_as_current_span(f"consume {service}", context=contexts[0], kind=trace.SpanKind.CONSUMER)
    links = [trace.Link(trace.get_current_span(context).get_span_context()) for context in contexts]
    return tracer.start_as_current_span(f"consume {service}", links=links, kind=trace.SpanKind.CONSUMER)
