"""Services for tests: the real application on a real database, called through its ASGI interface."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from deploy.local import postgres
from services.subsidy import packs
from shared.app import create_app
from shared.database import Database
from shared.events.bus import Bus
from shared.kernel import KernelState, ServiceDefinition
from shared.settings import Settings
from tests.support import tokens
from tests.support.database import password


def settings_for(running: postgres.Server, database: str, service: str, folder: Path, **more: Any) -> Settings:
    """Settings of one service on a test database."""
    values: dict[str, Any] = {
        "service": service,
        "database_url": running.url(service, password(service), database),
        "keyring_file": folder / "keyring.json",
        "pool_size": 5,
        "log_level": "ERROR",
        "client_id": f"service-{service}",
    }
    return Settings(**(values | more))


class RunningService:
    """A service in the test's process."""

    def __init__(self, app: FastAPI, kernel: KernelState) -> None:
        self.app, self.kernel = app, kernel

    @property
    def database(self) -> Database:
        """Its database, with its own login."""
        return self.kernel.database

    def client(
        self,
        *scopes: str,
        regions: Sequence[str] = ("321202",),
        subject: str = "",
        client: str = "clerk",
        organization: UUID | str | None = None,
    ) -> httpx.AsyncClient:
        """An HTTP client with a token of these rights."""
        value = tokens.token(scopes, regions, client=client, subject=subject, organization=organization)
        return self.anonymous(tokens.bearer(value))

    def demo(self, name: str) -> httpx.AsyncClient:
        """An HTTP client with the rights of a demo client."""
        return self.anonymous(tokens.bearer(tokens.demo_token(name)))

    def anonymous(self, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """An HTTP client without a token, or with the headers given."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(
            transport=transport, base_url=f"http://{self.kernel.settings.service}", headers=headers
        )


def definition_of(service: str) -> ServiceDefinition:
    """What a service is made of."""
    found: ServiceDefinition = importlib.import_module(f"services.{service}.app").DEFINITION
    return found


def without_database(service: str, folder: Path, **more: Any) -> FastAPI:
    """A service as an application behind which no database answers: for what comes before."""
    settings = Settings(
        service=service,
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none",
        keyring_file=folder / "keyring.json",
        log_level="ERROR",
        **more,
    )
    return create_app(definition_of(service), settings, kernel=KernelState.of(settings, tokens.verifier()))


@asynccontextmanager
async def running_service(settings: Settings, bus: Bus | None = None, **more: Any) -> AsyncIterator[RunningService]:
    """Start a service, lifespan included, and stop it again."""
    kernel = KernelState.of(settings, tokens.verifier())
    app = create_app(definition_of(settings.service), settings, kernel=kernel, bus=bus, **more)
    async with app.router.lifespan_context(app):
        yield RunningService(app, kernel)
    if settings.policy_root:  # those of the project are read once for all tests
        packs.library(settings).close()


ServiceFactory = Callable[..., Any]
