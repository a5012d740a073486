"""Who is calling: OAuth 2.0 bearer tokens (JWT) checked against the issuer's published keys."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import jwt
from fastapi import Request, Security
from fastapi.security import OAuth2, SecurityScopes

from shared.errors import Forbidden, Unauthorized, Unavailable
from shared.text import is_text

ALGORITHMS = ["ES256", "RS256", "EdDSA"]
LEEWAY = 60
"""Seconds by which the clocks of issuer, gateway and services may differ; the gateway is told the same."""
LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, section 2: a ``sub`` has at most 255 characters."""
REMEMBERED, REFETCH_AFTER, RETRY_AFTER = 4096, 10.0, 1.0
_PREFIX = re.compile(r"[0-9]{0,12}")
# What a hostile token can make the decoders raise, beside what they say themselves: nested or endless JSON, odd claims.
_HOSTILE = (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Caller:
    """What a token says: the client, the person behind it, what it may do and where."""

    client: str
    subject: str
    organization: UUID | None
    scopes: frozenset[str]
    regions: tuple[str, ...]


class Verifier:
    """Checks signature, issuer, audience and expiry; remembers a token it has checked until it expires."""

    def __init__(self, issuer: str, audience: str, jwks_uri: str, keys: jwt.PyJWKSet | None = None) -> None:
        self._issuer, self._audience, self._jwks_uri = issuer, audience, jwks_uri
        self._keys, self._ask_again = keys, 0.0
        self._asking = asyncio.Lock()
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()

    async def caller(self, request: Request) -> Caller:
        """The caller of a request; Unauthorized (401) without a valid token."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Unauthorized("Send `Authorization: Bearer <token>`.", "请携带 Authorization: Bearer 访问令牌。")
        known = self._known.get(token)
        if known and known[0] > time.time():
            return known[1]
        return await self._check(request, token)

    async def _check(self, request: Request, token: str) -> Caller:
        key: jwt.PyJWK | None = None
        try:
            key = await self._key(jwt.get_unverified_header(token))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            caller, until = _caller(claims), float(claims["exp"]) + LEEWAY
        except jwt.ExpiredSignatureError as error:
            request.state.claimed = _signed(token, key)
            raise Unauthorized("The token has expired; fetch a new one.", "访问令牌已过期,请重新获取。") from error
        except _HOSTILE as error:
            request.state.claimed = _signed(token, key)
            raise Unauthorized("The token is not valid here.", "访问令牌无效。") from error
        self._known[token] = (until, caller)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return caller

    async def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        kid = header["kid"]
        found = self._find(kid)
        if found is None and self._jwks_uri:
            async with self._asking:  # many requests may miss the same key at once; one asks for all
                found = self._find(kid)
                if found is None and time.monotonic() >= self._ask_again:
                    await self._fetch()
                    found = self._find(kid)
        if found is None and self._keys is None:
            raise _keys_unreadable()
        if found is None:
            raise jwt.InvalidKeyError("no such key")
        return found

    def _find(self, kid: str) -> jwt.PyJWK | None:
        return next((key for key in (self._keys.keys if self._keys else ()) if key.key_id == kid), None)

    async def _fetch(self) -> None:
        """Read the issuer's keys; whatever comes of it, not again for a while."""
        self._ask_again = time.monotonic() + RETRY_AFTER
        try:
            async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
                answer = await http.get(self._jwks_uri)
                answer.raise_for_status()
                self._keys = jwt.PyJWKSet.from_dict(answer.json())
        except (httpx.HTTPError, jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise _keys_unreadable() from error
        self._ask_again = time.monotonic() + REFETCH_AFTER


def _keys_unreadable() -> Unavailable:
    return Unavailable("The token issuer's keys cannot be read now.", "暂时无法获取令牌签发方的公钥。")


def _signed(token: str, key: jwt.PyJWK | None) -> Caller | None:
    """Whom a token names that the issuer signed, though it may be over or meant for somebody else: who is refused."""
    if key is None:
        return None
    try:
        return _caller(json.loads(jwt.PyJWS().decode(token, key, algorithms=ALGORITHMS)))
    except _HOSTILE:
        return None


def _caller(claims: dict[str, Any]) -> Caller:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject.strip()) <= LONGEST_SUBJECT or not is_text(subject):
        raise ValueError("nobody is behind a token whose subject cannot be seen")
    regions = claims.get("regions", [])
    if not isinstance(regions, list) or not all(isinstance(r, str) and _PREFIX.fullmatch(r) for r in regions):
        raise ValueError("regions must be a list of prefixes of digits")
    organization = claims.get("organization")
    return Caller(
        client=str(claims.get("client_id") or subject),
        subject=subject,
        organization=UUID(organization) if organization else None,
        scopes=frozenset(str(claims.get("scope", "")).split()),
        regions=tuple(regions),
    )


_scheme = OAuth2(
    flows={"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},  # scopes are filled in by shared.openapi
    scheme_name="oauth2",
    auto_error=False,
)


async def _current(request: Request, _scopes: SecurityScopes, _token: str | None = Security(_scheme)) -> Caller:
    caller: Caller = request.state.caller
    return caller


def require(scope: str) -> Any:  # noqa: ANN401  # a FastAPI marker
    """For a route's parameter: ``caller: Annotated[Caller, require("visits.deliveries:write")]``.

    ``EdgeRoute`` checks the scope before it reads the body; Forbidden (403) without it.
    """
    return Security(_current, scopes=[scope])


def check_scopes(caller: Caller, needed: frozenset[str]) -> None:
    """Forbidden (403) unless the caller has all of them."""
    missing = sorted(needed - caller.scopes)
    if missing:
        raise Forbidden(f"This needs the scope {', '.join(missing)}.", f"需要权限范围 {', '.join(missing)}。")
