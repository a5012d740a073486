"""A town with a subsidy service, whose district loads the demonstration sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import postgres as local_postgres
from tests.integration.subsidy.applying import Office, lawbook
from tests.integration.subsidy.beside import Open, decided
from tests.integration.subsidy.town import SAMPLE, Town
from tests.support.services import ServiceFactory


@pytest.fixture
async def town(start_service: ServiceFactory) -> Town:
    """The service answers requests; its jobs are run by the tests."""
    return Town(await start_service("subsidy", roles="api", policy_overrides=str(SAMPLE)))


@pytest.fixture
async def office(start_service: ServiceFactory, tmp_path: Path) -> Office:
    """A service in the imagined city, where people apply."""
    return Office(await start_service("subsidy", roles="api", policy_root=str(lawbook(tmp_path))))


@pytest.fixture
def open_town(start_service: ServiceFactory, tmp_path: Path) -> Open:
    """A town that decided on longevity allowance (60 yuan) and meals (3.50 each) in its own way."""

    async def open_one(choice: str | None) -> Town:
        own = decided(tmp_path, choice)
        return Town(await start_service("subsidy", roles="api", policy_overrides=str(own)))

    return open_one


@pytest.fixture
def owner_url(postgres: local_postgres.Server, database_name: str) -> str:
    """The database as its superuser, who can do what the service cannot."""
    return postgres.superuser_url(database_name)
