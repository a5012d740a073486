"""Migrations go up, down and up again, and two processes that migrate at once do not harm each other."""

from __future__ import annotations

import asyncio
import os
import sys
from uuid import uuid4

import asyncpg

from deploy.local.postgres import Server
from deploy.migrations.run import SERVICES, downgrade, migrate
from tests.support.database import execute

SHAPE = """
SELECT 'column', table_name, column_name, concat_ws(' ',
    row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position), data_type, is_nullable, column_default,
    collation_name, is_identity) FROM information_schema.columns WHERE table_schema = $1
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = $1::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = $1
UNION ALL SELECT 'policy', tablename, policyname, concat_ws(' ', cmd, roles, qual, with_check)
    FROM pg_policies WHERE schemaname = $1
UNION ALL SELECT 'right', table_name, concat_ws(' ', grantee, privilege_type), is_grantable
    FROM information_schema.role_table_grants WHERE table_schema = $1
UNION ALL SELECT 'column right', table_name, concat_ws(' ', column_name, grantee, privilege_type), is_grantable
    FROM information_schema.column_privileges WHERE table_schema = $1
UNION ALL SELECT 'routine', proname, proacl::text, pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = $1::regnamespace
UNION ALL SELECT 'sequence', relname, relacl::text, '' FROM pg_class
    WHERE relnamespace = $1::regnamespace AND relkind = 'S'
UNION ALL SELECT 'trigger', event_object_table, trigger_name, action_statement
    FROM information_schema.triggers WHERE trigger_schema = $1
UNION ALL SELECT 'enum', typname, '', '' FROM pg_type WHERE typnamespace = $1::regnamespace AND typtype = 'e'
ORDER BY 1, 2, 3, 4
"""


async def shape(postgres: Server, database: str, service: str) -> list[tuple[str, ...]]:
    """Everything that a migration makes in a schema, as text."""
    connection = await asyncpg.connect(postgres.superuser_url(database).replace("+asyncpg", ""))
    try:
        await connection.execute(f"SET search_path = {service}")
        return [tuple(row) for row in await connection.fetch(SHAPE, service)]
    finally:
        await connection.close()


async def test_schemas_that_went_down_and_up_again_are_the_same(postgres: Server, database_name: str) -> None:
    url = postgres.superuser_url(database_name)
    before = {service: await shape(postgres, database_name, service) for service in SERVICES}
    for service in SERVICES:
        assert {"audit_entries", "outbox", "inbox", "pgqueuer"} <= {table for _, table, *_ in before[service]}
        await downgrade(url, service)
        left = await shape(postgres, database_name, service)
        assert {table for _, table, *_ in left} == {"alembic_version"}
    await migrate(url)
    for service in SERVICES:
        assert await shape(postgres, database_name, service) == before[service]


async def test_two_processes_that_migrate_at_once_both_succeed(postgres: Server, database_name: str) -> None:
    empty = f"test_{uuid4().hex[:12]}"
    await execute(postgres.superuser_url(), f"CREATE DATABASE {empty}")
    try:
        variables = os.environ | {"ANXIANG_SUPERUSER_URL": postgres.superuser_url(empty)}
        command = (sys.executable, "-m", "deploy.migrations.run")
        both = [await asyncio.create_subprocess_exec(*command, env=variables) for _ in range(2)]
        assert [await process.wait() for process in both] == [0, 0]
        for service in SERVICES:
            assert await shape(postgres, empty, service) == await shape(postgres, database_name, service)
    finally:
        await execute(postgres.superuser_url(), f"DROP DATABASE {empty} WITH (FORCE)")
