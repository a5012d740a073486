"""Which path goes where, who may go there without a token or from a web page, how long it may take and whether it is
repeated."""

from collections.abc import Collection, Iterator
from typing import Any

from deploy.gateway.extensions import extension
from shared import cors

SERVICES = ("registry", "subsidy", "visits", "credit")
CORS, TOKENS = "envoy.filters.http.cors", "envoy.filters.http.jwt_authn"
OPEN = ("healthz", "readyz", "openapi.json", "asyncapi.json")  # a service's paths that need no token
IMPORTS = "/registry/v1/imports"
IMPORT_BYTES = 64 * 1024 * 1024
LONG = "300s"
CLIENT_HEADER = "x-anxiang-client"
BY_CLIENT = [{"actions": [{"request_headers": {"header_name": CLIENT_HEADER, "descriptor_key": "client"}}]}]
BY_ADDRESS: list[dict[str, Any]] = [{"actions": [{"remote_address": {}}]}]
READS = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
# Nothing has reached the service yet: safe for every method.
RETRY_UNSENT = {"retry_on": "connect-failure,refused-stream", "num_retries": 3}
RETRY_READS = {"retry_on": "connect-failure,refused-stream,reset,gateway-error", "num_retries": 3}


def virtual_host(*, own_issuer: bool, origins: Collection[str]) -> dict[str, Any]:
    """Every route, in the order in which Envoy tries them. `own_issuer`: also the one to the demo's issuer; `origins`:
    pages that may call from a browser."""
    issuer = _issuer() if own_issuer else ()
    listed = [*_hidden(), *(route for service in SERVICES for route in _service(service)), *issuer]
    for route in listed if origins else ():
        route["typed_per_filter_config"] |= {CORS: _pages(origins)}
    open_ = [route for service in SERVICES for route in _open(service)]
    return {"name": "anxiang", "domains": ["*"], "routes": [*open_, *listed, *_documents()]}


def _hidden() -> Iterator[dict[str, Any]]:
    for path in ("/metrics", *(f"/{service}/metrics" for service in SERVICES)):
        yield {"match": {"path": path}, "direct_response": {"status": 404}, **_needs("anybody")}
    yield {
        "match": {"path": "/healthz", "headers": [READS]},
        "direct_response": {"status": 200, "body": {"inline_string": '{"status":"alive"}'}},
        **_needs("anybody"),
    }
    for path in ("/healthz", "/readyz"):
        match = {"path": path, "headers": [{**READS, "invert_match": True}]}
        yield {"match": match, "direct_response": {"status": 405}, **_needs("anybody")}


def _open(name: str) -> Iterator[dict[str, Any]]:
    """What needs no token, and says itself which pages may read it."""
    for document in OPEN:
        action = _to(name, f"/{document}", BY_ADDRESS, RETRY_READS)
        yield {"match": {"path": f"/{name}/{document}"}, "route": action, **_needs("anybody")}


def _service(name: str) -> Iterator[dict[str, Any]]:
    if IMPORTS.startswith(f"/{name}/"):
        yield _import(name)
    # A payment file of a whole city is one answer; the service bounds its queries itself.
    read = _to(name, "/", BY_CLIENT, RETRY_READS) | {"timeout": LONG}
    write = _to(name, "/", BY_CLIENT, RETRY_UNSENT)
    for match, route in (({"headers": [READS]}, read), ({}, write)):
        yield {"match": {"prefix": f"/{name}/", **match}, "route": route, **_needs("token")}


def _import(name: str) -> dict[str, Any]:
    """A file of a whole district is bigger and slower than anything else."""
    larger = extension("filters.http.buffer.v3.BufferPerRoute", buffer={"max_request_bytes": IMPORT_BYTES})
    config = {**_needs("token")["typed_per_filter_config"], "envoy.filters.http.buffer": larger}
    return {
        "match": {"path": IMPORTS},
        "route": {**_to(name, IMPORTS.removeprefix(f"/{name}"), BY_CLIENT, RETRY_UNSENT), "timeout": LONG},
        "typed_per_filter_config": config,
    }


def _issuer() -> Iterator[dict[str, Any]]:
    yield {
        "match": {"prefix": "/oauth/"},
        "route": _to("issuer", "/", BY_ADDRESS, RETRY_UNSENT),
        **_needs("anybody"),
    }


def _documents() -> Iterator[dict[str, Any]]:
    yield {"match": {"prefix": "/"}, "route": _to("docs", "/", BY_ADDRESS, RETRY_UNSENT), **_needs("anybody")}


def _to(cluster: str, path: str, limits: list[dict[str, Any]], retry: dict[str, Any]) -> dict[str, Any]:
    return {
        "cluster": cluster,
        "prefix_rewrite": path,
        "timeout": "60s",
        "rate_limits": limits,
        "retry_policy": retry,
    }


def _needs(requirement: str) -> dict[str, Any]:
    """`token`: a valid one; `anybody`: none, yet one that is sent must be valid."""
    config = extension("filters.http.jwt_authn.v3.PerRouteConfig", requirement_name=requirement)
    return {"typed_per_filter_config": {TOKENS: config}}


def _pages(origins: Collection[str]) -> dict[str, Any]:
    """What pages of these origins may do, and nobody's else: the gateway's own refusals say so as well."""
    return extension(
        "filters.http.cors.v3.CorsPolicy",
        allow_origin_string_match=[{"exact": origin} for origin in origins],
        allow_methods=", ".join(cors.METHODS),
        allow_headers=", ".join(cors.ASKS),
        expose_headers=", ".join(cors.TELLS),
        max_age=str(cors.SECONDS),
    )
