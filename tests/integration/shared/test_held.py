"""Whoever holds an answer is told so: every GET of the four documents that carries an entity tag."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.postgres import Server
from deploy.migrations.run import SERVICES
from shared.clock import Month, today
from tests.support.districts import OURS, Districts, populate
from tests.support.documents import document_of, operations
from tests.support.services import ServiceFactory


@pytest.fixture
async def districts(start_service: ServiceFactory, postgres: Server, database_name: str) -> Districts:
    """The four services, with the same things in two districts."""
    services = {name: await start_service(name, roles="api") for name in SERVICES}
    return await populate(services, postgres, database_name)


def tagged(service: str) -> list[tuple[str, set[str], dict[str, Any]]]:
    """Path, scopes and operation of every GET whose answer has an entity tag, as the document says."""
    found = []
    for method, path, operation in operations(service):
        if method == "get" and "ETag" in operation["responses"]["200"]["headers"]:
            scopes = {scope for one in operation["security"] for scope in one["oauth2"]}
            found.append((path, scopes, operation))
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_tagged_answer_says_that_there_may_be_none(service: str) -> None:
    assert tagged(service) or service == "visits"
    for path, _, operation in tagged(service):
        assert "ETag" in operation["responses"]["304"]["headers"], path
        assert "content" not in operation["responses"]["304"]
        assert "If-None-Match" in {one["name"] for one in operation["parameters"]}
    assert document_of(service)["components"]["headers"]["ETag"]


async def held(http: httpx.AsyncClient, path: str, **query: Any) -> str:
    """The tag of an answer that was tried: named in whatever form it is held, another is not."""
    first = await http.get(path, params=query)
    assert first.status_code == 200, (path, first.text)
    tag = first.headers["etag"]
    for field in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        for method in ("GET", "HEAD"):
            same = await http.request(method, path, params=query, headers={"if-none-match": field})
            assert (same.status_code, same.content) == (304, b""), (path, field)
            assert same.headers["etag"] == tag
            assert "content-length" not in same.headers
            assert same.headers["x-request-id"] != first.headers["x-request-id"]
    for field in ('"x"', tag[1:-1], f'{tag[:-1]}x"', '"3"'):
        other = await http.get(path, params=query, headers={"if-none-match": field})
        assert (other.status_code, other.content) == (200, first.content)
    return str(tag)


async def test_every_get_with_a_tag_is_told_by_it_and_by_nothing_else(districts: Districts) -> None:
    month, ours = str(Month.of(today())), districts.ours
    known = {"senior_id": ours["senior"], "organization_id": ours["vendor"], "region": OURS}
    tried = Counter[str]()
    for service in SERVICES:
        for path, scopes, operation in tagged(service):
            names = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            query = {"month": month} if "month" in {one["name"] for one in operation["parameters"]} else {}
            async with districts.clerk(service, frozenset(scopes)) as http:
                place = path.format_map({name: known.get(name, str(uuid4())) for name in names})
                if names <= known.keys():
                    await held(http, place, **query)
                    tried[service] += 1
                else:  # what nobody has is missing, held or not
                    absent = await http.get(place, headers={"if-none-match": "*"})
                    assert absent.status_code in {404, 422}, (path, absent.text)
    assert tried["registry"] >= 2
    assert tried["subsidy"] >= 5


async def test_a_tag_changes_with_the_answer_though_the_version_does_not(districts: Districts) -> None:
    """Another day shows another file of the same version, and so may a listing; the version may still be named."""
    senior = f"/v1/seniors/{districts.ours['senior']}"
    scopes = {f"registry.{kind}" for kind in ("seniors:read", "seniors:write", "assessments:write")}
    async with districts.clerk("registry", frozenset(scopes)) as http:
        now, earlier = await held(http, senior), await held(http, senior, as_of="1990-01-01")
        assert now != earlier
        assert now.partition("-")[0] == earlier.partition("-")[0]
        for tag in (now, earlier):
            version = int(tag[1:].partition("-")[0])
            phone = {"phone": "13900001111" if tag == now else "13900002222"}
            changed = await http.patch(senior, json=phone, headers={"if-match": tag})
            assert changed.status_code == (200 if tag == now else 412), changed.text
            assert (await http.get(senior)).headers["etag"] != now
            assert version == int(now[1:].partition("-")[0])
