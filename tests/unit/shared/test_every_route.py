"""What every route of every service does before anything else: no database is behind these."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from deploy.migrations.run import SERVICES
from services.docs import create_docs_app
from shared import api, audit_api, replay_api
from shared.app import create_app
from shared.kernel import KernelState
from shared.settings import Settings
from tests.support import tokens
from tests.support.services import definition_of

FOREIGN = {"arabic": "20٢٦-10", "full width": "２０26-10", "superscript": "202²-10", "newline": "2026-10\n"}


def routes(service: str) -> list[APIRoute]:
    routers = (*definition_of(service).routers, audit_api.router, replay_api.router)
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Any]:
    settings = Settings(
        service=request.param,
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none",
        keyring_file=tmp_path / "keyring.json",
        log_level="ERROR",
    )
    kernel = KernelState.of(settings, tokens.verifier())
    return request.param, create_app(definition_of(request.param), settings, kernel=kernel)


def client(app: Any, *scopes: str) -> httpx.AsyncClient:
    headers = tokens.bearer(tokens.token(scopes)) if scopes else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers)


def filled(route: APIRoute) -> str:
    return re.sub(r"\{[^}]*\}", "01980000-0000-7000-8000-000000000000", route.path)


async def test_no_route_takes_a_query_parameter_that_it_does_not_read(service: tuple[str, Any]) -> None:
    name, app = service
    for route in routes(name):
        known = sorted(api._queried(route.dependant))
        twice = f"&{known[0]}=1&{known[0]}=1" if known else ""
        for method in sorted(route.methods or ()):
            async with client(app, *api._scopes(route.dependant)) as http:
                answer = await http.request(method, f"{filled(route)}?surprise=1&Limit=2{twice}")
            assert answer.status_code == 422, (method, route.path, answer.text)
            found = {error["pointer"]: error["code"] for error in answer.json()["errors"]}
            assert found.pop("/query/surprise") == found.pop("/query/Limit") == "extra_forbidden"
            assert set(found.values()) == ({"given_twice"} if known else set())


async def test_every_get_answers_head_alike_and_without_a_body(service: tuple[str, Any]) -> None:
    name, app = service
    paths = [filled(route) for route in routes(name) if "GET" in (route.methods or ())]
    async with client(app) as http:
        for path in ("/healthz", "/openapi.json", *paths, *(f"{path}?x=1" for path in paths), "/nowhere"):
            got, head = await http.get(path), await http.head(path)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            assert head.headers["content-length"] == got.headers["content-length"]
        for route in routes(name):
            if "GET" in (route.methods or ()):
                allowed = (await http.put(filled(route))).headers.get("allow", "GET, HEAD")
                assert {"GET", "HEAD"} <= set(allowed.split(", "))
    async with client(create_docs_app()) as http:
        for path in ("/", "/healthz", "/docs/events/visits.json"):
            assert ((await http.head(path)).status_code, (await http.head(path)).content) == (200, b"")


async def test_who_leaves_in_the_middle_of_a_body_makes_no_error(service: tuple[str, Any]) -> None:
    name, app = service
    for route in [each for each in routes(name) if (each.methods or set()) & {"POST", "PATCH", "PUT"}]:
        sent: list[Any] = []
        parts = iter([{"type": "http.request", "body": b'{"a', "more_body": True}, {"type": "http.disconnect"}])
        token = tokens.bearer(tokens.token(list(api._scopes(route.dependant))))["authorization"]
        scope = {
            "type": "http", "http_version": "1.1", "method": sorted(route.methods or ())[0], "path": filled(route),
            "raw_path": b"", "query_string": b"", "scheme": "http", "server": ("test", 80), "root_path": "",
            "headers": [(b"authorization", token.encode()), (b"content-type", b"application/json")],
        }  # fmt: skip

        async def receive(parts: Any = parts) -> Any:
            return next(parts)

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        await app(scope, receive, send)
        assert sent[0]["status"] == 499, (route.path, sent)


LIMITS = ["1_0", "１０", "١٠", "1²", " 10", "+10", "010", "1e1", "0x5", "10\n", ""]


async def test_numbers_and_months_are_written_in_ascii_digits(service: tuple[str, Any]) -> None:
    name, app = service
    for route in routes(name):
        hostile = {"limit": LIMITS, "month": FOREIGN.values()}
        for parameter in hostile.keys() & api._queried(route.dependant):
            for value in hostile[parameter]:
                async with client(app, *api._scopes(route.dependant)) as http:
                    answer = await http.get(filled(route), params={parameter: value})
                assert answer.status_code == 422, (route.path, value, answer.text)
                assert f"/query/{parameter}" in {error["pointer"] for error in answer.json()["errors"]}
