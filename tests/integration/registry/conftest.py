"""The registry in this process on a fresh database, and the people who call it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest

from tests.support.services import RunningService, ServiceFactory

EVERYTHING = tuple(
    f"registry.{name}"
    for name in (
        "seniors:read",
        "seniors:write",
        "seniors:reveal",
        "assessments:read",
        "assessments:write",
        "organizations:read",
        "organizations:write",
        "admissions:read",
        "admissions:write",
        "imports:read",
        "imports:write",
        "workers:identify",
        "changes:read",
        "changes:write",
        "changes:decide",
        "bank-accounts:read",
    )
)


@dataclass(frozen=True)
class People:
    """Clients with every scope in two districts and the city."""

    hailing: httpx.AsyncClient
    gaogang: httpx.AsyncClient
    city: httpx.AsyncClient


@pytest.fixture
async def registry(start_service: ServiceFactory) -> RunningService:
    """A running registry."""
    running: RunningService = await start_service("registry")
    return running


@pytest.fixture
async def people(registry: RunningService) -> AsyncIterator[People]:
    """A clerk of Hailing, one of Gaogang, one of the city."""
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                registry.client(*EVERYTHING, "audit:read", regions=[prefix], client=f"clerk-{prefix}")
            )
            for prefix in ("321202", "321203", "3212")
        ]
        yield People(*clients)
