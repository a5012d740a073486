"""Who may call what: every route of the four documents, every demo client."""

from __future__ import annotations

import asyncio
import re
from uuid import uuid4

import httpx
import jwt

from deploy.demo import clients
from services.embedded import DEFINITIONS
from shared.api import EdgeRoute
from tests.e2e.support_system import Route, System, required

AT_ONCE = 16


OF_THE_DEMO = {"/v1/deliveries/example"}
"""What a real installation answers 404 to: no part of the contract, and it asks for a vendor's own token."""


def test_every_route_asks_for_a_scope_and_stands_in_a_document(system: System) -> None:
    assert [str(route) for route in system.routes if not route.scopes] == []
    hidden = [
        f"{definition.name}: {route}"
        for definition in DEFINITIONS.values()
        for router in definition.routers
        for route in router.routes
        if not (isinstance(route, EdgeRoute) and (route.include_in_schema or route.path in OF_THE_DEMO))
    ]
    assert hidden == []


def test_every_scope_of_a_demo_client_opens_a_route(system: System) -> None:
    held = {scope for each in clients.load().values() for scope in each.scopes}
    assert held == set(system.scopes)


def _tokens(system: System) -> dict[str, tuple[str | None, frozenset[str] | None]]:
    """Token and scopes by name; None for scopes: the token is not valid."""
    known = {name: (system.issuer.issue(name), frozenset(each.scopes)) for name, each in clients.load().items()}
    past = system.token(system.scopes, ["3212"], iat=1_700_000_000, exp=1_700_003_600)
    claims = jwt.decode(system.token(system.scopes, ["3212"]), options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": system.issuer.kid})
    return {**known, "no token": (None, None), "expired": (past, None), "unsigned": (unsigned, None)}


async def _calls(system: System, calls: list[tuple[str, Route, str | None]]) -> list[httpx.Response]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def call(route: Route, token: str | None) -> httpx.Response:
        path = route.filled({name: str(uuid4()) for name in re.findall(r"\{(\w+)}", route.path)})
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with gate:
            return await http.request(route.method, path, headers=headers, params=required(route))

    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=system.base_url, timeout=120, trust_env=False, limits=limits) as http:
        return await asyncio.gather(*(call(route, token) for _, route, token in calls))


def _as_expected(answer: httpx.Response, needed: frozenset[str], held: frozenset[str] | None) -> bool:
    if held is None:
        return answer.status_code == 401
    if not needed <= held:
        return answer.status_code == 403 and answer.json()["type"].endswith("/forbidden")
    # past the scope: whatever else may be wrong with an empty request for nothing that exists
    return answer.status_code in {200, 400, 404, 413, 415, 422, 428}


async def test_every_route_answers_every_client_by_its_scopes(system: System) -> None:
    tokens = _tokens(system)
    calls = [(name, route, token) for route in system.routes for name, (token, _) in tokens.items()]
    assert len(calls) > 90 * len(tokens)
    answers = await _calls(system, calls)
    wrong = [
        f"{name}: {route} answered {answer.status_code} {answer.text[:120]}"
        for (name, route, _), answer in zip(calls, answers, strict=True)
        if not _as_expected(answer, route.scopes, tokens[name][1])
    ]
    assert wrong == []
