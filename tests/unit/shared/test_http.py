"""Calls between services: own token, patience with what is away, no patience with refusals."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from shared import http
from shared.errors import Unavailable
from shared.http import ServiceClient
from shared.settings import Settings

SETTINGS = Settings(
    service="subsidy",
    database_url="postgresql+asyncpg://x@/y",
    gateway_url="http://gateway.test",
    token_url="http://issuer.test/token",
    client_id="service-subsidy",
    client_secret="s",
)


class Other:
    """The issuer and the other service; answers what it is told to, in turn."""

    def __init__(self, *answers: Callable[[], httpx.Response], lifetime: float = 600) -> None:
        self.answers, self.lifetime = list(answers), lifetime
        self.tokens = 0
        self.seen: list[httpx.Request] = []

    async def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "issuer.test":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"t{self.tokens}", "expires_in": self.lifetime})
        self.seen.append(request)
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])()

    def client(self) -> ServiceClient:
        return ServiceClient(SETTINGS, httpx.MockTransport(self.handle))


def good() -> httpx.Response:
    return httpx.Response(200, json={"ok": True})


def away() -> httpx.Response:
    raise httpx.ConnectError("refused")


def status(code: int, text: str = "secret of somebody") -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(code, text=text)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_seconds: float) -> None:
        return None

    monkeypatch.setattr("asyncio.sleep", at_once)


async def test_it_posts_json_to_the_service_s_path_with_its_own_token() -> None:
    other = Other(good)
    assert await other.client().post("registry", "/v1/x", {"a": 1}) == {"ok": True}
    [request] = other.seen
    assert str(request.url) == "http://gateway.test/registry/v1/x"
    assert request.headers["authorization"] == "Bearer t1"
    assert request.content == b'{"a":1}'


async def test_a_token_is_used_again_until_shortly_before_it_expires() -> None:
    other = Other(good)
    client = other.client()
    for _ in range(3):
        await client.post("registry", "/v1/x", {})
    assert other.tokens == 1
    short = Other(good, lifetime=30)
    client = short.client()
    for _ in range(3):
        await client.post("registry", "/v1/x", {})
    assert short.tokens == 3


@pytest.mark.parametrize("failure", [away, status(500), status(502), status(503)])
async def test_what_is_away_is_tried_again(failure: Callable[[], httpx.Response]) -> None:
    other = Other(failure, failure, good)
    assert await other.client().post("registry", "/v1/x", {}) == {"ok": True}
    assert len(other.seen) == 3


async def test_patience_ends() -> None:
    other = Other(away)
    with pytest.raises(Unavailable, match="registry does not answer"):
        await other.client().post("registry", "/v1/x", {})
    assert len(other.seen) == http.TRIES


@pytest.mark.parametrize("code", [301, 400, 403, 404, 409, 422, 429])
async def test_a_refusal_is_told_at_once_without_the_other_s_words(code: int) -> None:
    other = Other(status(code))
    with pytest.raises(Unavailable, match=str(code)) as caught:
        await other.client().post("registry", "/v1/x", {})
    assert len(other.seen) == 1
    assert "secret" not in str(caught.value.body("zh")) + str(caught.value.body("en"))


async def test_a_token_that_is_no_longer_taken_is_replaced() -> None:
    other = Other(status(401), good)
    assert await other.client().post("registry", "/v1/x", {}) == {"ok": True}
    assert [request.headers["authorization"] for request in other.seen] == ["Bearer t1", "Bearer t2"]


async def test_an_issuer_that_refuses_is_503() -> None:
    async def refuse(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"error": "invalid_client"})

    with pytest.raises(Unavailable, match="issuer"):
        await ServiceClient(SETTINGS, httpx.MockTransport(refuse)).post("registry", "/v1/x", {})


@pytest.mark.parametrize("answer", [b"<html>", b"", b"\xff"])
async def test_an_answer_that_is_no_json_is_503(answer: bytes) -> None:
    other = Other(lambda: httpx.Response(200, content=answer))
    with pytest.raises(Unavailable):
        await other.client().post("registry", "/v1/x", {})


async def test_the_trace_goes_along() -> None:
    span = NonRecordingSpan(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1)))
    other = Other(good)
    with trace.use_span(span):
        await other.client().post("registry", "/v1/x", {})
    assert other.seen[0].headers["traceparent"] == f"00-{1:032x}-{2:016x}-01"
