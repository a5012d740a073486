"""Databases for tests: one server for the run, the real migrations once, a fresh copy of the result for each test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from deploy.local import postgres
from deploy.migrations.run import SERVICES, migrate

TEMPLATE = "anxiang_template"


def password(service: str) -> str:
    """The password of a service's login in tests."""
    return f"test-{service}"


@contextmanager
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server of this run's own, with a migrated template database."""
    with TemporaryDirectory(prefix="anxiang-pg-") as folder:
        running = postgres.start(Path(folder))
        try:
            asyncio.run(_make_template(running))
            yield running
        finally:
            running.stop()


async def execute(url: str, *statements: str) -> None:
    """Run statements outside a transaction."""
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def _make_template(running: postgres.Server) -> None:
    await execute(running.superuser_url(), f"CREATE DATABASE {TEMPLATE}")
    await migrate(running.superuser_url(TEMPLATE), {service: password(service) for service in SERVICES})


@asynccontextmanager
async def fresh(running: postgres.Server) -> AsyncIterator[str]:
    """The name of a new database with all four schemas, dropped again afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    await execute(running.superuser_url(), f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    try:
        yield name
    finally:
        await execute(running.superuser_url(), f"DROP DATABASE {name} WITH (FORCE)")
