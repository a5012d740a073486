"""The visits service's OpenAPI document, as vendors read it."""

from typing import Any

import jsonschema
from openapi_spec_validator import validate

from tests.integration.visits.conftest import Visits
from tests.support.visits import BATCH, event, plain


async def _document(visits: Visits) -> dict[str, Any]:
    async with visits.service.anonymous() as anyone:
        found: dict[str, Any] = (await anyone.get("/openapi.json")).json()
    return found


async def test_the_document_is_valid_and_every_operation_is_described(visits: Visits) -> None:
    document = await _document(visits)
    validate(document)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert any("\u4e00" <= character <= "\u9fff" for character in operation["summary"]), path
            assert operation["description"], path
            if path.startswith("/v1"):
                assert operation["security"], (method, path)
                assert {"401", "403", "422"} <= operation["responses"].keys(), path


async def test_bodies_and_their_examples_validate_in_every_media_type(visits: Visits) -> None:
    document = await _document(visits)
    paths = document["paths"]

    def check(value: Any, schema: dict[str, Any]) -> None:
        jsonschema.validate(value, {**schema, "components": document["components"]})

    single = paths["/v1/deliveries"]["post"]["requestBody"]["content"]
    batch = paths["/v1/deliveries/batch"]["post"]["requestBody"]["content"]
    assert set(single) == {"application/json", "application/cloudevents+json"}
    assert set(batch) == {"application/cloudevents-batch+json"}
    for content in (*single.values(), *batch.values()):
        check(content["example"], content["schema"])
    check(plain(), single["application/json"]["schema"])
    check([event()], batch["application/cloudevents-batch+json"]["schema"])
    assert batch["application/cloudevents-batch+json"]["schema"]["maxItems"] == 1000


async def test_answers_are_as_documented(visits: Visits) -> None:
    document = await _document(visits)
    schemas = {"components": document["components"]}

    def check(name: str, answer: Any) -> None:
        jsonschema.validate(answer, {"$ref": f"#/components/schemas/{name}", **schemas})

    async with visits.vendor() as vendor:
        receipt = (await vendor.post("/v1/deliveries", json=plain(place=None))).json()
        check("Receipt", receipt)
        check("BatchResult", (await vendor.post("/v1/deliveries/batch", json=[event(1), {}], headers=BATCH)).json())
        check("DeliveryDetail", (await vendor.get(f"/v1/deliveries/{receipt['delivery_id']}")).json())
        check("LimitsOut", (await vendor.get("/v1/limits")).json())
