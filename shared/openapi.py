"""The OpenAPI document as clients need it: problems as problem+json, scopes, what every route can answer.

Generators make clients of it: names are in ASCII and each is one thing's, every schema of a body has one, every answer
shows an example.
"""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared import answers, replay_api
from shared.bodies import TooManyValues
from shared.errors import (
    PROBLEM_JSON,
    Forbidden,
    Invalid,
    Malformed,
    PreconditionRequired,
    Problem,
    ProblemBody,
    StorageFull,
    TookTooLong,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    problems,
)
from shared.etag import LONGEST as ETAG_LONGEST
from shared.examples import example_of
from shared.idempotency import KeyReused, StillRunning
from shared.kernel import ServiceDefinition
from shared.turns import TooManyAtOnce

ALWAYS: tuple[type[Problem], ...] = (
    *(Malformed, Unauthorized, Forbidden, Invalid, TooManyRequests),
    *(Unavailable, TookTooLong, TooManyAtOnce, StorageFull),
)
METHODS = {"get", "post", "put", "patch", "delete"}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeat a request safely: the first answer is given again 幂等键",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": '^"?[!#-~]+"?$'},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that you read 读取时的 ETag",
    "schema": {"type": "string", "maxLength": ETAG_LONGEST},
    "example": '"1-1f0c9a5b2d4e6f70"',
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that you hold; 304 where it is still good 已持有的 ETag",
    "schema": {"type": "string", "maxLength": 8192},
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
    _lift(ProblemBody.model_json_schema(), schemas)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                _complete(operation, method, schemas, secured=path.startswith("/v1"))
    schema["components"]["headers"] = answers.HEADERS
    _name_scopes(schema, definition)
    _name_tags(schema)
    schema = _with_plain_names(schema)
    _without_default_objects(schema["components"]["schemas"])
    app.openapi_schema = schema
    return schema


def _complete(operation: dict[str, Any], method: str, schemas: dict[str, Any], *, secured: bool) -> None:
    """Add what the edge itself can answer, make every problem problem+json, show an example of every other answer."""
    always = (*ALWAYS, TooLarge, TooManyValues, UnsupportedMediaType) if "requestBody" in operation else ALWAYS
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
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["schema"] = _lift(media["schema"], schemas)
    for status, response in responses.items():
        for media in response.get("content", {}).values() if int(status) < 400 else ():
            media.setdefault("example", example_of(media["schema"], schemas))
    if method == "get" and answers.is_tagged(responses, schemas):
        responses.setdefault("304", {"description": "Not changed since the ETag you hold 未变化"})
        operation.setdefault("parameters", []).append(IF_NONE_MATCH)
    if secured:
        answers.complete(responses, schemas, repeatable=repeatable)
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
        meanings = replay_api.SCOPES | dict(definition.scopes)
        flow["scopes"] = {scope: meanings.get(scope, scope) for scope in sorted(used)}


def _lift(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """A schema with its parts among the components, itself too if it is an object or a choice with a name."""
    for name, part in schema.pop("$defs", {}).items():
        schemas[name] = _moved(part)
    moved: dict[str, Any] = _moved(schema)
    if not {"properties", "oneOf"} & moved.keys() or "title" not in moved:
        return moved
    schemas[moved["title"]] = moved
    return {"$ref": f"#/components/schemas/{moved['title']}"}


def _moved(node: Any) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(node, dict):
        return {key: _moved(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_moved(each) for each in node]
    return node.replace("#/$defs/", "#/components/schemas/") if isinstance(node, str) else node


def _with_plain_names(document: dict[str, Any]) -> dict[str, Any]:
    """``Page_SeniorBrief_`` becomes ``SeniorBriefPage``, its title: a name that every language can write."""
    schemas = document["components"]["schemas"]
    titles = {name: schemas[name]["title"] for name in schemas if not name.isalnum()}
    if taken := sorted(title for title in titles.values() if title in schemas or not title.isalnum()):
        raise RuntimeError(f"two schemas are called {taken[0]}: give one of their classes another name")

    def renamed(node: Any) -> Any:  # noqa: ANN401  # any JSON
        if isinstance(node, list):
            return [renamed(each) for each in node]
        if not isinstance(node, dict):
            return node
        found = {key: renamed(value) for key, value in node.items()}
        kind, _, name = node["$ref"].rpartition("/") if isinstance(node.get("$ref"), str) else ("", "", "")
        return found | ({"$ref": f"{kind}/{titles[name]}"} if name in titles else {})

    document["components"]["schemas"] = {titles.get(name, name): schema for name, schema in schemas.items()}
    whole: dict[str, Any] = renamed(document)
    return whole


def _without_default_objects(schemas: dict[str, Any]) -> None:
    """A field that may be left out says so; a list or an object as its default is no literal in some languages."""
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            if isinstance(field.get("default"), dict | list):
                del field["default"]


def _name_tags(schema: dict[str, Any]) -> None:
    """``seniors 老年人`` becomes the tag ``seniors``, in many a language a module's name; the whole is its text."""
    known: dict[str, str] = {}
    for item in schema["paths"].values():
        for operation in item.values():
            for text in operation.get("tags", []):
                known[text] = re.sub("[^a-z]+", "-", text).strip("-")
            operation["tags"] = [known[text] for text in operation.get("tags", [])]
    schema["tags"] = [{"name": name, "description": text} for text, name in sorted(known.items())]
