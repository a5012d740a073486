"""Fixtures for all tests. Everything real: PostgreSQL from its wheel, the migrations, the applications."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from deploy.local import postgres as local_postgres
from shared.database import Database
from tests.support.database import fresh, password, server
from tests.support.services import RunningService, ServiceFactory, running_service, settings_for

settings.register_profile("untimed", deadline=None)  # a slow machine is no fault of the code
settings.load_profile("untimed")


class Together(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist is untyped
    """What shares something goes to one worker: a folder's brokers, systems and cases, otherwise a file."""

    # Read off the test's own name: marks for groups are lost on the way to the workers (pytest-xdist, issue 1386).
    def _split_scope(self, nodeid: str) -> str:
        place, _, name = nodeid.partition("::")
        folder = place.split("/")[1]
        if folder not in {"e2e", "contract", "policies"}:
            return place
        system = re.search(r"\[(embedded|stack)\b", name)
        return f"{folder} {system[1]}" if system else folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """How tests are shared out between workers."""
    return Together(config, log)


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
