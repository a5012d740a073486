"""The gateway: Envoy from its wheel in front of an upstream that says what reached it."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Request, Response

from deploy.gateway.render import CLUSTERS, Gateway, render
from deploy.gateway.routes import SERVICES
from deploy.local import envoy
from deploy.local.issuer import Issuer, create_issuer
from deploy.local.processes import StartError, free_port
from shared import cors
from shared.clock import now
from shared.errors import MethodNotAllowed, NotFound

PER_MINUTE = 8
VENDOR_BATCH = b"x" * 700_000
PAGE, OTHER_PAGE = "https://desk.city.example", "https://elsewhere.example"


@dataclass(frozen=True)
class Running:
    """A gateway under test."""

    http: httpx.Client
    issuer: Issuer
    log: Path

    def call(self, client: str, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.issuer.issue(client)}", **options.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **options)


def upstream() -> FastAPI:
    """Stands for every service: /readyz, and an echo of what came in."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/readyz")
    async def readyz() -> dict[str, bool]:
        return {"ready": True}

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def echo(request: Request, response: Response) -> dict[str, Any]:
        body = await request.body()
        if "x-tag" in request.headers:
            response.headers["etag"] = request.headers["x-tag"]
        return {"path": request.url.path, "headers": dict(request.headers), "bytes": len(body)}

    return app


def serve(app: FastAPI) -> tuple[uvicorn.Server, int]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    Thread(target=server.run, daemon=True).start()
    while not server.started:
        pass
    return server, port


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder, port = tmp_path_factory.mktemp("gateway"), free_port()
    base = f"http://127.0.0.1:{port}"
    issuer_server, issuer_port = serve(create_issuer(folder / "issuer", f"{base}/oauth"))
    echo_server, echo_port = serve(upstream())
    upstreams = dict.fromkeys(CLUSTERS, f"127.0.0.1:{echo_port}") | {
        "issuer": f"127.0.0.1:{issuer_port}",
        "credit": f"127.0.0.1:{free_port()}",  # nobody is there
    }
    gateway = Gateway(
        port=port,
        upstreams=upstreams,
        issuer=f"{base}/oauth",
        jwks_uri=f"http://127.0.0.1:{issuer_port}/jwks.json",
        per_minute=PER_MINUTE,
        origins=(PAGE,),
    )
    child = envoy.start(gateway, folder)
    with httpx.Client(base_url=base) as http:
        yield Running(http, Issuer(folder / "issuer", f"{base}/oauth"), folder / "envoy.log")
    child.stop()
    issuer_server.should_exit = echo_server.should_exit = True


def write_certificate(folder: Path) -> tuple[str, str]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(now()).not_valid_after(now() + timedelta(days=1)).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tls.crt").write_bytes(signed.public_bytes(Encoding.PEM))
    (folder / "tls.key").write_bytes(private)
    return str(folder / "tls.crt"), str(folder / "tls.key")


def test_envoy_accepts_the_configuration_with_tls_and_a_collector(tmp_path: Path) -> None:
    config, upstreams = tmp_path / "envoy.yaml", dict.fromkeys(CLUSTERS, "service.internal:8000")
    gateway = Gateway(8443, upstreams, "https://issuer.test", "http://issuer/jwks.json")
    config.write_text(render(replace(gateway, tls=write_certificate(tmp_path), collector="http://collector:4318")))
    envoy.validate(config)


def test_envoy_names_the_mistake_in_a_wrong_configuration(tmp_path: Path) -> None:
    config, upstreams = tmp_path / "envoy.yaml", dict.fromkeys(CLUSTERS, "service.internal:8000")
    text = render(Gateway(8080, upstreams, "https://issuer.test", "http://issuer/jwks.json"))
    config.write_text(text.replace("normalize_path", "normalise_path"))
    with pytest.raises(StartError, match="normalise_path"):
        envoy.validate(config)


def test_without_a_token_nothing_passes(running: Running) -> None:
    for service in SERVICES:
        answer = running.http.get(f"/{service}/v1/anything")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["type"].endswith("/unauthorized")
        assert answer.json()["instance"] == f"/{service}/v1/anything"


