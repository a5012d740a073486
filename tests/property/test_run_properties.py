"""A run is many single cases; and hearing a thing again, or in another order, changes nothing."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from deploy.local import postgres as local_postgres
from services.subsidy.subjects.repository import COLUMNS
from shared.contracts.base import Event
from shared.contracts.registry import SeniorSnapshot
from shared.database import Database, Scope
from tests.integration.subsidy.town import SAMPLE, Town, tell
from tests.property.population import events
from tests.support.database import execute
from tests.support.services import ServiceFactory

PROGRAMMES = ("longevity_allowance", "operating_subsidy", "meal_subsidy")
Line = tuple[str, str, str, str, str, str | None]


@pytest.fixture
async def town(start_service: ServiceFactory) -> Town:
    """A subsidy service with the demonstration sample."""
    return Town(await start_service("subsidy", roles="api", policy_overrides=str(SAMPLE)))


def _line(programme: str, of: dict[str, Any]) -> Line:
    return programme, of["beneficiary_id"], of["senior_id"], of["amount"], of["outcome"], of["reason"]


async def _all_lines(town: Town, run_id: str) -> set[Line]:
    found, cursor = set[Line](), None
    while True:
        page = await town.ask(f"/v1/runs/{run_id}/lines", limit=200, **({"cursor": cursor} if cursor else {}))
        found |= {_line(line["programme"], line) for line in page["items"]}
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_run_of_many_equals_each_determined_alone(town: Town, seed: int) -> None:
    said = events(seed, 60)
    await town.hear(*said)
    run = await town.run("2026-10")
    alone = set[Line]()
    for who in sorted({str(event.senior_id) for event in said if isinstance(event, SeniorSnapshot)}):
        for programme in PROGRAMMES:
            body = {"programme": programme, "month": "2026-10", "senior_id": who}
            told = await town.do("/v1/determinations", body)
            alone |= {_line(programme, entitled) for entitled in told["entitlements"]}
    together = await _all_lines(town, run["id"])
    assert together <= alone
    assert {line for line in alone - together if line[3] != "0.00"} == set()
    assert sum(scope["outside"] for scope in run["scopes"]) >= len(alone - together)
    assert len(together) > 60


async def _known(database: Database) -> dict[str, list[Any]]:
    """Everything the service knows, without when it heard it."""
    known: dict[str, list[Any]] = {}
    async with database.transaction(Scope.everywhere()) as session:
        for table, columns in COLUMNS.items():
            rows = await session.execute(text(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1, 2"))
            known[table] = [str(row) for row in rows]
        rows = await session.execute(text("SELECT subject_id, version, snapshot FROM subject_versions ORDER BY 1, 2"))
        known["versions"] = [str(row) for row in rows]
    return known


async def _tell_in_some_order(database: Database, said: list[Event], chance: Random) -> None:
    """Every event one to three times, in any order, in batches of any size."""
    order = [event for event in said for _ in range(chance.randint(1, 3))]
    chance.shuffle(order)
    while order:
        size = chance.randint(1, 40)
        batch, order = order[:size], order[size:]
        await tell(database, *batch)


@pytest.mark.parametrize("seed", [3, 4, 5])
async def test_redelivering_any_event_any_number_of_times_in_any_order_changes_nothing(
    town: Town, seed: int, postgres: local_postgres.Server, database_name: str
) -> None:
    said, chance = events(seed, 25), Random(seed)
    await town.hear(*said)
    in_order = await _known(town.database)
    await _tell_in_some_order(town.database, said, chance)
    assert await _known(town.database) == in_order
    tables = ", ".join(f"subsidy.{name}" for name in (*COLUMNS, "subject_versions"))
    await execute(postgres.superuser_url(database_name), f"TRUNCATE {tables}")
    await _tell_in_some_order(town.database, said, chance)
    assert await _known(town.database) == in_order


async def test_redelivery_after_a_run_gives_no_correction(town: Town) -> None:
    said = events(6, 25)
    await town.hear(*said)
    await town.approved("2026-10")
    await _tell_in_some_order(town.database, said, Random(6))
    again = await town.run("2026-10")
    assert await _all_lines(town, again["id"]) == set()
