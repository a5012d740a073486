"""Apache Kafka through aiokafka."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zlib import crc32

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.contracts import TOPICS
from shared.events import metrics
from shared.events.bus import Deliver
from shared.events.envelope import DEAD_LETTERS, Message, from_headers, to_headers
from shared.events.failures import describe

log = structlog.get_logger(__name__)
_BATCH_BYTES = 512 * 1024
_REQUEST_BYTES = 1_048_576
_PATIENCE = 5.0
_PAUSE = 0.5
_LEADER_LOOKS = 100
_METADATA_MS = 10_000  # a topic that was missing or without a leader is found again after so long


class KafkaBus:
    """``bootstrap``: host:port[,host:port]. Missing topics are made with so many partitions and replicas.

    ``prefix`` goes before every topic and group, so that several installations can share a cluster. One bus belongs to
    one service, which stops it.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        prefix: str = "",
        partitions: int = 12,
        replication: int = 1,
        batch: int = 4000,
    ) -> None:
        self._bootstrap, self._prefix, self._batch = bootstrap, prefix, batch
        self._partitions, self._replication = partitions, replication
        self._counts: dict[str, int] = {}
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Make missing topics and connect the producer. May be called again."""
        if self._producer is not None:
            return
        await self._make_topics()
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
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
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(producer.stop(), _PATIENCE)
            return
        await producer.client.close()  # the broker is away: nothing more can be flushed

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when the broker has acknowledged every message. Waits as long as it is away.

        Batches are built here, one per partition: a future per message would cost more than the message.
        """
        if self._producer is None:
            raise ConnectionError("the bus is not started")
        await self._producer.flush()  # what an interrupted call left behind goes out first
        sent = []
        for (topic, partition), group in self._by_partition(messages).items():
            name = self._prefix + topic
            sent += [await self._producer.send_batch(b, name, partition=partition) for b in self._batches(group)]
        await asyncio.gather(*sent)

    def _by_partition(self, messages: Sequence[Message]) -> Mapping[tuple[str, int], list[Message]]:
        groups: dict[tuple[str, int], list[Message]] = {}
        for message in messages:
            partition = crc32(message.key.encode()) % self._counts[message.topic]
            groups.setdefault((message.topic, partition), []).append(message)
        return groups

    def _batches(self, messages: Sequence[Message]) -> list[Any]:
        assert self._producer is not None  # noqa: S101  # for the type checker
        batches = [self._producer.create_batch()]
        for message in messages:
            record = {
                "key": message.key.encode(),
                "value": message.data,
                "headers": to_headers(message),
                "timestamp": int(message.time.timestamp() * 1000),
            }
            if batches[-1].append(**record) is None:
                batches.append(self._producer.create_batch())
                batches[-1].append(**record)
        return batches

    async def subscribe(self, group: str, topics: Collection[str], deliver: Deliver) -> KafkaSubscription:
        """Join the consumer group of that name."""
        subscription = KafkaSubscription(
            self._bootstrap, prefix=self._prefix, group=group, topics=topics, deliver=deliver, batch=self._batch
        )
        await subscription.start()
        return subscription

    async def _make_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            await admin.start()
            wanted = {self._prefix + topic: self._partitions for topic in TOPICS}
            wanted |= {self._prefix + topic + DEAD_LETTERS: 1 for topic in TOPICS}
            missing = wanted.keys() - set(await admin.list_topics())
            if missing:
                made = await admin.create_topics([NewTopic(t, wanted[t], self._replication) for t in sorted(missing)])
                _check(made.topic_errors)
            counts = await _led(admin, wanted.keys())
            self._counts = {topic.removeprefix(self._prefix): count for topic, count in counts.items()}
        finally:
            await admin.close()


async def _led(admin: AIOKafkaAdminClient, topics: Collection[str]) -> dict[str, int]:
    """How many partitions each topic has, as soon as all have a leader: a group that joins sooner is given none."""
    for _ in range(_LEADER_LOOKS):
        described = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(list(topics))}
        if all(described.get(topic) and all(p["leader"] >= 0 for p in described[topic]) for topic in topics):
            return {topic: len(partitions) for topic, partitions in described.items()}
        await asyncio.sleep(_PAUSE / 5)
    raise KafkaError("some topics have no leader yet")


