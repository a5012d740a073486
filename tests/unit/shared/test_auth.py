"""A token that is not right in every part is a 401, never a 500; a scope that is missing is a 403."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import Request
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from deploy.gateway.filters import http_filters
from shared import auth
from shared.auth import Verifier, check_scopes
from shared.errors import Forbidden, Unauthorized, Unavailable

ISSUER, AUDIENCE = "http://issuer.test", "anxiang"
EC_KEY, OTHER_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
JWKS = {
    "keys": [
        ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True) | {"kid": "ec", "alg": "ES256"},
        RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True) | {"kid": "rsa", "alg": "RS256"},
    ]
}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "li", "client_id": "clerk", "scope": "a:read b:write",
        "regions": ["321202"], "exp": now + 3600, "iat": now,
    }  # fmt: skip
    return {name: value for name, value in (good | changes).items() if value is not ...}


def signed(kid: str | None = "ec", key: Any = EC_KEY, algorithm: str = "ES256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": kid} if kid else {})


def verifier() -> Verifier:
    return Verifier(ISSUER, AUDIENCE, "", jwt.PyJWKSet.from_dict(JWKS))


def request(header: str | None) -> Request:
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    return Request({"type": "http", "headers": headers})


async def caller_of(token: str) -> auth.Caller:
    return await verifier().caller(request(f"Bearer {token}"))


@pytest.mark.parametrize("token", [signed(), signed("rsa", RSA_KEY, "RS256")])
async def test_a_good_token_says_who_calls(token: str) -> None:
    assert await caller_of(token) == auth.Caller("clerk", "li", None, frozenset({"a:read", "b:write"}), ("321202",))


async def test_a_token_without_region_scope_or_organisation_is_good_for_nothing_but_valid() -> None:
    caller = await caller_of(signed(regions=..., scope=..., client_id=...))
    assert (caller.client, caller.scopes, caller.regions) == ("li", frozenset(), ())
    assert (await caller_of(signed(organization=str(UUID(int=7))))).organization == UUID(int=7)


@pytest.mark.parametrize("claim", [{"exp": -55}, {"nbf": 55}, {"iat": 55}, {"exp": -55, "nbf": 55, "iat": 55}])
async def test_clocks_may_differ_as_much_as_the_gateway_allows(claim: dict[str, Any]) -> None:
    claims: dict[str, Any] = {name: int(time.time()) + by for name, by in claim.items()}
    assert (await caller_of(signed(**claims))).subject == "li"
    [tokens] = [each for each in http_filters("i", "a", "http://i", 1) if "providers" in each["typed_config"]]
    assert tokens["typed_config"]["providers"]["issuer"]["clock_skew_seconds"] == auth.LEEWAY == 60


def _segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _unsigned(header: dict[str, Any]) -> str:
    return f"{_segment(json.dumps(header).encode())}.{_segment(json.dumps(claims()).encode())}."


def _confused(kid: str) -> str:
    """HS256 with a public key as the secret, signed by hand because the library refuses to."""
    public = (EC_KEY if kid == "ec" else RSA_KEY).public_key()
    secret = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = f"{_segment(json.dumps({'alg': 'HS256', 'kid': kid}).encode())}.{_segment(json.dumps(claims()).encode())}"
    return f"{body}.{_segment(hmac.digest(secret, body.encode(), hashlib.sha256))}"


BAD_TOKENS: dict[str, Callable[[], str]] = {
    "expired": lambda: signed(exp=int(time.time()) - auth.LEEWAY - 1),
    "issued in the future": lambda: signed(iat=int(time.time()) + auth.LEEWAY + 9),
    "not yet valid": lambda: signed(nbf=int(time.time()) + 3600),
    "no expiry": lambda: signed(exp=...),
    "expiry is text": lambda: signed(exp="tomorrow"),
    "endless expiry": lambda: signed(exp=10**400),
    "infinite expiry": lambda: signed(exp=float("inf")),
    "no subject": lambda: signed(sub=...),
    "subject is a number": lambda: signed(sub=5),
    "wrong issuer": lambda: signed(iss="http://evil.test"),
    "no issuer": lambda: signed(iss=...),
    "wrong audience": lambda: signed(aud="other"),
    "no audience": lambda: signed(aud=...),
    "audience is an object": lambda: signed(aud={"anxiang": 1}),
    "another key under our kid": lambda: signed("ec", OTHER_KEY),
    "unknown kid": lambda: signed("nobody", OTHER_KEY),
    "no kid": lambda: signed(None),
    "alg none": lambda: _unsigned({"alg": "none", "kid": "ec"}),
    "alg None": lambda: _unsigned({"alg": "None", "kid": "rsa"}),
    "alg empty": lambda: _unsigned({"alg": "", "kid": "ec"}),
    "alg missing": lambda: _unsigned({"kid": "ec"}),
    "alg a list": lambda: _unsigned({"alg": ["ES256"], "kid": "ec"}),
    "kid a list": lambda: _unsigned({"alg": "ES256", "kid": ["ec"]}),
    "HS256 with the EC public key": lambda: _confused("ec"),
    "HS256 with the RSA public key": lambda: _confused("rsa"),
    "RS256 under the EC kid": lambda: signed("ec", RSA_KEY, "RS256"),
    "signature cut": lambda: signed()[:-4],
    "signature gone": lambda: signed().rsplit(".", 1)[0] + ".",
    "regions is text": lambda: signed(regions="321202"),
    "regions holds a number": lambda: signed(regions=[321202]),
    "regions holds a wildcard": lambda: signed(regions=["%"]),
    "regions holds a list of prefixes in one": lambda: signed(regions=["321202,3212"]),
    "regions holds other digits": lambda: signed(regions=["３２１２"]),
    "regions holds a superscript": lambda: signed(regions=["3²"]),
    "regions holds a line break": lambda: signed(regions=["3212\n"]),
    "regions is too long": lambda: signed(regions=["3" * 13]),
    "regions is null": lambda: signed(regions=None),
    "regions is an object": lambda: signed(regions={"321202": 1}),
    "organisation is no UUID": lambda: signed(organization="x"),
    "organisation is a number": lambda: signed(organization=7),
    "organisation is a list": lambda: signed(organization=["x"]),
    "one word": lambda: "token",
    "dots": lambda: "..",
    "not base64": lambda: "ä.ö.ü",
    "header is a list": lambda: f"{_segment(b'[]')}.{_segment(b'{}')}.x",
    "header is not text": lambda: f"{_segment(bytes([255, 254]))}.{_segment(b'{}')}.x",
    "header nested deep": lambda: f"{_segment(b'[' * 40_000)}.{_segment(b'{}')}.x",
    "header nested deep in objects": lambda: _segment(b'{"a":' * 20_000) + f".{_segment(b'{}')}.x",
    "payload is a list": lambda: jwt.PyJWS().encode(b"[]", EC_KEY, "ES256", headers={"kid": "ec"}),
    "payload nested deep": lambda: jwt.PyJWS().encode(b"[" * 40_000, EC_KEY, "ES256", headers={"kid": "ec"}),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_bad_token_is_refused_with_401(name: str) -> None:
    with pytest.raises(Unauthorized):
        await caller_of(BAD_TOKENS[name]())


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token x", signed(), "Bearer\x00x"])
async def test_without_a_bearer_token_it_is_401(header: str | None) -> None:
    with pytest.raises(Unauthorized):
        await verifier().caller(request(header))


async def test_a_token_is_remembered_only_until_it_expires() -> None:
    checker, token = verifier(), signed(exp=int(time.time()) + 2 - auth.LEEWAY)
    first = await checker.caller(request(f"bearer {token}"))
    assert await checker.caller(request(f"Bearer {token}")) is first
    await asyncio.sleep(2.1)
    with pytest.raises(Unauthorized):
        await checker.caller(request(f"Bearer {token}"))


async def test_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REMEMBERED", 3)
    checker = verifier()
    for number in range(6):
        await checker.caller(request(f"Bearer {signed(jti=str(number))}"))
    assert len(checker._known) == 3


def test_scopes_are_compared_whole() -> None:
    caller = auth.Caller("c", "s", None, frozenset({"a:read"}), ())
    check_scopes(caller, frozenset({"a:read"}))
    for missing in ("a:rea", "a:read:all", "A:READ", ""):
        with pytest.raises(Forbidden):
            check_scopes(caller, frozenset({"a:read", missing}))


class Issuer:
    """Answers for the issuer's address, and counts how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Callable[[], httpx.Response]) -> None:
        self.asked, self.answer = 0, answer
        real = httpx.AsyncClient
        monkeypatch.setattr(httpx, "AsyncClient", lambda **_: real(transport=httpx.MockTransport(self._handle)))

    async def _handle(self, _request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0.01)
        return self.answer()


