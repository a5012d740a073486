"""Which pages may read an answer: those of the allow-list, and everybody's only what is everybody's."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from deploy.local.issuer import create_issuer
from deploy.migrations.run import SERVICES
from services.docs import create_docs_app
from shared.cors import ASKS, TELLS
from tests.support import tokens
from tests.support.documents import METHODS, document_of
from tests.support.services import without_database

OURS, THEIRS = "https://desk.city.example", "https://elsewhere.example"
GRANTS = {"access-control-allow-methods", "access-control-allow-headers", "access-control-max-age"}


def told(answer: httpx.Response) -> dict[str, str]:
    """What an answer tells a browser of pages."""
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@cache
def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def ask(app: FastAPI, method: str, path: str, origin: str, *, before: bool = False) -> httpx.Response:
    """A page's request, or what its browser asks before."""
    asks = {"access-control-request-method": method, "access-control-request-headers": "authorization"}
    head = {"origin": origin} | (asks if before else {})
    return await client(app).request("OPTIONS" if before else method, path, headers=head)


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_may_be_called_by_pages_of_the_list_and_by_no_others(service: str, tmp_path: Path) -> None:
    listing, empty = (without_database(service, tmp_path, origins=origins) for origins in (OURS, ""))
    for path, item in document_of(service)["paths"].items():
        place = re.sub(r"\{[^}]*\}", "1", path)
        for method in [name.upper() for name in METHODS if name in item]:
            granted = await ask(listing, method, place, OURS, before=True)
            assert (granted.status_code, granted.headers["access-control-allow-origin"]) == (204, OURS)
            assert method in granted.headers["access-control-allow-methods"].split(", ")
            assert {"authorization", "if-match", "idempotency-key"} <= set(ASKS)
            assert told(granted).keys() >= GRANTS
            answer = await ask(listing, method, place, OURS)  # refused for want of a token, and still to be read
            assert answer.status_code in {401, 404, 405}
            assert answer.headers["access-control-allow-origin"] == OURS
            assert set(answer.headers["access-control-expose-headers"].split(", ")) == set(TELLS)
            for app, origin in ((listing, THEIRS), (listing, "null"), (listing, OURS + ".example"), (empty, OURS)):
                for before in (True, False):
                    refused = await ask(app, method, place, origin, before=before)
                    assert refused.status_code in {401, 404, 405}
                    assert told(refused) == {}, (method, path, origin)
                    assert ("origin" in refused.headers.get("vary", "").lower()) is (app is listing)
            assert "access-control-allow-credentials" not in told(answer) | told(granted)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_document_may_be_read_by_every_page(service: str, tmp_path: Path) -> None:
    for app in (without_database(service, tmp_path), without_database(service, tmp_path, origins=OURS)):
        answer = await ask(app, "GET", "/openapi.json", THEIRS)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
        assert told(await ask(app, "GET", "/metrics", THEIRS)) == {}


async def test_the_pages_are_everybody_s_and_tokens_are_not(tmp_path: Path) -> None:
    pages = create_docs_app()
    for path in ("/", "/docs/events/visits.json", "/docs/contracts/asyncapi/visits.yaml", "/docs/assets/page.css"):
        answer = await ask(pages, "GET", path, THEIRS)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    issuer = create_issuer(tmp_path, "http://127.0.0.1:8080/oauth", OURS)
    assert (await ask(issuer, "GET", "/jwks.json", THEIRS)).headers["access-control-allow-origin"] == "*"
    assert told(await ask(issuer, "POST", "/token", THEIRS)) == {}
    assert (await ask(issuer, "POST", "/token", OURS)).headers["access-control-allow-origin"] == OURS


async def test_who_is_no_page_is_told_nothing_of_pages(tmp_path: Path) -> None:
    app = without_database("credit", tmp_path, origins=OURS)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=tokens.bearer(tokens.token())
    ) as http:
        assert told(await http.get("/openapi.json")) == told(await http.get("/v1/lists")) == {}
