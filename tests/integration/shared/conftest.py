"""The toy service. Most tests share one per module, emptied before each; those of starting and stopping make theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.local import postgres as local_postgres
from shared.database import Database
from tests.support import toy
from tests.support.database import fresh
from tests.support.services import RunningService, settings_for

StartToy = Callable[..., Awaitable[RunningService]]
Superuser = Callable[[str], Awaitable[None]]
EMPTY = """TRUNCATE toys, toy_uses, idempotency_keys, audit_entries, audit_waiting, guesses, outbox;
UPDATE audit_head SET position = 0, hash = '', told = 0, told_at = '-infinity';"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_database(postgres: local_postgres.Server) -> AsyncIterator[str]:
    """The name of a database with the toy's tables."""
    async with fresh(postgres) as name:
        await toy.create_tables(postgres, name)
        yield name


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_service(
    postgres: local_postgres.Server, module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningService]:
    """The toy service without background work."""
    folder = tmp_path_factory.mktemp("toy")
    settings = settings_for(postgres, module_database, toy.HOME, folder, roles="api", pool_size=10)
    async with toy.toy_service(settings) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def service(module_service: RunningService, superuser: Superuser) -> RunningService:
    """The module's service, emptied."""
    await superuser(EMPTY)
    return module_service


@pytest.fixture
def superuser(postgres: local_postgres.Server, module_database: str) -> Superuser:
    """``await superuser("DELETE …")`` on the module's database, with search_path at the toy's schema."""

    async def run(script: str) -> None:
        await toy.as_superuser(postgres, module_database, f"SET search_path = {toy.HOME};" + script)

    return run


@pytest.fixture
def database(service: RunningService) -> Database:
    """The module's database through the service's login."""
    return service.database


@pytest.fixture
async def start_toy(postgres: local_postgres.Server, database_name: str, tmp_path: Path) -> AsyncIterator[StartToy]:
    """Start one more process's worth of the toy service on a database of this test's own."""
    await toy.create_tables(postgres, database_name)
    async with AsyncExitStack() as stack:

        async def start(**more: Any) -> RunningService:
            settings = settings_for(postgres, database_name, toy.HOME, tmp_path, **more)
            return await stack.enter_async_context(toy.toy_service(settings))

        yield start
