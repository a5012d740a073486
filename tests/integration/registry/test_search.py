"""The index of names answers what it should, and no search costs more than its rarest part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.jobs import index_names
from services.registry.search import repository
from services.registry.search.tokens import MOST_TERMS, RULES
from shared.database import Database, Scope
from tests.integration.registry.conftest import People
from tests.integration.registry.samples import post, senior
from tests.support.services import RunningService

HERE = "321202000000"
COMMON, RARE, SENIORS = 40, 5, 20_000
FILL = f"""
INSERT INTO name_tokens (token, region, senior_id)
SELECT token, '{HERE}', ('00000000-0000-7000-8000-' || lpad(senior::text, 12, '0'))::uuid
FROM generate_series(1, {SENIORS}) AS senior, generate_series(1, {COMMON}) AS token
WHERE (senior * 7919 + token * 104729) % 3 <> 0
"""


@pytest.fixture
async def index(database_of: Any) -> Database:
    """Names that share many tokens: each of forty is part of two thirds of all names."""
    database: Database = database_of("registry")
    async with database.transaction(Scope.everywhere()) as session:
        await session.execute(text(FILL))
        for rare in range(RARE):
            row = {"token": 1000 + rare, "region": HERE, "id": UUID(int=0x70008000000000000000 + 0xA000 + rare)}
            await session.execute(text("INSERT INTO name_tokens VALUES (:token, :region, :id)"), row)
        await session.execute(text("ANALYZE name_tokens"))
    return database


async def found(session: AsyncSession, terms: Sequence[Sequence[int]], limit: int = 50) -> list[UUID]:
    return await repository.find(session, terms, None, limit)


async def test_a_search_finds_who_has_every_part(index: Database) -> None:
    dice = Random(9)
    async with index.transaction(Scope.everywhere()) as session:
        for _ in range(30):
            terms = [[dice.randint(1, COMMON) for _ in range(dice.randint(1, 3))] for _ in range(dice.randint(1, 6))]
            whole = " AND ".join(f"bool_or(token IN ({', '.join(map(str, term))}))" for term in terms)
            rows = await session.execute(
                text(f"SELECT senior_id FROM name_tokens GROUP BY region, senior_id HAVING {whole} ORDER BY 1 LIMIT 50")
            )
            assert await found(session, terms) == [row.senior_id for row in rows]


@pytest.mark.parametrize("others", [1, 8, MOST_TERMS - 1])
async def test_a_search_looks_at_no_more_than_its_rarest_part_with_a_look_up_for_each_other(
    index: Database, others: int
) -> None:
    plans: list[Any] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if "OFFSET" in statement and not statement.startswith("EXPLAIN"):
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
            plans.append(plan.scalar())

    event.listen(index.engine.sync_engine, "before_cursor_execute", explain)
    terms = [[token] for token in range(1, others + 1)] + [[1000, 1001, 1002]]
    async with index.transaction(Scope.everywhere()) as session:
        assert await found(session, terms) == []
    [plan] = plans
    node = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    assert node["Shared Hit Blocks"] + node["Shared Read Blocks"] < 60 + 10 * others


async def test_a_search_has_at_most_so_many_parts_and_the_same_part_counts_once(people: People) -> None:
    surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
    for separator in (" ", "·"):
        answer = await people.hailing.post("/v1/seniors/search", json={"name": separator.join(surnames[:25])})
        assert answer.status_code == 422, answer.text
        assert answer.json()["type"].endswith("/registry/search-too-long")
        assert (
            await people.hailing.post("/v1/seniors/search", json={"name": separator.join(surnames[:24])})
        ).status_code == 200
    same = await people.hailing.post("/v1/seniors/search", json={"name": "王 " * 24 + "王"})
    assert same.status_code == 200


async def test_names_indexed_by_older_rules_are_indexed_anew_and_others_are_left(
    registry: RunningService, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.registry.jobs.NAMES_AT_ONCE", 2)
    made = [(await post(people.hailing, "/v1/seniors", senior(name="欧阳建国")))["senior_id"] for _ in range(6)]
    old = made[:5]
    async with registry.database.transaction(Scope.everywhere()) as session:
        told = {"ids": old}
        await session.execute(text("DELETE FROM name_tokens WHERE senior_id = ANY(CAST(:ids AS uuid[]))"), told)
        junk = "INSERT INTO name_tokens SELECT 7, region, senior_id FROM seniors"
        await session.execute(text(junk))
        before = "UPDATE seniors SET name_rules = 1 WHERE senior_id = ANY(CAST(:ids AS uuid[]))"
        await session.execute(text(before), told)
    assert len((await post(people.hailing, "/v1/seniors/search", {"name": "jianguo"}, 200))["items"]) == 1
    for _ in range(2):
        await index_names(registry.kernel, {})
        hits = (await post(people.hailing, "/v1/seniors/search", {"name": "jianguo"}, 200))["items"]
        assert {hit["senior_id"] for hit in hits} == set(made)
    async with registry.database.transaction(Scope.everywhere()) as session:
        left = await session.scalars(text("SELECT senior_id::text FROM name_tokens WHERE token = 7"))
        assert set(left) == {made[5]}
        rules = await session.scalars(text("SELECT DISTINCT name_rules FROM seniors"))
        assert list(rules) == [RULES]
