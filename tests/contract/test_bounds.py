"""Whatever a request may hold has an end: so says every OpenAPI document of every service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from deploy.migrations.run import SERVICES
from shared import audit_api, openapi, replay_api
from shared.api import EdgeRoute
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


def most_values(node: Json, schemas: dict[str, Json], seen: frozenset[str] = frozenset()) -> int:
    """How many values the largest body of a schema holds, of what it must have."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return 1 if name in seen else most_values(schemas[name], schemas, seen | {name})
    choices = [most_values(each, schemas, seen) for word in ("anyOf", "oneOf", "allOf") for each in node.get(word, ())]
    if node.get("type") == "array":
        return 1 + int(node.get("maxItems", 1)) * most_values(node.get("items", {}), schemas, seen)
    parts = node.get("properties", {})
    wanted = [parts[name] for name in parts if name in node.get("required", ()) or "maxItems" in str(parts[name])]
    return 1 + max(choices, default=0) + sum(most_values(each, schemas, seen) for each in wanted)


def requests(service: str) -> Iterator[tuple[str, Json, dict[str, Json]]]:
    """Every schema that a request of a service is held to."""
    definition = definition_of(service)
    app = FastAPI(title=service, version="1")
    for router in (*definition.routers, *audit_api.routers, replay_api.router):
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


@pytest.mark.parametrize("service", SERVICES)
def test_no_body_that_its_document_allows_is_refused_for_the_number_of_its_values(service: str) -> None:
    routes = {
        f"{method.lower()} {route.path}": route
        for router in definition_of(service).routers
        for route in router.routes
        if isinstance(route, EdgeRoute)
        for method in route.methods or ()
    }
    bodies = [one for one in requests(service) if one[0] in routes]
    assert bodies
    refused = {place for place, schema, schemas in bodies if most_values(schema, schemas) > routes[place].most_values}
    assert refused == set()
