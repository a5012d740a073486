"""The OpenAPI document as clients need it: problems as problem+json, scopes, what every route can answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.bodies import TooManyValues
from shared.errors import (
    PROBLEM_JSON,
    Forbidden,
    Invalid,
    Malformed,
    PreconditionRequired,
    Problem,
    ProblemBody,
    TookTooLong,
    TooLarge,
    Unauthorized,
    Unavailable,
    problems,
)
from shared.etag import LONGEST as ETAG_LONGEST
from shared.idempotency import KeyReused, StillRunning
from shared.kernel import ServiceDefinition
from shared.turns import TooManyAtOnce

ALWAYS: tuple[type[Problem], ...] = (
    *(Malformed, Unauthorized, Forbidden, Invalid),
    *(Unavailable, TookTooLong, TooManyAtOnce),
)
METHODS = {"get", "post", "put", "patch", "delete"}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeat a request safely: the first answer is given again 幂等键",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that you read 读取时的 ETag",
    "schema": {"type": "string", "maxLength": ETAG_LONGEST},
    "example": '"1"',
}


def document(app: FastAPI, definition: ServiceDefinition) -> dict[str, Any]:
    """The service's OpenAPI document; made once."""
    if app.openapi_schema:
        return app.openapi_schema
    schema = get_openapi(
        title=definition.title,
        version=app.version,
        description=definition.description,
        routes=app.routes,
        servers=[{"url": f"/{definition.name}", "description": "behind the gateway 网关"}],
    )
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas["ProblemBody"] = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, inner in schemas["ProblemBody"].pop("$defs", {}).items():
        schemas[name] = inner
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                _complete(operation, method, secured=path.startswith("/v1"))
    _name_scopes(schema, definition)
    app.openapi_schema = schema
    return schema


def _complete(operation: dict[str, Any], method: str, *, secured: bool) -> None:
    """Add what the edge itself can answer, and make every problem problem+json."""
    always = (*ALWAYS, TooLarge, TooManyValues) if "requestBody" in operation else ALWAYS
    repeatable = method == "post" and secured
    edge = problems(*always, *((KeyReused, StillRunning) if repeatable else ())) if secured else {}
    responses: dict[str, Any] = operation["responses"]
    for status, response in edge.items():
        known = responses.get(str(status))
        if known is None or "HTTPValidationError" in str(known):
            responses[str(status)] = {"description": response["description"], "content": dict(response["content"])}
        elif response["description"] not in known["description"]:
            known["description"] += "; " + response["description"]
    for status, response in responses.items():
        if int(status) >= 400:
            example = response.get("content", {}).get(PROBLEM_JSON, {}).get("example")
            media = {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
            response["content"] = {PROBLEM_JSON: media | ({"example": example} if example else {})}
    if repeatable:
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    if str(PreconditionRequired.status) in responses:
        operation.setdefault("parameters", []).append(IF_MATCH)


def _name_scopes(schema: dict[str, Any], definition: ServiceDefinition) -> None:
    """List every scope the routes ask for, with its meaning where the service gave one."""
    used = {
        scope
        for item in schema["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for requirement in operation.get("security", [])
        for scope in requirement.get("oauth2", [])
    }
    flow = schema["components"].get("securitySchemes", {}).get("oauth2", {}).get("flows", {}).get("clientCredentials")
    if flow is not None:
        flow["scopes"] = {scope: definition.scopes.get(scope, scope) for scope in sorted(used)}