def asking() -> Verifier:
    return Verifier(ISSUER, AUDIENCE, "http://issuer.test/jwks.json")


async def test_many_first_requests_ask_the_issuer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer, checker = Issuer(monkeypatch, lambda: httpx.Response(200, json=JWKS)), asking()
    tokens = [signed(jti=str(n)) for n in range(20)]
    await asyncio.gather(*(checker.caller(request(f"Bearer {token}")) for token in tokens))
    assert issuer.asked == 1


async def test_unknown_keys_do_not_make_us_ask_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer, checker = Issuer(monkeypatch, lambda: httpx.Response(200, json=JWKS)), asking()
    for number in range(20):
        with pytest.raises(Unauthorized):
            await checker.caller(request(f"Bearer {signed(f'kid-{number}', OTHER_KEY)}"))
    assert issuer.asked == 1


async def test_a_key_the_issuer_added_is_found_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: dict[str, Any] = {"keys": JWKS["keys"][:1]}
    Issuer(monkeypatch, lambda: httpx.Response(200, json=keys))
    checker, token = asking(), signed("rsa", RSA_KEY, "RS256")
    with pytest.raises(Unauthorized):
        await checker.caller(request(f"Bearer {token}"))
    keys["keys"] = JWKS["keys"]
    checker._ask_again = 0.0
    assert (await checker.caller(request(f"Bearer {token}"))).client == "clerk"


