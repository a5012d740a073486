"""What a running service holds in its hands, and what a service is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from shared.auth import Verifier
from shared.crypto import Keyring
from shared.database import Database
from shared.http import ServiceClient
from shared.settings import Settings
from shared.turns import Shares

if TYPE_CHECKING:
    from shared.contracts.base import Event, Handler


@dataclass(frozen=True)
class KernelState:
    """One service's connections, keys and clients, for its routes, consumers and jobs."""

    settings: Settings
    database: Database
    keyring: Keyring
    verifier: Verifier
    clients: ServiceClient
    shares: Shares

    @classmethod
    def of(cls, settings: Settings, verifier: Verifier | None = None) -> KernelState:
        """Everything the settings name; nothing is connected before first use."""
        return cls(
            settings=settings,
            database=Database.of(settings),
            keyring=Keyring.load(
                settings.keyring_file, settings.cipher, made_for="demo" if settings.demo else "production"
            ),
            verifier=verifier or Verifier(settings.issuer, settings.audience, settings.jwks_uri),
            clients=ServiceClient(settings),
            shares=Shares(settings.pool_size),
        )

    async def close(self) -> None:
        """Give everything back."""
        await self.clients.close()
        await self.database.close()


JobHandler = Callable[[KernelState, dict[str, Any]], Awaitable[None]]
"""Does one job with its payload; it may be run again after a crash."""


@dataclass(frozen=True)
class Finding:
    """What a service's own check found: whether it can work, and what an operator should know."""

    ready: bool
    detail: object = None


@dataclass(frozen=True)
class ServiceDefinition:
    """A service: its routes, what it listens to and what it does in the background.

    ``encrypted`` names the columns of each table that hold ciphertexts, for re-encryption after a key rotation.
    ``checks`` are asked for readiness, each in a thread."""

    name: str
    title: str
    description: str
    routers: Sequence[APIRouter]
    handlers: Mapping[type[Event], Handler[Any]] = field(default_factory=dict)
    jobs: Mapping[str, JobHandler] = field(default_factory=dict)
    schedules: Mapping[str, str] = field(default_factory=dict)  # job's name to cron expression, in UTC
    scopes: Mapping[str, str] = field(default_factory=dict)
    encrypted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    checks: Mapping[str, Callable[[Settings], Finding]] = field(default_factory=dict)
