"""Each service's login has its own schema and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from deploy.migrations.run import SERVICES
from shared.database import Database

SEEN_EVERYWHERE = {
    *(
        f"{service}.{table}" for service in SERVICES for table in ("audit_entries", "audit_waiting")
    ),  # shared.audit chooses the region, and the proof needs all
    "subsidy.listings",  # discipline lists are published, and a listed body loses its money in every district
    "visits.organizations",  # a vendor may deliver in a district that is not its seat
}
TABLES = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = '{}'"


async def refused(database: Database, statement: str) -> bool:
    try:
        async with database.engine.begin() as connection:
            await connection.execute(text(statement))
    except DBAPIError as error:
        return getattr(error.orig, "sqlstate", "") == "42501"
    return False


@pytest.mark.parametrize("login", SERVICES)
async def test_a_login_is_refused_on_every_table_function_and_sequence_of_every_other_service(
    database_of: Callable[[str], Database], login: str
) -> None:
    database = database_of(login)
    for other in SERVICES:
        tables = await _all(database_of(other), TABLES.format(other))
        assert len(tables) > 5
        sequences = await _all(database_of(other), f"SELECT '{other}.' || relname FROM pg_class WHERE relkind = 'S'"
                               f" AND relnamespace = '{other}'::regnamespace")  # fmt: skip
        attempts = [
            *(f"SELECT 1 FROM {table} LIMIT 0" for table in tables),
            *(f"DELETE FROM {table} WHERE false" for table in tables),
            *(f"SELECT nextval('{sequence}')" for sequence in sequences),
            f"SELECT {other}.ensure_month('outbox', '2040-01-01')",
            f"COPY {other}.outbox TO STDOUT",
        ]
        for attempt in attempts if other != login else []:
            assert await refused(database, attempt), attempt


async def _all(database: Database, query: str) -> list[str]:
    async with database.engine.connect() as connection:
        return list((await connection.execute(text(query))).scalars())


@pytest.mark.parametrize("login", SERVICES)
async def test_a_login_makes_no_object_anywhere_not_even_in_its_own_schema(
    database_of: Callable[[str], Database], login: str
) -> None:
    database = database_of(login)
    for schema in (*SERVICES, "public"):
        assert await refused(database, f"CREATE TABLE {schema}.mine (id int)")
        assert await refused(database, f"CREATE FUNCTION {schema}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    for statement in (
        "CREATE SCHEMA mine",
        f"SET ROLE {login}_owner",
        "SET ROLE postgres",
        *(f"SET ROLE {other}" for other in SERVICES if other != login),
        f"ALTER TABLE {login}.outbox_relay ADD COLUMN x int",
        f"DROP TABLE {login}.inbox",
        "CREATE ROLE mine",
        "COPY (SELECT 1) TO '/tmp/x'",
        "SELECT pg_read_file('/etc/passwd')",
    ):
        assert await refused(database, statement), statement


async def test_switching_row_security_off_makes_queries_fail_instead_of_showing_more(
    database_of: Callable[[str], Database],
) -> None:
    async with database_of("registry").engine.connect() as connection:
        await connection.execute(text("SET row_security = off"))
        with pytest.raises(DBAPIError, match="row-level security"):
            await connection.execute(text("SELECT * FROM seniors"))


async def test_no_login_can_bypass_row_security_and_every_scoped_table_has_it(
    postgres: Any, module_database: str
) -> None:
    connection = await asyncpg.connect(postgres.superuser_url(module_database).replace("+asyncpg", ""))
    try:
        roles = await connection.fetch(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
            " WHERE rolname = ANY($1::text[]) OR rolname = ANY($2::text[])",
            list(SERVICES), [f"{service}_owner" for service in SERVICES],
        )  # fmt: skip
        assert len(roles) == 8
        assert not any(any(value is True for value in dict(role).values()) for role in roles)
        members = await connection.fetchval(
            "SELECT count(*) FROM pg_auth_members WHERE member::regrole::text = ANY($1::text[])", list(SERVICES)
        )
        assert members == 0
        bare = await connection.fetch(
            "SELECT relnamespace::regnamespace || '.' || relname AS name FROM pg_class JOIN pg_attribute ON attrelid ="
            " pg_class.oid WHERE attname = 'region' AND relkind IN ('r', 'p') AND NOT relispartition"
            " AND NOT relrowsecurity AND relnamespace::regnamespace::text = ANY($1::text[])",
            list(SERVICES),
        )
        assert {row["name"] for row in bare} == SEEN_EVERYWHERE
    finally:
        await connection.close()
