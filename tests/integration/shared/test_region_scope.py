"""What a transaction sees is decided by the database, from the regions and the organisation it was told."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.clock import Month
from shared.database import Database, Scope
from shared.tables import copy_query, copy_rows, ensure_month, partition_of
from tests.integration.shared.conftest import Superuser
from tests.integration.shared.test_edge import BEAR, READ, WRITE, assert_problem
from tests.support.services import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="module")
VENDOR_A, VENDOR_B = UUID(int=10), UUID(int=11)
PLACES = ["321202000000", "321202001000", "321203001000", "321300000000", "330100000000", "990000000000"]


@pytest_asyncio.fixture(loop_scope="module")
async def full(database: Database) -> Database:
    """The database with a row per place and vendor."""
    async with database.transaction(Scope.everywhere()) as session:
        await session.execute(
            text("INSERT INTO toys (id, region, vendor_id, name, price) VALUES (:id, :region, :vendor, 'x', 1)"),
            [{"id": uuid4(), "region": p, "vendor": v} for p in PLACES for v in (VENDOR_A, VENDOR_B)],
        )
    return database


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope(()), []),
        (Scope((), VENDOR_A), []),
        (Scope(("321202",)), PLACES[:2]),
        (Scope(("321202001000",)), PLACES[1:2]),
        (Scope(("3212",)), PLACES[:3]),
        (Scope(("32",)), PLACES[:4]),
        (Scope(("3",)), PLACES[:5]),
        (Scope(("99",)), PLACES[5:]),
        (Scope(("321202", "3301")), [*PLACES[:2], PLACES[4]]),
        (Scope(("3301", "321202")), [*PLACES[:2], PLACES[4]]),
        (Scope(("3212", "321202")), PLACES[:3]),
        (Scope(("3213", "999999")), PLACES[3:4]),
        (Scope(("", "321202")), PLACES),
        (Scope.everywhere(), PLACES),
        (Scope(("4",)), []),
        (Scope(("3212020010001",)), []),
    ],
)
async def test_rows_counts_and_copies_show_the_scope_s_regions_only(
    full: Database, scope: Scope, seen: list[str]
) -> None:
    async with full.transaction(scope) as session:
        rows = (await session.execute(text("SELECT DISTINCT region FROM toys ORDER BY region"))).scalars()
        assert list(rows) == seen
        assert await session.scalar(text("SELECT count(*) FROM toys")) == 2 * len(seen)
        csv = await copy_query(session, "SELECT DISTINCT region FROM toys ORDER BY region")
        assert csv.decode().split()[1:] == seen


@pytest.mark.parametrize(("regions", "count"), [(("",), len(PLACES)), (("3212",), 3), (("3212", "33"), 4)])
async def test_a_vendor_sees_its_own_rows_only(full: Database, regions: tuple[str, ...], count: int) -> None:
    for vendor in (VENDOR_A, VENDOR_B):
        async with full.transaction(Scope(regions, vendor)) as session:
            vendors = (await session.execute(text("SELECT vendor_id FROM toys"))).scalars().all()
        assert vendors == [vendor] * count


async def test_a_connection_that_was_never_told_a_scope_sees_nothing(full: Database) -> None:
    async with full.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM toys")) == 0


async def test_a_scope_ends_with_its_transaction(full: Database) -> None:
    for scope, count in ((Scope.everywhere(), 12), (Scope(()), 0), (Scope(("321202",)), 4), (Scope(()), 0)):
        async with full.transaction(scope) as session:
            assert await session.scalar(text("SELECT count(*) FROM toys")) == count
    async with full.engine.connect() as connection:  # the same pooled connection, without a scope
        assert await connection.scalar(text("SELECT count(*) FROM toys")) == 0


async def test_a_savepoint_keeps_the_scope(full: Database) -> None:
    async with full.transaction(Scope(("321202",))) as session:
        async with session.begin_nested():
            assert await session.scalar(text("SELECT count(*) FROM toys")) == 4
        nested = await session.begin_nested()
        await nested.rollback()
        assert await session.scalar(text("SELECT count(*) FROM toys")) == 4


@pytest.mark.parametrize("statement", ["UPDATE toys SET price = 9", "DELETE FROM toys"])
async def test_changes_touch_the_scope_s_rows_only(full: Database, statement: str) -> None:
    async with full.transaction(Scope(("321202",), VENDOR_A)) as session:
        assert len((await session.execute(text(f"{statement} RETURNING id"))).all()) == 2


@pytest.mark.parametrize(
    ("change", "scope"),
    [
        ("UPDATE toys SET region = '321203000000'", Scope(("321202",))),
        (f"UPDATE toys SET vendor_id = '{VENDOR_B}'", Scope(("321202",), VENDOR_A)),
        ("UPDATE toys SET vendor_id = NULL", Scope(("321202",), VENDOR_A)),
        ("INSERT INTO toys VALUES (gen_random_uuid(), '321203000000', NULL, 'x', 1)", Scope(("321202",))),
        ("INSERT INTO toys VALUES (gen_random_uuid(), '321202000000', NULL, 'x', 1)", Scope(("321202",), VENDOR_A)),
        ("INSERT INTO toys VALUES (gen_random_uuid(), '321202000000', NULL, 'x', 1)", Scope(())),
        ("COPY toys FROM stdin", Scope.everywhere()),
    ],
)
async def test_a_row_cannot_be_put_or_moved_out_of_the_scope(full: Database, change: str, scope: Scope) -> None:
    with pytest.raises(DBAPIError):
        async with full.transaction(scope) as session:
            await session.execute(text(change))


async def test_over_http_lists_counts_and_single_rows_are_scoped_and_writes_elsewhere_are_403(
    service: RunningService,
) -> None:
    async with (
        service.client(READ, WRITE, regions=["321202"]) as mine,
        service.client(READ, WRITE, regions=["321203"]) as other,
        service.client(READ, regions=[]) as nowhere,
    ):
        made = (await mine.post("/v1/toys", json=BEAR)).json()
        assert [toy["id"] for toy in (await mine.get("/v1/toys")).json()] == [made["id"]]
        for http in (other, nowhere):
            assert (await http.get("/v1/toys")).json() == []
            assert (await http.get("/v1/toys/count")).json() == 0
            assert (await http.get(f"/v1/toys?region={BEAR['region']}")).json() == []
            assert_problem(await http.get(f"/v1/toys/{made['id']}"), 404)
        assert_problem(await other.patch(f"/v1/toys/{made['id']}?name=x", headers={"if-match": '"1"'}), 404)
        assert_problem(await other.post("/v1/toys", json=BEAR), 403, "forbidden")
    async with service.client(WRITE, regions=["3212"], organization=VENDOR_A) as vendor:
        assert_problem(await vendor.post("/v1/toys", json=BEAR | {"vendor_id": str(VENDOR_B)}), 403)
        assert (await vendor.post("/v1/toys", json=BEAR | {"vendor_id": str(VENDOR_A)})).status_code == 201


@pytest.mark.parametrize("regions", [("321202",), ("321202001",), ("321202", "321204")])
async def test_the_policy_becomes_an_index_range(
    database: Database, superuser: Superuser, regions: tuple[str, ...]
) -> None:
    await superuser(
        "INSERT INTO toys SELECT gen_random_uuid(), (321200000000 + (n % 1000) * 1000000)::text, NULL, 'x', 1"
        " FROM generate_series(1, 100000) AS n; ANALYZE toys;"
    )
    async with database.transaction(Scope(regions)) as session:
        plan = "\n".join((await session.execute(text("EXPLAIN SELECT * FROM toys"))).scalars())
    assert "Index Cond: ((region >= current_setting" in plan, plan
    assert "region < current_setting" in plan.split("Index Cond")[1].split("\n")[0]


async def test_months_are_made_once_by_many_at_once(database: Database) -> None:
    async def one(place: int) -> str:
        async with database.transaction(Scope.everywhere()) as session:
            await session.execute(text("SELECT count(*) FROM toy_uses"))
            return await ensure_month(session, "toy_uses", Month(2031, 1 + place % 2))

    made = await asyncio.gather(*(one(place) for place in range(10)))
    assert set(made) == {"toy_uses_2031_01", "toy_uses_2031_02"}


async def test_months_are_made_while_others_are_writing_into_the_table(database: Database) -> None:
    """Each has written into this month before it needs the next: nobody may have to die for it."""
    async with database.transaction(Scope.everywhere()) as session:
        await ensure_month(session, "toy_uses", Month(2031, 1))
    ready = asyncio.Barrier(5)

    async def one() -> None:
        async with database.transaction(Scope.everywhere()) as session:
            await use(session, date(2031, 1, 31))
            await ready.wait()
            await ensure_month(session, "toy_uses", Month(2031, 2))
            await use(session, date(2031, 2, 1))

    await asyncio.wait_for(asyncio.gather(*(one() for _ in range(5))), 10)
    async with database.transaction(Scope.everywhere()) as session:
        assert await session.scalar(text("SELECT count(*) FROM toy_uses")) == 10


async def use(session: Any, day: date) -> None:
    await session.execute(text("INSERT INTO toy_uses VALUES (:i, '321202000000', :d)"), {"i": uuid4(), "d": day})


async def test_a_month_s_leaf_takes_rows_by_copy_and_shows_none(database: Database) -> None:
    month = Month(2031, 5)
    async with database.transaction(Scope(("321202",))) as session:
        leaf = await ensure_month(session, "toy_uses", month)
        assert leaf == partition_of("toy_uses", month)
        csv = f"{uuid4()},321202000000,2031-05-01\n{uuid4()},321203000000,2031-05-31\n"
        assert await copy_rows(session, leaf, ["id", "region", "day"], csv.encode()) == 2
    async with database.transaction(Scope(("321202",))) as session:
        assert await session.scalar(text("SELECT count(*) FROM toy_uses")) == 1
    for statement in (
        f"SELECT * FROM {leaf}",
        f"DELETE FROM {leaf}",
        f"UPDATE {leaf} SET day = day",
        f"DROP TABLE {leaf}",
    ):
        with pytest.raises(DBAPIError, match=r"denied|must be owner"):
            async with database.transaction(Scope.everywhere()) as session:
                await session.execute(text(statement))


async def test_a_month_begins_and_ends_at_its_own_days_only(database: Database) -> None:
    async with database.transaction(Scope.everywhere()) as session:
        await ensure_month(session, "toy_uses", Month(2032, 2))
        await use(session, date(2032, 2, 1))
        await use(session, date(2032, 2, 29))
    for day in (date(2032, 1, 31), date(2032, 3, 1)):
        with pytest.raises(DBAPIError, match="no partition"):
            async with database.transaction(Scope.everywhere()) as session:
                await use(session, day)


@pytest.mark.parametrize("name", ["toys", "nothing", "audit_head", "pg_class", "x; DROP TABLE toys"])
async def test_only_partitioned_tables_of_the_service_get_months(database: Database, name: str) -> None:
    with pytest.raises(DBAPIError):
        async with database.transaction(Scope.everywhere()) as session:
            await ensure_month(session, name, Month(2031, 1))
