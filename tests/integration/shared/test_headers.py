"""Every answer of every service tells browsers and caches to keep and guess nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from deploy.local.issuer import create_issuer
from deploy.migrations.run import SERVICES
from services.docs import create_docs_app
from shared.api import _scopes
from shared.headers import SAFE
from tests.support.services import RunningService, ServiceFactory, definition_of

TOO_LARGE = b'"' + b"x" * 9_000_000 + b'"'
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
EVERYTHING = [("GET", path) for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/nowhere", "/v1/%00")]


def faults(answer: httpx.Response, cacheable: bool = False) -> Iterator[str]:
    """What an answer does not say. What everybody may read may be kept, if it is asked for again."""
    for name, value in SAFE.items():
        said = answer.headers.get_list(name)
        if said != [value] and not (cacheable and name == "cache-control" and len(said) == 1):
            yield f"{answer.request.method} {answer.request.url.path} {answer.status_code}: {name} {said}"


def requests(running: RunningService) -> Iterator[tuple[str, str, bool]]:
    """A request for every method of every route, and whether it tells the law."""
    for router in definition_of(running.kernel.settings.service).routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            path = route.path_format
            for name in route.param_convertors:
                path = path.replace("{" + name + "}", str(uuid4()))
            law = _scopes(route.dependant) == {"subsidy.policies:read"}
            for method in METHODS:
                yield method, path, law


@pytest.mark.parametrize("service", SERVICES)
async def test_every_answer_of_every_route_is_kept_by_nobody(start_service: ServiceFactory, service: str) -> None:
    running: RunningService = await start_service(service, roles="api")
    wanted = list(requests(running))
    assert len(wanted) > 30
    definition = definition_of(service)
    found: list[str] = []
    async with (
        running.client(*definition.scopes, "subsidy.policies:read", "audit:read") as http,
        running.anonymous() as nobody,
    ):
        for method, path in EVERYTHING:
            found += faults(await nobody.request(method, path))
        for method, path, law in wanted:
            found += faults(await nobody.request(method, path))
            for content in (
                None,
                b"{}",
                b"[" * 1000,
                b'"' + b"x" * 70_000_000 + b'"' if path == "/v1/imports" else b"{",
            ):
                headers = {"content-type": "application/json", "if-match": '"1"'}
                found += faults(await http.request(method, path, content=content, headers=headers), law)
    assert found == []


async def test_an_answer_to_a_fault_of_ours_is_kept_by_nobody(start_service: ServiceFactory) -> None:
    running: RunningService = await start_service("credit", roles="api")

    @running.app.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    async with running.anonymous() as http:
        answer = await http.get("/broken")
    assert answer.status_code == 500
    assert list(faults(answer)) == []


async def test_the_issuer_and_the_pages_say_the_same(tmp_path: Path) -> None:
    issuer, pages = create_issuer(tmp_path, "http://127.0.0.1:8080/oauth"), create_docs_app()
    paths = ("/", "/token", "/jwks.json", "/.well-known/openid-configuration", "/healthz", "/nowhere")
    for app in (issuer, pages):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
            found = [f for path in paths for m in METHODS for f in faults(await http.request(m, path), app is pages)]
        assert found == []
