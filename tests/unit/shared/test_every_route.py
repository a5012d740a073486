"""What every route of every service does before anything else: no database is behind these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import httpx
import pytest
import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute

from deploy.local.issuer import create_issuer
from deploy.migrations.run import SERVICES
from services.docs import create_docs_app
from shared import api, audit_api
from shared.dress import dress
from shared.errors import MethodNotAllowed, NotFound
from shared.examples import example_of
from shared.headers import SafeHeaders
from tests.support import tokens
from tests.support.documents import document_of, operations
from tests.support.services import definition_of, without_database


def routes(service: str) -> list[APIRoute]:
    routers = (*definition_of(service).routers, audit_api.router)
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Any]:
    return request.param, without_database(request.param, tmp_path)


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
    async with client(pages()) as http:
        for path in ("/", "/healthz", "/docs/events/visits.json"):
            assert ((await http.head(path)).status_code, (await http.head(path)).content) == (200, b"")


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
pages = cache(create_docs_app)


def around(service: str, own: Any, folder: Path) -> dict[str, Any]:
    """What is no service: the pages and the issuer, and all of it in one process."""
    issuer, whole = create_issuer(folder / "issuer", "http://127.0.0.1:8080/oauth"), FastAPI()
    dress(whole)
    whole.add_middleware(SafeHeaders)
    for path, app in ((f"/{service}", own), ("/oauth", issuer), ("/", pages())):
        whole.mount(path, app)
    return {"pages": pages(), "issuer": issuer, "one process": whole}


async def test_what_is_not_offered_is_answered_alike_everywhere(service: tuple[str, Any], tmp_path: Path) -> None:
    name, app = service
    apps = {"": app} | around(name, app, tmp_path)
    own = {"/healthz", "/metrics", "/openapi.json", "/nowhere", "/v1/%00", *map(filled, routes(name))}
    files = {"/docs/assets/page.css", "/docs/assets/x"}
    paths = {
        "": own,
        "pages": {"/", "/docs/events/visits.json", "/docs/contracts/asyncapi/credit.yaml", "/x", *files},
        "issuer": {"/token", "/jwks.json", "/.well-known/openid-configuration", "/x"},
        "one process": {f"/{name}{path}" for path in own} | {"/oauth/token", "/x", "/oauth/x", *files},
    }
    refused = 0
    for kind, each in apps.items():
        async with client(each) as http:
            for number, path in enumerate(sorted(paths[kind])):
                language = "zh" if number % 2 else "en"
                said = {"accept-language": language}
                answers = {method: await http.request(method, path, headers=said) for method in METHODS}
                offered = ", ".join(method for method in METHODS if answers[method].status_code != 405)
                public = unquote(path if kind else f"/{name}{path}")
                for method, answer in answers.items():
                    kinds = {404: NotFound, 405: MethodNotAllowed}
                    if answer.status_code not in kinds:
                        continue
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert answer.headers["content-language"] == ("zh-CN" if language == "zh" else "en")
                    problem = kinds[answer.status_code]().body(language, public)
                    assert method == "HEAD" or answer.json() == problem, (kind, method, path)
                    assert answer.headers.get("allow") == (offered if answer.status_code == 405 else None), path
                    refused += answer.status_code == 405
    assert refused > 50


PATHS = ("/healthz", "/nowhere", "/docs/assets/page.css", "/token", "/v1/audit")
HOSTILE = ("321202194001011234", "{0}, {0}", "{0}\u0662", "", "{0}{0}", "0" * 999)


async def test_every_answer_names_its_request_and_so_does_every_line_of_its_log(
    service: tuple[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, app = service
    monkeypatch.setattr("shared.error_handlers.log", structlog.get_logger("fresh"))  # the old one keeps its processors
    for each in (app, *around(name, app, tmp_path).values()):
        ids = set()
        for path in PATHS:
            for method in ("GET", "POST", "OPTIONS"):
                told = str(uuid4())
                async with client(each) as http:
                    answer = await http.request(method, path, headers={"x-request-id": told})
                    assert answer.headers["x-request-id"] == told
                    for hostile in HOSTILE:
                        head = {b"x-request-id": hostile.format(told).encode()}
                        ids.add((await http.request(method, path, headers=head)).headers["x-request-id"])
        assert len(ids) == len(PATHS) * 3 * len(HOSTILE)
        assert all(re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in ids)

    async def broken() -> None:
        structlog.get_logger().error("before")
        raise RuntimeError

    app.add_api_route("/broken", broken)
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            answer = await http.get("/broken")
    assert answer.status_code == 500
    assert [line["event"] for line in lines] == ["before", "unexpected error"]
    assert {line["request"] for line in lines} == {answer.headers["x-request-id"]}


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


LIMITS = ["1_0", " 10", "+10", "010", "1e1", "0x5", "10\n", ""]


async def test_a_limit_is_written_in_one_way(service: tuple[str, Any]) -> None:
    name, app = service
    limited = [route for route in routes(name) if "limit" in api._queried(route.dependant)]
    assert limited
    for route in limited:
        for value in LIMITS:
            async with client(app, *api._scopes(route.dependant)) as http:
                answer = await http.get(filled(route), params={"limit": value})
            assert answer.status_code == 422, (route.path, value, answer.text)
            assert "/query/limit" in {error["pointer"] for error in answer.json()["errors"]}


ZEROS = {"arabic": 0x660, "persian": 0x6F0, "devanagari": 0x966, "full width": 0xFF10, "bold": 0x1D7CE}
NO_SHAPE = {"file_name", "source"}
"""Texts of any script: their pattern only keeps out what cannot be seen."""


def foreign(value: str) -> list[str]:
    """A good value with a digit of another script in the place of its first, its last or behind it, or a line end."""
    places = [place for place, character in enumerate(value) if character in "0123456789"] or [len(value)]
    return [value + "\n"] + [
        value[:place] + digit + value[place + 1 :]
        for place in {places[0], places[-1]}
        for digit in [chr(zero + int(value[place : place + 1] or 2)) for zero in ZEROS.values()] + ["\u00b2"]
    ]


def shaped(service: str) -> Iterator[tuple[str, str, dict[str, str], dict[str, Any]]]:
    """Every parameter of a path or a query whose text has a shape: its method, its path, what fills it, itself."""
    schemas = document_of(service)["components"]["schemas"]
    for method, path, operation in operations(service):
        parameters = {one["name"]: one for one in operation.get("parameters", [])}
        good = {
            name: str(example_of(one["schema"] | {"examples": one.get("examples")}, schemas, name))
            for name, one in parameters.items()
        }
        for name, one in parameters.items():
            choices = [one["schema"], *one["schema"].get("anyOf", [])]
            has_shape = any({"pattern", "format"} & each.keys() or each.get("type") == "integer" for each in choices)
            if has_shape and one["in"] in {"path", "query"} and name not in NO_SHAPE:
                kind = next(each for each in choices if each.get("type") != "null" and "anyOf" not in each)
                yield method, path, good | {name: str(example_of(kind, schemas, name))}, one


async def test_no_parameter_takes_a_digit_of_another_script(service: tuple[str, Any]) -> None:
    name, app = service
    scopes = {
        (method.lower(), r.path_format): api._scopes(r.dependant) for r in routes(name) for method in r.methods or ()
    }
    seen = set()
    http = client(app, *sorted(set().union(*scopes.values())))
    for method, path, good, parameter in shaped(name):
        called, place = parameter["name"], parameter["in"]
        seen.add((place, called))
        for value in foreign(good[called]):
            filling = {key: quote(value if key == called else text, safe="") for key, text in good.items()}
            query = {called: value} if place == "query" else None
            answer = await http.request(method, path.format_map(filling), params=query)
            where = (method, path, called, ascii(value), answer.text)
            if answer.status_code == 404 and place == "path":  # it is no path of a route
                continue
            assert answer.status_code == 422, where
            assert f"/{place}/{called}" in {error["pointer"] for error in answer.json()["errors"]}, where
    assert len(seen) > 1