def _check(results: Sequence[Sequence[Any]]) -> None:
    for topic, code, *_ in results:
        if code and for_code(code) is not TopicAlreadyExistsError:  # another service may have been faster
            raise for_code(code)(topic)


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """One member of a consumer group. Offsets are committed after the database has committed."""

    def __init__(
        self, bootstrap: str, *, prefix: str, group: str, topics: Collection[str], deliver: Deliver, batch: int
    ) -> None:
        self._group, self._prefix, self._deliver, self._batch = group, prefix, deliver, batch
        self._topics = sorted(topics)
        self._lags: dict[TopicPartition, int] = {}
        self._bootstrap = bootstrap
        self._stopping = False
        self._in_hand = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the group, unless there is nothing to listen to."""
        if not self._topics:
            return
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._prefix + self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=_REQUEST_BYTES,
            metadata_max_age_ms=_METADATA_MS,
        )
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise
        self._consumer.subscribe([self._prefix + topic for topic in self._topics], listener=self)
        self._task = asyncio.create_task(self._run(), name=f"consumer {self._group}")

    async def stop(self, within: float) -> None:
        """Take no more, finish the batch in hand within so many seconds, then cancel it and leave the group."""
        self._stopping = True
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=within)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(self._consumer.stop(), _PATIENCE)

    def healthy(self) -> bool:
        """Whether messages are still being taken."""
        return not self._topics or (self._task is not None and not self._task.done())

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Let the batch in hand finish before another member takes its partitions."""
        async with self._in_hand:
            log.info("partitions revoked", group=self._group, count=len(revoked))

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Say so."""
        log.info("partitions assigned", group=self._group, count=len(assigned))

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._take_some()
            except KafkaError as error:  # the broker is away, or the group has moved on: read again from the commit
                log.warning("consumer waits for the broker", group=self._group, error=describe(error))
                await asyncio.sleep(_PAUSE)

    async def _take_some(self) -> None:
        """One batch of all partitions at hand, in one transaction: each partition's order is kept."""
        taken = await self._consumer.getmany(timeout_ms=200, max_records=self._batch)
        if not taken:
            return
        async with self._in_hand:
            try:
                await self._deliver([self._message(record) for records in taken.values() for record in records])
            except Exception as error:  # never passed over: read again
                log.exception("batch not delivered", group=self._group, error=describe(error))
                self._seek_back(taken)
                await asyncio.sleep(_PAUSE)
                return
            offsets = {partition: records[-1].offset + 1 for partition, records in taken.items()}
            mine = {p: offset for p, offset in offsets.items() if p in self._consumer.assignment()}
            if mine:
                await self._consumer.commit(mine)
        self._measure(offsets)

    def _seek_back(self, taken: Mapping[TopicPartition, Sequence[Any]]) -> None:
        for partition in self._consumer.assignment() & taken.keys():
            self._consumer.seek(partition, taken[partition][0].offset)

    def _measure(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Lag per topic: what the broker holds beyond the last commit, over the partitions of this member."""
        mine = self._consumer.assignment()
        self._lags = {p: lag for p, lag in self._lags.items() if p in mine}
        self._lags |= {p: max(0, (self._consumer.highwater(p) or 0) - offsets[p]) for p in mine & offsets.keys()}
        for topic in self._topics:
            lag = sum(lag for p, lag in self._lags.items() if p.topic == self._prefix + topic)
            metrics.LAG.labels(self._group, topic).set(lag)

    def _message(self, record: Any) -> Message:  # noqa: ANN401  # aiokafka's own record
        topic, place = record.topic.removeprefix(self._prefix), f"{record.partition}/{record.offset}"
        return from_headers(topic, place, record.key, record.headers, record.value, stored_ms=record.timestamp)
