"""A visits service that knows some seniors and vendors, and clients for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest

from services.visits.handlers import HANDLERS
from services.visits.jobs import JOBS
from shared.clock import now
from shared.contracts import Event, Received
from shared.database import Database, Scope, driver
from shared.ids import new_id
from tests.support.services import RunningService, ServiceFactory
from tests.support.visits import (
    SENIORS,
    VENDOR_A,
    VENDOR_B,
    organization,
    senior,
)


async def tell(database: Database, *events: Event) -> None:
    """Hand events to the service's handlers as the consumer would, one type after the other."""
    for kind in dict.fromkeys(type(event) for event in events):
        received = [Received(new_id(), now(), e.key(), e, None) for e in events if type(e) is kind]
        async with database.transaction(Scope.everywhere()) as session:
            await HANDLERS[kind](session, received)


class Visits:
    """The service with what tests ask of it."""

    def __init__(self, service: RunningService) -> None:
        self.service, self.database = service, service.database

    def vendor(self, vendor_id: UUID = VENDOR_A, regions: Sequence[str] = ("321202",)) -> httpx.AsyncClient:
        """A vendor's client."""
        return self.service.client(
            "visits.deliveries:read",
            "visits.deliveries:write",
            "visits.statements:read",
            regions=regions,
            client=f"vendor-{vendor_id.hex[-1]}",
            organization=vendor_id,
        )

    def clerk(self, regions: Sequence[str] = ("321202",)) -> httpx.AsyncClient:
        """A clerk's client."""
        scopes = ("visits.deliveries:read", "visits.deliveries:review", "visits.statements:read")
        return self.service.client(*scopes, regions=regions, subject="clerk li")

    async def tell(self, *events: Event) -> None:
        """Let the service learn of something."""
        await tell(self.database, *events)

    async def work(self) -> int:
        """Do the jobs that were asked for, as a worker would; how many there were."""
        async with self.database.transaction(Scope.everywhere()) as session:
            jobs = await (await driver(session)).fetch("DELETE FROM pgqueuer RETURNING entrypoint, payload")
        for name, payload in jobs:
            await JOBS[name](self.service.kernel, orjson.loads(payload))
        return len(jobs)

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What was announced, in order: last part of the type, data."""
        rows = await self.rows("SELECT type, data FROM outbox ORDER BY position")
        return [(row[0].split(".")[-2], orjson.loads(bytes(row[1]))) for row in rows]

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Every statement that any asyncpg connection sends meanwhile; COPY counts as one."""
        sent: list[str] = []
        known = {name: getattr(asyncpg.Connection, name) for name in ("_do_execute", "_copy_in", "_executemany")}

        def counting(name: str) -> Any:
            async def counted(connection: Any, query: str, *args: Any, **kwargs: Any) -> Any:
                sent.append(query)
                return await known[name](connection, query, *args, **kwargs)

            return counted

        with pytest.MonkeyPatch.context() as patch:
            for name in known:
                patch.setattr(asyncpg.Connection, name, counting(name))
            yield sent

    async def rows(self, query: str, *args: Any) -> list[Any]:
        """Rows as the service itself sees them everywhere."""
        async with self.database.transaction(Scope.everywhere()) as session:
            return list(await (await driver(session)).fetch(query, *args))


@pytest.fixture
async def visits(start_service: ServiceFactory) -> Visits:
    """Two districts' seniors, two vendors with contracts for the first district."""
    service = await start_service("visits", roles="api")
    found = Visits(service)
    await found.tell(
        *(senior(each) for each in SENIORS[:8]),
        senior(SENIORS[8], region="321203001000"),
        organization(VENDOR_A),
        organization(VENDOR_B),
    )
    return found