def test_a_refusal_speaks_the_language_asked_for(running: Running) -> None:
    chinese = running.http.get("/registry/v1/seniors")
    english = running.http.get("/registry/v1/seniors", headers={"accept-language": "en-GB,en;q=0.9"})
    assert chinese.json()["title"] == "需要有效的访问令牌"
    assert english.json()["title"] == "A valid access token is needed"
    assert (chinese.headers["content-language"], english.headers["content-language"]) == ("zh-CN", "en")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh;q=0.1, en;q=0.9", "en"),
        ("fr, en-US;q=0.5, zh-CN;q=0.4", "en"),
        ("EN;Q=0.3,zh;q=0.8", "zh-CN"),
        ("en;q=0.5, zh", "zh-CN"),
        ("en, zh", "zh-CN"),
        ("en;q=0", "zh-CN"),
        ("de", "zh-CN"),
    ],
)
def test_a_refusal_weighs_the_languages_as_the_services_do(running: Running, accepted: str, language: str) -> None:
    answer = running.http.get("/registry/v1/seniors", headers={"accept-language": accepted})
    assert (answer.status_code, answer.headers["content-language"]) == (401, language)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_of_a_token_is_read_in_any_letters(running: Running, scheme: str) -> None:
    token = running.issuer.issue("auditor")
    answer = running.http.get("/registry/v1/seniors", headers={"authorization": f"{scheme} {token}"})
    assert (answer.status_code, answer.json()["headers"]["authorization"]) == (200, f"Bearer {token}")


def test_every_answer_names_its_request_and_so_does_the_log(running: Running) -> None:
    told = "0f0f0f0f-made-by-the-client"
    for path, status in (("/registry/v1/x", 401), ("/healthz", 200), ("/registry/metrics", 404)):
        answer = running.http.get(path, headers={"x-request-id": told})
        assert answer.status_code == status
        assert re.fullmatch("[0-9a-f-]{36}", answer.headers["x-request-id"])
    last = answer.headers["x-request-id"]
    assert last != told
    deadline = time.monotonic() + 30
    while last not in running.log.read_text():  # Envoy writes its log every few seconds
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert told not in running.log.read_text()


def test_a_long_answer_travels_packed_to_whoever_takes_it(running: Running) -> None:
    long = {"x-long": "x" * 3000}
    packed = running.call("auditor", "/visits/v1/x", headers=long | {"accept-encoding": "gzip"})
    plain = running.call("auditor", "/visits/v1/x", headers=long | {"accept-encoding": "identity"})
    assert (packed.headers.get("content-encoding"), plain.headers.get("content-encoding")) == ("gzip", None)
    assert packed.json()["headers"]["x-long"] == plain.json()["headers"]["x-long"]


