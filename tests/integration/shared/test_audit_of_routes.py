"""Every route of the four documents leaves exactly one entry, done or refused: an auditor of its district sees it and
no other does. Read off the documents, so that a new route is asked for its entry too."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from deploy.local.postgres import Server
from deploy.migrations.run import SERVICES
from shared.clock import Month, today
from shared.database import Scope
from tests.e2e.support_system import Route
from tests.support.districts import OURS, THEIRS, Districts, populate
from tests.support.services import ServiceFactory
from tests.support.visits import plain

IMPERSONAL = {
    *("GET /registry/v1/regions", "GET /visits/v1/limits", "GET /credit/v1/bases"),
    "GET /subsidy/v1/application-forms",
    *(f"GET /{service}/v1/audit/verification" for service in SERVICES),
    *(f"GET /{service}/v1/audit/checkpoints" for service in ("registry", "credit")),
}
"""They tell nothing of persons or money."""
VERSIONED = {"POST /visits/v1/deliveries", "POST /visits/v1/deliveries/batch"}
"""What they write is never changed; only refused requests leave an entry."""


@pytest.fixture
async def districts(start_service: ServiceFactory, postgres: Server, database_name: str) -> Districts:
    """The four services, with the same things in two districts."""
    services = {name: await start_service(name, roles="api") for name in SERVICES}
    return await populate(services, postgres, database_name)


def routes_of(districts: Districts) -> list[Route]:
    """Every operation; the law is public."""
    return [
        Route(service, method.upper(), f"/{service}{path}", operation, document["components"]["schemas"])
        for service, document in ((name, running.app.openapi()) for name, running in districts.services.items())
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


async def call(districts: Districts, route: Route, ids: dict[str, str], *, may: bool = True) -> httpx.Response:
    """Our clerk's request, with the document's own example; without its scopes if he may not."""
    path = route.path.removeprefix(f"/{route.service}")
    path = path.format_map({name: ids.get(name, str(uuid4())) for name in re.findall(r"\{(\w+)}", path)})
    month = str(Month.of(today()))
    queries = {"month": month, "service": "visits"}
    content: dict[str, Any] = {"params": {name: queries[name] for name in route.queries if name in queries}}
    if route.body:
        kind, example = route.body
        given = {"content": example} if isinstance(example, str) else {"json": example}
        content |= given | {"headers": {"content-type": kind, "if-match": '"1"'}}
    async with districts.clerk(route.service, route.scopes if may else frozenset()) as http:
        return await http.request(route.method, path, **content)


async def waiting(districts: Districts, service: str) -> list[Any]:
    """The entries that are not sealed yet."""
    async with districts.services[service].database.transaction(Scope(())) as session:
        return list(await session.execute(text("SELECT region, action, client, detail FROM audit_waiting ORDER BY id")))


async def test_every_route_leaves_one_entry_of_every_request_done_and_refused(districts: Districts) -> None:
    ours = districts.ours
    ids = {"senior_id": ours["senior"], "organization_id": ours["vendor"], "month": str(Month.of(today()))}
    wrong, statuses, entries = [], set[int](), dict[str, int]()
    for route in routes_of(districts):
        exempt = route.public or str(route) in IMPERSONAL
        for may, named in ((True, ids), (True, {}), (False, ids)):
            seen = len(await waiting(districts, route.service))
            answer = await call(districts, route, named, may=may)
            statuses.add(answer.status_code)
            left = (await waiting(districts, route.service))[seen:]
            if str(route) == f"GET /{route.service}/v1/audit" and may:
                left = [
                    one for one in await waiting(districts, route.service) if "audit" in one.action.lower()
                ]  # sealed before
            done = answer.is_success and str(route) in VERSIONED
            if len(left) != (0 if exempt or done else 1):
                wrong.append(f"{route} {answer.status_code}: {[tuple(one) for one in left]}")
            if any(not one.region.startswith(OURS[:6]) for one in left):
                wrong.append(f"{route} {answer.status_code} is filed elsewhere: {[tuple(one) for one in left]}")
            entries[route.service] = entries.get(route.service, 0) + len(left)
    assert not wrong, "\n".join(wrong)
    assert {200, 201, 403, 404, 422} <= statuses
    assert min(entries.values()) > 10
    for service, running in districts.services.items():
        seen_by = {}
        for region in (OURS, THEIRS):
            async with running.client("audit:read", regions=[region[:6]], client=f"auditor-{region}") as http:
                items = await pages(http)
                seen_by[region] = [item for item in items if item["client"] == "ours"]
        assert len(seen_by[OURS]) == entries[service]
        assert seen_by[THEIRS] == []


async def pages(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """The whole log of an auditor."""
    items, cursor = [], ""
    while cursor is not None:
        page = (await http.get("/v1/audit", params={"limit": 200} | ({"cursor": cursor} if cursor else {}))).json()
        items += page["items"]
        cursor = page["next"]
    return items


async def test_the_exceptions_are_routes_that_there_are(districts: Districts) -> None:
    assert {str(route) for route in routes_of(districts)} >= IMPERSONAL | VERSIONED


async def test_a_delivery_leaves_its_versions_and_a_refused_one_an_entry(districts: Districts) -> None:
    ours, visits = districts.ours, districts.services["visits"]
    body = plain() | {"vendor_id": ours["vendor"], "senior_id": ours["senior"]}
    scope = frozenset({"visits.deliveries:write"})
    async with districts.clerk("visits", scope, ours["vendor"]) as http:
        assert (await http.post("/v1/deliveries", json=body)).status_code == 201
        assert await waiting(districts, "visits") == []
        assert (await http.post("/v1/deliveries", json=body | {"vendor_id": str(uuid4())})).status_code == 403
    [entry] = await waiting(districts, "visits")
    assert (entry.client, entry.detail["status"]) == ("ours", 403)
    assert visits.database.schema == "visits"


async def test_accounts_looked_up_by_a_national_client_are_filed_where_the_beneficiaries_live(
    districts: Districts,
) -> None:
    registry = districts.services["registry"]
    body = {"beneficiaries": [{"kind": "senior", "id": districts.ours["senior"]}], "purpose": "发放文件"}
    async with registry.client("registry.bank-accounts:read", regions=[""], client="service-subsidy") as http:
        before = len(await waiting(districts, "registry"))
        for _ in range(2):
            await http.post("/v1/bank-accounts/lookup", json=body, headers={"idempotency-key": "k"})
        both = {"kind": "senior", "id": districts.theirs["senior"]}
        await http.post("/v1/bank-accounts/lookup", json=body | {"beneficiaries": [*body["beneficiaries"], both]})
    regions = [one.region for one in (await waiting(districts, "registry"))[before:]]
    assert [region[:6] for region in regions] == [OURS[:6], OURS[:6], "321200"]


async def test_numbers_that_nobody_has_end_after_so_many_and_the_auditor_sees_each(districts: Districts) -> None:
    registry = districts.services["registry"]
    most = registry.kernel.settings.guesses_an_hour
    async with districts.clerk("registry", frozenset({"registry.seniors:read"})) as http:
        before = len(await waiting(districts, "registry"))
        answers = [
            await http.post("/v1/seniors/search", json={"identity_number": _number(each)}) for each in range(most + 3)
        ]
        named = await http.post("/v1/seniors/search", json={"name": "张"})
    assert [answer.status_code for answer in answers] == [200] * most + [429] * 3
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3601
    assert named.status_code == 429
    left = (await waiting(districts, "registry"))[before:]
    assert [one.detail.get("missed") for one in left[:most]] == [True] * most
    assert [one.detail.get("problem") for one in left[most:]] == ["too-many-guesses"] * 4
    async with registry.client("registry.seniors:read", regions=[OURS[:6]], client="colleague") as http:
        assert (await http.post("/v1/seniors/search", json={"name": "张"})).status_code == 200


def _number(serial: int) -> str:
    """An identity number that is right in itself."""
    body = f"32120319400101{serial:03d}"
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def test_every_number_made_here_differs() -> None:
    assert len({_number(each) for each in range(50)}) == 50
