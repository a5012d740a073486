"""One member of a Kafka consumer group, which begins again with a new client whenever the old one gets nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared.events import metrics, records
from shared.events.bus import Deliver
from shared.events.envelope import Message, from_headers
from shared.events.security import Security
from shared.faults import facts, named
from shared.supervision import PATIENCE, Progress, keep_alive

log = structlog.get_logger(__name__)
_FETCH_BYTES = 1_048_576
_CLOSING = 5.0
_PAUSE = 0.5
_LOOK_EVERY = 5.0
_ANSWER = 10.0
_FAILURES = 5  # in a row, before the client is thought to be at fault
_METADATA_MS = 3_000  # a topic that was missing or without a leader is found again after so long


@dataclass(frozen=True)
class Membership:
    """How a group knows its members.

    ``name``: of this process, alone in its group and the same after a restart: it then gets its partitions back at
    once; empty: it is a new member every time. ``session_ms``: a member that says nothing for so long is gone.
    """

    name: str = ""
    session_ms: int = 10_000


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """One member of a consumer group. Offsets are committed after the database has committed."""

    def __init__(
        self,
        bootstrap: str,
        *,
        prefix: str,
        group: str,
        topics: Collection[str],
        deliver: Deliver,
        batch: int,
        membership: Membership,
        security: Security,
    ) -> None:
        records.install()
        self._group, self._prefix, self._deliver, self._batch = group, prefix, deliver, batch
        self._topics = sorted(topics)
        self._lags: dict[TopicPartition, int] = {}
        self._where: dict[str, Any] = {"bootstrap_servers": bootstrap} | security.options
        self._membership, self._patience = membership, PATIENCE
        self._stopping = False
        self._in_hand = asyncio.Lock()
        self._consumer: AIOKafkaConsumer | None = None
        self._born = time.monotonic()
        self._progress = Progress(self._patience)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Join the group, unless there is nothing to listen to; the broker may be away."""
        if not self._topics:
            return
        self._progress.begin()
        for name, live, pause in (("consumer", self._live, _PAUSE), ("consumer's watch", self._watch, _LOOK_EVERY)):
            work = keep_alive(name, live, pause, group=self._group)
            self._tasks.append(asyncio.create_task(work, name=f"{name} {self._group}"))

    async def stop(self, within: float) -> None:
        """Take no more, finish the batch in hand within so many seconds, then cancel it and leave the group."""
        self._stopping = True
        if not self._tasks:
            return
        await asyncio.wait(self._tasks[:1], timeout=within)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def trouble(self) -> str | None:
        """Why no messages are taken although there are some; None while all is well."""
        if not self._topics:
            return None
        if not self._tasks or self._tasks[0].done():
            return "it does not run"
        return self._progress.trouble()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Let the batch in hand finish before another member takes its partitions."""
        async with self._in_hand:
            log.info("partitions revoked", group=self._group, count=len(revoked))

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Say so."""
        log.info("partitions assigned", group=self._group, count=len(assigned))

    async def _live(self) -> None:
        """The life of one client. It ends by an error, and the next one begins at the last commit."""
        consumer = AIOKafkaConsumer(
            **self._where,
            group_id=self._prefix + self._group,
            group_instance_id=self._membership.name or None,
            session_timeout_ms=self._membership.session_ms,
            heartbeat_interval_ms=min(3000, self._membership.session_ms // 4),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=_FETCH_BYTES,
            metadata_max_age_ms=_METADATA_MS,
        )
        try:
            async with asyncio.timeout(self._patience):
                await consumer.start()
            consumer.subscribe([self._prefix + topic for topic in self._topics], listener=self)
            self._consumer, self._born = consumer, time.monotonic()
            await self._take(consumer)
        finally:
            self._consumer = None
            await _close(consumer)

    async def _take(self, consumer: AIOKafkaConsumer) -> None:
        failures = 0
        while not self._stopping:
            try:
                await self._take_some(consumer)
                failures = 0
            except KafkaError as error:  # the broker is away, or the group has moved on: read again from the commit
                passing = error.retriable or isinstance(error, (CommitFailedError, IllegalStateError))
                failures += 1
                if not passing or failures >= _FAILURES:
                    raise
                log.warning("consumer waits for the broker", group=self._group, error=named(error))
                await asyncio.sleep(_PAUSE)

    async def _take_some(self, consumer: AIOKafkaConsumer) -> None:
        """One batch of all partitions at hand, in one transaction: each partition's order is kept."""
        async with asyncio.timeout(self._patience):  # it waits without end for an assignment that does not come
            taken = await consumer.getmany(timeout_ms=200, max_records=self._batch)
        if not taken:
            self._give_up_when_stalled()
            return
        async with self._in_hand:
            try:
                await self._deliver([self._message(record) for records in taken.values() for record in records])
            except Exception as error:  # noqa: BLE001  # never passed over: read again
                log.error("batch not delivered", group=self._group, **facts(error))  # noqa: TRY400  # not its text
                _seek_back(consumer, taken)
                await asyncio.sleep(_PAUSE)
                return
            offsets = {partition: records[-1].offset + 1 for partition, records in taken.items()}
            mine = {p: offset for p, offset in offsets.items() if p in consumer.assignment()}
            if mine:
                async with asyncio.timeout(_ANSWER):
                    await consumer.commit(mine)
        self._measure(consumer, offsets)

    def _give_up_when_stalled(self) -> None:
        """A client that brings nothing although the group's work does not move on makes room for a new one."""
        if self._progress.trouble() and time.monotonic() - self._born > self._patience:
            raise TimeoutError("no progress")

    def _measure(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
        """Lag per topic: what the broker holds beyond the last commit, over the partitions of this member."""
        mine = consumer.assignment()
        self._lags = {p: lag for p, lag in self._lags.items() if p in mine}
        self._lags |= {p: max(0, (consumer.highwater(p) or 0) - offsets[p]) for p in mine & offsets.keys()}
        self._tell()

    def _tell(self) -> None:
        for topic in self._topics:
            lag = sum(lag for p, lag in self._lags.items() if p.topic == self._prefix + topic)
            metrics.LAG.labels(self._group, topic).set(lag)

    async def _watch(self) -> None:
        """Ask the broker itself, with eyes of its own, how far the group is and how much is left."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            async with asyncio.timeout(_ANSWER):
                await self._look()

    async def _look(self) -> None:
        consumer = self._consumer
        if consumer is None:
            return
        committed = await _committed(self._where, self._prefix + self._group)
        parts = [
            TopicPartition(self._prefix + topic, number)
            for topic in self._topics
            for number in consumer.partitions_for_topic(self._prefix + topic) or ()
        ]
        ends = await consumer.end_offsets(parts)
        fresh = [part for part in parts if part not in committed]
        starts = await consumer.beginning_offsets(fresh) if fresh else {}
        lags = {part: max(0, ends[part] - committed.get(part, starts.get(part, 0))) for part in parts}
        self._progress.saw(sorted((*part, offset) for part, offset in committed.items()), sum(lags.values()))
        self._lags = {part: lag for part, lag in lags.items() if part in consumer.assignment()}
        self._tell()

    def _message(self, record: Any) -> Message:  # noqa: ANN401  # aiokafka's own record
        topic, place = record.topic.removeprefix(self._prefix), f"{record.partition}/{record.offset}"
        return from_headers(topic, place, record.key, record.headers, record.value, stored_ms=record.timestamp)


def _seek_back(consumer: AIOKafkaConsumer, taken: Mapping[TopicPartition, Sequence[Any]]) -> None:
    for partition in consumer.assignment() & taken.keys():
        consumer.seek(partition, taken[partition][0].offset)


async def _committed(where: Mapping[str, Any], group: str) -> dict[TopicPartition, int]:
    admin = AIOKafkaAdminClient(**where)
    try:
        await admin.start()
        found = await admin.list_consumer_group_offsets(group)
        return {part: place.offset for part, place in found.items() if place.offset >= 0}
    finally:
        await admin.close()


async def _close(consumer: AIOKafkaConsumer) -> None:
    """Leave the group. A client that cannot is cut off, so that it does not stay a member that takes nothing."""
    leaving = asyncio.ensure_future(consumer.stop())
    await asyncio.wait({leaving}, timeout=_CLOSING)
    if leaving.done():
        await asyncio.gather(leaving, return_exceptions=True)
        return
    leaving.cancel()
    coordinator = consumer._coordinator  # there is no public way to end it at once
    for name in ("_coordination_task", "_heartbeat_task", "_commit_refresh_task"):
        task = getattr(coordinator, name, None)
        if task is not None:
            task.cancel()
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_CLOSING):
            await consumer._client.close()  # as above