def test_an_answer_that_is_packed_keeps_the_tag_by_which_it_may_be_changed(running: Running) -> None:
    head = {"x-long": "x" * 3000, "x-tag": '"3-0123456789abcdef"', "accept-encoding": "gzip"}
    assert running.call("auditor", "/subsidy/v1/x", headers=head).headers["etag"] == head["x-tag"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_gateway_s_own_404_and_405_are_those_of_the_services(running: Running, language: str) -> None:
    said = {"accept-language": language}
    for path, methods, kind in (
        ("/metrics", ("GET", "POST"), NotFound),
        ("/visits/metrics", ("GET", "DELETE"), NotFound),
        ("/healthz", ("POST", "PUT", "DELETE", "OPTIONS"), MethodNotAllowed),
        ("/readyz", ("POST", "PUT", "DELETE", "OPTIONS"), MethodNotAllowed),
    ):
        for method in methods:
            answer = running.http.request(method, path, headers=said)
            assert answer.status_code == kind.status
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["content-language"] == ("zh-CN" if language == "zh" else "en")
            assert answer.json() == kind().body(language, path)
            assert answer.headers.get("allow") == ("GET, HEAD" if kind is MethodNotAllowed else None)
            assert re.fullmatch("[0-9a-f-]{36}", answer.headers["x-request-id"])


def test_a_token_passes_and_the_path_loses_its_prefix(running: Running) -> None:
    answer = running.call("auditor", "/registry/v1/seniors?limit=5")
    assert answer.status_code == 200
    assert answer.json()["path"] == "/v1/seniors"
    assert answer.json()["headers"]["authorization"].startswith("Bearer ")


def test_a_spoofed_client_header_is_overwritten(running: Running) -> None:
    spoofed = {"x-anxiang-client": "vendor-b"}
    assert (
        running.call("clerk-321202", "/visits/v1/x", headers=spoofed).json()["headers"]["x-anxiang-client"]
        == "clerk-321202"
    )
    without_token = running.http.get("/visits/openapi.json", headers=spoofed).json()
    assert "x-anxiang-client" not in without_token["headers"]


def test_a_client_over_its_quota_waits_and_another_does_not(running: Running) -> None:
    first = running.call("vendor-a", "/visits/v1/deliveries")
    assert first.headers["ratelimit-policy"] == f'"client";q={PER_MINUTE};w=60'
    assert re.fullmatch(rf'"client";r={PER_MINUTE - 1};t=\d+', first.headers["ratelimit"])
    allowed, refused = 1, first
    while refused.status_code == 200 and allowed < 4 * PER_MINUTE:  # a slow machine earns some more meanwhile
        refused = running.call("vendor-a", "/visits/v1/deliveries")
        allowed += refused.status_code == 200
    assert allowed >= PER_MINUTE
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith("/rate-limit")
    assert int(refused.headers["retry-after"]) >= 1
    assert '"client";r=0;' in refused.headers["ratelimit"]
    assert "x-ratelimit-limit" not in refused.headers
    assert running.call("vendor-b", "/visits/v1/deliveries").status_code == 200


def test_a_vendor_batch_passes_and_a_bigger_body_does_not(running: Running) -> None:
    passes = running.call("vendor-c", "/visits/v1/deliveries/batch", "POST", content=VENDOR_BATCH)
    assert passes.json()["bytes"] == len(VENDOR_BATCH)
    refused = running.call("vendor-c", "/visits/v1/deliveries/batch", "POST", content=b"x" * (8 * 1024 * 1024 + 1))
    assert refused.status_code == 413
    assert refused.json()["type"].endswith("/too-large")


def test_an_import_may_be_bigger_and_still_has_an_end(running: Running) -> None:
    passes = running.call("clerk-321203", "/registry/v1/imports", "POST", content=b"x" * (20 * 1024 * 1024))
    assert passes.json()["bytes"] == 20 * 1024 * 1024
    refused = running.call("clerk-321203", "/registry/v1/imports", "POST", content=b"x" * (64 * 1024 * 1024 + 1))
    assert refused.status_code == 413


def test_a_service_that_is_down_answers_503_and_readiness_says_so(running: Running) -> None:
    answer = running.call("auditor", "/credit/v1/records")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/unavailable")
    assert answer.headers["retry-after"] == "2"
    assert running.http.get("/readyz").status_code == 503


def test_metrics_stay_inside(running: Running) -> None:
    for path in ("/metrics", "/registry/metrics"):
        answer = running.http.get(path)
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("/not-found")


@pytest.mark.parametrize("path", ["/", "/docs/events", "/subsidy/openapi.json", "/subsidy/healthz", "/healthz"])
def test_documents_and_health_need_no_token(running: Running, path: str) -> None:
    assert running.http.get(path).status_code == 200


def test_the_issuer_is_reached_through_the_gateway(running: Running) -> None:
    form = {"grant_type": "client_credentials", "client_id": "auditor", "client_secret": "demo-auditor"}
    answer = running.http.post("/oauth/token", data=form)
    assert answer.status_code == 200
    assert answer.headers["ratelimit-policy"] == f'"client";q={PER_MINUTE};w=60'


def test_a_trace_is_continued_or_begun(running: Running) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    continued = running.call("approver-321202", "/subsidy/v1/runs", headers={"traceparent": trace}).json()
    begun = running.call("approver-321202", "/subsidy/v1/runs").json()
    assert continued["headers"]["traceparent"].split("-")[1] == trace.split("-")[1]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", begun["headers"]["traceparent"])


def test_the_access_log_holds_no_query_and_no_token(running: Running) -> None:
    running.call("operator", "/registry/v1/seniors?name=Secret")
    log = running.log.read_text()
    assert "Secret" not in log
    assert "eyJ" not in log


@pytest.mark.parametrize(
    "path", [f"/{service}/v1/x" for service in SERVICES] + ["/oauth/token", "/registry/v1/imports"]
)
def test_pages_of_the_list_may_call_and_read_even_a_refusal_and_no_others(running: Running, path: str) -> None:
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    granted = running.http.options(path, headers={"origin": PAGE} | asks)
    assert (granted.status_code, granted.headers["access-control-allow-origin"]) == (200, PAGE)
    assert set(granted.headers["access-control-allow-methods"].split(", ")) == set(cors.METHODS)
    assert set(granted.headers["access-control-allow-headers"].split(", ")) == set(cors.ASKS)
    refused = running.http.delete(path, headers={"origin": PAGE})
    assert refused.status_code in {401, 405, 429}
    assert refused.headers["access-control-allow-origin"] == PAGE
    assert set(refused.headers["access-control-expose-headers"].split(", ")) == set(cors.TELLS)
    for method, head in (("OPTIONS", asks), ("DELETE", {})):
        other = running.http.request(method, path, headers={"origin": OTHER_PAGE} | head)
        assert other.status_code in {401, 405, 429}
        assert [name for name in other.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("path", ["/docs/events/visits.json", "/subsidy/openapi.json"])
def test_what_every_page_may_read_says_so_itself(running: Running, path: str) -> None:
    answer = running.http.get(path, headers={"origin": PAGE})
    assert answer.status_code in {200, 429}
    assert [name for name in answer.headers if name.startswith("access-control")] == []  # the echo says nothing
