"""The credit service's OpenAPI document."""

from typing import Any

import jsonschema
from openapi_spec_validator import validate

from tests.integration.credit.conftest import Credit


async def _document(credit: Credit) -> dict[str, Any]:
    found: dict[str, Any] = (await credit.service.anonymous().get("/openapi.json")).json()
    return found


def _operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "patch", "put", "delete"}
    ]


async def test_the_document_is_valid_and_every_operation_is_described(credit: Credit) -> None:
    document = await _document(credit)
    validate(document)
    for name, operation in _operations(document):
        assert any("\u4e00" <= character <= "\u9fff" for character in operation["summary"]), name
        assert operation["description"], name
        assert operation["security"], name
        assert {"401", "403", "422"} <= operation["responses"].keys(), name


async def test_every_example_of_a_body_is_valid_against_its_own_schema(credit: Credit) -> None:
    document = await _document(credit)
    seen = 0
    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", []) if schema.get("type") == "object" else []:
            jsonschema.validate(example, {**schema, "components": document["components"]})
            seen += 1
            assert name
    assert seen >= 12
