"""The OpenAPI document: complete, in both languages, with examples that validate; the tables go up and down."""

from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.integration.registry.conftest import EVERYTHING
from tests.integration.registry.samples import get
from tests.support.services import RunningService

METHODS = {"get", "post", "patch"}


def chinese(text: str) -> bool:
    """Whether a text has Chinese in it."""
    return any("\u4e00" <= character <= "\u9fff" for character in text)


async def test_every_route_is_described_and_every_example_validates(registry: RunningService) -> None:
    async with registry.anonymous() as http:
        document: dict[str, Any] = await get(http, "/openapi.json")
    validate(document)
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            route = item[method]
            assert chinese(route["summary"]), path
            assert route["description"], path
            if path.startswith("/v1"):
                assert route["security"], path
                assert {"401", "403", "422"} <= route["responses"].keys(), path
    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", []):
            whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
            Draft202012Validator(whole).validate(example)


async def test_the_examples_of_bodies_are_accepted(registry: RunningService) -> None:
    async with registry.anonymous() as http:
        document: dict[str, Any] = await get(http, "/openapi.json")
    examples = {
        name: schema["examples"][0]
        for name, schema in document["components"]["schemas"].items()
        if "examples" in schema
    }
    async with registry.client(*EVERYTHING, regions=["3212"]) as http:
        for path, name in (("/v1/seniors", "SeniorIn"), ("/v1/organizations", "OrganizationIn")):
            answer = await http.post(path, json=examples[name])
            assert answer.status_code == 201, answer.text
