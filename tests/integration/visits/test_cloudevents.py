"""The official CloudEvents SDK as a vendor's client: structured, binary and batch form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cloudevents.core.bindings import http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from tests.integration.visits.conftest import Visits
from tests.support.visits import BATCH, VENDOR_A, VENDOR_B, data, plain

FORMAT = JSONFormat()


def made(number: int = 0, **attributes: Any) -> CloudEvent:
    """An event as the SDK makes it."""
    own = {
        "id": f"e-{number}",
        "type": "cn.anxiang.meal-delivery.recorded.v1",
        "source": f"urn:uuid:{VENDOR_A}",
        "datacontenttype": "application/json",
    }
    return CloudEvent(own | attributes, data(number))


@pytest.mark.parametrize("form", [http.to_structured_event, http.to_binary_event])
async def test_the_single_route_reads_both_modes_of_the_sdk(visits: Visits, form: Any) -> None:
    message = form(made())
    async with visits.vendor() as vendor:
        answer = await vendor.post("/v1/deliveries", content=message.body, headers=message.headers)
        again = await vendor.post("/v1/deliveries", json=plain())
    assert (answer.status_code, answer.json()["event_id"]) == (201, "e-0")
    assert again.content == answer.content, "the same record in another form is a replay"


async def test_extension_attributes_and_percent_encoded_ids_are_read(visits: Visits) -> None:
    message = http.to_binary_event(
        made(id='e"1%', traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    )
    async with visits.vendor() as vendor:
        answer = await vendor.post("/v1/deliveries", content=message.body, headers=message.headers)
    assert (answer.status_code, answer.json()["event_id"]) == (201, 'e"1%')


async def test_the_batch_route_reads_what_the_sdk_writes(visits: Visits) -> None:
    body = b"[" + b",".join(FORMAT.write(made(n)) for n in range(5)) + b"]"
    async with visits.vendor() as vendor:
        answer = await vendor.post("/v1/deliveries/batch", content=body, headers=BATCH)
    assert [r["status"] for r in answer.json()["results"]] == ["verified"] * 5


@pytest.mark.parametrize(
    ("attributes", "status", "pointer"),
    [
        ({"type": "cn.anxiang.other.v1"}, 422, "/type"),
        ({"source": "/kitchen"}, 422, "/source"),
        ({"source": f"urn:uuid:{VENDOR_B}"}, 403, None),
        ({"id": "非ASCII"}, 422, "/id"),
        ({"id": "x" * 65}, 422, "/id"),
        ({"datacontenttype": "application/xml"}, 422, "/datacontenttype"),
    ],
)
async def test_an_envelope_that_is_wrong_is_named(
    visits: Visits, attributes: dict[str, str], status: int, pointer: str | None
) -> None:
    body = {
        "specversion": "1.0",
        "id": "e-1",
        "type": "cn.anxiang.meal-delivery.recorded.v1",
        "source": f"urn:uuid:{VENDOR_A}",
        "data": data(),
    } | attributes
    async with visits.vendor() as vendor:
        answer = await vendor.post(
            "/v1/deliveries", content=json.dumps(body), headers={"content-type": "application/cloudevents+json"}
        )
    assert answer.status_code == status
    if pointer:
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_other_media_types_are_refused(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        for kind in (
            "text/plain",
            "application/xml",
            "application/cloudevents-batch+json",
            "application/cloudevents+avro",
        ):
            answer = await vendor.post("/v1/deliveries", content=b"{}", headers={"content-type": kind})
            assert answer.status_code == 415, kind
