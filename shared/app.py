"""Dress a service: errors, telemetry, health, audit routes, documents, and its background work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from shared import audit_api, openapi, replay_api, telemetry
from shared.audit_sealer import Sealer
from shared.bodies import BODY_LIMIT as BODY_LIMIT  # noqa: PLC0414  # services know it from here
from shared.clock import Month, today
from shared.cors import origins_of
from shared.database import Database, Scope
from shared.dress import dress
from shared.events.bus import Bus
from shared.events.runtime import EventRuntime, bus_of
from shared.faults import facts, named
from shared.jobs import JobRunner
from shared.kernel import KernelState, ServiceDefinition
from shared.settings import Settings
from shared.tables import ensure_month

VERSION = "1.0.0"
log = structlog.get_logger("anxiang.app")


def create_app(
    definition: ServiceDefinition, settings: Settings, *, kernel: KernelState | None = None, bus: Bus | None = None
) -> FastAPI:
    """A service as an application. Its lifespan starts relay, consumers and jobs, as far as its roles say."""
    telemetry.configure(settings)
    state = kernel or KernelState.of(settings)
    runtime = EventRuntime(definition.name, state.database, bus or bus_of(settings), definition.handlers)
    jobs = JobRunner(state, definition.jobs, definition.schedules)
    sealer = Sealer(state.database, state.keyring)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            await _partitions(state.database)
        except Exception as error:
            log.error("the service cannot start", service=definition.name, **facts(error))  # noqa: TRY400  # not its text
            raise
        if settings.does("events"):
            await runtime.start()
            await sealer.start()
        if settings.does("jobs") and definition.jobs:
            await jobs.start()
        yield
        if settings.does("jobs") and definition.jobs:
            await jobs.stop()
        if settings.does("events"):
            await sealer.stop()
            await runtime.stop()
        await state.close()

    app = FastAPI(
        title=definition.title,
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,  # the address in a redirect would lack the gateway's prefix
        telemetry=telemetry.SILENT,
    )
    app.state.kernel, app.state.definition = state, definition
    app.openapi = lambda: openapi.document(app, definition)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    for router in (*definition.routers, *audit_api.routers, replay_api.router):
        app.include_router(router)
    _add_health(app, state, runtime, jobs, sealer)
    dress(app, origins=origins_of(settings.origins), open_paths=("/openapi.json",))
    app.add_middleware(telemetry.TelemetryMiddleware, service=definition.name)
    return app


async def _partitions(database: Database) -> None:
    """This month's and the next month's partitions of the tables that every service writes."""
    month = Month.of(today())
    async with database.transaction(Scope.everywhere()) as session:
        for table in ("outbox", "audit_entries"):
            for each in (month, month.next(), month.next().next()):
                await ensure_month(session, table, each)


def _add_health(app: FastAPI, state: KernelState, runtime: EventRuntime, jobs: JobRunner, sealer: Sealer) -> None:
    settings, definition = state.settings, app.state.definition

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        troubles = {"database": await _silence(state.database)}
        if full := state.database.room.trouble():
            troubles["storage"] = full
        if settings.does("events"):
            troubles |= runtime.troubles() | {"audit": sealer.trouble()}
        if settings.does("jobs") and definition.jobs:
            troubles["jobs"] = jobs.trouble()
        checks = {name: trouble is None for name, trouble in troubles.items()}
        found = {name: await asyncio.to_thread(check, settings) for name, check in definition.checks.items()}
        checks |= {name: finding.ready for name, finding in found.items()}
        details = {name: finding.detail for name, finding in found.items() if finding.detail}
        details |= {name: trouble for name, trouble in troubles.items() if trouble}
        answer = {"ready": all(checks.values()), "checks": checks} | ({"details": details} if details else {})
        return JSONResponse(answer, 200 if all(checks.values()) else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _silence(database: Database) -> str | None:
    """Why the database does not answer; None when it does."""
    try:
        async with database.transaction(Scope(())) as session:
            await session.execute(text("SELECT 1"))
    except Exception as error:  # noqa: BLE001  # whatever it is, the database does not answer
        return named(error)
    return None
