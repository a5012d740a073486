"""The Kafka launcher."""

import asyncio
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
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


async def commit(bootstrap: str, times: int) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id="committer", enable_auto_commit=False)
    parts = [TopicPartition(TOPIC, number) for number in range(12)]
    await consumer.start()
    try:
        consumer.assign(parts)
        for place in range(times):
            await consumer.commit(dict.fromkeys(parts, place))
    finally:
        await consumer.stop()


def kept(folder: Path) -> list[int]:
    """Bytes of each segment of the topic of commits."""
    return [file.stat().st_size for file in folder.rglob("__consumer_offsets-0/*.log")]


async def test_commits_are_compacted_so_that_a_broker_that_comes_back_has_little_to_read(tmp_path: Path) -> None:
    """While it reads, no group has a coordinator; and Kafka 4.3.1 may lose it when it reads long."""
    broker = kafka.start(tmp_path)
    try:
        await create_topic(broker.bootstrap)
        await commit(broker.bootstrap, 1800)
        sizes = [2**30]
        for _ in range(150):
            if sum(sizes) < 1.5 * 2**20:
                break
            await asyncio.sleep(0.1)
            sizes = kept(tmp_path)
        assert len(sizes) > 1, "there were too few commits to fill a segment"
        assert sum(sizes) < 1.5 * 2**20, f"{sizes} bytes of 1,800 commits are still there"
    finally:
        broker.stop()


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


SMALL = ("org.slf4j:slf4j-api:", "org.jspecify:jspecify:", "com.google.re2j:re2j:", "org.scala-lang:scala-reflect:")


def small_lock(folder: Path, *, sha256: str = "") -> Path:
    """A lock file of a few jars, all with one checksum if it is given."""
    chosen = [jar for jar in jars.locked() if jar.coordinate.startswith(SMALL)]
    lock = folder / "kafka.lock"
    lock.write_text("".join(f"{jar.coordinate} {jar.file} {sha256 or jar.sha256}\n" for jar in chosen))
    return lock


def test_half_a_jar_that_a_killed_start_left_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "LOCK", small_lock(tmp_path))
    whole = {path: path.stat().st_size for path in jars.fetch(tmp_path / "cache")}
    half = next(iter(whole))
    half.write_bytes(half.read_bytes()[:1000])
    assert {path: path.stat().st_size for path in jars.fetch(tmp_path / "cache")} == whole


def test_a_jar_that_is_not_what_the_lock_names_is_refused_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "LOCK", small_lock(tmp_path, sha256="0" * 64))
    with pytest.raises(StartError, match=r"is not the file that kafka\.lock names"):
        jars.fetch(tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("slf4j-api*.jar"))


def test_four_processes_fill_one_empty_cache_at_the_same_time(tmp_path: Path) -> None:
    code = "from deploy.local import jars; jars.LOCK = jars.Path({!r}); jars.fetch(jars.Path({!r}))"
    command = [sys.executable, "-c", code.format(str(small_lock(tmp_path)), str(tmp_path / "cache"))]
    started = [Popen(command, stderr=PIPE, text=True) for _ in range(4)]
    assert [(process.communicate()[1], process.returncode) for process in started] == [("", 0)] * 4
