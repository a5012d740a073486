"""A running system with its issuer's key, its OpenAPI documents and its logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import jwt

from deploy.local.issuer import AUDIENCE, Issuer
from deploy.migrations.run import SERVICES
from shared.clock import Month, today

PATIENCE = 90
"""Seconds until what one service was told must have reached another one, on a busy machine."""
MONTH = str(Month.of(today()))
PUBLIC = frozenset({"subsidy.policies:read"})
"""The scope that everybody holds: the law is the same for all."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Route:
    """One operation of an OpenAPI document; ``path`` has the gateway's prefix."""

    service: str
    method: str
    path: str
    operation: Json
    schemas: Json

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that the document asks for."""
        requirements = self.operation.get("security", [])
        return frozenset(scope for requirement in requirements for scope in requirement.get("oauth2", []))

    @property
    def public(self) -> bool:
        """Whether it tells the law, which is no secret of any district."""
        return self.scopes == PUBLIC

    @property
    def queries(self) -> dict[str, Json]:
        """Its query parameters by name."""
        return {each["name"]: each for each in self.operation.get("parameters", []) if each["in"] == "query"}

    @property
    def body(self) -> tuple[str, Any] | None:
        """Media type and documented example of its body; None without a body."""
        for kind, media in self.operation.get("requestBody", {}).get("content", {}).items():
            return kind, media.get("example") or self._example_of(media["schema"])
        return None

    def _example_of(self, schema: Json) -> Any:
        named = next(each["$ref"] for each in (schema, *schema.get("anyOf", [])) if "$ref" in each)
        schema = self.schemas[named.rpartition("/")[2]]
        return schema["example"] if "example" in schema else schema["examples"][0]

    def filled(self, ids: dict[str, str]) -> str:
        """The path with its identifiers; KeyError names a parameter that nobody has thought of."""
        return self.path.format_map(ids)


@dataclass(frozen=True)
class System:
    """Where it listens and where it keeps its things."""

    base_url: str
    data_dir: Path

    @cached_property
    def issuer(self) -> Issuer:
        """The issuer's own key: for clients that ``clients.yaml`` does not know."""
        return Issuer(self.data_dir / "issuer", f"{self.base_url}/oauth")

    def token(
        self, scopes: Sequence[str], regions: Sequence[str], *, client: str = "conformance", **changes: object
    ) -> str:
        """A signed token of any rights; ``changes`` overrides single claims."""
        now = int(time.time())
        claims = {
            "iss": self.issuer.url,
            "aud": AUDIENCE,
            "sub": client,
            "client_id": client,
            "scope": " ".join(scopes),
            "regions": list(regions),
            "iat": now,
            "exp": now + 3600,
        }
        return jwt.encode(claims | changes, self.issuer.key, algorithm="ES256", headers={"kid": self.issuer.kid})

    def client(self, token: str | None) -> httpx.Client:
        """A client with a token, or without one."""
        headers = {"authorization": f"Bearer {token}"} if token is not None else {}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=120, trust_env=False)

    def demo(self, name: str) -> httpx.Client:
        """A demo client."""
        return self.client(self.issuer.issue(name))

    @cached_property
    def documents(self) -> dict[str, Json]:
        """The OpenAPI document of every service, read without a token."""
        with self.client(None) as http:
            answers = {service: http.get(f"/{service}/openapi.json") for service in SERVICES}
        return {service: answer.raise_for_status().json() for service, answer in answers.items()}

    @cached_property
    def routes(self) -> list[Route]:
        """Every operation of the four documents."""
        return [
            Route(service, method.upper(), f"/{service}{path}", operation, document["components"]["schemas"])
            for service, document in self.documents.items()
            for path, item in document["paths"].items()
            for method, operation in item.items()
        ]

    @cached_property
    def scopes(self) -> list[str]:
        """Every scope that a route asks for."""
        return sorted({scope for route in self.routes for scope in route.scopes})

    def logs(self) -> dict[str, str]:
        """What the processes wrote, by file."""
        files = [*self.data_dir.glob("*.log"), *self.data_dir.glob("logs/*.log")]
        return {file.name: file.read_text(errors="replace") for file in files}


def required(route: Route) -> dict[str, str]:
    """Values for the query parameters that a route insists on; KeyError for one that nobody has thought of."""
    needed = {name for name, each in route.queries.items() if each["required"]}
    return {name: {"month": MONTH, "region": "321202000000", "service": "visits"}[name] for name in needed}


def said(answer: httpx.Response, *expected: int) -> Any:
    """The JSON of an answer with one of the statuses expected, by default any success."""
    fits = answer.status_code in expected if expected else answer.is_success
    assert fits, f"{answer.request.method} {answer.request.url} answered {answer.status_code}: {answer.text[:500]}"
    return answer.json()


def eventually(ask: Callable[[], httpx.Response], fits: Callable[[httpx.Response], bool]) -> httpx.Response:
    """Ask until the answer fits: what one service was told reaches the others in its own time."""
    until = time.monotonic() + PATIENCE
    while not fits(answer := ask()):
        assert time.monotonic() < until, f"still {answer.status_code} after {PATIENCE} s: {answer.text[:500]}"
        time.sleep(0.2)
    return answer


def pages(http: httpx.Client, path: str, **params: str) -> Iterator[str]:
    """The text of every page of a list, or of the only answer."""
    cursor: str | None = None
    while True:
        answer = http.get(path, params=params | ({"cursor": cursor} if cursor else {}))
        said(answer, 200)
        yield answer.text
        body = answer.json()
        cursor = body.get("next") if isinstance(body, dict) else None
        if cursor is None:
            return
