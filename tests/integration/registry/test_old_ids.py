"""Rows from before ids were held apart: the migration knows every one of them and lists what has two kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from deploy.local.postgres import Server
from deploy.migrations import run
from tests.support.database import execute

BEFORE = "registry_0001"
BOTH, PERSON, HOME = uuid4(), uuid4(), uuid4()
SENIOR = """INSERT INTO registry.seniors (senior_id, region, version, status, birth_date, sex, identity_kind,
    identity_blind, identity_number, name, registered_on, recorded_at) VALUES
    (:id, '321202000000', 1, 'active', '1941-03-05', 'female', 'resident', :blind, '', '', '2026-01-01', now())"""
ORGANIZATION = """INSERT INTO registry.organizations (organization_id, region, version, kind, name, social_credit_code,
    status, nursing_beds, ordinary_beds, recorded_at)
    VALUES (:id, '321202000000', 1, 'assessor', 'x', 'x', 'active', 0, 0, now())"""


def _move(connection: Connection, revision: str, *, down: bool = False) -> None:
    config = Config()
    here = Path(run.__file__).parent
    config.set_main_option("script_location", str(here))
    config.set_main_option("version_locations", str(here / "registry"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, service="registry")
    (command.downgrade if down else command.upgrade)(config, revision)


async def move(engine: AsyncEngine, revision: str, *, down: bool = False) -> None:
    """Bring the registry's schema to a revision, as its owner."""
    async with engine.connect() as connection:
        await connection.execute(text("SET ROLE registry_owner"))
        await connection.execute(text("SET search_path = registry"))
        await connection.commit()
        await connection.run_sync(_move, revision, down=down)
        await connection.commit()


@pytest.fixture
async def old(postgres: Server, database_name: str) -> AsyncIterator[AsyncEngine]:  # it makes the roles
    """A registry as it was before, with a senior and an organisation of one id."""
    name = f"test_{uuid4().hex[:12]}"
    await execute(postgres.superuser_url(), f"CREATE DATABASE {name}")
    engine = create_async_engine(postgres.superuser_url(name), poolclass=NullPool)
    try:
        await run._prepare(engine, "registry", None)
        await move(engine, BEFORE)
        async with engine.begin() as connection:
            for key in (BOTH, PERSON):
                await connection.execute(text(SENIOR), {"id": key, "blind": key.bytes})
            for key in (BOTH, HOME):
                await connection.execute(text(ORGANIZATION), {"id": key})
        yield engine
    finally:
        await engine.dispose()
        await execute(postgres.superuser_url(), f"DROP DATABASE {name} WITH (FORCE)")


async def known(engine: AsyncEngine, table: str) -> set[tuple[UUID, str]]:
    """Ids with their kinds."""
    async with engine.connect() as connection:
        return {(row[0], row[1]) for row in await connection.execute(text(f"SELECT id, kind FROM registry.{table}"))}


async def test_old_rows_keep_their_ids_and_collisions_are_listed(old: AsyncEngine) -> None:
    for _ in range(2):  # down and up again finds the same
        await move(old, "head")
        assert await known(old, "subject_ids") == {(BOTH, "senior"), (PERSON, "senior"), (HOME, "organization")}
        assert await known(old, "subject_collisions") == {(BOTH, "senior"), (BOTH, "organization")}
        async with old.connect() as connection:
            await connection.execute(text("SET search_path = registry"))
            with pytest.raises(Exception, match="another kind"):
                await connection.execute(text(ORGANIZATION), {"id": PERSON})
        await move(old, BEFORE, down=True)
