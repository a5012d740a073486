"""Apache Kafka through aiokafka."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zlib import crc32

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from shared.contracts.topics import every, touched
from shared.events import topics
from shared.events.bus import Deliver, RefusedError
from shared.events.envelope import Message, to_headers
from shared.events.security import PLAINTEXT, Security
from shared.events.subscription import KafkaSubscription, Membership
from shared.faults import named

log = structlog.get_logger(__name__)
_BATCH_BYTES = 512 * 1024
_REQUEST_BYTES = 1_048_576
_BATCH_HEAD = 61  # bytes of a batch before its records
_PATIENCE = 5.0
_PUBLISH_WITHIN = 30.0
_TOO_LONG = (MessageSizeTooLargeError, RecordListTooLargeError)
_ANYBODY = Membership()


class KafkaBus:
    """``bootstrap``: host:port[,host:port]. Missing topics are made with so many partitions and replicas: those that
    ``service`` touches, empty: all.

    ``prefix`` goes before every topic and group, so that several installations can share a cluster. One bus belongs to
    one service, which stops it.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        service: str = "",
        security: Security = PLAINTEXT,
        prefix: str = "",
        partitions: int = 12,
        replication: int = 1,
        batch: int = 4000,
        membership: Membership = _ANYBODY,
    ) -> None:
        self._bootstrap, self._prefix, self._batch, self._membership = bootstrap, prefix, batch, membership
        self._security, self._layout = security, topics.Layout(prefix, partitions, replication)
        self._topics = list(touched(service)) if service else every()
        self._counts: dict[str, int] = {}
        self._cluster = ""
        self._producer: AIOKafkaProducer | None = None

    @property
    def identity(self) -> str:
        """The cluster and the prefix on it; known after the start."""
        return f"kafka/{self._cluster}/{self._prefix}"

    async def start(self) -> None:
        """Make missing topics and connect the producer. May be called again."""
        if self._producer is not None:
            return
        await self._prepare()
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            **self._security.options,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Disconnect. What the broker has not acknowledged stays in the outbox."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        with contextlib.suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(producer.stop(), _PATIENCE)
            return
        await _abandon(producer)  # the broker is away: nothing more can be flushed

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when the broker has acknowledged every message.

        A producer that failed is never used again: after some errors an idempotent one fails for ever, and the next
        call makes a new one, and missing topics. What the old one still sends, the inbox of its reader knows.
        """
        if self._producer is not None and self._producer._sender.sender_task.done():  # nothing else tells
            dead, self._producer = self._producer, None
            await _abandon(dead)
        await self.start()
        ready = self._ready(messages)
        producer = self._producer
        if producer is None:
            raise ConnectionError("the bus was stopped")
        try:
            async with asyncio.timeout(_PUBLISH_WITHIN):
                await self._send(producer, ready)
        except BaseException as error:
            self._producer = None
            await _abandon(producer)
            if isinstance(error, _TOO_LONG):
                raise RefusedError(named(error)) from error
            raise

    async def _send(self, producer: AIOKafkaProducer, ready: Sequence[tuple[str, int, Any]]) -> None:
        """Batches are built before, one per partition: a future per message would cost more than the message."""
        sent = [await producer.send_batch(batch, topic, partition=partition) for topic, partition, batch in ready]
        results = await asyncio.gather(*sent, return_exceptions=True)
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            raise next((error for error in failed if isinstance(error, _TOO_LONG)), failed[0])

    def _ready(self, messages: Sequence[Message]) -> list[tuple[str, int, Any]]:
        """Topic, partition and batch of all that can be carried; RefusedError where one of them cannot."""
        try:
            return [
                (self._prefix + topic, partition, batch)
                for (topic, partition), group in self._by_partition(messages).items()
                for batch in self._batches(group)
            ]
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise RefusedError(named(error)) from error

    def _by_partition(self, messages: Sequence[Message]) -> Mapping[tuple[str, int], list[Message]]:
        groups: dict[tuple[str, int], list[Message]] = {}
        for message in messages:
            if message.topic not in self._counts:
                raise RefusedError(f"there is no topic {message.topic[:100]!r}")
            partition = crc32(message.key.encode()) % self._counts[message.topic]
            groups.setdefault((message.topic, partition), []).append(message)
        return groups

    def _batches(self, messages: Sequence[Message]) -> list[Any]:
        """The record's time is that of publishing: a broker refuses one far from its own, and keeps days from it."""
        assert self._producer is not None  # noqa: S101  # for the type checker
        batches, now = [self._producer.create_batch()], time.time_ns() // 1_000_000
        for message in messages:
            record = {
                "key": message.key.encode(),
                "value": message.data,
                "headers": to_headers(message),
                "timestamp": now,
            }
            if batches[-1].append(**record) is None:
                batches.append(self._producer.create_batch())
                if batches[-1].append(**record) is None:
                    raise RefusedError("a record is longer than a batch")
            if batches[-1].size() + _BATCH_HEAD > _REQUEST_BYTES:
                raise RefusedError(f"a record is longer than {_REQUEST_BYTES} bytes")
        return batches

    async def subscribe(self, group: str, topics: Collection[str], deliver: Deliver) -> KafkaSubscription:
        """Join the consumer group of that name."""
        subscription = KafkaSubscription(
            self._bootstrap,
            prefix=self._prefix,
            group=group,
            topics=topics,
            deliver=deliver,
            batch=self._batch,
            membership=self._membership,
            security=self._security,
        )
        await subscription.start()
        return subscription

    async def _prepare(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, **self._security.options)
        try:
            await admin.start()
            cluster = await topics.prepare(admin, self._topics, self._layout)
        finally:
            await admin.close()
        self._counts, self._cluster = cluster.partitions, cluster.id


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Close without waiting for the broker. Its sender has no public way to end without a flush."""
    task = producer._sender.sender_task  # as said
    if task is not None:
        task.cancel()
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_PATIENCE):
            await producer.client.close()
    producer._closed = True  # nobody stops it again, and its destructor has nothing to say
