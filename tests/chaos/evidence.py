"""What was found where a round failed, kept before the stack is gone."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.stack import Stack
from deploy.migrations.run import SERVICES

_SECONDS = 20
_RELAYS = """
SELECT '{0}' AS service, r::text AS relay, (SELECT max(position) FROM {0}.outbox) AS written,
    (SELECT count(*) FROM {0}.dead_letters) AS dead_letters FROM {0}.outbox_relay AS r
"""
_QUERIES = {
    "relays": " UNION ALL ".join(_RELAYS.format(service) for service in SERVICES),
    "activity": "SELECT * FROM pg_stat_activity WHERE backend_type = 'client backend'",
    "locks": "SELECT * FROM pg_locks WHERE locktype = 'advisory' OR NOT granted",
}


@asynccontextmanager
async def kept(stack: Stack, label: str) -> AsyncIterator[None]:
    """Logs, offsets, lag, relays and the database's activity in a folder that the failure's message names."""
    try:
        yield
    except Exception as error:
        folder = Path(mkdtemp(prefix=f"anxiang-chaos-{label.replace(' ', '-')}-"))
        await _keep(stack, folder)
        raise AssertionError(f"{label} failed; what was found is in {folder}: {error}") from error


async def _keep(stack: Stack, folder: Path) -> None:
    for log in stack.installation.data_dir.rglob("*.log"):
        if not log.stem.isdigit():  # those are Kafka's own data
            shutil.copy(log, folder)
    found = {
        "running": stack.running(),
        "health": {name: await _tried(_health(stack, name)) for name in SERVICES},
        "kafka": await _tried(_offsets(stack)),
        "groups": {name: await _tried(_group(stack, name)) for name in SERVICES},
        "database": await _tried(_database(stack)),
    }
    (folder / "found.json").write_text(json.dumps(found, indent=1, default=str, ensure_ascii=False))


async def _tried(question: Awaitable[Any]) -> Any:  # whatever is answered
    try:
        async with asyncio.timeout(_SECONDS):
            return await question
    except Exception as error:  # noqa: BLE001  # no answer is a finding too
        return repr(error)


async def _health(stack: Stack, name: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{stack.ports[name]}", trust_env=False) as http:
        ready, metrics = await http.get("/readyz"), await http.get("/metrics")
    lines = [line for line in metrics.text.splitlines() if line.startswith("anxiang_")]
    return {"ready": ready.json(), "metrics": lines}


async def ready(stack: Stack, seconds: float = 60.0) -> None:
    """Wait until every service says that it is ready: after the broker's return it has to ask the broker first."""
    async with asyncio.timeout(seconds):
        for name in SERVICES:
            while not (await _health(stack, name))["ready"]["ready"]:  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.5)


async def _offsets(stack: Stack) -> dict[str, Any]:
    assert stack.kafka is not None
    admin: Any = AIOKafkaAdminClient(**stack.kafka.clients())
    reader: Any = AIOKafkaConsumer(**stack.kafka.clients())
    await asyncio.gather(admin.start(), reader.start())
    try:
        topics = await admin.list_topics()
        described = await admin.describe_topics(topics)
        parts = [TopicPartition(t["topic"], p["partition"]) for t in described for p in t["partitions"]]
        ends = await reader.end_offsets(parts)
        groups = {name: await admin.list_consumer_group_offsets(name) for name in SERVICES}
        lags = {
            name: {f"{part.topic}/{part.partition}": (place.offset, ends.get(part)) for part, place in offsets.items()}
            for name, offsets in groups.items()
        }
        return {"committed and end": lags, "ends": {f"{p.topic}/{p.partition}": e for p, e in ends.items()}}
    finally:
        await asyncio.gather(admin.close(), reader.stop(), return_exceptions=True)


async def _group(stack: Stack, name: str) -> str:
    """One group alone: aiokafka misreads an answer about several, and closes the connection."""
    assert stack.kafka is not None
    admin: Any = AIOKafkaAdminClient(**stack.kafka.clients())
    await admin.start()
    try:
        return str(await admin.describe_consumer_groups([name]))
    finally:
        await admin.close()


async def _database(stack: Stack) -> dict[str, Any]:
    assert stack.postgres is not None
    connection = await asyncpg.connect(stack.postgres.superuser_url("anxiang").replace("+asyncpg", ""))
    try:
        return {name: [dict(row) for row in await connection.fetch(query)] for name, query in _QUERIES.items()}
    finally:
        await connection.close()
