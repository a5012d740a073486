"""Topics keep what their contracts say, made new or found otherwise; what one bus had, another is told too."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.local import kafka
from shared.contracts import EVENTS, TOPICS, topics
from shared.contracts.topics import RETENTION, SNAPSHOT, Retention, every, retention_of
from shared.events.topics import Layout, prepare
from tests.contract.worlds import World, until, verified

KEPT = {"max.message.bytes": "777777"}
"""A setting that the contracts do not speak of."""


@pytest.fixture
async def admin(broker: kafka.Broker) -> Any:
    """An operator."""
    made: Any = AIOKafkaAdminClient(**broker.clients())
    await made.start()
    yield made
    await made.close()


async def _configs(admin: Any, name: str) -> dict[str, str]:
    [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    return {entry[0]: entry[1] for resource in answer.resources for entry in resource[4]}


async def test_every_topic_and_twin_keeps_what_its_contract_says_also_when_it_was_made_otherwise(admin: Any) -> None:
    layout = Layout(f"{uuid4().hex[:8]}.", 1)
    otherwise = ["registry.seniors", "visits.services", "subsidy.payments.dead-letters"]
    configs = KEPT | {"cleanup.policy": "delete", "retention.ms": "604800000"}
    await admin.create_topics([NewTopic(layout.prefix + each, 1, 1, topic_configs=configs) for each in otherwise])
    for _ in range(2):  # once more changes nothing
        cluster = await prepare(admin, every(), layout)
        assert cluster.partitions.keys() == set(every())

        async def as_said() -> bool:
            found = {topic: await _configs(admin, layout.prefix + topic) for topic in every()}
            return all(retention_of(topic).config().items() <= found[topic].items() for topic in every())

        await until(as_said, 60)
    for topic in otherwise:
        assert (await _configs(admin, layout.prefix + topic)).items() >= KEPT.items()


async def test_what_a_local_bus_had_a_kafka_that_comes_later_is_told_too(
    postgres: Any, database_name: str, broker: kafka.Broker
) -> None:
    before, after = World(postgres, database_name, None), World(postgres, database_name, broker)
    sent = [verified(meals=number) for number in range(1, 6)]
    try:
        await before.prepare("visits")
        local = await before.start("visits")
        await before.send(before.open("visits"), *sent)

        async def published() -> bool:
            rows = await before.rows("visits", "SELECT position FROM outbox_relay WHERE bus = 'local'")
            return bool(rows) and rows[0][0] == len(sent)

        await until(published)
        await before.stop(local)
        await after.grant()
        await after.start("visits")
        name = f"{after._prefix}visits.services"
        reader: Any = AIOKafkaConsumer(name, auto_offset_reset="earliest", **broker.clients())
        await reader.start()
        try:
            keys = [(await reader.getone()).key.decode() for _ in sent]
        finally:
            await reader.stop()
        assert sorted(keys) == sorted(event.key() for event in sent)
    finally:
        await before.close()
        await after.close()


def test_every_topic_says_what_it_keeps() -> None:
    assert RETENTION.keys() == TOPICS.keys()
    assert all(keeps.compacted or keeps.days is None or keeps.days >= 30 for keeps in RETENTION.values())
    assert not retention_of("registry.seniors" + topics.DEAD_LETTERS).compacted


def test_only_events_that_carry_the_whole_state_of_their_key_are_compacted() -> None:
    """One type per topic, and no field beside the key that tells two events of one key apart but a version."""
    for topic in RETENTION:
        types = [event for event in EVENTS.values() if topic == event.TOPIC]
        whole = len(types) == 1 and (types[0].TYPE.endswith(".snapshot.v1") or types[0].__name__ == "WorkerKnown")
        assert topics.compacted(topic) == whole, topic


def test_settings_of_a_topic_leave_nothing_to_a_cluster_s_defaults() -> None:
    assert SNAPSHOT.config() | {"compression.type": "", "max.compaction.lag.ms": ""} == {
        "cleanup.policy": "compact",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "compression.type": "",
        "max.compaction.lag.ms": "",
        "delete.retention.ms": "604800000",
    }
    assert Retention(90).config()["retention.ms"] == str(90 * 24 * 3600 * 1000)
    assert Retention().config()["retention.ms"] == "-1"