@pytest.mark.parametrize(
    "answer",
    [
        lambda: httpx.Response(500),
        lambda: httpx.Response(200, text="<html>"),
        lambda: httpx.Response(200, json=[]),
        lambda: httpx.Response(200, json={"keys": []}),
        lambda: httpx.Response(200, json={"keys": [{"kty": "odd"}]}),
        lambda: httpx.Response(200, json={"keys": 5}),
    ],
)
async def test_an_issuer_that_does_not_answer_is_503_and_is_not_asked_by_every_request(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[], httpx.Response]
) -> None:
    issuer, checker = Issuer(monkeypatch, answer), asking()
    for _ in range(5):
        with pytest.raises(Unavailable):
            await checker.caller(request(f"Bearer {signed()}"))
    assert issuer.asked == 1


async def test_when_the_issuer_fails_later_the_known_keys_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer, checker = Issuer(monkeypatch, lambda: httpx.Response(200, json=JWKS)), asking()
    await checker.caller(request(f"Bearer {signed()}"))
    issuer.answer = lambda: httpx.Response(503)
    checker._ask_again = 0.0
    with pytest.raises(Unavailable):
        await checker.caller(request(f"Bearer {signed('new', OTHER_KEY)}"))
    assert (await checker.caller(request(f"Bearer {signed(jti='2')}"))).client == "clerk"
