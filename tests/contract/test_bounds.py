"""Whatever a request may hold has an end: so says every OpenAPI document of every service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from deploy.migrations.run import SERVICES
from shared import audit_api, openapi
from tests.support.services import definition_of

Json = dict[str, Any]
BOUNDS = {
    "array": [{"maxItems"}],
    "string": [{"maxLength", "pattern", "format"}],
    "integer": [{"maximum", "exclusiveMaximum"}, {"minimum", "exclusiveMinimum"}],
    "number": [{"maximum", "exclusiveMaximum"}, {"minimum", "exclusiveMinimum"}],
}


def endless(node: Json, schemas: dict[str, Json], where: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every place below a schema that has no end."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from endless(schemas[name], schemas, f"{where} {name}", seen | {name})
        return
    inner = [each for word in ("anyOf", "oneOf", "allOf", "prefixItems") for each in node.get(word, ())]
    inner += [node[word] for word in ("items", "additionalProperties") if isinstance(node.get(word), dict)]
    for each in inner:
        yield from endless(each, schemas, where, seen)
    for name, each in node.get("properties", {}).items():
        yield from endless(each, schemas, f"{where}.{name}", seen)
    if "enum" in node or "const" in node:
        return
    kind = node.get("type", "")
    if any(not wanted & node.keys() for wanted in BOUNDS.get(kind, ())):
        yield f"{where}: {kind}"
    named = "properties" in node and not isinstance(node.get("additionalProperties"), dict)
    if kind == "object" and not named and "maxProperties" not in node and node.get("additionalProperties") is not False:
        yield f"{where}: map"
    if not kind and not inner and "properties" not in node:
        yield f"{where}: anything"


def requests(service: str) -> Iterator[tuple[str, Json, dict[str, Json]]]:
    """Every schema that a request of a service is held to."""
    definition = definition_of(service)
    app = FastAPI(title=service, version="1")
    for router in (*definition.routers, audit_api.router):
        app.include_router(router)
    document = openapi.document(app, definition)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            place = f"{method} {path}"
            for parameter in operation.get("parameters", ()):
                yield f"{place} {parameter['name']}", parameter["schema"], document["components"]["schemas"]
            for media in operation.get("requestBody", {}).get("content", {}).values():
                yield place, media["schema"], document["components"]["schemas"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_list_map_text_and_number_of_a_request_has_its_bounds(service: str) -> None:
    found = list(requests(service))
    assert len(found) > 10
    assert [gap for where, schema, schemas in found for gap in endless(schema, schemas, where)] == []
