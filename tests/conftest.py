"""Fixtures for all tests. Everything real: PostgreSQL from its wheel, the migrations, the applications."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from deploy.local import postgres as local_postgres
from shared.database import Database
from tests.support.database import fresh, password, server
from tests.support.services import RunningService, ServiceFactory, running_service, settings_for


@pytest.hookimpl(tryfirst=True)  # the runner reads the marks in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares something goes to one worker: a folder's brokers, systems and cases, otherwise a file."""
    for item in items:
        place = item.path.relative_to(Path(__file__).parent)
        callspec = getattr(item, "callspec", None)
        target = callspec.params.get("system", "") if callspec else ""
        shared = place.parts[0] in {"e2e", "contract", "policies"}
        item.add_marker(pytest.mark.xdist_group(f"{place.parts[0]} {target}" if shared else str(place)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[local_postgres.Server]:
    """One PostgreSQL server for the run."""
    with server() as running:
        yield running


@pytest.fixture
async def database_name(postgres: local_postgres.Server) -> AsyncIterator[str]:
    """A fresh, migrated database."""
    async with fresh(postgres) as name:
        yield name


@pytest.fixture
async def database_of(postgres: local_postgres.Server, database_name: str) -> AsyncIterator[Any]:
    """``database_of("visits")``: the fresh database through a service's own login."""
    opened: list[Database] = []

    def open_one(service: str) -> Database:
        database = Database(postgres.url(service, password(service), database_name), service, pool_size=5)
        opened.append(database)
        return database

    yield open_one
    for database in opened:
        await database.close()


@pytest.fixture
async def start_service(
    postgres: local_postgres.Server, database_name: str, tmp_path: Path
) -> AsyncIterator[ServiceFactory]:
    """``await start_service("registry")``: a running service on the fresh database; more settings as keywords."""
    async with AsyncExitStack() as stack:

        async def start(service: str, *, bus: Any = None, **settings: Any) -> RunningService:
            values = settings_for(postgres, database_name, service, tmp_path, **settings)
            return await stack.enter_async_context(running_service(values, bus))

        yield start
