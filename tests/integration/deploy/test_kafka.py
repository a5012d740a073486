"""The Kafka launcher."""

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local import jars, kafka
from deploy.local.processes import StartError

TOPIC = "kept"


async def create_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, num_partitions=12, replication_factor=1)])
    finally:
        await admin.close()


async def send(bootstrap: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(TOPIC, value, key=b"one")
    finally:
        await producer.stop()


async def receive(bootstrap: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, group_id="reader", auto_offset_reset="earliest")
    await consumer.start()
    try:
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_messages_outlive_a_kill_of_the_broker_and_a_new_start_on_another_port(tmp_path: Path) -> None:
    broker = kafka.start(tmp_path)
    try:
        await create_topic(broker.bootstrap)
        await send(broker.bootstrap, b"first")
        address = broker.bootstrap
        broker.kill()
        assert not broker.answers()
        broker.restart()
        assert broker.bootstrap == address
        await send(broker.bootstrap, b"second")
        broker.stop()
        broker = kafka.start(tmp_path)
        assert broker.bootstrap != address
        assert await receive(broker.bootstrap, 2) == [b"first", b"second"]
    finally:
        broker.stop()


def test_every_locked_jar_names_a_version_and_a_checksum() -> None:
    locked = list(jars.locked())
    assert len(locked) > 40
    assert all(len(jar.sha256) == 64 and jar.coordinate.count(":") == 2 for jar in locked)
    assert {jar.coordinate for jar in locked} >= set(jars.ROOTS)


def test_a_jar_that_differs_from_its_checksum_is_refused_and_removed(tmp_path: Path) -> None:
    group, artifact, version = next(jars.locked()).coordinate.split(":")
    forged = tmp_path / group.replace(".", "/") / artifact / version / f"{artifact}-{version}.jar"
    forged.parent.mkdir(parents=True)
    forged.write_bytes(b"not a jar")
    jars.fetch()
    for jar in list(jars.locked())[1:]:
        link_from_cache(jar, tmp_path)
    with pytest.raises(StartError, match=forged.name):
        jars.fetch(tmp_path)
    assert not forged.exists()


def link_from_cache(jar: jars.Jar, cache: Path) -> None:
    group, artifact, version = jar.coordinate.split(":")
    place = Path(group.replace(".", "/")) / artifact / version / jar.file
    (cache / place).parent.mkdir(parents=True, exist_ok=True)
    (cache / place).hardlink_to(jars.CACHE.resolve() / place)
