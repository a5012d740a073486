"""A scope travels with BEGIN: it reaches every kind of first statement, and never the wrong transaction."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import event, text

from shared.database import Database, Scope, driver
from shared.tables import copy_query
from tests.integration.shared.conftest import Superuser

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNT = text("SELECT count(*) FROM toys")


@pytest.fixture
def one_connection(database: Database, superuser: Superuser) -> Database:
    """A database that always hands out the same connection."""
    return Database(database.url, database.schema, pool_size=1)


async def fill(superuser: Superuser) -> None:
    await superuser(
        "INSERT INTO toys SELECT gen_random_uuid(), region, NULL, 'x', 1"
        " FROM unnest(ARRAY['321202000000', '321202001000', '321203000000']) AS region"
    )


async def test_the_first_statement_may_be_a_query_a_copy_a_savepoint_or_the_driver_s(
    one_connection: Database, superuser: Superuser
) -> None:
    await fill(superuser)
    scope = Scope(("321202",))
    async with one_connection.transaction(scope) as session:
        assert await session.scalar(COUNT) == 2
    async with one_connection.transaction(scope) as session:
        assert len((await copy_query(session, "SELECT region FROM toys")).split()) == 3
    async with one_connection.transaction(scope) as session, session.begin_nested():
        assert await session.scalar(COUNT) == 2
    async with one_connection.transaction(scope) as session:
        raw = await driver(session)
        assert raw.is_in_transaction()
        assert await raw.fetchval("SELECT count(*) FROM toys") == 2
    await one_connection.close()


async def test_a_scope_that_was_laid_ready_and_not_used_is_forgotten(
    one_connection: Database, superuser: Superuser
) -> None:
    await fill(superuser)
    async with one_connection.transaction(Scope.everywhere()) as session:
        await session.connection()
    async with one_connection.engine.connect() as connection:
        assert await connection.scalar(COUNT) == 0
    async with one_connection.transaction(Scope(())) as session:
        assert await session.scalar(COUNT) == 0
    await one_connection.close()


async def test_after_an_error_and_after_a_cancelled_task_the_next_transaction_has_its_own_scope(
    one_connection: Database, superuser: Superuser
) -> None:
    await fill(superuser)

    async def endless() -> None:
        async with one_connection.transaction(Scope.everywhere()) as session:
            await session.execute(text("SELECT pg_sleep(60)"))

    async def wrong() -> None:
        async with one_connection.transaction(Scope.everywhere()) as session:
            await session.execute(text("SELECT 1 / 0"))

    for number in range(3):
        task = asyncio.create_task(endless())
        await asyncio.sleep(0.05 * number)
        task.cancel()
        failed = await asyncio.gather(task, wrong(), return_exceptions=True)
        assert all(isinstance(each, BaseException) for each in failed)
        async with one_connection.transaction(Scope(("321203",))) as session:
            assert await session.scalar(COUNT) == 1
    await one_connection.close()


async def test_a_transaction_sends_nothing_before_its_first_statement(one_connection: Database) -> None:
    taken: list[object] = []
    event.listen(one_connection.engine.sync_engine, "checkout", lambda *_: taken.append(1))
    async with one_connection.transaction(Scope.everywhere()):
        pass
    assert taken == []
    async with one_connection.transaction(Scope.everywhere()) as session:
        await session.execute(COUNT)
    assert taken == [1]
    await one_connection.close()


@pytest.mark.parametrize("region", ["3212'", "32\\", "32; DROP TABLE toys", "３２", "32\n", "$1", "%"])
async def test_a_scope_of_anything_but_digits_is_never_sent(one_connection: Database, region: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        async with one_connection.transaction(Scope((region,))) as session:
            await session.execute(COUNT)
    await one_connection.close()


async def test_many_scopes_at_once_do_not_mix(database: Database, superuser: Superuser) -> None:
    await fill(superuser)
    expected = {"321202": 2, "321203": 1, "3212": 3, "4": 0}

    async def one(region: str) -> None:
        async with database.transaction(Scope((region,))) as session:
            assert await session.scalar(COUNT) == expected[region]
            await asyncio.sleep(0)
            assert await session.scalar(COUNT) == expected[region]

    await asyncio.gather(*(one(region) for region in list(expected) * 25))
