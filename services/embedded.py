"""All four services in one process, behind the gateway's paths. The only module that knows several services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

from services.credit.app import DEFINITION as CREDIT
from services.docs import create_docs_app
from services.registry.app import DEFINITION as REGISTRY
from services.subsidy.app import DEFINITION as SUBSIDY
from services.visits.app import DEFINITION as VISITS
from shared import safety
from shared.app import create_app as create_service
from shared.dress import dress
from shared.events.localbus import LocalBus
from shared.headers import SafeHeaders
from shared.settings import Settings
from shared.telemetry import SILENT

DEFINITIONS = {definition.name: definition for definition in (REGISTRY, SUBSIDY, VISITS, CREDIT)}


def create_app(settings: Iterable[Settings], mounts: Mapping[str, ASGIApp] | None = None) -> FastAPI:
    """One application: ``/registry``, ``/subsidy``, ``/visits``, ``/credit``, the documents at ``/``.

    ``settings`` holds one per service; ``mounts`` adds others, such as the demo's token issuer at ``/oauth``.
    """
    settings = list(settings)
    for each in settings:
        safety.check(each)
    bus = LocalBus(*(each.service for each in settings if each.does("events")))
    services = {each.service: create_service(DEFINITIONS[each.service], each, bus=bus) for each in settings}

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for service in services.values():  # a mounted application's lifespan is not run by the outer one
                await stack.enter_async_context(service.router.lifespan_context(service))
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, telemetry=SILENT)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        answers = {name: await _readiness(service) for name, service in services.items()}
        checks = {name: answer["ready"] for name, answer in answers.items()}
        details = {name: answer["details"] for name, answer in answers.items() if "details" in answer}
        ready = all(checks.values())
        return JSONResponse({"ready": ready, "checks": checks, "details": details}, 200 if ready else 503)

    for name, service in services.items():
        app.mount(f"/{name}", service)
    for path, extra in (mounts or {}).items():
        app.mount(path, extra)
    app.mount("/", create_docs_app())
    dress(app)
    app.add_middleware(SafeHeaders)
    return app


async def _readiness(service: FastAPI) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://inside") as http:
        answer: dict[str, Any] = (await http.get("/readyz")).json()
        return answer
