"""The demo token issuer."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from deploy.demo import clients
from deploy.local.issuer import Issuer, create_issuer

URL = "http://issuer.test/oauth"
FORM = {"grant_type": "client_credentials", "client_id": "vendor-a", "client_secret": "demo-vendor-a"}


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    outer = FastAPI()
    outer.mount("/oauth", create_issuer(tmp_path, URL))
    async with AsyncClient(transport=ASGITransport(outer), base_url=URL) as client:
        yield client


async def verified(http: AsyncClient, token: str) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict((await http.get("/jwks.json")).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["ES256"], audience="anxiang", issuer=URL)
    return claims


async def ask(http: AsyncClient, **changes: str) -> Response:
    return await http.post("/token", data={**FORM, **changes})


async def test_a_token_says_who_where_and_what(http: AsyncClient) -> None:
    answer = await ask(http)
    claims = await verified(http, answer.json()["access_token"])
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_in"] == claims["exp"] - claims["iat"] == 3600
    assert claims["client_id"] == claims["sub"] == "vendor-a"
    assert claims["organization"] == str(clients.load()["vendor-a"].organization)
    assert claims["regions"] == ["3212"]
    assert "visits.deliveries:write" in claims["scope"].split()


async def test_basic_authentication_works_like_the_form(http: AsyncClient) -> None:
    answer = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("auditor", "demo-auditor"))
    claims = await verified(http, answer.json()["access_token"])
    assert claims["client_id"] == "auditor"
    assert "organization" not in claims


async def test_a_client_may_ask_for_less_and_never_for_more(http: AsyncClient) -> None:
    less = await ask(http, scope="visits.deliveries:read")
    assert less.json()["scope"] == "visits.deliveries:read"
    more = await ask(http, scope="visits.deliveries:read audit:read")
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
async def test_a_refusal_is_named_as_the_standard_names_it(
    http: AsyncClient, changes: dict[str, str], status: int, error: str
) -> None:
    answer = await ask(http, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_two_ways_of_authentication_at_once_are_refused(http: AsyncClient) -> None:
    answer = await http.post("/token", data=FORM, auth=("vendor-a", "demo-vendor-a"))
    assert answer.json()["error"] == "invalid_request"


async def test_a_parameter_given_twice_and_a_json_body_are_refused(http: AsyncClient) -> None:
    twice = await http.post("/token", data={**FORM, "scope": ["a", "b"]})
    assert twice.json()["error"] == "invalid_request"
    assert (await http.post("/token", json=FORM)).json()["error"] == "invalid_request"


async def test_a_broken_basic_header_is_a_401_and_never_a_500(http: AsyncClient) -> None:
    for header in ("Basic", "Basic !!!", "Basic /////w==", "Bearer abc"):
        answer = await http.post("/token", data={"grant_type": "x"}, headers={"Authorization": header})
        assert answer.status_code == 401


def test_the_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    first, second = Issuer(tmp_path, URL), Issuer(tmp_path, URL)
    assert first.jwks == second.jwks
    assert (tmp_path / "signing-key.pem").stat().st_mode & 0o077 == 0


async def test_discovery_leads_to_the_token_and_to_the_keys(http: AsyncClient) -> None:
    metadata = (await http.get("/.well-known/openid-configuration")).json()
    assert metadata["issuer"] == URL
    assert (await http.get(metadata["jwks_uri"])).status_code == 200
    assert (await http.post(metadata["token_endpoint"], data=FORM)).status_code == 200


def test_nobody_prepares_and_approves() -> None:
    for client in clients.load().values():
        held = set(client.scopes)
        assert not {"subsidy.runs:write", "subsidy.runs:approve"} <= held
        assert not {"credit.lists:propose", "credit.lists:decide"} <= held


def test_the_auditor_reads_and_the_operator_sees_nothing_personal() -> None:
    auditor, operator = set(clients.load()["auditor"].scopes), set(clients.load()["operator"].scopes)
    every_read = {s for client in clients.load().values() for s in client.scopes if s.endswith(":read")}
    assert auditor == every_read - {"registry.bank-accounts:read"}
    assert operator == {"audit:read", "events:replay", "subsidy.policies:read"}  # the law is public


def test_every_vendor_acts_for_its_own_organisation() -> None:
    organizations = [client.organization for name, client in clients.load().items() if name.startswith("vendor-")]
    assert None not in organizations
    assert len(set(organizations)) == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"grant_type=client_credentials&" + b"a=1&" * 2_000_000, 413),
        (b"scope=" + b"x" * 8_000_000, 413),
        (b"".join(b"f%d=1&" % n for n in range(1000)), 400),
        (b"&" * 16_000, 400),
        (b"%" * 16_000, 401),
    ],
    ids=["many fields", "a long field", "more fields than a request has", "empty fields", "half escapes"],
)
async def test_a_form_is_bounded_before_it_is_read(http: AsyncClient, body: bytes, status: int) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await http.post("/token", content=body, headers=form)
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"

    async def piecemeal() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 4096):
            yield body[start : start + 4096]

    assert (await http.post("/token", content=piecemeal(), headers=form)).status_code == status


async def test_who_leaves_in_the_middle_of_a_form_is_an_answer_and_no_error(tmp_path: Path) -> None:
    for before in (b"", b"grant_type=client_cr"):
        parts: list[Any] = [{"type": "http.request", "body": before, "more_body": True}] if before else []
        coming, sent = iter([*parts, {"type": "http.disconnect"}]), list[Any]()
        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": "/token", "raw_path": b"/token",
            "query_string": b"", "scheme": "http", "server": ("test", 80), "root_path": "",
            "headers": [(b"content-type", b"application/x-www-form-urlencoded")],
        }  # fmt: skip

        async def receive(coming: Any = coming) -> Any:
            return next(coming)

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        await create_issuer(tmp_path, URL)(scope, receive, send)
        assert sent[0]["status"] == 400
        assert b"invalid_request" in sent[1]["body"]
