"""A transaction without a session: in its scope, all or nothing, and never handed on half done."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import event

from shared.database import Database, Scope, driver
from tests.integration.shared.conftest import Superuser

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNT = "SELECT count(*) FROM toys"
INSERT = "INSERT INTO toys (id, region, name, price) VALUES ($1, $2, $3, 1)"
HERE = "321202000000"
LOST = (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError)  # whatever asyncpg was doing


@pytest.fixture
def one_connection(database: Database) -> Database:
    """A database that always hands out the same connection."""
    return Database(database.url, database.schema, pool_size=1)


async def count(database: Database, *regions: str) -> int:
    async with database.direct(Scope(regions)) as transaction:
        return int(await (await driver(transaction)).fetchval(COUNT))


async def put(database: Database, name: str = "bear", region: str = HERE) -> None:
    async with database.direct(Scope(("3212",))) as transaction:
        await (await driver(transaction)).execute(INSERT, uuid4(), region, name)


async def test_it_sees_and_writes_its_own_scope_only(one_connection: Database) -> None:
    await put(one_connection)
    await put(one_connection, region="321203000000")
    assert [await count(one_connection, *r) for r in (("3212",), ("321202",), (), ("4",))] == [2, 1, 0, 0]
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await put(one_connection, region="440000000000")
    async with one_connection.transaction(Scope(())) as session:
        assert await (await driver(session)).fetchval(COUNT) == 0
    await one_connection.close()


async def test_a_vendor_sees_its_own_rows_only(one_connection: Database, superuser: Superuser) -> None:
    mine, other = uuid4(), uuid4()
    for vendor in (mine, other):
        await superuser(f"INSERT INTO toys VALUES (gen_random_uuid(), '{HERE}', '{vendor}', 'x', 1)")
    async with one_connection.direct(Scope(("3212",), mine)) as transaction:
        assert await (await driver(transaction)).fetchval("SELECT vendor_id FROM toys") == mine
    assert await count(one_connection, "3212") == 2
    await one_connection.close()


async def test_it_sends_nothing_before_its_first_statement(one_connection: Database) -> None:
    taken: list[object] = []
    event.listen(one_connection.engine.sync_engine, "checkout", lambda *_: taken.append(1))
    async with one_connection.direct(Scope.everywhere()):
        pass
    assert taken == []
    await count(one_connection, "")
    assert taken == [1]
    await one_connection.close()


async def test_its_settings_end_with_it(one_connection: Database) -> None:
    shown = "SELECT current_setting('plan_cache_mode'), current_setting('anxiang.region_lo')"
    async with one_connection.direct(Scope(("3212",))) as transaction:
        assert tuple(await (await driver(transaction)).fetchrow(shown)) == ("force_generic_plan", "3212")
    async with one_connection.engine.connect() as connection:
        assert (await connection.exec_driver_sql(shown)).one() == ("auto", "")
    await one_connection.close()


async def test_an_error_leaves_nothing_and_the_next_one_has_its_own_scope(one_connection: Database) -> None:
    async def fails() -> None:
        async with one_connection.direct(Scope.everywhere()) as transaction:
            await (await driver(transaction)).execute(INSERT, uuid4(), HERE, "bear")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    await put(one_connection)
    assert await count(one_connection, "3212") == 1
    assert await count(one_connection, "4") == 0
    await one_connection.close()


async def test_a_commit_that_fails_is_an_error(one_connection: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await put(one_connection, "fails at commit")
    assert await count(one_connection, "") == 0
    await one_connection.close()


async def test_a_failed_statement_that_somebody_caught_does_not_pass_for_a_commit(one_connection: Database) -> None:
    async def swallows() -> None:
        async with one_connection.direct(Scope.everywhere()) as transaction:
            connection = await driver(transaction)
            await connection.execute(INSERT, uuid4(), HERE, "bear")
            with pytest.raises(asyncpg.DivisionByZeroError):
                await connection.execute("SELECT 1 / 0")

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await swallows()
    assert await count(one_connection, "") == 0
    await one_connection.close()


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(60)", COUNT])
async def test_a_cancelled_task_leaves_nothing_behind(one_connection: Database, statement: str) -> None:
    async def endless() -> None:
        async with one_connection.direct(Scope.everywhere()) as transaction:
            connection = await driver(transaction)
            await connection.execute(INSERT, uuid4(), HERE, "bear")
            while True:
                await connection.fetch(statement)

    for turns in range(12):  # wherever it is: taking a connection, beginning, inserting, asking
        task = asyncio.create_task(endless())
        for _ in range(turns):
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await count(one_connection, "4") == 0
    assert await count(one_connection, "") == 0
    await one_connection.close()


async def test_a_connection_that_the_server_ended_is_replaced(one_connection: Database, superuser: Superuser) -> None:
    async def killed() -> None:
        async with one_connection.direct(Scope.everywhere()) as transaction:
            connection = await driver(transaction)
            await superuser(f"SELECT pg_terminate_backend({connection.get_server_pid()})")
            await connection.fetch(COUNT)

    with pytest.raises(LOST):
        await killed()
    await put(one_connection)
    async with one_connection.direct(Scope.everywhere()) as transaction:
        pid = (await driver(transaction)).get_server_pid()
    await superuser(f"SELECT pg_terminate_backend({pid})")
    await asyncio.sleep(0.2)
    assert await count(one_connection, "") == 1  # while it lay in the pool: nobody even notices
    assert one_connection.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # a queue pool
    await one_connection.close()


async def test_many_at_once_do_not_mix(database: Database) -> None:
    await put(database)
    expected = {"321202": 1, "321203": 0, "3212": 1, "4": 0}

    async def one(region: str) -> None:
        assert await count(database, region) == expected[region]

    await asyncio.gather(*(one(region) for region in list(expected) * 25))
