"""No log of any process keeps what a client wrote about a person, wherever in a request it was written."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.support_bad import senior
from tests.e2e.support_system import PATIENCE, System

NUMBER, PHONE, NAME, PINYIN = "321202194907183316", "13987654321", "欧阳震铄", "ouyangzhenshuo"
FORMS = [NUMBER, PHONE, NAME, quote(NAME), quote(NAME).lower(), NAME.encode("unicode_escape").decode(), PINYIN]
PERSONAL = re.compile("|".join(map(re.escape, FORMS)))
BODY = {"name": NAME, "identity_number": NUMBER, "phone": PHONE, "note": PINYIN, NUMBER: NUMBER}
HEADERS = {
    **dict.fromkeys(("x-note", "x-request-id", "x-anxiang-client", "x-anxiang-route", "idempotency-key"), NUMBER),
    **dict.fromkeys(("if-match", "if-none-match", "ce-id", "ce-type", "accept-language", "tracestate"), NUMBER),
    "traceparent": f"00-{NUMBER}00000000000000-{NUMBER[:16]}-01",
    "user-agent": PINYIN,
    "x-forwarded-for": PHONE,
}


def requests(system: System) -> Iterator[tuple[str, str, dict[str, object]]]:
    """A person in every path, query, header and body of every route, and where there is no route."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    for route in system.routes:
        for value in (NUMBER, NAME, PINYIN):
            path = re.sub(r"\{\w+}", quote(value), route.path)
            yield route.method, path, {"params": dict.fromkeys({*route.queries, "q"}, value)}
        kind = route.body[0] if route.body else "application/json"
        yield route.method, path, {"headers": HEADERS | {"content-type": kind}, "content": json.dumps(BODY).encode()}
    for place in ("", *(f"/{service}" for service in system.documents), "/oauth", "/docs"):
        for value in (NUMBER, quote(NAME), PINYIN, f"v1/{NUMBER}/{PINYIN}", f"openapi.json?{NUMBER}"):
            for method in ("GET", "POST", PINYIN.upper()):
                yield method, f"{place}/{value}", {"headers": HEADERS}
    token = f"grant_type={NUMBER}&client_id={quote(NAME)}&client_secret={PHONE}"
    yield "POST", "/oauth/token", {"headers": HEADERS | form, "content": token.encode()}
    yield "POST", "/registry/v1/seniors", {"json": senior() | {"name": NAME, "phone": PHONE}}
    yield "POST", "/registry/v1/seniors/search", {"json": {"name": NAME}}


@pytest.fixture
def sent(system: System) -> int:
    """How many requests were answered."""
    answered = 0
    everything = system.token(system.scopes, [""], client="conformance")
    for token in (everything, None, f"{NUMBER}.{PINYIN}.{PHONE}"):
        with system.client(token) as http:
            for method, path, more in requests(system):
                try:
                    http.request(method, path, **more)  # type: ignore[arg-type]  # httpx's own options
                    answered += 1
                except httpx.RemoteProtocolError:
                    continue  # a method that no server reads
    return answered


def test_no_log_keeps_a_number_a_phone_or_a_name(system: System, sent: int) -> None:
    assert sent > 500
    access = system.data_dir / "logs" / "envoy.log"
    until = time.monotonic() + PATIENCE
    while access.exists() and access.read_text().count("\n") < sent // 2:  # Envoy writes every ten seconds
        assert time.monotonic() < until
        time.sleep(0.5)
    logs = {file: file.read_text(errors="replace") for file in system.data_dir.rglob("*.log") if file.is_file()}
    assert len(logs) >= 2, "a system that is given by its address keeps its log in ANXIANG_DATA_DIR"
    kept = [f"{f.name}: {line[:300]}" for f, t in logs.items() for line in t.splitlines() if PERSONAL.search(line)]
    assert kept == []


def test_the_gateway_s_log_names_the_route_and_not_the_path(system: System, sent: int) -> None:
    access = system.data_dir / "logs" / "envoy.log"
    if not access.exists():
        assert sent  # one process has no gateway
        return
    lines = [json.loads(line) for line in access.read_text().splitlines() if line.startswith("{")]
    routes = {line["route"] for line in lines if line.get("route")}
    assert {"/v1/seniors", "/v1/runs/{run_id}", "/v1/deliveries"} <= routes
    assert all("path" not in line for line in lines)
