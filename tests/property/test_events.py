"""However often and in whatever order snapshots come, a read model guarded by version ends in the same state."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from deploy.local import postgres
from shared.contracts import Received, registry
from shared.database import Database, Scope
from shared.events.consumer import Consumer
from shared.events.envelope import Message
from shared.ids import new_id
from tests.support.database import execute, password

SENIORS = [UUID(int=number) for number in range(1, 4)]
VERSIONS = 4


def _snapshot(senior: UUID, version: int) -> Message:
    event = registry.SeniorSnapshot(
        **(registry.SeniorSnapshot.EXAMPLE | {"senior_id": senior, "version": version, "region": f"{version:012d}"})
    )
    data = event.model_dump_json().encode()
    return Message(new_id(), event.TYPE, event.TOPIC, event.key(), datetime.now(UTC), None, data)


async def _remember(session: Any, received: Sequence[Received[registry.SeniorSnapshot]]) -> None:
    newest = {item.data.senior_id: item.data for item in sorted(received, key=lambda item: item.data.version)}
    await session.execute(
        text(
            "INSERT INTO model VALUES (:id, :version, :region) ON CONFLICT (id) DO UPDATE"
            " SET version = excluded.version, region = excluded.region WHERE model.version < excluded.version"
        ),
        [{"id": s.senior_id, "version": s.version, "region": s.region} for s in newest.values()],
    )


@st.composite
def _deliveries(draw: st.DrawFn) -> list[list[tuple[int, int]]]:
    """Batches in which every version of every senior comes at least once, in any order, some of them again."""
    every = [(senior, version) for senior in range(len(SENIORS)) for version in range(1, VERSIONS + 1)]
    order = draw(st.permutations(every + draw(st.lists(st.sampled_from(every), max_size=10))))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    return [list(order[a:b]) for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True) if a < b]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_deliveries(), st.booleans())
def test_any_order_of_deliveries_ends_in_the_same_state(
    postgres: postgres.Server, database_name: str, batches: list[list[tuple[int, int]]], new_ids: bool
) -> None:
    """With the same ids the inbox decides; with new ids, as after a rebuild of a topic, the version does."""

    async def deliver() -> list[Any]:
        database = Database(postgres.url("subsidy", password("subsidy"), database_name), "subsidy", pool_size=2)
        await execute(
            postgres.superuser_url(database_name),
            "DROP TABLE IF EXISTS subsidy.model",
            "CREATE TABLE subsidy.model (id uuid PRIMARY KEY, version int, region text)",
            "GRANT ALL ON subsidy.model TO subsidy",
        )
        consumer = Consumer("subsidy", database, {registry.SeniorSnapshot: _remember})
        known = {(s, v): _snapshot(SENIORS[s], v) for s in range(len(SENIORS)) for v in range(1, VERSIONS + 1)}
        for batch in batches:
            await consumer.deliver([_snapshot(SENIORS[s], v) if new_ids else known[s, v] for s, v in batch])
        async with database.transaction(Scope.everywhere()) as session:
            rows = (await session.execute(text("SELECT id, version, region FROM model ORDER BY id"))).all()
        await database.close()
        return [tuple(row) for row in rows]

    assert asyncio.run(deliver()) == [(senior, VERSIONS, f"{VERSIONS:012d}") for senior in SENIORS]
