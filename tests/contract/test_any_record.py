"""No record whatever stops a partition: keys, headers, values, times and sizes of every kind on real Kafka.

2,000 records by default, 100,000 with ``make proof``.
"""

from __future__ import annotations

import time
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local import kafka
from shared.events.kafka_protocol import set_configs
from tests.contract import fuzz
from tests.contract.worlds import HANDLERS, World, until
from tests.support.proof import PROOF

COUNT = 100_000 if PROOF else 2_000
BATCH = 50
PARTITIONS = 3
ANYTHING = {"max.message.bytes": "8000000", "message.timestamp.after.max.ms": str(2**63 - 1)}


async def _open_topic(broker: kafka.Broker, world: World) -> str:
    """The topic as an operator could have made it, who lets everything in."""
    name = f"{world._prefix}{fuzz.TOPIC}"  # the world's own
    admin: Any = AIOKafkaAdminClient(**broker.clients())
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=ANYTHING)])
    if broker.secrets:  # there it was made before
        await set_configs(admin, {name: ANYTHING})
    await admin.close()
    return name


async def _send(broker: kafka.Broker, topic: str, records: list[fuzz.Record]) -> None:
    async with fuzz.Sender(broker.clients()) as sender:
        for number, start in enumerate(range(0, len(records), BATCH)):
            await sender.send(topic, number % PARTITIONS, fuzz.batch(records[start : start + BATCH]))


async def _number(world: World, query: str) -> int:
    return int((await world.rows("subsidy", query))[0][0])


async def test_whatever_records_come_the_good_are_applied_once_and_the_others_are_dead_letters(
    postgres: Any, database_name: str, broker: kafka.Broker
) -> None:
    world = World(postgres, database_name, broker)
    await world.prepare("subsidy")
    try:
        topic, records = await _open_topic(broker, world), fuzz.records(COUNT, 1)
        await _send(broker, topic, records)
        began = time.monotonic()
        runtime = await world.start("subsidy", HANDLERS)

        async def all_taken() -> bool:
            return await _number(world, "SELECT count(*) FROM inbox") >= len(records)

        await until(all_taken, 600 + COUNT / 20)
        seconds = time.monotonic() - began
        good = [record.good for record in records if record.good]
        applied = [row[0] for row in await world.rows("subsidy", "SELECT id FROM book")]
        assert sorted(set(good) - set(applied)) == []
        assert len(applied) == len(set(applied))
        dead = await _number(world, "SELECT count(*) FROM dead_letters")
        assert len(applied) + dead == len(records)
        assert await _number(world, "SELECT count(*) FROM dead_letters WHERE place = ''") == 0
        assert runtime.healthy() == {"relay": True, "consumer": True}
        print(f"{len(records)} records, {len(good)} good, {dead} dead letters, {seconds:.1f} s")
    finally:
        await world.close()
