"""Make the logins and schemas and bring every service's tables up to date: ``python -m deploy.migrations.run``."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from shared.limits import NET
from shared.safety import SWITCH, check_passwords
from shared.settings import needed

SERVICES = ("registry", "subsidy", "visits", "credit")
HERE = Path(__file__).parent


async def migrate(superuser_url: str, passwords: Mapping[str, str] | None = None) -> None:
    """Bring a database up to date. Safe to run again and by several at once.

    ``superuser_url``: postgresql+asyncpg://… of a role that may create roles; ``passwords``: one per service login
    (left as they are, or made at random for a new login, when not given).
    """
    async with _alone(superuser_url) as engine:
        for service in SERVICES:
            await _prepare(engine, service, (passwords or {}).get(service))
            await _move(engine, service, "head")


async def downgrade(superuser_url: str, service: str, revision: str = "base") -> None:
    """Take one service's tables back to a revision: for tests, and for an operator who knows. At the base, the default,
    all its data is lost."""
    async with _alone(superuser_url) as engine:
        await _move(engine, service, revision)


@asynccontextmanager
async def _alone(superuser_url: str) -> AsyncIterator[AsyncEngine]:
    """Connections to the database while no other process migrates it."""
    engine = create_async_engine(superuser_url, poolclass=NullPool)
    try:
        async with engine.connect() as guard:
            await guard.execute(text("SELECT pg_advisory_lock(hashtext('anxiang-migrations'))"))
            yield engine
    finally:
        await engine.dispose()


async def _prepare(engine: AsyncEngine, service: str, password: str | None) -> None:
    """The service's owner role, login and schema, with no rights anywhere else."""
    from_now_on = f"ALTER DEFAULT PRIVILEGES FOR ROLE {service}_owner IN SCHEMA {service}"
    async with engine.begin() as connection:
        for role, options in ((f"{service}_owner", "NOLOGIN"), (service, "LOGIN NOSUPERUSER NOBYPASSRLS")):
            if not await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}):
                await connection.execute(text(f"CREATE ROLE {role} {options} PASSWORD '{secrets.token_hex(16)}'"))
        if password:
            quoted = await connection.scalar(text("SELECT quote_literal(:password)"), {"password": password})
            await connection.execute(text(f"ALTER ROLE {service} PASSWORD {quoted}"))
        for statement in (
            f"GRANT {service}_owner TO CURRENT_USER",
            f"CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {service}_owner",
            f"REVOKE ALL ON SCHEMA {service} FROM PUBLIC",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            f"GRANT USAGE ON SCHEMA {service} TO {service}",
            f"ALTER ROLE {service} SET search_path = {service}",
            *(f"ALTER ROLE {service} SET {name} = '{value}'" for name, value in NET.settings().items()),
            f"{from_now_on} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {service}",
            f"{from_now_on} GRANT USAGE, SELECT ON SEQUENCES TO {service}",
        ):
            await connection.execute(text(statement))


async def _move(engine: AsyncEngine, service: str, revision: str) -> None:
    async with engine.connect() as connection:
        await connection.execute(text(f"SET ROLE {service}_owner"))
        await connection.execute(text(f"SET search_path = {service}"))
        await connection.execute(text("SET lock_timeout = '5s'"))
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):  # a migration takes what it takes
            await connection.execute(text(f"SET {name} = 0"))
        await connection.commit()
        await connection.run_sync(_alembic, service, revision)
        await connection.commit()


def _alembic(connection: Connection, service: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_locations", str(HERE / service))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, service=service)
    (command.upgrade if revision == "head" else command.downgrade)(config, revision)


if __name__ == "__main__":
    given = {
        s: os.environ[f"ANXIANG_{s.upper()}_PASSWORD"]
        for s in SERVICES
        if f"ANXIANG_{s.upper()}_PASSWORD" in os.environ
    }
    superuser_url = needed("ANXIANG_SUPERUSER_URL")
    is_demo = os.environ.get(SWITCH, "").lower() in {"1", "true", "yes"}
    check_passwords(given, superuser_url, demo=is_demo)
    asyncio.run(migrate(superuser_url, given))
