"""A full disk: PostgreSQL itself says so, with its own state, whenever one of a database's tables is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import asyncpg

from deploy.local import postgres

_FILL = """
CREATE SCHEMA IF NOT EXISTS disk;
CREATE OR REPLACE FUNCTION disk.full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
GRANT USAGE ON SCHEMA disk TO PUBLIC;
DO $$ DECLARE t regclass; BEGIN
    FOR t IN SELECT c.oid FROM pg_class c WHERE c.relkind IN ('r', 'p') AND {which}
    LOOP EXECUTE format('CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION disk.full()', t); END LOOP;
END $$
"""
_MAKE_ROOM = "DROP SCHEMA IF EXISTS disk CASCADE"


@asynccontextmanager
async def full(running: postgres.Server, database: str, tables: Collection[str] = ()) -> AsyncIterator[None]:
    """Inside, nothing can be written: into no table of a service, or into these only."""
    names = ", ".join(f"'{name}'::regclass" for name in tables)
    services = "c.relnamespace::regnamespace::text IN ('registry', 'subsidy', 'visits', 'credit')"
    await _run(running, database, _FILL.format(which=f"c.oid IN ({names})" if names else services))
    try:
        yield
    finally:
        await _run(running, database, _MAKE_ROOM)


async def _run(running: postgres.Server, database: str, script: str) -> None:
    connection = await asyncpg.connect(running.superuser_url(database).replace("+asyncpg", ""))
    try:
        await connection.execute(script)
    finally:
        await connection.close()
