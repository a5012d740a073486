"""A small OAuth 2.0 issuer for demos and tests: client credentials only (RFC 6749 section 4.4), tokens as in RFC 9068.

A real installation names its own OpenID Connect issuer instead; nothing here is meant to face the internet.
"""

import base64
import contextlib
import hashlib
import json
import os
import tempfile
import uuid
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from jwt.algorithms import ECAlgorithm
from starlette.requests import ClientDisconnect

from deploy.demo import clients
from deploy.demo.clients import Client
from shared import bodies, clock
from shared.cors import origins_of
from shared.dress import dress
from shared.headers import SafeHeaders
from shared.safety import check_launcher
from shared.telemetry import SILENT, quieten

AUDIENCE = "anxiang"
LIFETIME = timedelta(hours=1)
DATA_DIR = Path(".data/issuer")
ISSUER_URL = "http://127.0.0.1:8080/oauth"
FORM_BYTES, FORM_FIELDS = 16 * 1024, 16
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenError(Exception):
    """A refused token request, answered as RFC 6749 section 5.2 says."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


class Issuer:
    """The signing key and what it signs."""

    def __init__(self, data_dir: Path, issuer_url: str) -> None:
        self.url = issuer_url
        self.key = _load_key(data_dir / "signing-key.pem")
        public: dict[str, Any] = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        self.kid = _thumbprint(public)
        self.jwks = {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "ES256"}]}

    def issue(self, name: str, scopes: Sequence[str] | None = None) -> str:
        """A token for a demo client, with all its scopes or with some of them.

        Raises:
            KeyError: there is no such client.
            TokenError: a scope is asked for that the client does not hold.
        """
        client, issued = clients.load()[name], clock.now()
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": client.subject,
            "client_id": name,
            "scope": " ".join(_granted(client, scopes)),
            "regions": list(client.regions),
            "iat": issued,
            "exp": issued + LIFETIME,
            "jti": str(uuid.uuid4()),
        }
        if client.organization:
            claims["organization"] = str(client.organization)
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": self.kid, "typ": "at+jwt"})

    def metadata(self) -> dict[str, Any]:
        """What a client of OpenID Connect discovery reads first."""
        return {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "scopes_supported": sorted({scope for client in clients.load().values() for scope in client.scopes}),
        }


def issue(client_name: str, data_dir: Path = DATA_DIR, issuer_url: str = ISSUER_URL) -> str:
    """A token of a demo client without HTTP, for tests and scripts on this machine."""
    return Issuer(data_dir, issuer_url).issue(client_name)


def create_issuer(data_dir: Path, issuer_url: str, origins: str = "") -> FastAPI:
    """The issuer as an application: POST /token, GET /jwks.json, GET /.well-known/openid-configuration.

    `origins`: pages that may ask for a token from a browser, as in the setting ANXIANG_ORIGINS.
    """
    issuer = Issuer(data_dir, issuer_url)
    title = "Anxiang demo token issuer 演示令牌签发"
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None, telemetry=SILENT)
    dress(app, origins=origins_of(origins), open_paths=("/jwks.json", "/.well-known/"))
    app.add_middleware(SafeHeaders)

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        try:
            name, scopes = _read_request(request.headers, await _body(request))
            return JSONResponse(_token_answer(issuer.issue(name, scopes)), headers=NO_STORE)
        except TokenError as refused:
            return _error_answer(refused)

    @app.get("/jwks.json")
    async def jwks() -> dict[str, Any]:
        return issuer.jwks

    @app.get("/.well-known/openid-configuration")
    async def openid_configuration() -> dict[str, Any]:
        return issuer.metadata()

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


def create() -> FastAPI:
    """The application of an issuer process: `uvicorn --factory deploy.local.issuer:create`.

    Raises:
        UnsafeSettingsError: it is not said that this is the demo, or an address of a real installation is.
    """
    check_launcher(os.environ)
    quieten()
    data_dir = Path(os.environ.get("ANXIANG_ISSUER_DATA", str(DATA_DIR)))
    return create_issuer(data_dir, os.environ.get("ANXIANG_ISSUER", ISSUER_URL), os.environ.get("ANXIANG_ORIGINS", ""))


def _token_answer(token: str) -> dict[str, Any]:
    scope = jwt.decode(token, options={"verify_signature": False})["scope"]
    return {"access_token": token, "token_type": "Bearer", "expires_in": int(LIFETIME.total_seconds()), "scope": scope}


def _error_answer(refused: TokenError) -> JSONResponse:
    headers = {**NO_STORE, "WWW-Authenticate": 'Basic realm="anxiang"'} if refused.status == 401 else NO_STORE
    body = {"error": refused.error, "error_description": refused.description}
    return JSONResponse(body, status_code=refused.status, headers=headers)


async def _body(request: Request) -> bytes:
    try:
        return await bodies.read(request, FORM_BYTES)
    except ClientDisconnect:
        raise TokenError("invalid_request", "the body ended early") from None


def _read_request(headers: Mapping[str, str], body: bytes) -> tuple[str, list[str] | None]:
    """The authenticated client's name and the scopes it asks for, None for all."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise TokenError("invalid_request", "the body must be application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=FORM_FIELDS)
    except ValueError:
        raise TokenError("invalid_request", f"a token request has at most {FORM_FIELDS} parameters") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenError("invalid_request", "a parameter is given more than once")
    name, secret = _credentials(headers.get("authorization"), form)
    if clients.authenticate(name, secret) is None:
        raise TokenError("invalid_client", "unknown client or wrong secret", 401)
    if "grant_type" not in form:
        raise TokenError("invalid_request", "grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise TokenError("unsupported_grant_type", "only client_credentials is supported")
    return name, form["scope"].split() if "scope" in form else None


def _credentials(authorization: str | None, form: dict[str, str]) -> tuple[str, str]:
    if authorization is None:
        return form.get("client_id", ""), form.get("client_secret", "")
    if "client_secret" in form:
        raise TokenError("invalid_request", "use one way of client authentication, not two")
    scheme, _, encoded = authorization.partition(" ")
    try:
        name, separator, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        separator = ""
    if scheme.lower() != "basic" or not separator:
        raise TokenError("invalid_client", "the Authorization header is not HTTP Basic", 401)
    return unquote_plus(name), unquote_plus(secret)


def _granted(client: Client, wanted: Sequence[str] | None) -> Sequence[str]:
    foreign = sorted(set(wanted or ()) - set(client.scopes))
    if foreign:
        raise TokenError("invalid_scope", f"the client does not hold {' '.join(foreign)}")
    return client.scopes if wanted is None else wanted


def _load_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """The key of this folder, made on first use; of two processes that make it at once, one wins and both use it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with tempfile.NamedTemporaryFile(dir=file.parent) as fresh:  # readable by its owner only
            fresh.write(pem)
            fresh.flush()
            with contextlib.suppress(FileExistsError):
                os.link(fresh.name, file)
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _thumbprint(public: dict[str, Any]) -> str:
    """RFC 7638: the key's id is its own hash."""
    members = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()
