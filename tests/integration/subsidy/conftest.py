"""A town with a subsidy service, whose district loads the demonstration sample."""

from __future__ import annotations

import pytest

from deploy.local import postgres as local_postgres
from tests.integration.subsidy.town import SAMPLE, Town
from tests.support.services import ServiceFactory


@pytest.fixture
async def town(start_service: ServiceFactory) -> Town:
    """The service answers requests; its jobs are run by the tests."""
    return Town(await start_service("subsidy", roles="api", policy_overrides=str(SAMPLE)))


@pytest.fixture
def owner_url(postgres: local_postgres.Server, database_name: str) -> str:
    """The database as its superuser, who can do what the service cannot."""
    return postgres.superuser_url(database_name)
