"""Tokens for tests: signed by a key made for the run, checked by a verifier that knows it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from deploy.demo import clients
from shared.auth import Verifier

ISSUER, AUDIENCE, KID = "http://issuer.test", "anxiang", "test"


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def verifier() -> Verifier:
    """A verifier that trusts this run's key and asks nobody."""
    jwk = ECAlgorithm.to_jwk(_key().public_key(), as_dict=True) | {"kid": KID, "alg": "ES256", "use": "sig"}
    return Verifier(ISSUER, AUDIENCE, "", jwt.PyJWKSet.from_dict({"keys": [jwk]}))


def token(
    scopes: Sequence[str] = (),
    regions: Sequence[str] = ("321202",),
    *,
    client: str = "clerk",
    subject: str = "",
    organization: UUID | str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> str:
    """A signed access token; ``changes`` overrides single claims, for hostile ones."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject or client,
        "client_id": client,
        "scope": " ".join(scopes),
        "regions": list(regions),
        "iat": now,
        "exp": now + 600,
    }
    if organization:
        claims["organization"] = str(organization)
    return jwt.encode(claims | dict(changes or {}), _key(), algorithm="ES256", headers={"kid": KID})


def demo_token(name: str) -> str:
    """A token with just the rights of a demo client."""
    client = clients.load()[name]
    return token(client.scopes, client.regions, client=name, subject=client.subject, organization=client.organization)


def bearer(value: str) -> dict[str, str]:
    """The header that carries it."""
    return {"authorization": f"Bearer {value}"}
